-- The schema of the first release. Every key starts with the organization, so that it distributes by organization.
-- Every lookup by a name finds its rows by an index, and every list its next part: what of it is found and what is picked among the next rows,
-- `src/books` says. Partial indexes cost nothing for the rows that are not in them.
-- What the ledger's writer adds has no foreign key: its organization is there, and a check for each row costs a lookup.
-- Times are microseconds since 1970 UTC, money is in the smallest unit of its currency, yes/no is 1/0.

create table organizations (
    id text not null primary key,
    name text not null,
    created_at integer not null,
    -- Which kinds of outgoing messages some endpoint wants, a bit for each: who has none pays nothing for them.
    outgoing integer not null default 0
) strict;

-- Three narrow tables find the organization for what arrives without one.
create table api_keys (
    digest text not null primary key,
    id text not null unique,
    organization_id text not null references organizations (id),
    name text not null,
    shown text not null,
    livemode integer not null,
    created_at integer not null,
    revoked_at integer,
    -- What it may do, separated by commas: track, read, admin.
    scopes text not null default 'admin',
    expires_at integer,
    last_used_at integer
) strict;

create table source_routes (
    route text not null primary key,
    organization_id text not null references organizations (id),
    source_id text not null
) strict;

create table link_keys (
    domain text not null,
    key text not null,
    organization_id text not null references organizations (id),
    link_id text not null,
    primary key (domain, key)
) strict;

