//! Statements of sessions of the dashboard, and links that sign in once.

use crate::store::Statement;

statements! {
    INVITE = Statement::new(
        "insert into sign_ins (digest, organization_id, member_id, invitation_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
    );
    FORGET_LINKS = Statement::new("delete from sign_ins where expires_at < $1");
    REDEEM = Statement::new(
        "update sign_ins set used_at = $2 where digest = $1 and used_at is null and expires_at > $2
         returning organization_id, member_id, invitation_id",
    );
    BEGIN = Statement::new(
        "insert into sessions (digest, organization_id, everywhere, member_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
    );
    FIND = Statement::new(
        "select s.organization_id, s.everywhere, s.expires_at, s.member_id, m.name, m.role from sessions s
         left join members m on m.organization_id = s.organization_id and m.id = s.member_id
         where s.digest = $1 and s.ended_at is null and s.expires_at > $2",
    );
    END =
        Statement::new("update sessions set ended_at = $2 where digest = $1 and ended_at is null");
    END_ALL = Statement::new(
        "update sessions set ended_at = $3 where organization_id = $1 and member_id = $2 and ended_at is null",
    );
    USE_UP = Statement::new(
        "update sign_ins set used_at = $3 where organization_id = $1 and member_id = $2 and used_at is null",
    );
    IS_MEMBER =
        Statement::new("select name from members where organization_id = $1 and id = $2");
    SWITCH = Statement::new(
        "update sessions set organization_id = $2
         where digest = $1 and everywhere = 1 and ended_at is null
             and exists (select 1 from organizations o where o.id = $2)
         returning organization_id",
    );
    ANY = Statement::new("select digest from sessions limit 1");
}
