//! Statements of hosts that belong to links alone.

use crate::store::Statement;

statements! {
    TAKE = Statement::new(
        "insert into link_domains (domain, organization_id, created_at) values ($1, $2, $3)
         on conflict (domain) do nothing",
    );
    SET = Statement::new(
        "update link_domains set fallback_url = $3 where domain = $1 and organization_id = $2 returning domain",
    );
    LET_GO = Statement::new(
        "delete from link_domains where domain = $1 and organization_id = $2
             and not exists (select 1 from link_keys k where k.domain = $1)
         returning domain",
    );
}
