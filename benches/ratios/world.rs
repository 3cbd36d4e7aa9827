//! A small world: an organization with partners, their links and clicks, a Stripe source, and as many
//! deliveries as are wanted, each copy of a fixture a sale of its own.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use providers::adapter::SignedDelivery;
use providers::{Adapter, Delivery, Headers, Micros, Secret};
use tributary::actor::{Actor, WriteScope};
use tributary::catalog::{Catalog, NewClick, NewLink, NewPartner};
use tributary::clock::TestClock;
use tributary::fixtures::{Fixture, shipped, signed, test_secret};
use tributary::id::IdSource;
use tributary::inbox::Arrival;
use tributary::ledger::writer::{Ledger, Tools};
use tributary::organization;
use tributary::seal::Seal;
use tributary::sources::{Desk, NewSource, Source};
use tributary::store::{Dialect, Store};

use crate::copies::copy;
use crate::databases::Databases;

/// The time, which stands still: 2026-11-22 12:00:00 UTC.
pub const NOW: Micros = Micros(1_795_348_800_000_000);

const PROCESSOR: &str = "stripe";

/// What is copied: sales that are refunded at once, in parts, and lost or won in a dispute.
const COPIED: [&str; 4] = [
    "f03-one-time-checkout-refunded",
    "f13-two-partial-refunds",
    "f18-dispute-lost",
    "f18-dispute-won",
];

/// What commands and writers work with, at the time that stands still.
pub fn tools(store: Arc<dyn Store>) -> Tools {
    let clock = Arc::new(TestClock::at(NOW));
    let ids = Arc::new(IdSource::seeded(clock.clone(), 7));
    Tools { store, clock, ids }
}

/// A new database with the program's schema.
pub async fn open(databases: &Databases, dialect: Dialect) -> Result<Arc<dyn Store>> {
    let store = tributary::store::open(&databases.create(dialect).await?).await?;
    store.migrate().await?;
    Ok(store)
}

/// The fixtures that are copied.
pub struct World {
    fixtures: Vec<Fixture>,
    adapter: &'static dyn Adapter,
    secret: Secret,
    /// Where the deliveries come to.
    pub source: Source,
}

impl World {
    /// Makes the organization and all that its sales need.
    pub async fn make(ledger: &Ledger) -> Result<Self> {
        let Tools { store, ids, .. } = ledger.tools();
        let org = organization::create(&**store, ids, &Actor::Server, "Shop", NOW)
            .await?
            .id;
        let mut fixtures = shipped()?;
        fixtures.retain(|f| f.processor == PROCESSOR && COPIED.contains(&f.name.as_str()));
        let catalog = Catalog {
            scope: WriteScope::of_server(&**store, ids, &org, NOW),
            ledger,
            public_url: "https://shop.example.com",
        };
        set_up(&catalog, &fixtures).await?;
        let desk = Desk {
            store: &**store,
            seal: &Seal::new(None),
            ids,
            now: NOW,
        };
        let secret = test_secret(PROCESSOR)?;
        let new = NewSource {
            processor: PROCESSOR,
            secrets: vec![secret.clone()],
            livemode: true,
            settings: providers::Settings::default(),
            may_be_default: true,
        };
        Ok(Self {
            fixtures,
            adapter: providers::adapter(PROCESSOR).context("Stripe is not there")?,
            secret,
            source: desk.add(&catalog.scope, new).await?,
        })
    }

    /// The signed deliveries of some copies; each number stands for one sale.
    pub fn deliveries(&self, copies: Range<usize>) -> Result<Vec<SignedDelivery>> {
        let mut deliveries = Vec::new();
        for number in copies {
            let kind = number % self.fixtures.len();
            let fixture = self.fixtures.get(kind).context("no fixtures")?;
            for delivery in copy(fixture, &format!("x{number:07}")).deliverables() {
                deliveries.push(signed(&delivery, &self.secret, NOW).context("not signed")?);
            }
        }
        Ok(deliveries)
    }

    /// A delivery as the server hands it to the inbox, once it has verified it.
    pub fn arrival(&self, delivery: SignedDelivery) -> Result<Arrival> {
        let headers = delivery.headers.into_iter();
        let headers = Headers::new(headers.map(|(name, value)| (name, value.into_bytes())));
        let unverified = Delivery {
            headers: &headers,
            body: &delivery.body,
        };
        let secrets = std::slice::from_ref(&self.secret);
        let settings = &self.source.settings;
        let verified = self.adapter.verify(unverified, secrets, settings, NOW)?;
        Ok(Arrival {
            organization_id: self.source.organization_id.clone(),
            source_id: self.source.id.clone(),
            processor: self.source.processor.clone(),
            livemode: true,
            envelope: self.adapter.envelope(&verified),
            verified,
            received_at: NOW,
            settings: settings.clone(),
        })
    }
}

/// Makes the partners that the fixtures speak of, their links and clicks.
async fn set_up(catalog: &Catalog<'_>, fixtures: &[Fixture]) -> Result<()> {
    let clicks = || fixtures.iter().flat_map(|fixture| &fixture.clicks);
    let names: BTreeSet<&str> = clicks().map(|click| click.partner.as_str()).collect();
    for name in names {
        let new = NewPartner {
            email: Some(format!("{name}@example.org")),
            ..NewPartner::default()
        };
        let (partner, _) = catalog.create_partner(&new).await?;
        let new = NewLink {
            key: Some(name.to_owned()),
            url: Some("https://shop.example.com".to_owned()),
            partner_id: Some(partner.id),
            ..NewLink::default()
        };
        catalog.create_link(&new).await?;
    }
    for click in clicks() {
        let new = NewClick {
            id: Some(click.id.clone()),
            key: Some(click.partner.clone()),
            clicked_at: Some(click.clicked_at.clone()),
            ..NewClick::default()
        };
        catalog.import_click(&new).await?;
    }
    Ok(())
}
