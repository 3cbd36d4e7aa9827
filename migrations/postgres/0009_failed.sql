-- Few: some of them are tried again.
create index events_failed on events (organization_id) where state = 'failed';
