-- The schema of the first release. Every key starts with the organization, so that it distributes by organization.
-- Before a table has been analyzed, PostgreSQL holds all indexes that begin with the same column for equally good, and may look a row up by its
-- organization alone. So no index but that of a row's id begins with the organization.
-- Every lookup by a name finds its rows by an index, and every list its next part: what of it is found and what is picked among the next rows,
-- `src/books` says. Partial indexes cost nothing for the rows that are not in them.
-- What the ledger's writer adds has no foreign key: it holds the lock on the organization's row, and a check for each row costs as much as an index.
-- Times are microseconds since 1970 UTC, money is in the smallest unit of its currency, yes/no is 1/0.

create table organizations (
    id text collate "C" not null primary key,
    name text collate "C" not null,
    created_at bigint not null,
    -- Which kinds of outgoing messages some endpoint wants, a bit for each: who has none pays nothing for them.
    outgoing bigint not null default 0
);

-- Three narrow tables find the organization for what arrives without one.
create table api_keys (
    digest text collate "C" not null primary key,
    id text collate "C" not null unique,
    organization_id text collate "C" not null references organizations (id),
    name text collate "C" not null,
    shown text collate "C" not null,
    livemode bigint not null,
    created_at bigint not null,
    revoked_at bigint,
    -- What it may do, separated by commas: track, read, admin.
    scopes text collate "C" not null default 'admin',
    expires_at bigint,
    last_used_at bigint
);

create table source_routes (
    route text collate "C" not null primary key,
    organization_id text collate "C" not null references organizations (id),
    source_id text collate "C" not null
);

create table link_keys (
    domain text collate "C" not null,
    key text collate "C" not null,
    organization_id text collate "C" not null references organizations (id),
    link_id text collate "C" not null,
    primary key (domain, key)
);

-- Links that sign somebody in, once; and who is signed in. What is stored is a digest: who reads the table cannot use it. A link without an
-- organization is for the whole server, and so is a session that is `everywhere`; `organization_id` is then the one that is looked at.
create table sign_ins (
    digest text collate "C" not null primary key,
    organization_id text collate "C" references organizations (id),
    -- Whom it signs in, where that is a member, or which invitation it accepts.
    member_id text collate "C",
    invitation_id text collate "C",
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table sessions (
    digest text collate "C" not null primary key,
    organization_id text collate "C" not null references organizations (id),
    everywhere bigint not null,
    -- Whose it is; without, the server's owner.
    member_id text collate "C",
    created_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);

create table programs (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    name text collate "C" not null,
    status text collate "C" not null,
    model text collate "C" not null,
    window_days bigint not null,
    customer_stays bigint not null,
    hold_days bigint not null,
    currency text collate "C",
    created_at bigint not null,
    -- What a run does not pay less than, in the smallest unit of whatever currency is paid.
    payout_minimum bigint not null default 0,
    primary key (organization_id, id)
);

-- A program's settings by date, as its rules are: a sale follows those of its own time, so that a change never touches what was earned
-- before. What stands in `programs` is what holds now, to be read by people.
create table policies (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    program_id text collate "C" not null,
    from_at bigint not null,
    model text collate "C" not null,
    window_days bigint not null,
    customer_stays bigint not null,
    hold_days bigint not null,
    created_at bigint not null,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
);

create table rules (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C",
    from_at bigint not null,
    body text collate "C",
    created_at bigint not null,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
);

create table partners (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    name text collate "C" not null,
    email text collate "C" not null,
    tenant_id text collate "C",
    status text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, id),
    unique (organization_id, email)
);
-- People write addresses in their own ways.
create index partners_address on partners (organization_id, lower(trim(email)));
create index partners_tenant on partners (tenant_id) where tenant_id is not null;

create table enrollments (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, id),
    unique (organization_id, program_id, partner_id),
    foreign key (organization_id, program_id) references programs (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);

