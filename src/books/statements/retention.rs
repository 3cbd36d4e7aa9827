//! Statements of bodies that retention removes.

use crate::store::Statement;

statements! {
    /// Notes whose body is being removed; answers those that may go.
    REMOVED = Statement::new(
        "update events set body_removed_at = $2 from {rows r: id text}
         where events.organization_id = $1 and events.id = r.id and events.state in ('processed', 'ignored')
         returning events.id",
    );
}
