//! `sources`: webhook sources on the command line. Says what to do in the processor's dashboard; never
//! shows a secret.

use anyhow::Result;
use providers::{About, Settings};
use serde_json::{Value, json};

use super::{Bench, Usage, given, output};
use crate::cli::{Exit, SourcesCommand};
use crate::sources::{NewSource, REMOVED, Source, SourceError, adapter, is_local, odd};

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("PROCESSOR", "processor"),
    ("LIVE", "livemode"),
    ("STATUS", "status"),
    ("SECRETS", "secrets"),
    ("URL", "url"),
];

pub(super) async fn run(bench: &Bench, command: SourcesCommand, json: bool) -> Result<Exit> {
    match command {
        SourcesCommand::Add {
            processor,
            secret,
            mode,
            settings,
            another,
        } => {
            let new = NewSource {
                processor: &processor,
                secrets: given::secrets("--secret", &secret)?,
                livemode: mode.livemode(),
                settings: read_settings(&settings),
                may_be_default: true,
            };
            add(bench, new, another, json).await
        }
        SourcesCommand::List => list(bench, json).await,
        SourcesCommand::Rotate {
            id,
            secret,
            drop_old,
        } => rotate(bench, &id, &secret, drop_old, json).await,
        SourcesCommand::Default { id } => make_default(bench, &id, json).await,
        SourcesCommand::Disable { id } => set_status(bench, &id, "disabled", json).await,
        SourcesCommand::Enable { id } => set_status(bench, &id, "active", json).await,
        SourcesCommand::Set {
            id,
            settings,
            unset,
        } => set(bench, &id, (&settings, &unset), json).await,
        SourcesCommand::Remove { id, yes } => remove(bench, &id, yes, json).await,
        SourcesCommand::Credential(command) => {
            super::reconcile::credential(bench, command, json).await
        }
    }
}

async fn add(bench: &Bench, new: NewSource<'_>, another: bool, json: bool) -> Result<Exit> {
    let organization = bench.organization().await?;
    let about = adapter(new.processor).map_err(explained)?.about();
    if !another {
        must_be_first(bench, &organization.id, &new).await?;
    }
    let added = bench.desk().add(&bench.scope(&organization.id), new).await;
    let source = added.map_err(explained)?;
    if json {
        let mut shown = row(bench, &source);
        let events = about
            .events
            .iter()
            .map(|event| json!({"name": event.name, "required": event.required}));
        shown.insert("events".to_owned(), events.collect());
        shown.insert("steps".to_owned(), json!(about.steps));
        output::json(&shown)?;
    } else {
        output::line(&how_to(about, &source.url(&bench.public_url), &source.id))?;
        warn(&source)?;
    }
    Ok(Exit::Success)
}

/// Who adds a second source of a processor mostly means the first: deliveries go on arriving at its address, signed with its secret.
async fn must_be_first(bench: &Bench, org: &str, new: &NewSource<'_>) -> Result<()> {
    let known = bench.desk().list(org).await?;
    let is_same = |source: &&Source| {
        source.processor == new.processor
            && source.livemode == new.livemode
            && source.status != REMOVED
    };
    let Some(first) = known.iter().find(is_same) else {
        return Ok(());
    };
    let (id, mode) = (&first.id, if new.livemode { "live" } else { "test" });
    let message = format!(
        "{id} is a source of {} in {mode} mode already: `tributary sources rotate {id} --secret -` gives it a new secret, \
         `tributary sources set {id}` other settings; say --another for a second one, for example of another account, with an address of its own",
        new.processor
    );
    Err(Usage(message).into())
}

/// Says what looks odd about the secrets.
fn warn(source: &Source) -> Result<()> {
    for says in odd::of_source(source) {
        output::line(&format!(
            "\nLook at its secret again. {says} {}",
            odd::replacing(&source.processor, &source.id)
        ))?;
    }
    Ok(())
}

/// What is left to do in the processor's dashboard.
fn how_to(about: &About, url: &str, id: &str) -> String {
    let events = about.events.iter().map(|event| {
        let optional = if event.required { "" } else { "  (optional)" };
        format!("  {}{optional}", event.name)
    });
    let steps = about.steps.iter().zip(1..);
    let steps = steps.map(|(step, number)| format!("  {number}. {step}"));
    let mut parts = vec![
        format!("{} is added as {id}.", about.title),
        "URL to paste:".to_owned(),
        format!("  {url}"),
        "Events to tick:".to_owned(),
        events.collect::<Vec<_>>().join("\n"),
        "Steps:".to_owned(),
        steps.collect::<Vec<_>>().join("\n"),
    ];
    if is_local(url) {
        parts.push("The processor cannot reach this URL: set TRIBUTARY_PUBLIC_URL, or public_url in tributary.toml, to the address the world sees, for this command as for the server.".to_owned());
    }
    parts.join("\n\n")
}

