//! Statements of clicks as they come, each once for its visitor and hour.

use crate::store::Statement;

statements! {
    RESERVE = Statement::new(
        "insert into click_visits (organization_id, visit, click_id)
         select $1, r.visit, r.click_id from {rows r: visit text, click_id text}
         where true
         on conflict (organization_id, visit) do update set click_id = click_visits.click_id
         returning visit, click_id",
    );
    FORGET =
        Statement::new("delete from click_visits where organization_id = $1 and visit < $2");
    INSERT = Statement::new(
        "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, url, referrer,
             created_at)
         select $1, r.id, r.link_id, r.partner_id, r.program_id, r.clicked_at, r.url, r.referrer, r.clicked_at
         from {rows r: id text, link_id text, partner_id text, program_id text, clicked_at int, url text,
             referrer text}",
    );
}
