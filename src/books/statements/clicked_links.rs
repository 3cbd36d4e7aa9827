//! Statements of the link that is clicked.

use crate::store::Statement;

statements! {
    LINK = Statement::new(
        "select l.organization_id, l.id, l.program_id, l.partner_id, l.domain, l.key, l.url, l.deleted_at, p.status
         from link_keys k
         join links l on l.organization_id = k.organization_id and l.id = k.link_id
         join partners p on p.organization_id = k.organization_id and p.id = l.partner_id
         where k.domain = $1 and lower(k.key) = $2",
    );
}
