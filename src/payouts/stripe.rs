//! Transfers to accounts connected at Stripe: a job for each payout, made in the transaction that sends it.
//!
//! A transfer is made under the payout's id, as idempotency key and as transfer group. Each try first asks whether there is one: so a crash between
//! Stripe's answer and the record, an answer that was lost, or a second server pays nobody twice, also when Stripe has forgotten the key. What
//! Stripe refuses for good gives the money back; what it cannot say is tried again.

use std::sync::Arc;
use std::time::Duration;

use providers::Micros;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::details::{self, DetailsError};
use super::{Taken, fail, settings, steps};
use crate::actor::WriteScope;
use crate::books;
use crate::books::payouts::{Payout, Status};
use crate::catalog::CatalogError;
use crate::clock::Clock;
use crate::id::IdSource;
use crate::jobs::{Failure, Job, NewJob, Outcome};
use crate::outbox::address::Allowed;
use crate::outbox::deliver::client;
use crate::seal::Seal;
use crate::store::Store;

/// Makes a transfer; the payload is the payout's id.
pub const TRANSFER: &str = "stripe_transfer";
/// Failures after which a transfer waits for a person: some days.
pub const ATTEMPTS_MAX: u32 = 40;
/// For an answer of Stripe's.
const WITHIN: Duration = Duration::from_secs(30);

/// The job that makes a payout's transfer.
pub(super) fn job(payout_id: &str, now: Micros) -> NewJob {
    NewJob {
        id: format!("{TRANSFER}_{payout_id}"),
        kind: TRANSFER,
        payload: serde_json::Value::from(payout_id).to_string(),
        run_at: now,
    }
}

/// An amount as Stripe counts it; `None` where it cannot be sent. It counts some currencies in other units than ISO 4217.
pub fn amount(currency: &str, minor: i64) -> Option<i64> {
    match currency {
        "isk" | "ugx" => minor.checked_mul(100),
        "mga" => (minor % 100 == 0).then_some(minor / 100),
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => (minor % 10 == 0).then_some(minor),
        _ => Some(minor),
    }
}

/// What transfers take.
#[derive(Clone)]
pub struct Payer {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<IdSource>,
    /// Opens keys and details.
    pub seal: Arc<Seal>,
    /// Where Stripe is, without a slash at the end.
    pub url: String,
    client: Arc<OnceCell<Client>>,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Transfer>,
}

#[derive(Deserialize)]
struct Transfer {
    id: String,
    #[serde(default)]
    reversed: bool,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: Said,
}

#[derive(Default, Deserialize)]
struct Said {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// What Stripe made of a request.
enum Answer<T> {
    Good(T),
    /// For good: nothing was made.
    Refused(String),
}

impl Payer {
    /// A payer that has paid nobody yet.
    pub fn new(
        (store, clock, ids): (Arc<dyn Store>, Arc<dyn Clock>, Arc<IdSource>),
        seal: Seal,
        url: String,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            seal: Arc::new(seal),
            url,
            client: Arc::default(),
        }
    }

    fn scope<'a>(&'a self, org: &'a str) -> WriteScope<'a> {
        WriteScope::of_server(self.store.as_ref(), &self.ids, org, self.clock.now())
    }

    async fn client(&self) -> Result<&Client, Failure> {
        let made = self.client.get_or_try_init(async || {
            // Stripe's own address is the owner's to say.
            client(Allowed { loopback: true }, WITHIN)
        });
        made.await
            .map_err(|error| Failure::new(format!("no connection can be made: {error}")))
    }

    /// The transfer that was made for a payout already.
    async fn known(&self, key: &str, payout: &Payout) -> Result<Option<Transfer>, Failure> {
        let (url, id) = (&self.url, &payout.id);
        let address = format!("{url}/v1/transfers?transfer_group={id}&limit=1");
        let request = self.client().await?.get(address);
        match ask::<List>(request.bearer_auth(key)).await? {
            Answer::Good(list) => Ok(list.data.into_iter().next()),
            Answer::Refused(why) => Err(Failure::new(format!(
                "Stripe does not list transfers: {why}"
            ))),
        }
    }

