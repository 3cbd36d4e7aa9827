//! The sources' statements.

use crate::store::Statement;

/// Adds a source.
pub static INSERT: Statement = Statement::new(
    "insert into sources (organization_id, id, processor, livemode, status, settings, secrets, created_at)
     values ($1, $2, $3, $4, 'active', $5, $6, $7)",
);
/// Adds a route unless it is taken.
pub static INSERT_ROUTE: Statement = Statement::new(
    "insert into source_routes (route, organization_id, source_id) values ($1, $2, $3)
     on conflict (route) do nothing returning route",
);
/// An organization's sources.
pub static LIST: Statement = Statement::new(
    "select s.*, case when r.source_id = s.id then 1 else 0 end as is_default
     from sources s left join source_routes r on r.route = s.processor
     where s.organization_id = $1 order by s.id",
);
/// One source.
pub static GET: Statement = Statement::new(
    "select s.*, case when r.source_id = s.id then 1 else 0 end as is_default
     from sources s left join source_routes r on r.route = s.processor
     where s.organization_id = $1 and s.id = $2",
);
/// Where a route leads.
pub static ROUTE: Statement =
    Statement::new("select organization_id, source_id from source_routes where route = $1");
/// Changes a source.
pub static UPDATE: Statement = Statement::new(
    "update sources set status = $3, settings = $4, secrets = $5 where organization_id = $1 and id = $2",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&INSERT, &INSERT_ROUTE, &LIST, &GET, &ROUTE, &UPDATE];
