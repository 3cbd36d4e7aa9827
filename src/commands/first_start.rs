//! What a start gives the database: the organization, its first API key, and the sources whose secrets
//! stand in the settings. A later start changes nothing unless the settings have changed.
//!
//! The key is printed once, to stdout, and only when it was made here; one that the owner has chosen never. As long as nobody has signed in, a link
//! into the dashboard is printed.

use anyhow::Result;
use providers::Secret;

use super::output;
use crate::actor::Actor;
use crate::app::App;
use crate::config::Config;
use crate::dashboard::sign_in_link;
use crate::id::{self, ApiKey};
use crate::keys::{self, NewKey};
use crate::mails;
use crate::organization;
use crate::sessions::{self, LINK_MINUTES, Whom};
use crate::sources::{NewSource, SourceError};

/// The name of the key that is made here.
const KEY_NAME: &str = "first key";

/// A chosen key that begins so works on the test ledger, as generated ones do.
const TEST_KEY_PREFIX: &str = "trib_test_";

/// Gives the database what it needs, and prints the key and what to do next if a key was made.
pub(super) async fn prepare(app: &App, config: &Config) -> Result<()> {
    let store = app.store.as_ref();
    let (organization, _) = organization::first(store, &app.ids, app.now()).await?;
    mails::switch(store, config.mails.is_some()).await?;
    // Better no server than one that answers every delivery with 503.
    app.desk().check_master_key().await?;
    for (processor, secrets) in &config.secrets {
        set_default_source(app, &organization.id, processor, secrets).await?;
    }
    if let Some(key) = first_key(app, config, &organization.id).await? {
        output::line(&welcome(key.expose(), &app.public_url))?;
    }
    if !sessions::anybody(store).await? {
        output::line(&dashboard_link(app).await?)?;
    }
    Ok(())
}

/// A link into the dashboard, and how to get another.
pub(super) async fn dashboard_link(app: &App) -> Result<String> {
    let token = sessions::invite(
        app.store.as_ref(),
        &app.ids,
        &Actor::Server,
        Whom::Server,
        app.now(),
    )
    .await?;
    let link = sign_in_link(&app.public_url, &token);
    Ok(format!(
        "The dashboard, by a link that works once and for {LINK_MINUTES} minutes (`tributary login` prints another):\n\n  {link}\n"
    ))
}

/// Makes the source of `/webhooks/{processor}`, or gives it these secrets.
async fn set_default_source(
    app: &App,
    organization_id: &str,
    processor: &str,
    secrets: &[Secret],
) -> Result<(), SourceError> {
    let (desk, scope) = (app.desk(), app.scope_of(organization_id, &Actor::Server));
    match desk.by_route(processor).await? {
        Some(source) if source.organization_id != organization_id => {
            Err(SourceError::ForeignRoute {
                processor: processor.to_owned(),
                source_id: source.id,
            })
        }
        Some(source) if source.secrets == secrets => Ok(()),
        Some(source) => {
            let changing = desk.change(&scope, &source.id, |source| {
                source.secrets = secrets.to_vec();
            });
            changing.await?;
            tracing::info!(source.id, processor, "a source has new secrets");
            Ok(())
        }
        None => {
            let new = NewSource {
                processor,
                secrets: secrets.to_vec(),
                livemode: true,
                settings: providers::Settings::default(),
                may_be_default: true,
            };
            let source = desk.add(&scope, new).await?;
            tracing::info!(source.id, processor, "a source was added");
            Ok(())
        }
    }
}

/// The key of the settings is added; without one, an organization without keys gets one, which is answered.
async fn first_key(app: &App, config: &Config, organization_id: &str) -> Result<Option<ApiKey>> {
    let scope = app.scope_of(organization_id, &Actor::Server);
    if let Some(chosen) = &config.api_key {
        let livemode = !chosen.expose().starts_with(TEST_KEY_PREFIX);
        let new = NewKey::admin("TRIBUTARY_API_KEY", livemode);
        let key_id = app.ids.make(id::KEY);
        keys::add(&scope, (&key_id, chosen.expose()), &new).await?;
        return Ok(None);
    }
    if !keys::list(scope.store, organization_id).await?.is_empty() {
        return Ok(None);
    }
    let new = NewKey::admin(KEY_NAME, true);
    let (_id, key) = keys::create(&scope, &new).await?;
    Ok(Some(key))
}

fn welcome(key: &str, url: &str) -> String {
    format!(
        r#"Tributary is ready: an organization, a program (10 % of each sale, recurring, 30-day hold)
and one API key, which is shown only now:

  {key}

Next, with that key in $KEY:

  1. Connect a processor; this prints the URL to paste and the events to tick:
       tributary sources add stripe --secret whsec_...
  2. Add a partner, then a link with the id that comes back:
       curl {url}/api/partners -H "Authorization: Bearer $KEY" \
         -d '{{"name":"Alice","email":"alice@example.com"}}'
       curl {url}/api/links -H "Authorization: Bearer $KEY" \
         -d '{{"key":"alice","url":"https://example.com","partnerId":"prt_..."}}'
  3. Visit {url}/r/alice, hand the refp_id it adds to your checkout, and see the sale:
       curl {url}/api/sales -H "Authorization: Bearer $KEY"
"#
    )
}
