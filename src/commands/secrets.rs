//! `secrets`: changes the key that secrets at rest are sealed with.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::cli::{Exit, SecretsCommand};
use crate::rekey::{Tally, rekey};

pub(super) async fn run(bench: &Bench, command: &SecretsCommand, json: bool) -> Result<Exit> {
    let SecretsCommand::Rotate { dry_run } = *command;
    if !bench.seal.is_active() {
        let message = "no master key is set: set TRIBUTARY_MASTER_KEY or TRIBUTARY_MASTER_KEY_FILE, and TRIBUTARY_MASTER_KEY_OLD to the one before";
        return Err(Usage(message.to_owned()).into());
    }
    let mut sum = Tally::default();
    for organization in bench.organizations().await? {
        let tally = rekey(&bench.scope(&organization.id), &bench.seal, dry_run).await?;
        sum.changed += tally.changed;
        sum.current += tally.current;
    }
    if json {
        output::json(&json!({"changed": sum.changed, "current": sum.current, "dryRun": dry_run}))?;
    } else {
        let what = if dry_run {
            "to be sealed with the current key"
        } else {
            "sealed with the current key"
        };
        output::line(&format!(
            "{} {what}, {} are already",
            sum.changed, sum.current
        ))?;
    }
    Ok(Exit::Success)
}
