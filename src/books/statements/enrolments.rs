//! Statements of partners' memberships of programs.

use crate::store::Statement;

statements! {
    ENROL = Statement::new(
        "insert into enrollments (organization_id, id, program_id, partner_id, created_at)
         values ($1, $2, $3, $4, $5) on conflict (organization_id, program_id, partner_id) do nothing
         returning id",
    );
}
