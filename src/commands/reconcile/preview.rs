//! What a range of the past would make, before anything is written: everything is copied into a database that is gone afterwards, what is missing is put
//! into that one, and its ledger is asked. So the preview is by the very rules, clicks and customers that the real run would meet.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::books::Scope;
use crate::books::reconciliations::{self as books, Brought};
use crate::commands::{Bench, copy, output};
use crate::config::DatabaseUrl;
use crate::ledger::writer::{Ledger, Tools};
use crate::store::Store;

/// A copy of the database, to be thrown away.
pub(super) struct Scratch {
    pub(super) store: Arc<dyn Store>,
    folder: PathBuf,
}

/// What would be new of a partner, in one currency; without a partner: of nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct New {
    partner_id: Option<String>,
    partner: Option<String>,
    currency: String,
    sales: i64,
    net_amount: i64,
    commission_amount: i64,
}

const COLUMNS: &[output::Column] = &[
    ("PARTNER", "partner"),
    ("CURRENCY", "currency"),
    ("SALES", "sales"),
    ("NET", "netAmount"),
    ("COMMISSION", "commissionAmount"),
];

impl Scratch {
    /// A copy of all there is now, where nobody else can read it.
    pub(super) async fn of(bench: &Bench) -> Result<Self> {
        let name: [u8; 16] = bench.ids.random();
        let folder = std::env::temp_dir().join(format!("tributary-preview-{}", hex::encode(name)));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.with_context(|| format!("{} cannot be made", folder.display()))?;
        let url = format!("sqlite://{}", folder.join("preview.db").display());
        let url = DatabaseUrl::parse(&url).map_err(|reason| anyhow::anyhow!("{reason}"))?;
        match copy::all(bench.store.as_ref(), &url).await {
            Ok(store) => Ok(Self { store, folder }),
            Err(error) => {
                // Nothing of it is to stay.
                drop(std::fs::remove_dir_all(&folder));
                Err(error.context("the preview needs a copy of the database, which cannot be made"))
            }
        }
    }

    /// What the ledger of the copy has that the real one has not, after all that is in its inbox has been processed. The copy is gone then.
    pub(super) async fn brought(self, bench: &Bench, org: &str) -> Result<Vec<New>> {
        let outcome = self.new_ones(bench, org).await;
        self.store.close().await;
        drop(std::fs::remove_dir_all(&self.folder));
        outcome
    }

    async fn new_ones(&self, bench: &Bench, org: &str) -> Result<Vec<New>> {
        let tools = Tools {
            store: self.store.clone(),
            clock: bench.clock.clone(),
            ids: bench.ids.clone(),
        };
        let stop = CancellationToken::new();
        let (ledger, writer) = Ledger::new(tools, stop.clone());
        let writing = tokio::spawn(writer);
        let worked = ledger.work_all().await;
        stop.cancel();
        drop(ledger);
        drop(writing.await);
        worked?;
        let scope = Scope {
            store: self.store.as_ref(),
            org,
            now: bench.clock.now(),
        };
        let (before, after) = (
            books::brought(&bench.books(org)).await?,
            books::brought(&scope).await?,
        );
        Ok(difference(&before, &after))
    }
}

type ByPartner = BTreeMap<(Option<String>, String), Brought>;

fn difference(before: &ByPartner, after: &ByPartner) -> Vec<New> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    let new = keys.into_iter().map(|key| {
        let of = |all: &ByPartner| all.get(&key).cloned().unwrap_or_default();
        let (before, after) = (of(before), of(after));
        let (partner_id, currency) = key;
        New {
            partner_id,
            partner: after.partner,
            currency,
            sales: after.sales - before.sales,
            net_amount: after.net - before.net,
            commission_amount: after.commission - before.commission,
        }
    });
    new.filter(|new| (new.sales, new.net_amount, new.commission_amount) != (0, 0, 0))
        .collect()
}

/// For people.
pub(super) fn show(new: &[New]) -> Result<()> {
    if new.is_empty() {
        return output::line("It would change no sale.");
    }
    output::line("It would bring:")?;
    let rows: Vec<_> = new
        .iter()
        .map(|one| {
            let mut row = output::row(serde_json::json!(one));
            if one.partner_id.is_none() {
                row.insert("partner".to_owned(), "(nobody)".into());
            }
            row
        })
        .collect();
    output::rows(false, COLUMNS, &rows)
}
