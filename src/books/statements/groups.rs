//! Statements of groups of partners and who is in them.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into partner_groups (organization_id, id, program_id, name, body, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id",
    );
    UPDATE = Statement::new(
        "update partner_groups set name = $3, body = $4 where organization_id = $1 and id = $2",
    );
    DELETE =
        Statement::new("delete from partner_groups where organization_id = $1 and id = $2");
    ADD = Statement::new(
        "insert into partner_group_members (organization_id, program_id, partner_id, group_id, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict (organization_id, program_id, partner_id) do update set
             group_id = excluded.group_id, created_at = excluded.created_at",
    );
    LEAVE = Statement::new(
        "delete from partner_group_members where organization_id = $1 and program_id = $2 and partner_id = $3
         returning group_id",
    );
    LEAVE_ALL = Statement::new(
        "delete from partner_group_members where organization_id = $1 and group_id = $2",
    );
}