    async fn make(
        &self,
        key: &str,
        payout: &Payout,
        account: &str,
        amount: i64,
    ) -> Result<Answer<Transfer>, Failure> {
        let amount = amount.to_string();
        let form = [
            ("amount", amount.as_str()),
            ("currency", payout.currency.code()),
            ("destination", account),
            ("transfer_group", &payout.id),
            ("metadata[payoutId]", &payout.id),
            ("metadata[partnerId]", &payout.partner_id),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self
            .client()
            .await?
            .post(format!("{}/v1/transfers", self.url));
        let request = request
            .header("Idempotency-Key", &payout.id)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        ask(request.bearer_auth(key)).await
    }

    async fn confirm(&self, org: &str, id: &str, transfer: &str) -> Result<Outcome, Failure> {
        let confirmed = steps::confirm(&self.scope(org), id, Some(transfer)).await;
        match confirmed {
            Ok(()) => Ok(Outcome::Done),
            Err(steps::StepError::Store(error)) => Err(error.into()),
            Err(error) => Err(Failure::new(format!(
                "Stripe has made the transfer {transfer}, and {error}"
            ))),
        }
    }

    async fn give_back(&self, org: &str, id: &str, why: &str) -> Result<Outcome, Failure> {
        let why = format!("Stripe has refused the transfer: {why}");
        match fail(&self.scope(org), id, &why).await? {
            Taken::Back | Taken::Unknown | Taken::NotSent => Ok(Outcome::Done),
        }
    }
}

/// Makes the transfer of a payout that is sent, unless there is one.
///
/// # Errors
/// What is tried again: the database, a key that is refused, Stripe away.
pub async fn transfer(payer: Payer, job: Job) -> Result<Outcome, Failure> {
    let org = job.organization_id.as_str();
    let scope = payer.scope(org);
    let books = scope.books();
    let id: String = serde_json::from_str(&job.payload).unwrap_or_default();
    let payout = books::payouts::find(&books, &id).await?;
    let Some(payout) = payout.filter(|payout| payout.status == Status::Sent) else {
        return Ok(Outcome::Done);
    };
    let settings = settings::get(&books, &payer.seal).await?;
    let Some(key) = settings.stripe_key else {
        let message = "stripeKey of the payout settings is not set";
        return Err(Failure::new(message));
    };
    if let Some(known) = payer.known(&key, &payout).await? {
        if known.reversed {
            let why = format!("the transfer {} was reversed", known.id);
            return payer.give_back(org, &payout.id, &why).await;
        }
        return payer.confirm(org, &payout.id, &known.id).await;
    }
    let partner = payout.partner_id.as_str();
    let details = details::of_partners(&books, &payer.seal, [partner]).await?;
    let account = details
        .get(partner)
        .and_then(|opened| opened.details.stripe_account.as_deref());
    let amount = amount(payout.currency.code(), payout.amount);
    let (Some(account), Some(amount)) = (account, amount) else {
        let why = "the partner's account or the amount cannot be used";
        return payer.give_back(org, &payout.id, why).await;
    };
    match payer.make(&key, &payout, account, amount).await? {
        Answer::Good(transfer) => payer.confirm(org, &payout.id, &transfer.id).await,
        Answer::Refused(why) => payer.give_back(org, &payout.id, &why).await,
    }
}

/// Asks Stripe. Whatever leaves in doubt what was done is a failure, to be tried again.
async fn ask<T: for<'de> Deserialize<'de>>(request: RequestBuilder) -> Result<Answer<T>, Failure> {
    let answer = request.send().await;
    let answer = answer.map_err(|error| {
        let words = if error.is_timeout() {
            "Stripe did not answer in time"
        } else {
            "Stripe cannot be reached"
        };
        Failure::new(words)
    })?;
    let status = answer.status();
    let body = answer.bytes().await;
    let body = body.map_err(|_cut| Failure::new("Stripe's answer was cut off"))?;
    if status.is_success() {
        let read = serde_json::from_slice(&body);
        return read
            .map(Answer::Good)
            .map_err(|_other| Failure::new("Stripe's answer cannot be read"));
    }
    let said: Refused = serde_json::from_slice(&body).unwrap_or_default();
    let code = said.error.code.unwrap_or_default();
    let message = said.error.message.unwrap_or_default();
    let why = format!("{} {code} {message}", status.as_u16());
    let is_final = matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED | StatusCode::NOT_FOUND
    );
    // What the account has not got yet may come.
    if is_final && !["balance_insufficient", "idempotency_key_in_use"].contains(&code.as_str()) {
        return Ok(Answer::Refused(why));
    }
    Err(Failure::new(format!("Stripe answered {why}")))
}

impl From<DetailsError> for Failure {
    fn from(error: DetailsError) -> Self {
        match error {
            DetailsError::Invalid(CatalogError::Store(error)) => error.into(),
            error => Self::new(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_in_the_units_that_stripe_counts() {
        assert_eq!(amount("usd", 1_234), Some(1_234));
        assert_eq!(amount("jpy", 1_234), Some(1_234));
        assert_eq!(amount("isk", 500), Some(50_000));
        assert_eq!(amount("mga", 500), Some(5));
        assert_eq!(amount("mga", 550), None);
        assert_eq!(amount("kwd", 1_230), Some(1_230));
        assert_eq!(amount("kwd", 1_234), None);
    }
}