-- Links that sign somebody in, once; and who is signed in. What is stored is a digest: who reads the table cannot use it. A link without an
-- organization is for the whole server, and so is a session that is `everywhere`; `organization_id` is then the one that is looked at.
create table sign_ins (
    digest text not null primary key,
    organization_id text references organizations (id),
    -- Whom it signs in, where that is a member, or which invitation it accepts.
    member_id text,
    invitation_id text,
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict;

create table sessions (
    digest text not null primary key,
    organization_id text not null references organizations (id),
    everywhere integer not null,
    -- Whose it is; without, the server's owner.
    member_id text,
    created_at integer not null,
    expires_at integer not null,
    ended_at integer
) strict;

create table programs (
    organization_id text not null references organizations (id),
    id text not null,
    name text not null,
    status text not null,
    model text not null,
    window_days integer not null,
    customer_stays integer not null,
    hold_days integer not null,
    currency text,
    created_at integer not null,
    -- What a run does not pay less than, in the smallest unit of whatever currency is paid.
    payout_minimum integer not null default 0,
    primary key (organization_id, id)
) strict;

-- A program's settings by date, as its rules are: a sale follows those of its own time, so that a change never touches what was earned
-- before. What stands in `programs` is what holds now, to be read by people.
create table policies (
    organization_id text not null,
    id text not null,
    program_id text not null,
    from_at integer not null,
    model text not null,
    window_days integer not null,
    customer_stays integer not null,
    hold_days integer not null,
    created_at integer not null,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
) strict;

create table rules (
    organization_id text not null,
    id text not null,
    program_id text not null,
    partner_id text,
    from_at integer not null,
    body text,
    created_at integer not null,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
) strict;

create table partners (
    organization_id text not null references organizations (id),
    id text not null,
    name text not null,
    email text not null,
    tenant_id text,
    status text not null,
    created_at integer not null,
    primary key (organization_id, id),
    unique (organization_id, email)
) strict;
-- People write addresses in their own ways.
create index partners_address on partners (organization_id, lower(trim(email)));
create index partners_tenant on partners (organization_id, tenant_id) where tenant_id is not null;

create table enrollments (
    organization_id text not null,
    id text not null,
    program_id text not null,
    partner_id text not null,
    created_at integer not null,
    primary key (organization_id, id),
    unique (organization_id, program_id, partner_id),
    foreign key (organization_id, program_id) references programs (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict;

create table links (
    organization_id text not null,
    id text not null,
    program_id text not null,
    partner_id text not null,
    domain text not null,
    key text not null,
    url text not null,
    created_at integer not null,
    deleted_at integer,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict;
create index links_partner on links (organization_id, partner_id, id);
create index links_key on links (organization_id, key);

create table clicks (
    organization_id text not null references organizations (id),
    id text not null,
    link_id text not null,
    partner_id text not null,
    program_id text not null,
    clicked_at integer not null,
    url text,
    referrer text,
    created_at integer not null,
    primary key (organization_id, id)
) strict;
create index clicks_newest on clicks (organization_id, created_at, id);
create index clicks_partner on clicks (organization_id, partner_id, created_at, id);

-- Which click a visitor's first visit of an hour to a link has become: a digest of the hour, the link and the visitor, with a salt that
-- changes each day. No address is kept. Rows older than the hour before are removed.
create table click_visits (
    organization_id text not null references organizations (id),
    visit text not null,
    click_id text not null,
    primary key (organization_id, visit)
) strict, without rowid;

create table codes (
    organization_id text not null references organizations (id),
    code text not null,
    program_id text not null,
    partner_id text not null,
    created_at integer not null,
    primary key (organization_id, code)
) strict;
create index codes_partner on codes (organization_id, partner_id, code);

-- Which code a processor's own id of a discount stands for (Paddle's transactions name only the id).
create table code_names (
    organization_id text not null references organizations (id),
    id text not null,
    code text not null,
    version_at integer not null,
    version_step integer not null,
    primary key (organization_id, id)
) strict;

-- Whose a customer, or one payment, is by the owner's word: by any name of either. Without a partner it is nobody's.
create table assignments (
    organization_id text not null references organizations (id),
    livemode integer not null,
    name text not null,
    program_id text,
    partner_id text,
    reason text,
    created_at integer not null,
    primary key (organization_id, livemode, name)
) strict;

create table sources (
    organization_id text not null references organizations (id),
    id text not null,
    processor text not null,
    livemode integer not null,
    status text not null,
    settings text not null,
    secrets blob not null,
    created_at integer not null,
    closed_at integer,
    primary key (organization_id, id)
) strict;

-- The inbox. `api_version` is part of the key because two shapes of one event may each name what the
-- other does not.
create table events (
    organization_id text not null,
    id text not null,
    source_id text not null,
    processor text not null,
    account text not null,
    livemode integer not null,
    external_id text not null,
    api_version text not null,
    type text not null,
    occurred_at integer,
    received_at integer not null,
    processed_at integer,
    state text not null,
    reason text,
    deliveries integer not null,
    mentions text not null,
    neighbourhood_id text,
    -- How many deliveries came under its id and said something else than the first, and when the last did.
    conflicts integer not null default 0,
    conflict_at integer,
    -- When retention removed its body.
    body_removed_at integer,
    -- When it was delivered last, where that was more than once: its source is heard then too.
    repeated_at integer,
    primary key (organization_id, id),
    unique (organization_id, external_id, processor, account, livemode, api_version)
) strict;
create index events_received on events (organization_id, id) where state = 'received';
create index events_conflicting on events (organization_id, livemode) where conflicts > 0;
create index events_neighbourhood on events (organization_id, neighbourhood_id);
create index events_test on events (organization_id, id) where livemode = 0;
create index events_parked on events (organization_id, id) where state = 'parked';
-- Events whose reason says that they hold a value that is not known here.
create index events_unknown on events (organization_id, livemode, id) where substr(reason, 1, 8) = 'unknown ';
-- Few: some of them are tried again.
create index events_failed on events (organization_id, id) where state = 'failed';

create table event_bodies (
    organization_id text not null,
    event_id text not null,
    headers text not null,
    size_bytes integer not null,
    body blob not null,
    primary key (organization_id, event_id)
) strict;

-- Everything that is connected by a name, folded together.
create table neighbourhoods (
    organization_id text not null,
    id text not null,
    livemode integer not null,
    due_at integer,
    -- How often it has been folded, and how often it has changed since it was made: who looks at it twice sees whether it is still the
    -- same. How many facts it has tells whether it is folded within a batch or by itself.
    revision integer not null default 0,
    changes integer not null default 0,
    facts integer not null default 0,
    -- How many ids in it more customers share than a person can have.
    shared_ids integer not null default 0,
    primary key (organization_id, id)
) strict, without rowid;
create index neighbourhoods_due on neighbourhoods (organization_id, due_at) where due_at is not null;
create index neighbourhoods_sharing on neighbourhoods (organization_id, livemode, id) where shared_ids > 0;

-- `neighbourhood_id`: as it was when the name was new (`name_homes` tells where that is now). `sale_id`: the sale that the name stands for, where it is a payment's that counts.
create table names (
    organization_id text not null,
    livemode integer not null,
    name text not null,
    neighbourhood_id text not null,
    sale_id text,
    primary key (organization_id, livemode, name)
) strict, without rowid;
create index names_sale on names (organization_id, sale_id) where sale_id is not null;

-- Neighbourhoods that have become part of another, which is not one of these. A name keeps the neighbourhood in which it was seen first: where
-- that one is now, this tells, so that two become one without a change of their names.
create table moved_neighbourhoods (
    organization_id text not null,
    gone text not null,
    target text not null,
    primary key (organization_id, gone)
) strict, without rowid;
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
    organization_id text not null,
    livemode integer not null,
    key text not null,
    neighbourhood_id text not null,
    event_id text not null,
    processor text not null,
    body blob not null,
    primary key (organization_id, neighbourhood_id, key, event_id)
) strict, without rowid;

-- Clicks and codes that were claimed and are not known yet.
create table waiting_claims (
    organization_id text not null,
    claim text not null,
    neighbourhood_id text not null,
    primary key (organization_id, claim, neighbourhood_id)
) strict;
create index waiting_claims_neighbourhood on waiting_claims (organization_id, neighbourhood_id);

create table customers (
    organization_id text not null,
    id text not null,
    livemode integer not null,
    neighbourhood_id text not null,
    names text not null,
    external_id text,
    email text,
    name text,
    avatar text,
    partner_id text,
    program_id text,
    click_id text,
    created_at integer not null,
    updated_at integer not null,
    primary key (organization_id, id)
) strict;
create index customers_neighbourhood on customers (organization_id, neighbourhood_id);
create index customers_email on customers (organization_id, email) where email is not null;
create index customers_partner on customers (organization_id, partner_id, id) where partner_id is not null;
create index customers_test on customers (organization_id, id) where livemode = 0;

create table sales (
    organization_id text not null,
    id text not null,
    livemode integer not null,
    neighbourhood_id text not null,
    state text not null,
    invoice_id text,
    event_name text not null,
    payment_processor text not null,
    metadata text,
    currency text not null,
    subtotal integer not null,
    discount integer not null,
    tax integer not null,
    shipping integer not null,
    gross integer not null,
    net integer not null,
    refunded integer not null,
    disputed integer not null,
    refunded_gross integer not null,
    kind text not null,
    customer_id text,
    partner_id text,
    program_id text,
    click_id text,
    link_id text,
    via text,
    commission_full integer not null,
    commission_left integer not null,
    commission_free integer not null,
    commission_currency text not null,
    rate text,
    review text,
    waits_for text,
    occurred_at integer not null,
    available_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (organization_id, id)
) strict;
create index sales_neighbourhood on sales (organization_id, neighbourhood_id);
create index sales_partner on sales (organization_id, partner_id, id) where partner_id is not null;
create index sales_test on sales (organization_id, id) where livemode = 0;
create index sales_review on sales (organization_id, id) where review is not null;
create index sales_held on sales (organization_id, id) where commission_left <> commission_free;

create table leads (
    organization_id text not null,
    id text not null,
    livemode integer not null,
    neighbourhood_id text not null,
    lead_key text not null,
    event_name text not null,
    customer_id text,
    partner_id text,
    program_id text,
    link_id text,
    click_id text,
    occurred_at integer not null,
    created_at integer not null,
    primary key (organization_id, id),
    unique (organization_id, livemode, lead_key)
) strict;
create index leads_neighbourhood on leads (organization_id, neighbourhood_id);
create index leads_partner on leads (organization_id, partner_id, id) where partner_id is not null;
create index leads_test on leads (organization_id, id) where livemode = 0;

-- The ledger. Rows are added and never changed; every balance is a sum over them.
create table entries (
    organization_id text not null,
    id text not null,
    livemode integer not null,
    subject_id text not null,
    program_id text not null,
    partner_id text not null,
    kind text not null,
    amount integer not null,
    currency text not null,
    reason text not null,
    occurred_at integer not null,
    available_at integer not null,
    created_at integer not null,
    primary key (organization_id, id)
) strict;
create index entries_subject on entries (organization_id, subject_id);
create index entries_partner on entries (organization_id, partner_id, id);
create index entries_test on entries (organization_id, id) where livemode = 0;

create table payouts (
    organization_id text not null references organizations (id),
    id text not null,
    program_id text not null,
    partner_id text not null,
    amount integer not null,
    currency text not null,
    status text not null,
    note text,
    created_at integer not null,
    reversed_at integer,
    reversed_reason text,
    -- How it is paid, in which batch, and what the one who pays calls it.
    method text,
    batch_id text,
    reference text,
    -- Its statement's, counted for each partner.
    statement_number integer,
    approved_at integer,
    approved_by text,
    sent_at integer,
    sent_by text,
    paid_at integer,
    paid_by text,
    primary key (organization_id, id)
) strict;
create index payouts_partner on payouts (organization_id, partner_id, id);
create index payouts_open on payouts (organization_id, status, id) where status in ('draft', 'approved', 'sent');
create index payouts_batch on payouts (organization_id, batch_id) where batch_id is not null;

-- Which entries a payout has paid. Test entries cannot stand here: see the check in the code that adds.
create table payout_entries (
    organization_id text not null,
    entry_id text not null,
    payout_id text not null,
    primary key (organization_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
) strict;
create index payout_entries_payout on payout_entries (organization_id, payout_id);

-- Which entries a draft would pay: no other payout can take them. They are in `payout_entries` once the payout is sent.
create table payout_claims (
    organization_id text not null,
    entry_id text not null,
    payout_id text not null,
    primary key (organization_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
) strict;
create index payout_claims_payout on payout_claims (organization_id, payout_id);

-- Payouts that are sent together: by a file, which is kept sealed as it was made, or by Stripe.
create table payout_batches (
    organization_id text not null references organizations (id),
    id text not null,
    method text not null,
    currency text not null,
    payouts integer not null,
    total integer not null,
    file blob,
    digest text,
    created_at integer not null,
    created_by text not null,
    primary key (organization_id, id)
) strict;

-- How partners are paid and what a statement needs, sealed; `missing`: what of it is not there yet.
create table payout_details (
    organization_id text not null,
    partner_id text not null,
    method text not null,
    missing text not null,
    details blob not null,
    updated_at integer not null,
    primary key (organization_id, partner_id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict;

-- Mailboxes that partners are or have been paid at, as digests: who buys from one is the partner.
create table partner_mailboxes (
    organization_id text not null,
    partner_id text not null,
    mailbox text not null,
    primary key (organization_id, partner_id, mailbox),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict;
create index partner_mailboxes_mailbox on partner_mailboxes (organization_id, mailbox);

-- Who pays, and from where; sealed.
create table payout_settings (
    organization_id text not null primary key references organizations (id),
    settings blob not null,
    updated_at integer not null
) strict;

-- What a payout had paid that never reached its partner and was reversed: its row stays, and an entry can be paid once more.
create table reversed_payout_entries (
    organization_id text not null,
    payout_id text not null,
    entry_id text not null,
    primary key (organization_id, payout_id, entry_id),
    foreign key (organization_id, entry_id) references entries (organization_id, id),
    foreign key (organization_id, payout_id) references payouts (organization_id, id)
) strict;
create index reversed_payout_entries_entry on reversed_payout_entries (organization_id, entry_id);

create table rates (
    organization_id text not null references organizations (id),
    base text not null,
    quote text not null,
    day integer not null,
    digits integer not null,
    places integer not null,
    source text not null,
    created_at integer not null,
    primary key (organization_id, base, quote, day)
) strict;

-- The owner's decisions about commissions, by every name of the payment; of a lead by `lead/` and its key.
create table reviews (
    organization_id text not null references organizations (id),
    livemode integer not null,
    name text not null,
    decision text not null,
    reason text,
    created_at integer not null,
    primary key (organization_id, livemode, name)
) strict;

-- Answers already given to calls with an Idempotency-Key.
create table idempotency (
    organization_id text not null references organizations (id),
    key text not null,
    request text not null,
    answer text not null,
    customer text,
    created_at integer not null,
    primary key (organization_id, key)
) strict;
-- The answers given to a customer's calls are looked up when the customer is erased.
create index idempotency_customer on idempotency (organization_id, customer) where customer is not null;

-- What the readiness check writes.
create table health (
    id text not null primary key,
    at integer not null
) strict;

-- Requests of privacy law, and what was done. Each that is open has a job.
create table privacy_requests (
    organization_id text not null references organizations (id),
    id text not null,
    kind text not null,
    source_id text not null,
    event_id text not null,
    customers text not null,
    payments text not null,
    export text,
    created_at integer not null,
    done_at integer,
    primary key (organization_id, id)
) strict;

-- Whose personal data have been erased: names of customers and their payments, in a form that is not
-- personal, and whole sources. What was told until then is not taken in again.
create table erased_names (
    organization_id text not null references organizations (id),
    livemode integer not null,
    name text not null,
    erased_at integer not null,
    primary key (organization_id, livemode, name)
) strict;

-- Figures that the writer keeps in the transactions in which it writes sales, leads, entries and clicks. Each can be summed up again from those,
-- and the audit does. Sales, leads and what they earned count on their own day, what was taken back on the day of the refund or dispute.
-- `by_partner` 0: of all partners together, so that a long period is few rows; 1: of a partner; 2: of a partner, of all processors, in the 32 days
-- that begin with `day`, so that a year of many partners is not one row for each day of each.
create table daily_figures (
    organization_id text not null,
    livemode integer not null,
    by_partner integer not null,
    currency text not null,
    day integer not null,
    processor text not null,
    partner_id text not null,
    program_id text not null,
    link_id text not null,
    sales integer not null,
    gross integer not null,
    net integer not null,
    refunded integer not null,
    disputed integer not null,
    commission integer not null,
    taken_back integer not null,
    leads integer not null,
    primary key (organization_id, livemode, by_partner, currency, day, processor, partner_id, program_id, link_id)
) strict, without rowid;

create table daily_clicks (
    organization_id text not null,
    by_partner integer not null,
    day integer not null,
    partner_id text not null,
    program_id text not null,
    link_id text not null,
    clicks integer not null,
    primary key (organization_id, by_partner, day, partner_id, program_id, link_id)
) strict, without rowid;

-- What was taken of a sale on which days; of most sales nothing was.
create table sale_takings (
    organization_id text not null,
    sale_id text not null,
    day integer not null,
    refunded integer not null,
    disputed integer not null,
    commission integer not null,
    primary key (organization_id, sale_id, day)
) strict, without rowid;

create table balances (
    organization_id text not null,
    partner_id text not null,
    currency text not null,
    livemode integer not null,
    program_id text not null,
    earned integer not null,
    held integer not null,
    paid integer not null,
    primary key (organization_id, partner_id, currency, livemode, program_id)
) strict, without rowid;

-- What of a balance becomes available on which day. That of today is read from the entries, to the microsecond.
create table maturing (
    organization_id text not null,
    partner_id text not null,
    currency text not null,
    livemode integer not null,
    program_id text not null,
    day integer not null,
    amount integer not null,
    primary key (organization_id, partner_id, currency, livemode, program_id, day)
) strict, without rowid;
create index entries_available on entries (available_at);
-- Who belongs to an organization, and what each may do: owner, member, read-only.
create table members (
    organization_id text not null references organizations (id),
    id text not null,
    name text not null,
    email text not null,
    role text not null,
    created_at integer not null,
    primary key (organization_id, id),
    unique (organization_id, email)
) strict;

-- Links that make somebody a member, once; the secret of each is a digest in `sign_ins`.
create table invitations (
    organization_id text not null references organizations (id),
    id text not null,
    name text not null,
    email text not null,
    role text not null,
    created_at integer not null,
    expires_at integer not null,
    accepted_at integer,
    revoked_at integer,
    primary key (organization_id, id)
) strict;

-- What was changed, by whom and why: a line is written in the transaction of its change, and is never changed itself.
create table changes (
    organization_id text not null references organizations (id),
    id text not null,
    changed_at integer not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    type text not null,
    subject_id text not null,
    reason text,
    details text not null,
    primary key (organization_id, id)
) strict;
create index changes_subject on changes (organization_id, subject_id, id);
create index changes_actor on changes (organization_id, actor_id, id);
create index changes_type on changes (organization_id, type, id);
create trigger changes_stay_as_they_are before update on changes
begin
    select raise(abort, 'lines about changes are only added');
end;
create trigger changes_stay before delete on changes
begin
    select raise(abort, 'lines about changes are only added');
end;
-- What is to be done later, again and again, or until it succeeds. A replica leases what is due; what its runner has not finished is another's
-- when the lease is over. `stopped_at`: it has failed too often, and waits for a person.
create table jobs (
    organization_id text not null references organizations (id),
    id text not null,
    kind text not null,
    payload text not null,
    run_at integer not null,
    attempts integer not null,
    lease_owner text,
    leased_until integer,
    last_error text,
    created_at integer not null,
    done_at integer,
    stopped_at integer,
    -- How often somebody asked for it again: one that was asked for while it ran is run once more.
    pokes integer not null default 0,
    primary key (organization_id, id)
) strict;
create index jobs_due on jobs (run_at) where done_at is null and stopped_at is null;
create index jobs_done on jobs (done_at) where done_at is not null;

-- Deliveries that were refused, by source, hour and reason; never what they held. `seconds`: how far the last one's time was off.
create table refusals (
    organization_id text not null references organizations (id),
    source_id text not null,
    hour integer not null,
    reason text not null,
    refused integer not null,
    last_at integer not null,
    seconds integer,
    primary key (organization_id, source_id, hour, reason)
) strict;

-- Where outgoing webhooks go. `position`: up to which message it has been given its own. `paused_until`: it has failed again and again.
create table webhook_endpoints (
    organization_id text not null references organizations (id),
    id text not null,
    url text not null,
    livemode integer not null,
    events text not null,
    status text not null,
    secrets blob not null,
    position integer not null,
    failures integer not null,
    failing_since integer,
    paused_until integer,
    disabled_reason text,
    created_at integer not null,
    primary key (organization_id, id)
) strict;

-- What has happened that some endpoint wants to be told of, numbered in the order in which it was committed. What it is about is read when it is
-- sent, so nothing personal stands here. `endpoint_id`: for this endpoint alone.
create table webhook_messages (
    organization_id text not null references organizations (id),
    number integer not null,
    id text not null,
    kind text not null,
    livemode integer not null,
    subject_id text not null,
    endpoint_id text,
    created_at integer not null,
    primary key (organization_id, number)
) strict, without rowid;

-- Messages by endpoint, and how each has fared. Of those about one subject the lowest number goes first.
create table webhook_deliveries (
    organization_id text not null references organizations (id),
    endpoint_id text not null,
    message_id text not null,
    number integer not null,
    kind text not null,
    subject_id text not null,
    state text not null,
    attempts integer not null,
    next_at integer not null,
    last_at integer,
    last_status integer,
    last_error text,
    created_at integer not null,
    primary key (organization_id, endpoint_id, message_id)
) strict, without rowid;
create index webhook_deliveries_waiting on webhook_deliveries (organization_id, endpoint_id, number) where state = 'pending';
create index webhook_deliveries_subject on webhook_deliveries (organization_id, endpoint_id, subject_id, number) where state = 'pending';

create table webhook_attempts (
    organization_id text not null references organizations (id),
    id text not null,
    endpoint_id text not null,
    message_id text not null,
    attempted_at integer not null,
    milliseconds integer not null,
    status integer,
    error text,
    primary key (organization_id, id)
) strict;
create index webhook_attempts_endpoint on webhook_attempts (organization_id, endpoint_id, id);
-- The portal, where partners look at what is theirs.
-- Who may look: tokens of embedded pages, links that sign in once, sessions. A token names its organization, and what is stored is a digest: who
-- reads the table cannot use it.
create table partner_access (
    organization_id text not null references organizations (id),
    digest text not null,
    -- embed, link, session
    kind text not null,
    partner_id text not null,
    livemode integer not null,
    created_at integer not null,
    expires_at integer not null,
    used_at integer,
    primary key (organization_id, digest)
) strict, without rowid;
create index partner_access_over on partner_access (organization_id, expires_at);

-- What a program shows partners, where their links lead, and how somebody becomes one: applications are closed, approve or open.
create table program_pages (
    organization_id text not null references organizations (id),
    program_id text not null,
    applications text not null,
    link_url text,
    link_domain text not null,
    partners_make_links integer not null,
    about text,
    terms_url text,
    primary key (organization_id, program_id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
) strict, without rowid;

-- What somebody said who wants to be a partner, and what was decided. Who it is stands with the partner.
create table applications (
    organization_id text not null references organizations (id),
    id text not null,
    program_id text not null,
    partner_id text not null,
    website text,
    message text,
    applied_at integer not null,
    decided_at integer,
    decision text,
    primary key (organization_id, id)
) strict;
-- Who waits for a yes.
create index partners_status on partners (organization_id, status, id);
create index partners_name on partners (organization_id, lower(name), id);
create index applications_partner on applications (organization_id, partner_id, id);

-- Hosts that belong to links alone, and where a visitor is led whose link is not known.
create table link_domains (
    domain text not null primary key,
    organization_id text not null references organizations (id),
    fallback_url text,
    created_at integer not null
) strict;
-- Keys are found however a visitor writes them, where that is unambiguous.
create index link_keys_folded on link_keys (domain, lower(key));

-- What one partner has brought, by day.
create index daily_figures_partner on daily_figures (organization_id, partner_id, livemode, currency, day) where by_partner = 1;
create index daily_clicks_partner on daily_clicks (organization_id, partner_id, day);
-- What was given to a partner, or taken, beside sales and leads; each is one entry. `key`: who asks for the same again is answered with it.
create table adjustments (
    organization_id text not null references organizations (id),
    id text not null,
    livemode integer not null,
    program_id text not null,
    partner_id text not null,
    kind text not null,
    amount integer not null,
    currency text not null,
    reason text not null,
    key text not null,
    created_at integer not null,
    primary key (organization_id, id),
    unique (organization_id, livemode, key),
    foreign key (organization_id, program_id) references programs (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict;
create index adjustments_partner on adjustments (organization_id, partner_id, id);
create index adjustments_test on adjustments (organization_id, id) where livemode = 0;

-- What processors' APIs are asked, by source: with which key (sealed), up to when all has been asked, and where a walk that is not at its end stands.
create table reconciliations (
    organization_id text not null references organizations (id),
    source_id text not null,
    credential blob,
    asked_until integer,
    walk text,
    finished_at integer,
    pause_until integer,
    failures integer not null,
    error text,
    -- Of the last walk that came to its end: what the processor had, and what of it was missing here.
    told integer not null,
    missing integer not null,
    primary key (organization_id, source_id)
) strict;

-- What no delivery had told when the processor was asked; written before the event is.
create table findings (
    organization_id text not null references organizations (id),
    source_id text not null,
    external_id text not null,
    found_at integer not null,
    primary key (organization_id, source_id, external_id)
) strict, without rowid;

-- When an organization's books were last computed once more and compared, and what came of it. `kinds`: how many differences of each kind, as JSON.
create table audits (
    organization_id text not null primary key references organizations (id),
    begun_at integer not null,
    ended_at integer not null,
    sales integer not null,
    left_out integer not null,
    differences integer not null,
    kinds text not null
) strict;

-- Mails to be sent, each once for its cause. What one says is read when it is sent, so nothing personal and no link stands here. `recipient_id`: which
-- of several people. `occasion`: makes of two causes two mails.
create table mails (
    organization_id text not null references organizations (id),
    id text not null,
    kind text not null,
    subject_id text not null,
    recipient_id text not null,
    occasion text not null,
    -- pending, sent, failed, dropped
    state text not null,
    attempts integer not null,
    next_at integer not null,
    created_at integer not null,
    ended_at integer,
    last_error text,
    primary key (organization_id, id),
    unique (organization_id, kind, subject_id, recipient_id, occasion)
) strict;
create index mails_waiting on mails (organization_id, next_at, id) where state = 'pending';
create index mails_failed on mails (organization_id, id) where state = 'failed';
create index mails_created on mails (organization_id, created_at);

-- Which mails a partner wants, where it has said so.
create table mail_choices (
    organization_id text not null references organizations (id),
    partner_id text not null,
    earnings integer not null,
    primary key (organization_id, partner_id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict, without rowid;

-- Partners who are paid by one rule, which is written as a version of each one's own.
create table partner_groups (
    organization_id text not null references organizations (id),
    id text not null,
    program_id text not null,
    name text not null,
    body text not null,
    created_at integer not null,
    primary key (organization_id, id),
    unique (organization_id, name),
    foreign key (organization_id, program_id) references programs (organization_id, id)
) strict;
create table partner_group_members (
    organization_id text not null references organizations (id),
    program_id text not null,
    partner_id text not null,
    group_id text not null,
    created_at integer not null,
    primary key (organization_id, program_id, partner_id),
    foreign key (organization_id, group_id) references partner_groups (organization_id, id),
    foreign key (organization_id, partner_id) references partners (organization_id, id)
) strict, without rowid;
create index partner_group_members_group on partner_group_members (organization_id, group_id, partner_id);

-- What the query planner is to expect before it has seen data: an organization holds nearly all of a
-- table's rows, so a batch of keys is looked up one by one and never by going through the organization.
-- Without this, SQLite scans. `pragma optimize` replaces it with what is true once there is data.
analyze;
insert into sqlite_stat1 (tbl, idx, stat) values
    ('applications', 'applications_partner', '1000000 1000000 2 1'),
    ('applications', 'sqlite_autoindex_applications_1', '1000000 1000000 1'),
    ('daily_clicks', 'daily_clicks_partner', '100000 100000 100 1'),
    ('daily_figures', 'daily_figures_partner', '500000 500000 500 250 200 1'),
    ('findings', 'findings', '1000 1000 100 1'),
    ('link_domains', 'sqlite_autoindex_link_domains_1', '1000 1'),
    ('link_keys', 'link_keys_folded', '1000000 500000 1'),
    ('partner_access', 'partner_access', '1000000 1000000 1'),
    ('partner_access', 'partner_access_over', '1000000 1000000 1'),
    ('program_pages', 'program_pages', '1000 1000 1'),
    ('audits', 'sqlite_autoindex_audits_1', '1000 1'),
    ('reconciliations', 'sqlite_autoindex_reconciliations_1', '1000 1000 1'),
    ('balances', 'balances', '10000 10000 2 2 2 1'),
    ('daily_clicks', 'daily_clicks', '100000 100000 50000 100 2 2 1'),
    ('daily_figures', 'daily_figures', '1000000 1000000 500000 250000 100000 100 20 2 2 1'),
    ('entries', 'entries_available', '1000000 1'),
    ('maturing', 'maturing', '100000 100000 100 50 50 50 1'),
    ('sale_takings', 'sale_takings', '100000 100000 1 1'),
    ('adjustments', 'adjustments_partner', '1000000 1000000 1000 1'),
    ('adjustments', 'adjustments_test', '1000 1000 1'),
    ('adjustments', 'sqlite_autoindex_adjustments_1', '1000000 1000000 1'),
    ('adjustments', 'sqlite_autoindex_adjustments_2', '1000000 1000000 500000 1'),
    ('api_keys', 'sqlite_autoindex_api_keys_1', '1000000 1'),
    ('api_keys', 'sqlite_autoindex_api_keys_2', '1000000 1'),
    ('assignments', 'sqlite_autoindex_assignments_1', '1000000 1000000 500000 1'),
    ('changes', 'changes_actor', '1000000 1000000 10000 1'),
    ('changes', 'changes_subject', '1000000 1000000 10 1'),
    ('changes', 'changes_type', '1000000 1000000 10000 1'),
    ('changes', 'sqlite_autoindex_changes_1', '1000000 1000000 1'),
    ('clicks', 'clicks_newest', '1000000 1000000 2 1'),
    ('clicks', 'clicks_partner', '1000000 1000000 1000 2 1'),
    ('clicks', 'sqlite_autoindex_clicks_1', '1000000 1000000 1'),
    ('code_names', 'sqlite_autoindex_code_names_1', '1000000 1000000 1'),
    ('codes', 'codes_partner', '1000000 1000000 10 1'),
    ('codes', 'sqlite_autoindex_codes_1', '1000000 1000000 1'),
    ('customers', 'customers_email', '1000000 1000000 2'),
    ('customers', 'customers_neighbourhood', '1000000 1000000 10'),
    ('customers', 'customers_partner', '1000000 1000000 1000 1'),
    ('customers', 'customers_test', '1000 1000 1'),
    ('customers', 'sqlite_autoindex_customers_1', '1000000 1000000 1'),
    ('enrollments', 'sqlite_autoindex_enrollments_1', '1000000 1000000 1'),
    ('enrollments', 'sqlite_autoindex_enrollments_2', '1000000 1000000 500000 1'),
    ('entries', 'entries_partner', '1000000 1000000 1000 1'),
    ('entries', 'entries_subject', '1000000 1000000 10'),
    ('entries', 'entries_test', '1000 1000 1'),
    ('entries', 'sqlite_autoindex_entries_1', '1000000 1000000 1'),
    ('erased_names', 'sqlite_autoindex_erased_names_1', '1000000 1000000 500000 1'),
    ('event_bodies', 'sqlite_autoindex_event_bodies_1', '1000000 1000000 1'),
    ('events', 'events_conflicting', '1000 1000 500'),
    ('events', 'events_failed', '1000 1000 1'),
    ('events', 'events_neighbourhood', '1000000 1000000 10'),
    ('events', 'events_parked', '1000 1000 1'),
    ('events', 'events_received', '1000 1000 10'),
    ('events', 'events_test', '1000 1000 1'),
    ('events', 'events_unknown', '1000 1000 500 1'),
    ('events', 'sqlite_autoindex_events_1', '1000000 1000000 1'),
    ('events', 'sqlite_autoindex_events_2', '1000000 1000000 2 2 2 2 1'),
    ('facts', 'facts', '1000000 1000000 2 2 1'),
    ('health', 'sqlite_autoindex_health_1', '1000000 1'),
    ('idempotency', 'idempotency_customer', '1000000 1000000 10'),
    ('idempotency', 'sqlite_autoindex_idempotency_1', '1000000 1000000 1'),
    ('invitations', 'sqlite_autoindex_invitations_1', '1000 1000 1'),
    ('jobs', 'jobs_done', '1000 10'),
    ('jobs', 'jobs_due', '1000 10'),
    ('jobs', 'sqlite_autoindex_jobs_1', '1000000 1000000 1'),
    ('leads', 'leads_neighbourhood', '1000000 1000000 10'),
    ('leads', 'leads_partner', '1000000 1000000 1000 1'),
    ('leads', 'leads_test', '1000 1000 1'),
    ('leads', 'sqlite_autoindex_leads_1', '1000000 1000000 1'),
    ('leads', 'sqlite_autoindex_leads_2', '1000000 1000000 500000 1'),
    ('link_keys', 'sqlite_autoindex_link_keys_1', '1000000 1000000 1'),
    ('links', 'links_key', '1000000 1000000 1'),
    ('links', 'links_partner', '1000000 1000000 10 1'),
    ('links', 'sqlite_autoindex_links_1', '1000000 1000000 1'),
    ('mail_choices', 'mail_choices', '1000000 1000000 1'),
    ('mails', 'mails_created', '1000000 1000000 1'),
    ('mails', 'mails_failed', '1000 1000 1'),
    ('mails', 'mails_waiting', '1000 1000 2 1'),
    ('mails', 'sqlite_autoindex_mails_1', '1000000 1000000 1'),
    ('mails', 'sqlite_autoindex_mails_2', '1000000 1000000 200000 2 2 1'),
    ('members', 'sqlite_autoindex_members_1', '1000 1000 1'),
    ('members', 'sqlite_autoindex_members_2', '1000 1000 1'),
    ('moved_neighbourhoods', 'moved_neighbourhoods', '10000 10000 1'),
    ('moved_neighbourhoods', 'moved_neighbourhoods_target', '10000 10000 2 1'),
    ('names', 'names', '1000000 1000000 500000 1'),
    ('names', 'names_sale', '1000000 1000000 10'),
    ('neighbourhoods', 'neighbourhoods_due', '1000 1000 10'),
    ('neighbourhoods', 'neighbourhoods_sharing', '1000 1000 500 1'),
    ('neighbourhoods', 'neighbourhoods', '1000000 1000000 1'),
    ('organizations', 'sqlite_autoindex_organizations_1', '1000000 1'),
    ('partner_group_members', 'partner_group_members', '1000000 1000000 500000 1'),
    ('partner_group_members', 'partner_group_members_group', '1000000 1000000 1000 1'),
    ('partner_groups', 'sqlite_autoindex_partner_groups_1', '1000 200 1'),
    ('partner_groups', 'sqlite_autoindex_partner_groups_2', '1000 200 1'),
    ('partners', 'partners_address', '1000000 1000000 1'),
    ('partners', 'partners_name', '1000000 1000000 2 1'),
    ('partners', 'partners_status', '1000000 1000000 200000 1'),
    ('partner_mailboxes', 'partner_mailboxes_mailbox', '1000000 1000000 1'),
    ('partner_mailboxes', 'sqlite_autoindex_partner_mailboxes_1', '1000000 1000000 2 1'),
    ('partners', 'partners_tenant', '1000000 1000000 1'),
    ('partners', 'sqlite_autoindex_partners_1', '1000000 1000000 1'),
    ('partners', 'sqlite_autoindex_partners_2', '1000000 1000000 1'),
    ('payout_batches', 'sqlite_autoindex_payout_batches_1', '1000000 1000000 1'),
    ('payout_claims', 'payout_claims_payout', '1000000 1000000 1000'),
    ('payout_claims', 'sqlite_autoindex_payout_claims_1', '1000000 1000000 1'),
    ('payout_details', 'sqlite_autoindex_payout_details_1', '1000000 1000000 1'),
    ('payout_settings', 'sqlite_autoindex_payout_settings_1', '1000 1'),
    ('payouts', 'payouts_batch', '1000000 1000000 1000'),
    ('payouts', 'payouts_open', '1000 1000 500 1'),
    ('payout_entries', 'payout_entries_payout', '1000000 1000000 1000'),
    ('payout_entries', 'sqlite_autoindex_payout_entries_1', '1000000 1000000 1'),
    ('payouts', 'payouts_partner', '1000000 1000000 100 1'),
    ('payouts', 'sqlite_autoindex_payouts_1', '1000000 1000000 1'),
    ('policies', 'sqlite_autoindex_policies_1', '1000000 1000000 1'),
    ('privacy_requests', 'sqlite_autoindex_privacy_requests_1', '1000000 1000000 1'),
    ('programs', 'sqlite_autoindex_programs_1', '1000000 1000000 1'),
    ('rates', 'sqlite_autoindex_rates_1', '1000000 1000000 500000 250000 1'),
    ('refusals', 'sqlite_autoindex_refusals_1', '1000000 1000000 5000 10 1'),
    ('reversed_payout_entries', 'reversed_payout_entries_entry', '1000000 1000000 2'),
    ('reversed_payout_entries', 'sqlite_autoindex_reversed_payout_entries_1', '1000000 1000000 10 1'),
    ('reviews', 'sqlite_autoindex_reviews_1', '1000000 1000000 500000 1'),
    ('rules', 'sqlite_autoindex_rules_1', '1000000 1000000 1'),
    ('sales', 'sales_held', '1000 1000 1'),
    ('sales', 'sales_neighbourhood', '1000000 1000000 10'),
    ('sales', 'sales_partner', '1000000 1000000 1000 1'),
    ('sales', 'sales_review', '1000 1000 1'),
    ('sales', 'sales_test', '1000 1000 1'),
    ('sales', 'sqlite_autoindex_sales_1', '1000000 1000000 1'),
    ('sessions', 'sqlite_autoindex_sessions_1', '1000 1'),
    ('sign_ins', 'sqlite_autoindex_sign_ins_1', '1000 1'),
    ('source_routes', 'sqlite_autoindex_source_routes_1', '1000000 1'),
    ('sources', 'sqlite_autoindex_sources_1', '1000000 1000000 1'),
    ('waiting_claims', 'sqlite_autoindex_waiting_claims_1', '1000000 1000000 10 1'),
    ('waiting_claims', 'waiting_claims_neighbourhood', '1000000 1000000 10'),
    ('webhook_attempts', 'sqlite_autoindex_webhook_attempts_1', '1000000 1000000 1'),
    ('webhook_attempts', 'webhook_attempts_endpoint', '1000000 1000000 100000 1'),
    ('webhook_deliveries', 'webhook_deliveries', '1000000 1000000 100000 1'),
    ('webhook_deliveries', 'webhook_deliveries_subject', '1000 1000 100 2 1'),
    ('webhook_deliveries', 'webhook_deliveries_waiting', '1000 1000 100 1'),
    ('webhook_endpoints', 'sqlite_autoindex_webhook_endpoints_1', '1000 10 1'),
    ('webhook_messages', 'webhook_messages', '1000000 1000000 1');
