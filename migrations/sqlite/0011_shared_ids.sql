-- Where many customers of one processor meet: one row for each of them, so that ids which too many share are found without going through all names.
create index names_of_customers on names (organization_id, livemode, neighbourhood_id) where substr(name, 1, 2) = 'c:';

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values ('names', 'names_of_customers', '1000000 1000000 500000 1');
