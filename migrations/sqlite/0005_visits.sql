-- Which click a visitor's first visit of an hour to a link has become: a digest of the hour, the link and the visitor, with a salt that
-- changes each day. No address is kept. Rows older than the hour before are removed.
create table click_visits (
    organization_id text not null references organizations (id),
    visit text not null,
    click_id text not null,
    primary key (organization_id, visit)
) strict, without rowid;
