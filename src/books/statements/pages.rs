//! Statements of programs' public pages.

use crate::store::Statement;

statements! {
    SET = Statement::new(
        "insert into program_pages (organization_id, program_id, applications, link_url, link_domain,
             partners_make_links, about, terms_url)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (organization_id, program_id) do update set applications = excluded.applications,
             link_url = excluded.link_url, link_domain = excluded.link_domain,
             partners_make_links = excluded.partners_make_links, about = excluded.about,
             terms_url = excluded.terms_url",
    );
}
