-- How many deliveries came under an event's id and said something else than its first one, and when the last did.
alter table events add column conflicts bigint not null default 0;
alter table events add column conflict_at bigint;
create index events_conflicting on events (conflict_at) where conflicts > 0;
