-- A partner is looked up by e-mail address as people write it.
create index partners_address on partners (organization_id, lower(trim(email)));
-- The answers given to a customer's calls are looked up when the customer is erased.
create index idempotency_customer on idempotency (organization_id, customer) where customer is not null;

-- What the planner is to expect, as in 0001; there, a claim was taken for something that half the rows share.
delete from sqlite_stat1 where idx = 'sqlite_autoindex_waiting_claims_1';
insert into sqlite_stat1 (tbl, idx, stat) values
    ('idempotency', 'idempotency_customer', '1000000 1000000 10'),
    ('partners', 'partners_address', '1000000 1000000 1'),
    ('waiting_claims', 'sqlite_autoindex_waiting_claims_1', '1000000 1000000 10 1');
