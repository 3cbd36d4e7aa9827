-- Few: some of them are tried again.
create index events_failed on events (organization_id) where state = 'failed';

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values ('events', 'events_failed', '1000 1000');
