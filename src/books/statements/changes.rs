//! Statements of the audit log: what was changed, by whom and why.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into changes (organization_id, id, changed_at, actor_kind, actor_id, actor_name, type, subject_id, reason, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
}