create table links (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    domain text collate "C" not null,
    key text collate "C" not null,
    url text collate "C" not null,
    created_at bigint not null,
    deleted_at bigint,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);
create index links_partner on links (partner_id, id);
create index links_key on links (key);

create table clicks (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    link_id text collate "C" not null,
    partner_id text collate "C" not null,
    program_id text collate "C" not null,
    clicked_at bigint not null,
    url text collate "C",
    referrer text collate "C",
    created_at bigint not null,
    primary key (organization_id, id)
);
create index clicks_newest on clicks (organization_id, created_at, id);
create index clicks_partner on clicks (partner_id, created_at, id);

-- Which click a visitor's first visit of an hour to a link has become: a digest of the hour, the link and the visitor, with a salt that
-- changes each day. No address is kept. Rows older than the hour before are removed.
create table click_visits (
    organization_id text collate "C" not null references organizations (id),
    visit text collate "C" not null,
    click_id text collate "C" not null,
    primary key (organization_id, visit)
);

create table codes (
    organization_id text collate "C" not null references organizations (id),
    code text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, code)
);
create index codes_partner on codes (partner_id, code);

-- Which code a processor's own id of a discount stands for (Paddle's transactions name only the id).
create table code_names (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    code text collate "C" not null,
    version_at bigint not null,
    version_step bigint not null,
    primary key (organization_id, id)
);

-- Whose a customer, or one payment, is by the owner's word: by any name of either. Without a partner it is nobody's.
create table assignments (
    organization_id text collate "C" not null references organizations (id),
    livemode bigint not null,
    name text collate "C" not null,
    program_id text collate "C",
    partner_id text collate "C",
    reason text collate "C",
    created_at bigint not null,
    primary key (organization_id, livemode, name)
);

create table sources (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    processor text collate "C" not null,
    livemode bigint not null,
    status text collate "C" not null,
    settings text collate "C" not null,
    secrets bytea not null,
    created_at bigint not null,
    closed_at bigint,
    primary key (organization_id, id)
);

-- The inbox. `api_version` is part of the key because two shapes of one event may each name what the
-- other does not.
create table events (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    source_id text collate "C" not null,
    processor text collate "C" not null,
    account text collate "C" not null,
    livemode bigint not null,
    external_id text collate "C" not null,
    api_version text collate "C" not null,
    type text collate "C" not null,
    occurred_at bigint,
    received_at bigint not null,
    processed_at bigint,
    state text collate "C" not null,
    reason text collate "C",
    deliveries bigint not null,
    mentions text collate "C" not null,
    neighbourhood_id text collate "C",
    -- How many deliveries came under its id and said something else than the first, and when the last did.
    conflicts bigint not null default 0,
    conflict_at bigint,
    -- When retention removed its body.
    body_removed_at bigint,
    -- When it was delivered last, where that was more than once: its source is heard then too.
    repeated_at bigint,
    primary key (organization_id, id)
);
create unique index events_external
    on events (external_id, processor, account, livemode, api_version, organization_id);
create index events_received on events (organization_id, id) where state = 'received';
create index events_conflicting on events (conflict_at) where conflicts > 0;
create index events_neighbourhood on events (neighbourhood_id);
create index events_test on events (organization_id, id) where livemode = 0;
create index events_parked on events (organization_id, id) where state = 'parked';
-- Events whose reason says that they hold a value that is not known here.
create index events_unknown on events (organization_id, livemode, id) where substr(reason, 1, 8) = 'unknown ';
-- Few: some of them are tried again.
create index events_failed on events (organization_id, id) where state = 'failed';

create table event_bodies (
    organization_id text collate "C" not null,
    event_id text collate "C" not null,
    headers text collate "C" not null,
    size_bytes bigint not null,
    body bytea not null,
    primary key (organization_id, event_id)
);

