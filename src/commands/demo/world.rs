//! What must be there before the first delivery, made through the API as an owner would. Making it again
//! changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use providers::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::Partners;
use crate::commands::replay::Client;
use crate::fixtures::{Fixture, SourceOf, test_secret};

/// The API of the demo's server.
pub(super) struct Api<'a> {
    pub(super) client: Client,
    pub(super) base: Url,
    pub(super) key: &'a str,
}

impl Api<'_> {
    /// Makes something; answers it as the server shows it.
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = self.base.join(path)?;
        let call = self.client.call((Method::POST, url), self.key, Some(body));
        match call.await? {
            (200 | 201, made) => Ok(made),
            (status, answer) => bail!("POST {path} {body} answered {status}: {answer}"),
        }
    }

    /// The rows of a list.
    async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let url = self.base.join(path)?;
        let call = self.client.call((Method::GET, url), self.key, None);
        match call.await? {
            (200, mut answer) => Ok(match answer.get_mut("data").map(Value::take) {
                Some(Value::Array(rows)) => rows,
                _ => bail!("GET {path} answered no list"),
            }),
            (status, answer) => bail!("GET {path} answered {status}: {answer}"),
        }
    }
}

/// What was made.
pub(super) struct World {
    /// Partners by their id.
    pub(super) partners: Partners,
    /// Where each kind of source's deliveries go.
    sources: BTreeMap<String, Url>,
}

impl World {
    /// Makes everything that the fixtures speak of, and what the merchant reports in them.
    pub(super) async fn make(api: &Api<'_>, fixtures: &[Fixture]) -> Result<Self> {
        let mut world = Self {
            partners: Partners::new(),
            sources: BTreeMap::new(),
        };
        let clicked = fixtures.iter().flat_map(|fixture| &fixture.clicks);
        let coded = fixtures.iter().flat_map(|fixture| &fixture.codes);
        let names = clicked.clone().map(|click| click.partner.as_str());
        let names: BTreeSet<&str> = names
            .chain(coded.clone().map(|c| c.partner.as_str()))
            .collect();
        let mut partner_ids = BTreeMap::new();
        let mut link_ids = BTreeMap::new();
        for name in names {
            let partner_id = partner(api, name).await?;
            link_ids.insert(name, link(api, name, &partner_id).await?);
            world.partners.insert(partner_id.clone(), name.to_owned());
            partner_ids.insert(name, partner_id);
        }
        for click in clicked {
            let link_id = link_ids.get(click.partner.as_str());
            let body = json!({"id": click.id, "linkId": link_id, "clickedAt": click.clicked_at});
            api.post("/api/clicks", &body).await?;
        }
        for code in coded {
            let partner_id = partner_ids.get(code.partner.as_str());
            let body = json!({"code": code.code, "partnerId": partner_id});
            api.post("/api/codes", &body).await?;
        }
        for fixture in fixtures {
            world.add_source(api, fixture).await?;
            calls(api, fixture).await?;
        }
        Ok(world)
    }

    /// The address that a fixture's deliveries go to.
    pub(super) fn url(&self, fixture: &Fixture) -> Option<&Url> {
        self.sources.get(&kind(&fixture.processor, &fixture.source))
    }

    async fn add_source(&mut self, api: &Api<'_>, fixture: &Fixture) -> Result<()> {
        let kind = kind(&fixture.processor, &fixture.source);
        if self.sources.contains_key(&kind) {
            return Ok(());
        }
        let SourceOf { mode, settings } = &fixture.source;
        let known = api
            .list(&format!(
                "/api/sources?processor={}&limit=500",
                fixture.processor
            ))
            .await?;
        let same = known.into_iter().find(|source| {
            source.get("mode") == Some(&json!(mode))
                && source.get("settings") == Some(&json!(settings))
        });
        let source = match same {
            Some(source) => source,
            None => {
                let secret: Secret = test_secret(&fixture.processor)?;
                let body = json!({
                    "processor": fixture.processor, "secrets": [secret.expose()],
                    "mode": mode, "settings": settings,
                });
                api.post("/api/sources", &body).await?
            }
        };
        let url = source.get("url").and_then(Value::as_str);
        self.sources
            .insert(kind, url.context("a source has no url")?.parse()?);
        Ok(())
    }
}

/// Fixtures whose sources are the same share one.
fn kind(processor: &str, source: &SourceOf) -> String {
    json!([processor, source.mode, source.settings]).to_string()
}

async fn partner(api: &Api<'_>, name: &str) -> Result<String> {
    let title: String = name
        .chars()
        .enumerate()
        .map(|(index, c)| {
            if index == 0 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    let body = json!({"name": title, "email": format!("{name}@example.com")});
    id(&api.post("/api/partners", &body).await?)
}

async fn link(api: &Api<'_>, name: &str, partner_id: &str) -> Result<String> {
    let known = api.list(&format!("/api/links?key={name}")).await?;
    if let Some(link) = known.first() {
        return id(link);
    }
    let body = json!({"key": name, "url": "https://shop.example.com/", "partnerId": partner_id});
    id(&api.post("/api/links", &body).await?)
}

/// What the merchant's own server reports. A report that was made before is a duplicate, as it must be.
async fn calls(api: &Api<'_>, fixture: &Fixture) -> Result<()> {
    for call in &fixture.calls {
        let url = api.base.join(&call.path)?;
        let made = api
            .client
            .call((Method::POST, url), api.key, Some(&call.body));
        let (status, answer) = made.await?;
        if status != call.status && status != 409 {
            bail!(
                "{}: POST {} answered {status}: {answer}",
                fixture.name,
                call.path
            );
        }
    }
    Ok(())
}

fn id(made: &Value) -> Result<String> {
    let id = made.get("id").and_then(Value::as_str);
    Ok(id
        .context("the server answered nothing with an id")?
        .to_owned())
}
