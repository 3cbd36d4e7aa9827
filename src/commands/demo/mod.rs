//! `demo`: the whole way of an event on an empty database, with nothing but HTTP in between.
//!
//! A server on a free port gets partners, links, clicks, codes and sources through its API, then the
//! shipped deliveries of all processors, signed, shuffled and one in ten twice. What the ledger then holds
//! is printed, with the reason of each sale, and compared with what the fixtures promise.

mod compare;
mod ledger;
mod show;
mod why;
mod world;
mod year;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::first_start::dashboard_link;
use super::replay::{Client, Parcel, Posted, post_all};
use super::serve::{Running, Signals, listen};
use super::{Usage, output};
use crate::actor::Actor;
use crate::app::App;
use crate::books::health::Tally;
use crate::cli::{DemoArgs, Exit};
use crate::clock::SystemClock;
use crate::config::{Config, DatabaseUrl};
use crate::fixtures::{self, Fixture};
use crate::id::ApiKey;
use crate::keys::{self, NewKey};
use crate::organization;
use ledger::Ledger;
use world::{Api, World};
use year::Lived;

/// The organization that the fixtures are delivered to, and by which the demo knows its own database again.
const ORGANIZATION: &str = "Every scenario";

/// The order of the deliveries is the same in every demo.
const SEED: u64 = 7;

/// One in so many deliveries comes twice.
const TWICE_ONE_IN: u32 = 10;

/// Far more calls a second than the demo makes.
const RATE_LIMIT: NonZeroU32 = NonZeroU32::MIN.saturating_add(99_999);

/// What has become of all deliveries.
struct Outcome {
    ledger: Ledger,
    posted: Vec<Posted>,
    before: Tally,
}

pub(super) async fn run(
    args: DemoArgs,
    database_url: Option<&str>,
    mut config: Config,
    json: bool,
) -> Result<Exit> {
    let fixtures = fixtures::shipped()?;
    let folder = match database_url {
        Some(_) => None,
        None => Some(Folder::make()?),
    };
    if let Some(folder) = &folder {
        let url = format!("sqlite://{}", folder.0.join("demo.db").display());
        config.database_url = DatabaseUrl::parse(&url).map_err(Usage)?;
    }
    config.listen = args
        .listen
        .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    config.public_url = None;
    // Its partners are nobody.
    config.mails = None;
    config.rate_limit = RATE_LIMIT;
    let mut signals = Signals::new()?;
    let listener = listen(&mut config).await?;
    let lived = tokio::select! {
        lived = live(&args, &config, &fixtures) => lived?,
        () = signals.next() => return Ok(Exit::Failed),
    };
    let app = App::start(&config, Arc::new(SystemClock)).await?;
    let (organization_id, key) = prepare(&app).await?;
    let running = Running::begin(listener, app.clone(), config.limits);
    let api = Api {
        client: Client::new()?,
        base: app.public_url.parse()?,
        key: key.expose(),
    };
    let shown = tokio::select! {
        outcome = play(&app, &organization_id, &api, &fixtures) => {
            show(&outcome?, &fixtures, json)?
        }
        () = signals.next() => Exit::Failed,
    };
    let shown = if told(lived.as_ref(), json)? {
        shown
    } else {
        Exit::Failed
    };
    if shown == Exit::Success && !args.exit {
        let key = lived.as_ref().map_or(&key, |lived| &lived.key);
        output::line(&format!(
            "\nThe server goes on at {} until Ctrl-C; an API key is\n\n  {}\n\n{}\n{LOOK_AT}",
            app.public_url,
            key.expose(),
            dashboard_link(&app).await?
        ))?;
        drop(app);
        return running.until_told(&mut signals).await;
    }
    drop(app);
    running.stop().await?;
    Ok(shown)
}

/// What to look at in the dashboard.
const LOOK_AT: &str = "It opens with a year in the life of “Northbeam Studio”. Look at

  - the overview: what there is to do, revenue and commission by month, processor and partner
  - any sale: why it earns what it earns, step by step
  - any partner: the button “Link into the portal” shows what that partner sees
  - Events: one is parked, one failed, some were refused; each says why
  - the switch at the top: the test ledger, and “Every scenario” with the sales of the table above
";

/// The year, unless the demo ends at once or the database has one already.
async fn live(args: &DemoArgs, config: &Config, fixtures: &[Fixture]) -> Result<Option<Lived>> {
    if args.exit {
        return Ok(None);
    }
    let app = App::start(config, Arc::new(SystemClock)).await?;
    let ours = check_ours(&app).await;
    app.stop().await;
    ours?;
    tracing::info!(
        sales = args.sales,
        "living a year, which takes some seconds"
    );
    year::live(config, fixtures, args.sales.get()).await
}

