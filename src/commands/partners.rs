//! `partners`: let a partner sign in to the portal.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::books::Part;
use crate::books::partners::{self, By, Partner};
use crate::cli::{Exit, PartnersCommand};
use crate::{partner_access, portal};

pub(super) async fn run(bench: &Bench, command: PartnersCommand, json: bool) -> Result<Exit> {
    let PartnersCommand::Link {
        partner,
        public_url: _,
    } = command;
    let organization = bench.organization().await?;
    let partner = find(bench, &organization.id, &partner).await?;
    let scope = bench.scope(&organization.id);
    let (token, until) = partner_access::link(&scope, &partner.id, true).await?;
    let url = portal::sign_in_link(&bench.public_url, &token);
    if json {
        output::json(
            &json!({"url": url, "partnerId": partner.id, "expiresAt": until.to_string()}),
        )?;
    } else {
        output::line(&url)?;
    }
    Ok(Exit::Success)
}

async fn find(bench: &Bench, org: &str, given: &str) -> Result<Partner> {
    let books = bench.books(org);
    let found = if given.contains('@') {
        let email = given.trim().to_lowercase();
        let by = [By::Email(&email)];
        let found = partners::list(&books, &by, Part::first(1)).await?;
        found.rows.into_iter().next()
    } else {
        partners::find(&books, given).await?
    };
    let message = "no partner has this id or e-mail address";
    Ok(found.ok_or_else(|| Usage(message.to_owned()))?)
}
