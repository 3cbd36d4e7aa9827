//! Statements of ids that more customers share than a person can have.

use crate::store::Statement;

statements! {
    CROWDED = Statement::new(
        "select id from neighbourhoods
         where organization_id = $1 and livemode = $2 and shared_ids > 0
             and (cast($3 as text) = '' or id <= $3)
         order by id desc limit $4",
    );
}
