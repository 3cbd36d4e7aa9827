//! The sources' statements.

use crate::store::Statement;

statements! {
    /// Adds a source.
    INSERT = Statement::new(
        "insert into sources (organization_id, id, processor, livemode, status, settings, secrets, created_at)
         values ($1, $2, $3, $4, 'active', $5, $6, $7)",
    );
    /// Adds a route unless it is taken.
    INSERT_ROUTE = Statement::new(
        "insert into source_routes (route, organization_id, source_id) values ($1, $2, $3)
         on conflict (route) do nothing returning route",
    );
    /// Gives a processor's short address to a source, unless it is taken: the server's own organization alone has
    /// short addresses, and that is the oldest.
    INSERT_DEFAULT_ROUTE = Statement::new(
        "insert into source_routes (route, organization_id, source_id)
         select cast($1 as text), o.id, cast($3 as text) from organizations o
         where o.id = $2 and not exists
             (select 1 from organizations p where p.created_at < o.created_at or (p.created_at = o.created_at and p.id < o.id))
         on conflict (route) do nothing returning route",
    );
    /// Gives a processor's short address to a source of the oldest organization, whoever had it.
    MOVE_DEFAULT_ROUTE = Statement::new(
        "insert into source_routes (route, organization_id, source_id)
         select cast($1 as text), o.id, cast($3 as text) from organizations o
         where o.id = $2 and not exists
             (select 1 from organizations p where p.created_at < o.created_at or (p.created_at = o.created_at and p.id < o.id))
         on conflict (route) do update
             set organization_id = excluded.organization_id, source_id = excluded.source_id
         returning route",
    );
    /// Takes a processor's short address from a source.
    FREE_ROUTE = Statement::new(
        "delete from source_routes where route = $1 and organization_id = $2 and source_id = $3",
    );
    /// An organization's sources.
    LIST = Statement::new(
        "select s.*, case when r.source_id = s.id then 1 else 0 end as is_default
         from sources s left join source_routes r on r.route = s.processor
         where s.organization_id = $1 order by s.id",
    );
    /// One source.
    GET = Statement::new(
        "select s.*, case when r.source_id = s.id then 1 else 0 end as is_default
         from sources s left join source_routes r on r.route = s.processor
         where s.organization_id = $1 and s.id = $2",
    );
    /// Where a route leads.
    ROUTE = Statement::new("select organization_id, source_id from source_routes where route = $1");
    /// Holds a source, so that of two changes each sees the other.
    HOLD = Statement::per_dialect(
        "select id from sources where organization_id = $1 and id = $2",
        "select id from sources where organization_id = $1 and id = $2 for update",
    );
    /// A few sources of all organizations, to see whether the master key opens them.
    SOME = Statement::new(
        "select s.*, 0 as is_default from sources s order by s.organization_id, s.id limit 1000",
    );
    /// The beginnings of what is sealed, each once for each organization: they name the keys. Payouts' files are left out, which are large and are
    /// sealed by who has opened the settings beside them.
    KEYS = Statement::new(
        "select organization_id, substr(secrets, 1, 5) as key from sources
         union select organization_id, substr(secrets, 1, 5) from webhook_endpoints
         union select organization_id, substr(details, 1, 5) from payout_details where details is not null
         union select organization_id, substr(settings, 1, 5) from payout_settings where settings is not null
         union select organization_id, substr(credential, 1, 5) from reconciliations where credential is not null",
    );
    /// Takes a source away with its secrets, which need not be read for that.
    REMOVE = Statement::new(
        "update sources set status = 'removed', secrets = $3 where organization_id = $1 and id = $2",
    );
    /// Changes a source.
    UPDATE = Statement::new(
        "update sources set status = $3, settings = $4, secrets = $5 where organization_id = $1 and id = $2",
    );
}
