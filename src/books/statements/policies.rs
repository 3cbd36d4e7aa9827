//! Statements of programs' policies, a version after another.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into policies (organization_id, id, program_id, from_at, model, window_days, customer_stays,
             hold_days, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
}
