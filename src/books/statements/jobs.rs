//! The statements of jobs. All but the look for what is due name their organization, so that each goes to one shard.

use crate::store::Statement;

/// What nobody has done, given up or leased.
macro_rules! due {
    ($now:literal) => {
        concat!(
            "j.done_at is null and j.stopped_at is null and j.run_at <= ",
            $now,
            " and (j.leased_until is null or j.leased_until <= ",
            $now,
            ") and j.kind in (select k.kind from {rows k: kind text})"
        )
    };
}

macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "update jobs set lease_owner = $2, leased_until = $4, attempts = attempts + 1
             where organization_id = $1 and id = (
                 select j.id from jobs j where j.organization_id = $1 and ",
            due!("$3"),
            " order by j.run_at, j.id limit 1",
            $lock,
            ") returning id, kind, payload, attempts, pokes"
        )
    };
}

statements! {
    ADD = Statement::new(
        "insert into jobs (organization_id, id, kind, payload, run_at, attempts, created_at)
         select $1, r.id, r.kind, r.payload, r.run_at, 0, $2
         from {rows r: id text, kind text, payload text, run_at int}
         where true on conflict do nothing",
    );
    /// Organizations that have no job of an id.
    WITHOUT = Statement::new(
        "select o.id from organizations o
         where not exists (select 1 from jobs j where j.organization_id = o.id and j.id = $1)",
    );
    /// Whose turn it is, those first that have waited the longest.
    DUE = Statement::new(concat!(
        "select j.organization_id, min(j.run_at) as since from jobs j where ",
        due!("$1"),
        " group by j.organization_id order by since limit 100"
    ));
    /// Two who claim at the same time get two jobs; what one has locked the other does not wait for.
    CLAIM = Statement::per_dialect(claim!(""), claim!(" for update of j skip locked"));
    /// Who has lost the lease answers nothing here and in what follows, and so changes nothing.
    RENEW = Statement::new(
        "update jobs set leased_until = $5
         where organization_id = $1 and id = $2 and lease_owner = $3 and attempts = $4 returning id",
    );
    /// What was poked while it ran is run once more.
    DONE = Statement::new(
        "update jobs set done_at = case when pokes = $6 then cast($5 as bigint) end,
             attempts = case when pokes = $6 then attempts else 0 end,
             lease_owner = null, leased_until = null, last_error = null
         where organization_id = $1 and id = $2 and lease_owner = $3 and attempts = $4 returning id",
    );
    AGAIN = Statement::new(
        "update jobs set run_at = case when pokes = $6 then cast($5 as bigint) else run_at end, attempts = 0,
             lease_owner = null, leased_until = null, last_error = null
         where organization_id = $1 and id = $2 and lease_owner = $3 and attempts = $4 returning id",
    );
    /// Adds jobs, or has those that there are run now, also what is done or was given up.
    POKE = Statement::new(
        "insert into jobs (organization_id, id, kind, payload, run_at, attempts, created_at)
         select $1, r.id, r.kind, r.payload, r.run_at, 0, $2
         from {rows r: id text, kind text, payload text, run_at int}
         where true on conflict (organization_id, id) do update set
             run_at = excluded.run_at, pokes = jobs.pokes + 1, done_at = null, stopped_at = null,
             attempts = case when jobs.done_at is null and jobs.stopped_at is null then jobs.attempts else 0 end",
    );
    FAILED = Statement::new(
        "update jobs set run_at = $5, attempts = $6, last_error = $7, stopped_at = $8,
             lease_owner = null, leased_until = null
         where organization_id = $1 and id = $2 and lease_owner = $3 and attempts = $4 returning id",
    );
    /// Gives one back that was not done.
    RELEASE = Statement::new(
        "update jobs set attempts = attempts - 1, lease_owner = null, leased_until = null
         where organization_id = $1 and id = $2 and lease_owner = $3 and attempts = $4 returning id",
    );
    /// What was given up is tried again, and what waits is tried at once.
    RETRY = Statement::new(
        "update jobs set run_at = $3, attempts = 0, stopped_at = null
         where organization_id = $1 and id = $2 and done_at is null
             and (leased_until is null or leased_until <= $3)
         returning id",
    );
    FORGET = Statement::new("delete from jobs where organization_id = $1 and done_at < $2");
}