-- Everything that is connected by a name, folded together.
create table neighbourhoods (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    livemode bigint not null,
    due_at bigint,
    -- How often it has been folded, and how often it has changed since it was made: who looks at it twice sees whether it is still the
    -- same. How many facts it has tells whether it is folded within a batch or by itself.
    revision bigint not null default 0,
    changes bigint not null default 0,
    facts bigint not null default 0,
    -- How many ids in it more customers share than a person can have.
    shared_ids bigint not null default 0,
    primary key (organization_id, id)
);
create index neighbourhoods_due on neighbourhoods (organization_id, due_at) where due_at is not null;
create index neighbourhoods_sharing on neighbourhoods (organization_id, livemode, id) where shared_ids > 0;

-- `neighbourhood_id`: as it was when the name was new (`name_homes` tells where that is now). `sale_id`: the sale that the name stands for, where it is a payment's that counts.
create table names (
    organization_id text collate "C" not null,
    livemode bigint not null,
    name text collate "C" not null,
    neighbourhood_id text collate "C" not null,
    sale_id text collate "C",
    primary key (organization_id, livemode, name)
);
create index names_sale on names (sale_id) where sale_id is not null;

-- Neighbourhoods that have become part of another, which is not one of these. A name keeps the neighbourhood in which it was seen first: where
-- that one is now, this tells, so that two become one without a change of their names.
create table moved_neighbourhoods (
    organization_id text collate "C" not null,
    gone text collate "C" not null,
    target text collate "C" not null,
    primary key (organization_id, gone)
);
create index moved_neighbourhoods_target on moved_neighbourhoods (organization_id, target);

create view name_homes as
    select n.organization_id, n.livemode, n.name, coalesce(m.target, n.neighbourhood_id) as neighbourhood_id
    from names n
    left join moved_neighbourhoods m on m.organization_id = n.organization_id and m.gone = n.neighbourhood_id;

create view sale_references as
    select organization_id, livemode, name, sale_id from names where sale_id is not null;

-- What an event says of a neighbourhood, packed. Facts are always looked for in their neighbourhood: those of one stand together, and new ones at the
-- end. `key`: of a merchant's call the fact's; of a delivery what tells its rows in one neighbourhood apart.
create table facts (
    organization_id text collate "C" not null,
    livemode bigint not null,
    key text collate "C" not null,
    neighbourhood_id text collate "C" not null,
    event_id text collate "C" not null,
    processor text collate "C" not null,
    body bytea not null,
    primary key (organization_id, neighbourhood_id, key, event_id)
);

-- Clicks and codes that were claimed and are not known yet.
create table waiting_claims (
    organization_id text collate "C" not null,
    claim text collate "C" not null,
    neighbourhood_id text collate "C" not null,
    primary key (organization_id, claim, neighbourhood_id)
);
create index waiting_claims_neighbourhood on waiting_claims (neighbourhood_id);

create table customers (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    livemode bigint not null,
    neighbourhood_id text collate "C" not null,
    names text collate "C" not null,
    external_id text collate "C",
    email text collate "C",
    name text collate "C",
    avatar text collate "C",
    partner_id text collate "C",
    program_id text collate "C",
    click_id text collate "C",
    created_at bigint not null,
    updated_at bigint not null,
    primary key (organization_id, id)
);
create index customers_neighbourhood on customers (neighbourhood_id);
create index customers_email on customers (email) where email is not null;
create index customers_partner on customers (partner_id, id) where partner_id is not null;
create index customers_test on customers (organization_id, id) where livemode = 0;

