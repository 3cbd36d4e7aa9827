//! Statements about what is connected: neighbourhoods, their names and their facts.

use crate::store::Statement;

macro_rules! moved {
    ($table:literal) => {
        concat!(
            "update ",
            $table,
            " set neighbourhood_id = r.target from {rows r: gone text, target text}
             where ",
            $table,
            ".organization_id = $1 and ",
            $table,
            ".neighbourhood_id = r.gone"
        )
    };
}

statements! {
    /// One organization's ledger is written by one transaction at a time. SQLite has one writer anyway;
    /// `no key` lets the inbox insert meanwhile on PostgreSQL.
    LOCK = Statement::per_dialect(
        "select id, outgoing from organizations where id = $1",
        "select id, outgoing from organizations where id = $1 for no key update",
    );
    /// The same, or nothing where another transaction has it.
    LOCK_IF_FREE = Statement::per_dialect(
        "select id, outgoing from organizations where id = $1",
        "select id, outgoing from organizations where id = $1 for no key update skip locked",
    );
    FACTS_EVENTS = Statement::new(
        "select distinct f.event_id as id from facts f
         where f.organization_id = $1 and f.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    DELETE_FACTS = Statement::new(
        "delete from facts where organization_id = $1
         and neighbourhood_id in (select r.id from {rows r: id text})
         and event_id in (select b.event_id from event_bodies b
             where b.organization_id = $1 and b.event_id = facts.event_id)",
    );
    NEIGHBOURHOODS = Statement::new(
        "select n.id, n.livemode from neighbourhoods n
         where n.organization_id = $1 and n.id in (select r.id from {rows r: id text})",
    );
    SIZES = Statement::new(
        "select n.id, n.facts from neighbourhoods n
         where n.organization_id = $1 and n.id in (select r.id from {rows r: id text})",
    );
    /// Of those that have no more facts.
    DUE = Statement::new(
        "select id, livemode from neighbourhoods
         where organization_id = $1 and due_at is not null and due_at <= $2 and facts <= $4
         order by due_at, id limit $3",
    );
    /// Of all organizations, of those that have more facts.
    LARGE_DUE = Statement::new(
        "select organization_id, id from neighbourhoods
         where due_at is not null and due_at <= $1 and facts > $2 order by due_at, id limit 100",
    );
    LARGE = Statement::new(
        "select n.id from neighbourhoods n where n.organization_id = $1
         and n.id in (select r.id from {rows r: id text}) and n.facts > $2",
    );
    STANDING = Statement::new(
        "select livemode, due_at, revision, changes from neighbourhoods
         where organization_id = $1 and id = $2",
    );
    /// A neighbourhood that nobody has folded since it was looked at; it stays due where it has changed.
    FOLDED = Statement::new(
        "update neighbourhoods set revision = revision + 1, facts = cast($6 as bigint),
             shared_ids = cast($7 as bigint),
             due_at = case when changes = $4 then cast($5 as bigint) else due_at end
         where organization_id = $1 and id = $2 and revision = $3 returning id",
    );
    /// Neighbourhoods that have taken in facts and are folded later.
    LATER = Statement::new(
        "update neighbourhoods set changes = neighbourhoods.changes + 1,
             facts = neighbourhoods.facts + r.added,
             due_at = case when neighbourhoods.due_at <= $2 then neighbourhoods.due_at else $2 end
         from {rows r: id text, added int}
         where neighbourhoods.organization_id = $1 and neighbourhoods.id = r.id",
    );
    NAMES = Statement::new(
        "select n.livemode, n.name, n.neighbourhood_id
         from {rows r: livemode int, name text}
         join name_homes n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name",
    );
    INSERT_NEIGHBOURHOODS = Statement::new(
        "insert into neighbourhoods (organization_id, id, livemode, due_at, facts, shared_ids, revision)
         select $1, r.id, r.livemode, r.due_at, r.facts, r.shared_ids, 1
         from {rows r: id text, livemode int, due_at int, facts int, shared_ids int}",
    );
    INSERT_NAMES = Statement::new(
        "insert into names (organization_id, livemode, name, neighbourhood_id, sale_id)
         select $1, r.livemode, r.name, r.neighbourhood_id, r.sale_id
         from {rows r: livemode int, name text, neighbourhood_id text, sale_id text}",
    );
    /// Names that are there get another sale, or none.
    SET_SALES = Statement::new(
        "update names set sale_id = r.sale_id from {rows r: livemode int, name text, sale_id text}
         where names.organization_id = $1 and names.livemode = r.livemode and names.name = r.name",
    );
    /// What has moved into those that move now, moves along.
    MOVE_MOVED = Statement::new(
        "update moved_neighbourhoods set target = r.target from {rows r: gone text, target text}
         where moved_neighbourhoods.organization_id = $1 and moved_neighbourhoods.target = r.gone",
    );
    MOVED = Statement::new(
        "insert into moved_neighbourhoods (organization_id, gone, target)
         select $1, r.gone, r.target from {rows r: gone text, target text}",
    );
    MOVE_FACTS = Statement::new(moved!("facts"));
    MOVE_SALES = Statement::new(moved!("sales"));
    MOVE_CUSTOMERS = Statement::new(moved!("customers"));
    MOVE_LEADS = Statement::new(moved!("leads"));
    MOVE_EVENTS = Statement::new(moved!("events"));
    DELETE_CLAIMS = Statement::new(
        "delete from waiting_claims where organization_id = $1
         and neighbourhood_id in (select r.id from {rows r: id text})",
    );
    DELETE_NEIGHBOURHOODS = Statement::new(
        "delete from neighbourhoods where organization_id = $1
         and id in (select r.id from {rows r: id text})",
    );
    FACTS = Statement::new(
        "select f.neighbourhood_id, f.key, f.event_id, f.processor, f.body from facts f
         where f.organization_id = $1 and f.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    /// Facts of calls, by their keys.
    FACTS_BY_KEY = Statement::new(
        "select f.neighbourhood_id, f.event_id, f.processor, f.body
         from {rows r: neighbourhood_id text, key text}
         join facts f on f.organization_id = $1 and f.neighbourhood_id = r.neighbourhood_id
             and f.key = r.key",
    );
    /// Of the facts of calls with these keys, each about one of its names, those that are there.
    FACT_KEYS = Statement::new(
        "select f.livemode, f.key from {rows r: livemode int, name text, key text}
         join name_homes n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name
         join facts f on f.organization_id = $1 and f.neighbourhood_id = n.neighbourhood_id
             and f.key = r.key",
    );
    STORE_FACTS = Statement::new(
        "insert into facts (organization_id, livemode, key, neighbourhood_id, event_id, processor, body)
         select $1, r.livemode, r.key, r.neighbourhood_id, r.event_id, r.processor, r.body
         from {rows r: livemode int, key text, neighbourhood_id text, event_id text, processor text,
             body bytes}
         where true
         on conflict (organization_id, neighbourhood_id, key, event_id) do update set body = excluded.body",
    );
    CLAIMED_AGAIN = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
             select w.neighbourhood_id from waiting_claims w
             where w.organization_id = $1 and w.claim in (select r.claim from {rows r: claim text}))",
    );
    INSERT_CLAIMS = Statement::new(
        "insert into waiting_claims (organization_id, claim, neighbourhood_id)
         select $1, r.claim, r.id from {rows r: claim text, id text}
         where true on conflict do nothing",
    );
    DEFER = Statement::new(
        "update neighbourhoods set due_at = $3
         where organization_id = $1 and id = $2 and due_at is not null",
    );
    SET_DUE = Statement::new(
        "update neighbourhoods set due_at = r.due_at, facts = r.facts, shared_ids = r.shared_ids,
             revision = neighbourhoods.revision + 1
         from {rows r: id text, due_at int, facts int, shared_ids int}
         where neighbourhoods.organization_id = $1 and neighbourhoods.id = r.id",
    );
}