async fn list(bench: &Bench, json: bool) -> Result<Exit> {
    let mut rows = Vec::new();
    for organization in bench.organizations().await? {
        let sources = bench.desk().list(&organization.id).await?;
        rows.extend(sources.iter().map(|source| row(bench, source)));
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

async fn rotate(bench: &Bench, id: &str, secret: &str, drop_old: bool, json: bool) -> Result<Exit> {
    let secret = given::secret("--secret", secret)?;
    let found = find(bench, id).await?;
    let (desk, scope) = (bench.desk(), bench.scope(&found.organization_id));
    let rotated = desk.rotate(&scope, &found.id, secret, drop_old);
    let source = rotated.await?;
    if json {
        output::json(&row(bench, &source))?;
    } else {
        let count = source.secrets.len();
        let accepts = match count {
            1 => "the new secret alone".to_owned(),
            _ => format!("the new secret and {} older", count - 1),
        };
        output::line(&format!("{} accepts {accepts}", source.id))?;
        warn(&source)?;
    }
    Ok(Exit::Success)
}

async fn make_default(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    let found = find(bench, id).await?;
    let (desk, scope) = (bench.desk(), bench.scope(&found.organization_id));
    let moving = desk.make_default(&scope, &found.id).await;
    let before = moving.map_err(explained)?;
    let source = desk.get(&found.organization_id, &found.id).await?;
    if json {
        let before = before.map(|before| row(bench, &before));
        output::json(&json!({"source": row(bench, &source), "before": before}))?;
        return Ok(Exit::Success);
    }
    let url = source.url(&bench.public_url);
    output::line(&format!("{url} leads to {} from now on", source.id))?;
    if let Some(before) = before {
        output::line(&format!(
            "It led to {} of organization {}: at its processor, change the URL to {}",
            before.id,
            before.organization_id,
            before.url(&bench.public_url)
        ))?;
    }
    Ok(Exit::Success)
}

/// Takes deliveries from now on, or refuses them.
async fn set_status(bench: &Bench, id: &str, to: &str, json: bool) -> Result<Exit> {
    let found = find(bench, id).await?;
    if found.status == REMOVED {
        let message = format!("{id} was removed, and its secrets are gone: add a new one");
        return Err(Usage(message).into());
    }
    let (desk, scope) = (bench.desk(), bench.scope(&found.organization_id));
    let changing = desk.change(&scope, &found.id, |source| {
        to.clone_into(&mut source.status);
    });
    let source = changing.await?;
    let says = if source.is_open() {
        "takes deliveries"
    } else {
        "is disabled"
    };
    shown(bench, &source, says, json)
}

async fn set(
    bench: &Bench,
    id: &str,
    (settings, unset): (&[(String, String)], &[String]),
    json: bool,
) -> Result<Exit> {
    let found = find(bench, id).await?;
    let (desk, scope) = (bench.desk(), bench.scope(&found.organization_id));
    let given = read_settings(settings);
    let changing = desk.change(&scope, &found.id, |source| {
        source.settings.0.extend(given.0);
        source.settings.0.retain(|name, _| !unset.contains(name));
    });
    let source = changing.await.map_err(explained)?;
    let says = format!(
        "has other settings for what is read from now on; for what is there, `tributary events reprocess --source {}`",
        source.id
    );
    shown(bench, &source, &says, json)
}

async fn remove(bench: &Bench, id: &str, yes: bool, json: bool) -> Result<Exit> {
    let found = bench.desk().at_route(id).await?;
    let (org, id) = found.ok_or_else(|| unknown(id))?;
    if !yes {
        let message = format!(
            "this erases the secrets of {id} for good, and its deliveries are refused from then on: say --yes, or pause it with `tributary sources disable {id}`"
        );
        return Err(Usage(message).into());
    }
    let source = bench.desk().remove(&bench.scope(&org), &id).await?;
    shown(bench, &source, "is removed", json)
}

fn shown(bench: &Bench, source: &Source, says: &str, json: bool) -> Result<Exit> {
    if json {
        output::json(&row(bench, source))?;
    } else {
        output::line(&format!("{} {says}", source.id))?;
    }
    Ok(Exit::Success)
}

/// A source by its id, whichever organization has it.
pub(super) async fn find(bench: &Bench, id: &str) -> Result<Source> {
    let found = bench.desk().by_route(id).await?;
    found.ok_or_else(|| unknown(id).into())
}

fn unknown(id: &str) -> Usage {
    Usage(format!(
        "no source has the id {id}: see `tributary sources list`"
    ))
}

/// `NAME=VALUE` as a setting: `true`, `false`, lists and objects as in JSON, anything else as text.
fn read_settings(given: &[(String, String)]) -> Settings {
    let value = |text: &str| {
        let begins_json = text.starts_with(['[', '{', '"']) || matches!(text, "true" | "false");
        let json = begins_json.then(|| serde_json::from_str(text).ok());
        json.flatten().unwrap_or_else(|| Value::from(text))
    };
    let members = given.iter().map(|(name, text)| (name.clone(), value(text)));
    Settings(members.collect())
}

/// What the owner got wrong is a wrong use of the command.
fn explained(error: SourceError) -> anyhow::Error {
    match error {
        SourceError::Processor => {
            let known = providers::adapters().iter().map(|known| known.about().id);
            let known: Vec<&str> = known.collect();
            Usage(format!("{error}: use one of {}", known.join(", "))).into()
        }
        SourceError::NoSecret
        | SourceError::Secret(_)
        | SourceError::Setting(_)
        | SourceError::NotOldest(_) => Usage(error.to_string()).into(),
        other => other.into(),
    }
}

fn row(bench: &Bench, source: &Source) -> serde_json::Map<String, Value> {
    output::row(json!({
        "id": source.id,
        "organizationId": source.organization_id,
        "processor": source.processor,
        "livemode": source.livemode,
        "status": source.status,
        "settings": source.settings,
        "secrets": source.secrets.len(),
        "warnings": odd::of_source(source),
        "url": source.url(&bench.public_url),
        "createdAt": source.created_at.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_setting_is_text_unless_it_is_plainly_json() {
        let settings = read_settings(&[
            given("shop", "acme.myshopify.com"),
            given("account", "0123"),
            given("creditsReverse", "true"),
            given("clickKeys", r#"["ref"]"#),
            given("odd", "[not json"),
        ]);
        let expected = json!({
            "shop": "acme.myshopify.com", "account": "0123", "creditsReverse": true,
            "clickKeys": ["ref"], "odd": "[not json",
        });
        assert_eq!(serde_json::to_value(settings).unwrap(), expected);
    }
}