/// Says how the year went; whether it went as promised.
fn told(lived: Option<&Lived>, json: bool) -> Result<bool> {
    let Some(lived) = lived else {
        return Ok(true);
    };
    let is_as_promised = lived.differences.is_empty();
    if json {
        return Ok(is_as_promised);
    }
    for difference in &lived.differences {
        output::line(&format!("DIFFERENT  {difference}"))?;
    }
    let verdict = if is_as_promised { "" } else { "not " };
    output::line(&format!(
        "a year of “{}”: {} sales, {verdict}as promised",
        year::ORGANIZATION,
        lived.sales
    ))?;
    Ok(is_as_promised)
}

/// A database in which somebody else works is left alone.
async fn check_ours(app: &App) -> Result<()> {
    let all = organization::list(app.store.as_ref()).await?;
    let ours = [ORGANIZATION, year::ORGANIZATION];
    if all.iter().all(|one| ours.contains(&one.name.as_str())) {
        return Ok(());
    }
    let message = "this database holds data of yours: give the demo an empty one";
    Err(Usage(message.to_owned()).into())
}

/// The demo's organization and a key to it.
async fn prepare(app: &App) -> Result<(String, ApiKey)> {
    check_ours(app).await?;
    let (store, now) = (app.store.as_ref(), app.now());
    let all = organization::list(store).await?;
    let own = all.into_iter().find(|one| one.name == ORGANIZATION);
    let organization = match own {
        None => organization::create(store, &app.ids, &Actor::Server, ORGANIZATION, now).await?,
        Some(own) => own,
    };
    let new = NewKey::admin("demo", true);
    let (_id, key) = keys::create(&app.scope_of(&organization.id, &Actor::Server), &new).await?;
    Ok((organization.id, key))
}

/// Sets the scene, delivers everything, and reads the ledger when all of it is processed.
async fn play(
    app: &App,
    organization_id: &str,
    api: &Api<'_>,
    fixtures: &[Fixture],
) -> Result<Outcome> {
    let before = ledger::tally(&app.books(organization_id)).await?;
    let world = World::make(api, fixtures).await?;
    let parcels = parcels(fixtures, &world)?;
    let posted = post_all(&api.client, parcels, None).await?;
    app.ledger.work_all().await?;
    let ledger = Ledger::read(&app.books(organization_id), &world.partners).await?;
    Ok(Outcome {
        ledger,
        posted,
        before,
    })
}

/// All deliveries, shuffled, some of them twice.
fn parcels(fixtures: &[Fixture], world: &World) -> Result<Vec<Parcel>> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut parcels = Vec::new();
    for fixture in fixtures {
        let url = world.url(fixture).context("a fixture has no source")?;
        for delivery in fixture.deliverables() {
            let copies = if rng.random_ratio(1, TWICE_ONE_IN) {
                2
            } else {
                1
            };
            for _ in 0..copies {
                parcels.push(Parcel {
                    delivery: delivery.clone(),
                    secret: fixtures::test_secret(&fixture.processor)?,
                    url: url.clone(),
                });
            }
        }
    }
    parcels.shuffle(&mut rng);
    Ok(parcels)
}

/// Prints what there is, and whether it is what was promised.
fn show(outcome: &Outcome, fixtures: &[Fixture], json: bool) -> Result<Exit> {
    let ledger = &outcome.ledger;
    let refused = outcome.posted.iter().filter(|one| !one.is_accepted());
    let mut differences: Vec<String> = refused
        .map(|one| {
            let answer = one
                .status
                .map_or("nothing".to_owned(), |status| status.to_string());
            format!(
                "{} {}: answered with {answer}",
                one.processor, one.external_id
            )
        })
        .collect();
    let compared = compare::with_promises(ledger, fixtures);
    differences.extend(compared.differences);
    let summary = Summary::of(outcome);
    if summary.lost != 0 {
        differences.push(format!("{} deliveries are not in the inbox", summary.lost));
    }
    if json {
        show::json(&compared.sales, ledger, &summary, &differences)?;
    } else {
        show::tables(&compared.sales, ledger, &summary, &differences)?;
    }
    Ok(if differences.is_empty() {
        Exit::Success
    } else {
        Exit::Failed
    })
}

/// The figures of the last line.
struct Summary {
    deliveries: i64,
    duplicates: i64,
    sales: usize,
    lost: i64,
}

impl Summary {
    fn of(outcome: &Outcome) -> Self {
        let Outcome {
            ledger,
            posted,
            before,
        } = outcome;
        let accepted = posted.iter().filter(|one| one.is_accepted()).count();
        let accepted = i64::try_from(accepted).unwrap_or(i64::MAX);
        let stored = ledger.counts.deliveries - before.deliveries;
        Self {
            deliveries: accepted,
            duplicates: stored - (ledger.counts.events - before.events),
            sales: ledger.sales.len(),
            lost: accepted - stored,
        }
    }
}

/// A folder that is removed with everything in it when the demo is over.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let name = format!("tributary-demo-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // One that a demo of the same process number has left behind.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the system's to tidy: it lies in its temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Partners by their id, as the fixtures call them.
type Partners = BTreeMap<String, String>;
