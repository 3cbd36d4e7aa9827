//! Statements of programs: made, changed, and looked up where one is.

use crate::store::Statement;

statements! {
    LIST = Statement::new(
        "select * from programs where organization_id = $1 and (cast($2 as text) = '' or id < $2)
         order by id desc limit $3",
    );
    GET =
        Statement::new("select * from programs where organization_id = $1 and id = $2");
    OLDEST = Statement::new(
        "select id from programs where organization_id = $1 order by created_at, id limit 1",
    );
    HAS_PAID =
        Statement::new("select id from payouts where organization_id = $1 and program_id = $2 limit 1");
    INSERT = Statement::new(
        "insert into programs (organization_id, id, name, status, model, window_days, customer_stays,
             hold_days, currency, created_at, payout_minimum)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    UPDATE = Statement::new(
        "update programs set name = $3, status = $4, model = $5, window_days = $6, customer_stays = $7,
             hold_days = $8, currency = $9, payout_minimum = $10
         where organization_id = $1 and id = $2",
    );
}
