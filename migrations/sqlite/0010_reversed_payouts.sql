-- A payout that never reached its partner is reversed: its row stays, and what it had paid is kept here, while `payout_entries` holds what stands
-- paid, so that an entry can be paid once more.
alter table payouts add column reversed_at integer;
alter table payouts add column reversed_reason text;

create table reversed_payout_entries (
    organization_id text not null,
    payout_id text not null,
    entry_id text not null,
    primary key (organization_id, payout_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
) strict;
create index reversed_payout_entries_entry on reversed_payout_entries (organization_id, entry_id);
create index payout_entries_payout on payout_entries (organization_id, payout_id);

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values
    ('payout_entries', 'payout_entries_payout', '1000000 1000000 10'),
    ('reversed_payout_entries', 'reversed_payout_entries_entry', '1000000 1000000 2'),
    ('reversed_payout_entries', 'sqlite_autoindex_reversed_payout_entries_1', '1000000 1000000 10 1');
