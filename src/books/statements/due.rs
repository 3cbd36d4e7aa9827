//! Statements of what has to be folded again when something else has changed.

use crate::store::Statement;

statements! {
    ALL = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1",
    );
    /// Of those whose time has come, one may just be being folded by what held before: it is folded again. None becomes due by it.
    UNDER_WAY = Statement::new(
        "update neighbourhoods set changes = changes + 1
         where organization_id = $1 and due_at is not null and due_at <= $2",
    );
    OF_CLAIM = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
             select w.neighbourhood_id from waiting_claims w where w.organization_id = $1 and w.claim = $2)",
    );
    WAITING_FOR_RATES = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
             select s.neighbourhood_id from sales s
             where s.organization_id = $1 and s.waits_for is not null)",
    );
    SINCE = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
             select s.neighbourhood_id from sales s where s.organization_id = $1 and s.occurred_at >= $2
             union all
             select l.neighbourhood_id from leads l where l.organization_id = $1 and l.occurred_at >= $2)",
    );
    OF_PARTNER = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
             select s.neighbourhood_id from sales s where s.organization_id = $1 and s.partner_id = $2
             union all
             select l.neighbourhood_id from leads l where l.organization_id = $1 and l.partner_id = $2)",
    );
    /// Before all others, however many there are.
    THIS = Statement::new(
        "update neighbourhoods set changes = changes + 1, due_at = -1 where organization_id = $1 and id = $2",
    );
}
