-- How many deliveries came under an event's id and said something else than its first one, and when the last did.
alter table events add column conflicts integer not null default 0;
alter table events add column conflict_at integer;
create index events_conflicting on events (organization_id, livemode) where conflicts > 0;

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values ('events', 'events_conflicting', '1000 1000 500');
