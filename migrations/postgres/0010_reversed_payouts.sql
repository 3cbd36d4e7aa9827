-- A payout that never reached its partner is reversed: its row stays, and what it had paid is kept here, while `payout_entries` holds what stands
-- paid, so that an entry can be paid once more.
alter table payouts add column reversed_at bigint;
alter table payouts add column reversed_reason text;

create table reversed_payout_entries (
    organization_id text not null,
    payout_id text not null,
    entry_id text not null,
    primary key (organization_id, payout_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
);
create index reversed_payout_entries_entry on reversed_payout_entries (organization_id, entry_id);
create index payout_entries_payout on payout_entries (organization_id, payout_id);
