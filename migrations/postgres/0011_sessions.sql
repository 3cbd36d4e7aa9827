-- Links that sign somebody in, once; and who is signed in. What is stored is a digest: who reads the table cannot use it. A link without an
-- organization is for the whole server, and so is a session that is `everywhere`; `organization_id` is then the one that is looked at.
create table sign_ins (
    digest text not null primary key,
    organization_id text references organizations (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table sessions (
    digest text not null primary key,
    organization_id text not null references organizations (id),
    everywhere bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);

-- What was sold in a period is summed without going through all sales.
create index sales_occurred on sales (occurred_at);
