//! Statements of partners' discount codes.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into codes (organization_id, code, program_id, partner_id, created_at)
         values ($1, $2, $3, $4, $5) on conflict (organization_id, code) do nothing returning code",
    );
    DELETE = Statement::new(
        "delete from codes where organization_id = $1 and code = $2
         returning partner_id, program_id",
    );
    HAS_BROUGHT = Statement::new(
        "select s.id from sales s
         join codes c on c.organization_id = $1 and c.code = $2 and c.partner_id = s.partner_id
         where s.organization_id = $1 and s.state = 'live' and s.via = 'code' limit 1",
    );
}
