//! `login`: a link that signs somebody in to the dashboard, once.

use anyhow::Result;
use serde_json::json;

use super::{Bench, output};
use crate::cli::Exit;
use crate::dashboard::sign_in_link;
use crate::sessions::{self, LINK_MINUTES};

pub(super) async fn run(bench: &Bench, organization: Option<&str>, json: bool) -> Result<Exit> {
    // An empty database gets its first organization, for there must be one to look at.
    bench.organizations().await?;
    let only = match organization {
        Some(id) => Some(bench.organization(Some(id)).await?.id),
        None => None,
    };
    let (store, now) = (bench.store.as_ref(), bench.clock.now());
    let token = sessions::invite(store, &bench.ids, only.as_deref(), now).await?;
    let link = sign_in_link(&bench.public_url, &token);
    if json {
        output::json(&json!({"url": link, "organizationId": only, "minutes": LINK_MINUTES}))?;
    } else {
        output::line(&link)?;
    }
    Ok(Exit::Success)
}
