-- Every lookup by a name finds its rows by an index, and every list its next part: what of it is found and what is picked among the next rows,
-- `src/books` says. Partial indexes cost nothing for the rows that are not in them: sales without a partner, what is live, events that went well.

create index sales_partner on sales (organization_id, partner_id, id) where partner_id is not null;
create index sales_test on sales (organization_id, id) where livemode = 0;
create index sales_review on sales (organization_id, id) where review is not null;

create index customers_email on customers (organization_id, email) where email is not null;
create index customers_partner on customers (organization_id, partner_id, id) where partner_id is not null;
create index customers_test on customers (organization_id, id) where livemode = 0;

-- The unique key has the processor first, so an event's id alone is not found by it.
create index events_external on events (organization_id, external_id);
create index events_test on events (organization_id, id) where livemode = 0;
create index events_parked on events (organization_id, id) where state = 'parked';
-- Events whose reason says that they hold a value that is not known here.
create index events_unknown on events (organization_id, livemode, id) where substr(reason, 1, 8) = 'unknown ';
drop index events_failed;
create index events_failed on events (organization_id, id) where state = 'failed';

drop index entries_partner;
create index entries_partner on entries (organization_id, partner_id, id);
create index entries_test on entries (organization_id, id) where livemode = 0;

create index leads_partner on leads (organization_id, partner_id, id) where partner_id is not null;
create index leads_test on leads (organization_id, id) where livemode = 0;

create index payouts_partner on payouts (organization_id, partner_id, id);

create index partners_tenant on partners (organization_id, tenant_id) where tenant_id is not null;
create index links_partner on links (organization_id, partner_id, id);
create index links_key on links (organization_id, key);
create index codes_partner on codes (organization_id, partner_id, code);
create index clicks_newest on clicks (organization_id, created_at, id);
create index clicks_partner on clicks (organization_id, partner_id, created_at, id);

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values
    ('clicks', 'clicks_newest', '1000000 1000000 2 1'),
    ('clicks', 'clicks_partner', '1000000 1000000 1000 2 1'),
    ('codes', 'codes_partner', '1000000 1000000 10 1'),
    ('customers', 'customers_email', '1000000 1000000 2'),
    ('customers', 'customers_partner', '1000000 1000000 1000 1'),
    ('customers', 'customers_test', '1000 1000 1'),
    ('entries', 'entries_partner', '1000000 1000000 1000 1'),
    ('entries', 'entries_test', '1000 1000 1'),
    ('events', 'events_external', '1000000 1000000 1'),
    ('events', 'events_failed', '1000 1000 1'),
    ('events', 'events_parked', '1000 1000 1'),
    ('events', 'events_test', '1000 1000 1'),
    ('events', 'events_unknown', '1000 1000 500 1'),
    ('leads', 'leads_partner', '1000000 1000000 1000 1'),
    ('leads', 'leads_test', '1000 1000 1'),
    ('links', 'links_key', '1000000 1000000 1'),
    ('links', 'links_partner', '1000000 1000000 10 1'),
    ('partners', 'partners_tenant', '1000000 1000000 1'),
    ('payouts', 'payouts_partner', '1000000 1000000 100 1'),
    ('sales', 'sales_partner', '1000000 1000000 1000 1'),
    ('sales', 'sales_review', '1000 1000 1'),
    ('sales', 'sales_test', '1000 1000 1');
