//! `login`: a link that signs somebody in to the dashboard, once: the server's owner, or a member.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::actor::Actor;
use crate::cli::{Exit, LoginArgs};
use crate::dashboard::sign_in_link;
use crate::members;
use crate::sessions::{self, LINK_MINUTES, Whom};

pub(super) async fn run(bench: &Bench, args: &LoginArgs, json: bool) -> Result<Exit> {
    // An empty database gets its first organization, for there must be one to look at.
    bench.organizations().await?;
    let named = bench.asked.as_deref();
    let only = match (named, &args.member) {
        (None, None) => None,
        _ => Some(bench.organization().await?.id),
    };
    let member = match (&args.member, &only) {
        (Some(email), Some(org)) => Some(member_id(bench, org, email).await?),
        _ => None,
    };
    let whom = match (&only, &member) {
        (Some(org), Some(id)) => Whom::Member { org, id },
        (Some(org), None) => Whom::Organization(org),
        (None, _) => Whom::Server,
    };
    let (store, now) = (bench.store.as_ref(), bench.clock.now());
    let token = sessions::invite(store, &bench.ids, &Actor::Command, whom, now).await?;
    let link = sign_in_link(&bench.public_url, &token);
    if json {
        let shown = json!({"url": link, "organizationId": only, "memberId": member, "minutes": LINK_MINUTES});
        output::json(&shown)?;
    } else {
        output::line(&link)?;
    }
    Ok(Exit::Success)
}

async fn member_id(bench: &Bench, org: &str, email: &str) -> Result<String> {
    let found = members::by_email(bench.store.as_ref(), org, email).await?;
    let member = found.ok_or_else(|| {
        let message = "no member has this e-mail address: an owner invites members in the dashboard, under Members";
        Usage(message.to_owned())
    })?;
    Ok(member.id)
}
