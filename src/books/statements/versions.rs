//! Statements of what a new version of terms would change of what has been credited.

use crate::store::Statement;

statements! {
    /// Whether anything has been credited. At 0 % or below a minimum amount there are no entries, and yet a new
    /// version must not pay for it.
    CREDITED = Statement::new(
        "select s.id from sales s
         where s.organization_id = $1 and s.partner_id is not null
           and (cast($2 as text) = '' or s.program_id = $2) and (cast($3 as text) = '' or s.partner_id = $3)
         union all
         select l.id from leads l
         where l.organization_id = $1 and l.partner_id is not null
           and (cast($2 as text) = '' or l.program_id = $2) and (cast($3 as text) = '' or l.partner_id = $3)
         union all
         select e.id from entries e
         where e.organization_id = $1 and e.kind = 'commission'
           and (cast($2 as text) = '' or e.program_id = $2) and (cast($3 as text) = '' or e.partner_id = $3)
         limit 1",
    );
    /// The first time after all that is known already, and not before a version that is: the newest made is the
    /// newest that holds.
    FREE_FROM = Statement::new(
        "select max(k.free_from) as free_from from (
             select s.occurred_at + 1 as free_from from sales s
             where s.organization_id = $1
               and (cast($2 as text) = '' or s.program_id = $2) and (cast($3 as text) = '' or s.partner_id = $3)
             union all
             select l.occurred_at + 1 from leads l
             where l.organization_id = $1
               and (cast($2 as text) = '' or l.program_id = $2) and (cast($3 as text) = '' or l.partner_id = $3)
             union all
             select r.from_at from rules r
             where r.organization_id = $1 and (cast($2 as text) = '' or r.program_id = $2)
             union all
             select p.from_at from policies p
             where p.organization_id = $1 and (cast($2 as text) = '' or p.program_id = $2)
         ) k
         where k.free_from > $4 and k.free_from <= $5",
    );
}
