//! Statements of organizations, and what each begins with.

use crate::store::Statement;

statements! {
    LIST =
        Statement::new("select id, name, created_at from organizations order by created_at, id");
    INSERT =
        Statement::new("insert into organizations (id, name, created_at) values ($1, $2, $3)");
    INSERT_PROGRAM = Statement::new(
        "insert into programs (organization_id, id, name, status, model, window_days, customer_stays,
             hold_days, created_at)
         values ($1, $2, $3, 'active', 'last_click', 90, 0, 30, $4)",
    );
    INSERT_POLICY = Statement::new(
        "insert into policies (organization_id, id, program_id, from_at, model, window_days, customer_stays,
             hold_days, created_at)
         values ($1, $2, $3, $4, 'last_click', 90, 0, 30, $5)",
    );
    INSERT_RULE = Statement::new(
        "insert into rules (organization_id, id, program_id, from_at, body, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    );
    /// Of replicas that start together on an empty database, one makes the organization and the others wait here.
    /// A row that every database has; SQLite has one writer anyway.
    LOCK = Statement::per_dialect(
        "select version from schema_migrations where version = 1",
        "select version from schema_migrations where version = 1 for update",
    );
}
