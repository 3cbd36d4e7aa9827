-- Links that sign somebody in, once; and who is signed in. What is stored is a digest: who reads the table cannot use it. A link without an
-- organization is for the whole server, and so is a session that is `everywhere`; `organization_id` is then the one that is looked at.
create table sign_ins (
    digest text not null primary key,
    organization_id text references organizations (id),
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict;

create table sessions (
    digest text not null primary key,
    organization_id text not null references organizations (id),
    everywhere integer not null,
    created_at integer not null,
    expires_at integer not null,
    ended_at integer
) strict;

-- What was sold in a period is summed without going through all sales.
create index sales_occurred on sales (organization_id, livemode, occurred_at);

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values
    ('sign_ins', 'sqlite_autoindex_sign_ins_1', '1000 1'),
    ('sessions', 'sqlite_autoindex_sessions_1', '1000 1'),
    ('sales', 'sales_occurred', '1000000 1000000 500000 1');