create table sales (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    livemode bigint not null,
    neighbourhood_id text collate "C" not null,
    state text collate "C" not null,
    invoice_id text collate "C",
    event_name text collate "C" not null,
    payment_processor text collate "C" not null,
    metadata text collate "C",
    currency text collate "C" not null,
    subtotal bigint not null,
    discount bigint not null,
    tax bigint not null,
    shipping bigint not null,
    gross bigint not null,
    net bigint not null,
    refunded bigint not null,
    disputed bigint not null,
    refunded_gross bigint not null,
    kind text collate "C" not null,
    customer_id text collate "C",
    partner_id text collate "C",
    program_id text collate "C",
    click_id text collate "C",
    link_id text collate "C",
    via text collate "C",
    commission_full bigint not null,
    commission_left bigint not null,
    commission_free bigint not null,
    commission_currency text collate "C" not null,
    rate text collate "C",
    review text collate "C",
    waits_for text collate "C",
    occurred_at bigint not null,
    available_at bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (organization_id, id)
);
create index sales_neighbourhood on sales (neighbourhood_id);
create index sales_partner on sales (partner_id, id) where partner_id is not null;
create index sales_test on sales (organization_id, id) where livemode = 0;
create index sales_review on sales (organization_id, id) where review is not null;
create index sales_held on sales (organization_id, id) where commission_left <> commission_free;

create table leads (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    livemode bigint not null,
    neighbourhood_id text collate "C" not null,
    lead_key text collate "C" not null,
    event_name text collate "C" not null,
    customer_id text collate "C",
    partner_id text collate "C",
    program_id text collate "C",
    link_id text collate "C",
    click_id text collate "C",
    occurred_at bigint not null,
    created_at bigint not null,
    primary key (organization_id, id),
    unique (organization_id, livemode, lead_key)
);
create index leads_neighbourhood on leads (neighbourhood_id);
create index leads_partner on leads (partner_id, id) where partner_id is not null;
create index leads_test on leads (organization_id, id) where livemode = 0;

-- The ledger. Rows are added and never changed; every balance is a sum over them.
create table entries (
    organization_id text collate "C" not null,
    id text collate "C" not null,
    livemode bigint not null,
    subject_id text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    kind text collate "C" not null,
    amount bigint not null,
    currency text collate "C" not null,
    reason text collate "C" not null,
    occurred_at bigint not null,
    available_at bigint not null,
    created_at bigint not null,
    primary key (organization_id, id)
);
create index entries_subject on entries (subject_id);
create index entries_partner on entries (partner_id, id);
create index entries_test on entries (organization_id, id) where livemode = 0;

create table payouts (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    amount bigint not null,
    currency text collate "C" not null,
    status text collate "C" not null,
    note text collate "C",
    created_at bigint not null,
    reversed_at bigint,
    reversed_reason text collate "C",
    -- How it is paid, in which batch, and what the one who pays calls it.
    method text collate "C",
    batch_id text collate "C",
    reference text collate "C",
    -- Its statement's, counted for each partner.
    statement_number bigint,
    approved_at bigint,
    approved_by text collate "C",
    sent_at bigint,
    sent_by text collate "C",
    paid_at bigint,
    paid_by text collate "C",
    primary key (organization_id, id)
);
create index payouts_partner on payouts (partner_id, id);
create index payouts_open on payouts (organization_id, status, id) where status in ('draft', 'approved', 'sent');
create index payouts_batch on payouts (batch_id) where batch_id is not null;

