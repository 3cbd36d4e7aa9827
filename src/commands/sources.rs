//! `sources`: webhook sources on the command line. Says what to do in the processor's dashboard; never
//! shows a secret.

use anyhow::{Context as _, Result};
use providers::{About, Secret, Settings};
use serde_json::{Value, json};

use super::{Bench, Usage, output};
use crate::cli::{Exit, SourcesCommand};
use crate::sources::{NewSource, Source, SourceError, adapter};

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
            organization,
        } => {
            let new = NewSource {
                processor: &processor,
                secrets: secrets(&secret)?,
                livemode: mode.livemode(),
                settings: read_settings(&settings),
                may_be_default: true,
            };
            add(bench, new, organization.as_deref(), json).await
        }
        SourcesCommand::List => list(bench, json).await,
        SourcesCommand::Rotate {
            id,
            secret,
            drop_old,
        } => rotate(bench, &id, &secret, drop_old, json).await,
        SourcesCommand::Default { id } => make_default(bench, &id, json).await,
        SourcesCommand::Disable { id } => disable(bench, &id, json).await,
        SourcesCommand::Credential(command) => {
            super::reconcile::credential(bench, command, json).await
        }
    }
}

async fn add(
    bench: &Bench,
    new: NewSource<'_>,
    organization: Option<&str>,
    json: bool,
) -> Result<Exit> {
    let organization = bench.organization(organization).await?;
    let about = adapter(new.processor).map_err(explained)?.about();
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
    }
    Ok(Exit::Success)
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
        parts.push("The processor cannot reach this URL: set --public-url or TRIBUTARY_PUBLIC_URL to the address the world sees.".to_owned());
    }
    parts.join("\n\n")
}

fn is_local(url: &str) -> bool {
    let host = url::Url::parse(url);
    match host.as_ref().map(url::Url::host) {
        Ok(Some(url::Host::Ipv4(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(url::Host::Ipv6(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(url::Host::Domain(domain))) => domain == "localhost",
        _ => false,
    }
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
    let secret = Secret::new(secret).map_err(|error| Usage(error.to_string()))?;
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

async fn disable(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    let found = find(bench, id).await?;
    let (desk, scope) = (bench.desk(), bench.scope(&found.organization_id));
    let disabling = desk.change(&scope, &found.id, |source| {
        "disabled".clone_into(&mut source.status);
    });
    let source = disabling.await?;
    if json {
        output::json(&row(bench, &source))?;
    } else {
        output::line(&format!("{} is disabled", source.id))?;
    }
    Ok(Exit::Success)
}

/// A source by its id, whichever organization has it.
pub(super) async fn find(bench: &Bench, id: &str) -> Result<Source> {
    let found = bench.desk().by_route(id).await?;
    found
        .with_context(|| format!("no source has the id {id}: see `tributary sources list`"))
        .map_err(|error| Usage(error.to_string()).into())
}

/// Secrets as typed, checked.
fn secrets(texts: &[String]) -> Result<Vec<Secret>> {
    let secrets: Result<_, _> = texts.iter().map(|text| Secret::new(text)).collect();
    secrets.map_err(|error| Usage(error.to_string()).into())
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

    #[test]
    fn a_url_that_only_this_machine_reaches_is_recognized() {
        assert!(is_local("http://127.0.0.1:8080/webhooks/stripe"));
        assert!(is_local("http://0.0.0.0:8080/webhooks/stripe"));
        assert!(is_local("http://[::1]:8080/webhooks/stripe"));
        assert!(is_local("http://localhost:8080/webhooks/stripe"));
        assert!(!is_local("https://pay.example.com/webhooks/stripe"));
    }
}
