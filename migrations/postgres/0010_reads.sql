-- Every lookup by a name finds its rows by an index, and every list its next part: what of it is found and what is picked among the next rows,
-- `src/books` says. Partial indexes cost nothing for the rows that are not in them: sales without a partner, what is live, events that went well.
-- Where rows are looked up by their ids, no index of all rows begins with the organization (see 0001): ids of partners are nobody else's. Clicks
-- are the exception: their list is in order of time, and another organization's are not to be gone through.

create index sales_partner on sales (partner_id, id) where partner_id is not null;
create index sales_test on sales (organization_id, id) where livemode = 0;
create index sales_review on sales (organization_id, id) where review is not null;

create index customers_email on customers (email) where email is not null;
create index customers_partner on customers (partner_id, id) where partner_id is not null;
create index customers_test on customers (organization_id, id) where livemode = 0;

create index events_test on events (organization_id, id) where livemode = 0;
create index events_parked on events (organization_id, id) where state = 'parked';
-- Events whose reason says that they hold a value that is not known here.
create index events_unknown on events (organization_id, livemode, id) where substr(reason, 1, 8) = 'unknown ';
drop index events_failed;
create index events_failed on events (organization_id, id) where state = 'failed';

drop index entries_partner;
create index entries_partner on entries (partner_id, id);
create index entries_test on entries (organization_id, id) where livemode = 0;

create index leads_partner on leads (partner_id, id) where partner_id is not null;
create index leads_test on leads (organization_id, id) where livemode = 0;

create index payouts_partner on payouts (partner_id, id);

create index partners_tenant on partners (tenant_id) where tenant_id is not null;
create index links_partner on links (partner_id, id);
create index links_key on links (key);
create index codes_partner on codes (partner_id, code);
create index clicks_newest on clicks (organization_id, created_at, id);
create index clicks_partner on clicks (partner_id, created_at, id);