-- Which entries a payout has paid. Test entries cannot stand here: see the check in the code that adds.
create table payout_entries (
    organization_id text collate "C" not null,
    entry_id text collate "C" not null,
    payout_id text collate "C" not null,
    primary key (organization_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
);
create index payout_entries_payout on payout_entries (payout_id);

-- Which entries a draft would pay: no other payout can take them. They are in `payout_entries` once the payout is sent.
create table payout_claims (
    organization_id text collate "C" not null,
    entry_id text collate "C" not null,
    payout_id text collate "C" not null,
    primary key (organization_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
);
create index payout_claims_payout on payout_claims (payout_id);

-- Payouts that are sent together: by a file, which is kept sealed as it was made, or by Stripe.
create table payout_batches (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    method text collate "C" not null,
    currency text collate "C" not null,
    payouts bigint not null,
    total bigint not null,
    file bytea,
    digest text collate "C",
    created_at bigint not null,
    created_by text collate "C" not null,
    primary key (organization_id, id)
);

-- How partners are paid and what a statement needs, sealed; `missing`: what of it is not there yet.
create table payout_details (
    organization_id text collate "C" not null,
    partner_id text collate "C" not null,
    method text collate "C" not null,
    missing text collate "C" not null,
    details bytea not null,
    updated_at bigint not null,
    primary key (organization_id, partner_id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);

-- Mailboxes that partners are or have been paid at, as digests: who buys from one is the partner.
create table partner_mailboxes (
    organization_id text collate "C" not null,
    partner_id text collate "C" not null,
    mailbox text collate "C" not null,
    primary key (organization_id, partner_id, mailbox),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);
create index partner_mailboxes_mailbox on partner_mailboxes (mailbox);

-- Who pays, and from where; sealed.
create table payout_settings (
    organization_id text collate "C" not null primary key references organizations (id),
    settings bytea not null,
    updated_at bigint not null
);

-- What a payout had paid that never reached its partner and was reversed: its row stays, and an entry can be paid once more.
create table reversed_payout_entries (
    organization_id text collate "C" not null,
    payout_id text collate "C" not null,
    entry_id text collate "C" not null,
    primary key (organization_id, payout_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
);
create index reversed_payout_entries_entry on reversed_payout_entries (entry_id);

create table rates (
    organization_id text collate "C" not null references organizations (id),
    base text collate "C" not null,
    quote text collate "C" not null,
    day bigint not null,
    digits bigint not null,
    places bigint not null,
    source text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, base, quote, day)
);

-- The owner's decisions about commissions, by every name of the payment; of a lead by `lead/` and its key.
create table reviews (
    organization_id text collate "C" not null references organizations (id),
    livemode bigint not null,
    name text collate "C" not null,
    decision text collate "C" not null,
    reason text collate "C",
    created_at bigint not null,
    primary key (organization_id, livemode, name)
);

-- Answers already given to calls with an Idempotency-Key.
create table idempotency (
    organization_id text collate "C" not null references organizations (id),
    key text collate "C" not null,
    request text collate "C" not null,
    answer text collate "C" not null,
    customer text collate "C",
    created_at bigint not null,
    primary key (organization_id, key)
);
-- The answers given to a customer's calls are looked up when the customer is erased.
create index idempotency_customer on idempotency (customer) where customer is not null;

-- What the readiness check writes.
create table health (
    id text collate "C" not null primary key,
    at bigint not null
);

-- Requests of privacy law, and what was done. Each that is open has a job.
create table privacy_requests (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    kind text collate "C" not null,
    source_id text collate "C" not null,
    event_id text collate "C" not null,
    customers text collate "C" not null,
    payments text collate "C" not null,
    export text collate "C",
    created_at bigint not null,
    done_at bigint,
    primary key (organization_id, id)
);

-- Whose personal data have been erased: names of customers and their payments, in a form that is not
-- personal, and whole sources. What was told until then is not taken in again.
create table erased_names (
    organization_id text collate "C" not null references organizations (id),
    livemode bigint not null,
    name text collate "C" not null,
    erased_at bigint not null,
    primary key (organization_id, livemode, name)
);

-- Figures that the writer keeps in the transactions in which it writes sales, leads, entries and clicks. Each can be summed up again from those,
-- and the audit does. Sales, leads and what they earned count on their own day, what was taken back on the day of the refund or dispute.
-- `by_partner` 0: of all partners together, so that a long period is few rows; 1: of a partner; 2: of a partner, of all processors, in the 32 days
-- that begin with `day`, so that a year of many partners is not one row for each day of each.
create table daily_figures (
    organization_id text collate "C" not null,
    livemode bigint not null,
    by_partner bigint not null,
    currency text collate "C" not null,
    day bigint not null,
    processor text collate "C" not null,
    partner_id text collate "C" not null,
    program_id text collate "C" not null,
    link_id text collate "C" not null,
    sales bigint not null,
    gross bigint not null,
    net bigint not null,
    refunded bigint not null,
    disputed bigint not null,
    commission bigint not null,
    taken_back bigint not null,
    leads bigint not null,
    primary key (organization_id, livemode, by_partner, currency, day, processor, partner_id, program_id, link_id)
);

create table daily_clicks (
    organization_id text collate "C" not null,
    by_partner bigint not null,
    day bigint not null,
    partner_id text collate "C" not null,
    program_id text collate "C" not null,
    link_id text collate "C" not null,
    clicks bigint not null,
    primary key (organization_id, by_partner, day, partner_id, program_id, link_id)
);

-- What was taken of a sale on which days; of most sales nothing was.
create table sale_takings (
    organization_id text collate "C" not null,
    sale_id text collate "C" not null,
    day bigint not null,
    refunded bigint not null,
    disputed bigint not null,
    commission bigint not null,
    primary key (organization_id, sale_id, day)
);

create table balances (
    organization_id text collate "C" not null,
    partner_id text collate "C" not null,
    currency text collate "C" not null,
    livemode bigint not null,
    program_id text collate "C" not null,
    earned bigint not null,
    held bigint not null,
    paid bigint not null,
    primary key (organization_id, partner_id, currency, livemode, program_id)
);

-- What of a balance becomes available on which day. That of today is read from the entries, to the microsecond.
create table maturing (
    organization_id text collate "C" not null,
    partner_id text collate "C" not null,
    currency text collate "C" not null,
    livemode bigint not null,
    program_id text collate "C" not null,
    day bigint not null,
    amount bigint not null,
    primary key (organization_id, partner_id, currency, livemode, program_id, day)
);
create index entries_available on entries (available_at);
-- Who belongs to an organization, and what each may do: owner, member, read-only.
create table members (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    name text collate "C" not null,
    email text collate "C" not null,
    role text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, id),
    unique (organization_id, email)
);

-- Links that make somebody a member, once; the secret of each is a digest in `sign_ins`.
create table invitations (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    name text collate "C" not null,
    email text collate "C" not null,
    role text collate "C" not null,
    created_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    revoked_at bigint,
    primary key (organization_id, id)
);

-- What was changed, by whom and why: a line is written in the transaction of its change, and is never changed itself.
create table changes (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    changed_at bigint not null,
    actor_kind text collate "C" not null,
    actor_id text collate "C" not null,
    actor_name text collate "C" not null,
    type text collate "C" not null,
    subject_id text collate "C" not null,
    reason text collate "C",
    details text collate "C" not null,
    primary key (organization_id, id)
);
create index changes_subject on changes (subject_id, id);
create index changes_actor on changes (organization_id, actor_id, id);
create index changes_type on changes (organization_id, type, id);
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'lines about changes are only added';
end
$$;
create trigger changes_stay_as_they_are before update or delete on changes
    for each row execute function refuse_change();
create trigger changes_stay before truncate on changes
    for each statement execute function refuse_change();
-- What is to be done later, again and again, or until it succeeds. A replica leases what is due; what its runner has not finished is another's
-- when the lease is over. `stopped_at`: it has failed too often, and waits for a person.
create table jobs (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    kind text collate "C" not null,
    payload text collate "C" not null,
    run_at bigint not null,
    attempts bigint not null,
    lease_owner text collate "C",
    leased_until bigint,
    last_error text collate "C",
    created_at bigint not null,
    done_at bigint,
    stopped_at bigint,
    -- How often somebody asked for it again: one that was asked for while it ran is run once more.
    pokes bigint not null default 0,
    primary key (organization_id, id)
);
create index jobs_due on jobs (run_at) where done_at is null and stopped_at is null;
create index jobs_done on jobs (done_at) where done_at is not null;

-- Deliveries that were refused, by source, hour and reason; never what they held. `seconds`: how far the last one's time was off.
create table refusals (
    organization_id text collate "C" not null references organizations (id),
    source_id text collate "C" not null,
    hour bigint not null,
    reason text collate "C" not null,
    refused bigint not null,
    last_at bigint not null,
    seconds bigint,
    primary key (organization_id, source_id, hour, reason)
);

-- Where outgoing webhooks go. `position`: up to which message it has been given its own. `paused_until`: it has failed again and again.
create table webhook_endpoints (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    url text collate "C" not null,
    livemode bigint not null,
    events text collate "C" not null,
    status text collate "C" not null,
    secrets bytea not null,
    position bigint not null,
    failures bigint not null,
    failing_since bigint,
    paused_until bigint,
    disabled_reason text collate "C",
    created_at bigint not null,
    primary key (organization_id, id)
);

-- What has happened that some endpoint wants to be told of, numbered in the order in which it was committed. What it is about is read when it is
-- sent, so nothing personal stands here. `endpoint_id`: for this endpoint alone.
create table webhook_messages (
    organization_id text collate "C" not null references organizations (id),
    number bigint not null,
    id text collate "C" not null,
    kind text collate "C" not null,
    livemode bigint not null,
    subject_id text collate "C" not null,
    endpoint_id text collate "C",
    created_at bigint not null,
    primary key (organization_id, number)
);

-- Messages by endpoint, and how each has fared. Of those about one subject the lowest number goes first.
create table webhook_deliveries (
    organization_id text collate "C" not null references organizations (id),
    endpoint_id text collate "C" not null,
    message_id text collate "C" not null,
    number bigint not null,
    kind text collate "C" not null,
    subject_id text collate "C" not null,
    state text collate "C" not null,
    attempts bigint not null,
    next_at bigint not null,
    last_at bigint,
    last_status bigint,
    last_error text collate "C",
    created_at bigint not null,
    primary key (organization_id, endpoint_id, message_id)
);
create index webhook_deliveries_waiting on webhook_deliveries (endpoint_id, number) where state = 'pending';
create index webhook_deliveries_subject on webhook_deliveries (subject_id, endpoint_id, number) where state = 'pending';

create table webhook_attempts (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    endpoint_id text collate "C" not null,
    message_id text collate "C" not null,
    attempted_at bigint not null,
    milliseconds bigint not null,
    status bigint,
    error text collate "C",
    primary key (organization_id, id)
);
create index webhook_attempts_endpoint on webhook_attempts (endpoint_id, id);
-- The portal, where partners look at what is theirs.
-- Who may look: tokens of embedded pages, links that sign in once, sessions. A token names its organization, and what is stored is a digest: who
-- reads the table cannot use it.
create table partner_access (
    organization_id text collate "C" not null references organizations (id),
    digest text collate "C" not null,
    -- embed, link, session
    kind text collate "C" not null,
    partner_id text collate "C" not null,
    livemode bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    primary key (organization_id, digest)
);
create index partner_access_over on partner_access (organization_id, expires_at);

-- What a program shows partners, where their links lead, and how somebody becomes one: applications are closed, approve or open.
create table program_pages (
    organization_id text collate "C" not null references organizations (id),
    program_id text collate "C" not null,
    applications text collate "C" not null,
    link_url text collate "C",
    link_domain text collate "C" not null,
    partners_make_links bigint not null,
    about text collate "C",
    terms_url text collate "C",
    primary key (organization_id, program_id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
);

-- What somebody said who wants to be a partner, and what was decided. Who it is stands with the partner.
create table applications (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    website text collate "C",
    message text collate "C",
    applied_at bigint not null,
    decided_at bigint,
    decision text collate "C",
    primary key (organization_id, id)
);
-- Who waits for a yes.
create index partners_status on partners (organization_id, status, id);
create index partners_name on partners (organization_id, lower(name), id);
create index applications_partner on applications (partner_id, id);

-- Hosts that belong to links alone, and where a visitor is led whose link is not known.
create table link_domains (
    domain text collate "C" not null primary key,
    organization_id text collate "C" not null references organizations (id),
    fallback_url text collate "C",
    created_at bigint not null
);
-- Keys are found however a visitor writes them, where that is unambiguous.
create index link_keys_folded on link_keys (domain, lower(key));

-- What one partner has brought, by day.
create index daily_figures_partner on daily_figures (partner_id, livemode, currency, day) where by_partner = 1;
create index daily_clicks_partner on daily_clicks (partner_id, day);
-- What was given to a partner, or taken, beside sales and leads; each is one entry. `key`: who asks for the same again is answered with it.
create table adjustments (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    livemode bigint not null,
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    kind text collate "C" not null,
    amount bigint not null,
    currency text collate "C" not null,
    reason text collate "C" not null,
    key text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, id),
    unique (organization_id, livemode, key),
    foreign key (organization_id, program_id) references programs (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);
create index adjustments_partner on adjustments (partner_id, id);
create index adjustments_test on adjustments (organization_id, id) where livemode = 0;

-- What processors' APIs are asked, by source: with which key (sealed), up to when all has been asked, and where a walk that is not at its end stands.
create table reconciliations (
    organization_id text collate "C" not null references organizations (id),
    source_id text collate "C" not null,
    credential bytea,
    asked_until bigint,
    walk text collate "C",
    finished_at bigint,
    pause_until bigint,
    failures bigint not null,
    error text collate "C",
    -- Of the last walk that came to its end: what the processor had, and what of it was missing here.
    told bigint not null,
    missing bigint not null,
    primary key (organization_id, source_id)
);

-- What no delivery had told when the processor was asked; written before the event is.
create table findings (
    organization_id text collate "C" not null references organizations (id),
    source_id text collate "C" not null,
    external_id text collate "C" not null,
    found_at bigint not null,
    primary key (organization_id, source_id, external_id)
);

-- When an organization's books were last computed once more and compared, and what came of it. `kinds`: how many differences of each kind, as JSON.
create table audits (
    organization_id text collate "C" not null primary key references organizations (id),
    begun_at bigint not null,
    ended_at bigint not null,
    sales bigint not null,
    left_out bigint not null,
    differences bigint not null,
    kinds text collate "C" not null
);

-- Mails to be sent, each once for its cause. What one says is read when it is sent, so nothing personal and no link stands here. `recipient_id`: which
-- of several people. `occasion`: makes of two causes two mails.
create table mails (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    kind text collate "C" not null,
    subject_id text collate "C" not null,
    recipient_id text collate "C" not null,
    occasion text collate "C" not null,
    -- pending, sent, failed, dropped
    state text collate "C" not null,
    attempts bigint not null,
    next_at bigint not null,
    created_at bigint not null,
    ended_at bigint,
    last_error text collate "C",
    primary key (organization_id, id),
    unique (organization_id, kind, subject_id, recipient_id, occasion)
);
create index mails_waiting on mails (organization_id, next_at, id) where state = 'pending';
create index mails_failed on mails (organization_id, id) where state = 'failed';
create index mails_created on mails (organization_id, created_at);

-- Which mails a partner wants, where it has said so.
create table mail_choices (
    organization_id text collate "C" not null references organizations (id),
    partner_id text collate "C" not null,
    earnings bigint not null,
    primary key (organization_id, partner_id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);

-- Partners who are paid by one rule, which is written as a version of each one's own.
create table partner_groups (
    organization_id text collate "C" not null references organizations (id),
    id text collate "C" not null,
    program_id text collate "C" not null,
    name text collate "C" not null,
    body text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, id),
    unique (organization_id, name),
    foreign key (organization_id, program_id) references programs (organization_id, id)
);
create table partner_group_members (
    organization_id text collate "C" not null references organizations (id),
    program_id text collate "C" not null,
    partner_id text collate "C" not null,
    group_id text collate "C" not null,
    created_at bigint not null,
    primary key (organization_id, program_id, partner_id),
    foreign key (organization_id, group_id) references partner_groups (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
);
create index partner_group_members_group on partner_group_members (organization_id, group_id, partner_id);
