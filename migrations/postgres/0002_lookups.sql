-- A partner is looked up by e-mail address as people write it.
create index partners_address on partners (organization_id, lower(trim(email)));
-- The answers given to a customer's calls are looked up when the customer is erased.
create index idempotency_customer on idempotency (customer) where customer is not null;

-- Before a table has been analyzed, PostgreSQL holds all indexes that begin with the same column for equally
-- good, and may look a row up by its organization alone: each check of a foreign key then read the whole
-- organization. Where a row is looked up by its id, no index but that of the id may begin with the organization.
drop index events_neighbourhood;
drop index names_neighbourhood;
drop index facts_neighbourhood;
drop index waiting_claims_neighbourhood;
drop index customers_neighbourhood;
drop index customers_external;
drop index sales_neighbourhood;
drop index sale_references_sale;
drop index leads_neighbourhood;
drop index entries_subject;
drop index entries_partner;
create index events_neighbourhood on events (neighbourhood_id);
create index names_neighbourhood on names (neighbourhood_id);
create index facts_neighbourhood on facts (neighbourhood_id);
create index waiting_claims_neighbourhood on waiting_claims (neighbourhood_id);
create index customers_neighbourhood on customers (neighbourhood_id);
create index customers_external on customers (external_id);
create index sales_neighbourhood on sales (neighbourhood_id);
create index sale_references_sale on sale_references (sale_id);
create index leads_neighbourhood on leads (neighbourhood_id);
create index entries_subject on entries (subject_id);
create index entries_partner on entries (partner_id);
create unique index events_external
    on events (external_id, processor, account, livemode, api_version, organization_id);
alter table events drop constraint events_organization_id_processor_account_livemode_external__key;
