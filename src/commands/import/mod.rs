//! `import`: what another system has exported, through the API of a running server: partners with their links, codes, customers with their
//! partner, and past sales. Repeating it changes nothing; `--dry-run` only reads. What cannot be taken over is told with its line and why.

mod columns;
mod line;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use providers::Micros;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::replay::Client;
use super::{Usage, given, output};
use crate::cli::{Exit, ImportArgs, ImportKind as Kind};
use crate::config::Config;
use crate::http::input::sale_call;
use crate::ledger::calls::{Call, IMPORTED_BACK_DAYS};
use columns::Columns;
use line::{Amounts, Partner};

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Took {
    /// It is new.
    New,
    /// It was there already.
    Known,
}

/// A line that was not taken over.
struct Rejected {
    line: u64,
    reason: String,
}

/// Imports a file.
pub(super) async fn run(args: ImportArgs, config: &Config, json: bool) -> Result<Exit> {
    let key = args.key.clone();
    let key = key.or_else(|| config.api_key.as_ref().map(|key| key.expose().to_owned()));
    let key =
        key.ok_or_else(|| Usage("an API key is needed: --key or TRIBUTARY_API_KEY".to_owned()))?;
    let bytes = std::fs::read(&args.file)
        .with_context(|| format!("{} cannot be read", args.file.display()))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut file = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let header = file
        .headers()
        .context("the file has no header line")?
        .clone();
    let names: Vec<&str> = header.iter().collect();
    let columns = Columns::find(&names, (args.vendor, args.kind), &args.column).map_err(Usage)?;
    let lines: Vec<_> = file.records().collect();
    let mut importer = Importer {
        client: Client::new()?,
        key,
        columns,
        partners: BTreeMap::new(),
        now: None,
        paid: BTreeMap::new(),
        server: given::server(args.to.as_ref(), config)?,
        args,
    };
    let bar = bar(lines.len());
    let (mut took, mut rejected) = (BTreeMap::new(), Vec::new());
    for (at, line) in lines.into_iter().enumerate() {
        let outcome = match &line {
            Ok(line) => importer.take(line).await,
            Err(error) => Err(Problem::Line(format!("it is no CSV: {error}"))),
        };
        let number = line
            .ok()
            .and_then(|line| line.position().map(csv::Position::line));
        match outcome {
            Ok(one) => *took.entry(one).or_insert(0_u64) += 1,
            Err(Problem::Line(reason)) => rejected.push(Rejected {
                line: number.unwrap_or(u64::try_from(at).unwrap_or(0) + 2),
                reason,
            }),
            Err(Problem::All(error)) => {
                bar.finish_and_clear();
                return Err(
                    error.context("nothing after this was imported; the same command goes on")
                );
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let paid = importer.settle(&mut rejected).await?;
    report(&importer.args, (&took, paid), &rejected, json)?;
    Ok(if rejected.is_empty() {
        Exit::Success
    } else {
        Exit::Failed
    })
}

fn bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} lines {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn report(
    args: &ImportArgs,
    (took, paid): (&BTreeMap<Took, u64>, u64),
    rejected: &[Rejected],
    json: bool,
) -> Result<()> {
    let count = |one| took.get(&one).copied().unwrap_or(0);
    if json {
        let rejected: Vec<Value> = rejected
            .iter()
            .map(|one| json!({"line": one.line, "reason": one.reason}))
            .collect();
        return output::json(&json!({"dryRun": args.dry_run, "new": count(Took::New),
            "known": count(Took::Known), "paid": paid, "rejected": rejected}));
    }
    for one in rejected {
        output::line(&format!("line {}: {}", one.line, one.reason))?;
    }
    let would = if args.dry_run { "would be " } else { "" };
    output::line(&format!(
        "{} {would}new, {} known, {} rejected",
        count(Took::New),
        count(Took::Known),
        rejected.len()
    ))?;
    if paid > 0 {
        output::line(&format!("{paid} recorded as paid"))?;
    }
    Ok(())
}

/// Why a line is not taken over, or why nothing more is.
enum Problem {
    Line(String),
    All(anyhow::Error),
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::All(error)
    }
}

impl From<String> for Problem {
    fn from(reason: String) -> Self {
        Self::Line(reason)
    }
}

/// The answer to a call.
struct Answer {
    status: u16,
    json: Value,
}

impl Answer {
    /// The answer, where the call was taken.
    fn good(self) -> Result<Value, Problem> {
        if (200..300).contains(&self.status) {
            return Ok(self.json);
        }
        let message = self.json.pointer("/error/message").and_then(Value::as_str);
        let message = message.unwrap_or("the server has refused it").to_owned();
        match self.status {
            401 | 403 => Err(Problem::All(anyhow::anyhow!(message))),
            _ => Err(Problem::Line(message)),
        }
    }
}

/// What parts the columns: of comma, semicolon (spreadsheets in Europe) and tab the one that the header has most of.
fn delimiter(file: &[u8]) -> u8 {
    let header = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let parts = |by: u8| header.split(|byte| *byte == by).count();
    let mut most = b',';
    for other in [b';', b'\t'] {
        if parts(other) > parts(most) {
            most = other;
        }
    }
    most
}

struct Importer {
    client: Client,
    key: String,
    columns: Columns,
    /// The ids of partners that are known, by e-mail address; none where a dry run would make it.
    partners: BTreeMap<String, Option<String>>,
    /// The server's time, once it has been asked.
    now: Option<Micros>,
    /// Sales of which the old system has paid the commission, with their lines.
    paid: BTreeMap<String, u64>,
    server: Url,
    args: ImportArgs,
}

/// Sales that are recorded as paid by one call.
const PAID_TOGETHER: usize = 500;

/// How often a call is repeated that came too fast or met no server.
const TRIES: u32 = 6;

impl Importer {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Problem> {
        let url = self.server.join(path).context("the address is none")?;
        let mut wait = std::time::Duration::from_millis(250);
        for _ in 1..TRIES {
            let call = self
                .client
                .call((method.clone(), url.clone()), &self.key, body);
            if let Ok((status, json)) = call.await
                && ![429, 503].contains(&status)
            {
                return Ok(Answer { status, json });
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        let (status, json) = self.client.call((method, url), &self.key, body).await?;
        match status {
            429 | 503 => Err(Problem::All(anyhow::anyhow!(
                "the server does not keep up: {status}"
            ))),
            _ => Ok(Answer { status, json }),
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Problem> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        self.call(Method::GET, &format!("{path}?{query}"), None)
            .await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, Problem> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn take(&mut self, line: &csv::StringRecord) -> Result<Took, Problem> {
        let partner = line::partner(&self.columns, line)?;
        match self.args.kind {
            Kind::Partners => self.partner(&partner).await,
            Kind::Codes => {
                let code = self
                    .columns
                    .get(line, "code")
                    .ok_or("it has no code".to_owned());
                self.code(&partner, code?).await
            }
            Kind::Customers => self.customer(&partner, line).await,
            Kind::Sales => {
                let amounts = Amounts {
                    minor: self.args.minor,
                    currency: self.args.currency,
                };
                let sale = line::sale(&self.columns, line, amounts)?;
                let (took, id) = self.sale(&partner, &sale).await?;
                let at = line.position().map_or(0, csv::Position::line);
                if let (Some(id), true) = (id, sale.was_paid) {
                    self.paid.insert(id, at);
                }
                Ok(took)
            }
        }
    }

    /// The id of a partner who is there; none where there is none.
    async fn known(&mut self, partner: &Partner) -> Result<Option<String>, Problem> {
        if let Some(known) = self.partners.get(&partner.email) {
            return Ok(known.clone());
        }
        let found = self
            .get("/api/partners", &[("email", &partner.email)])
            .await?
            .good()?;
        let id = found.pointer("/data/0/id").and_then(Value::as_str);
        let id = id.map(str::to_owned);
        if id.is_some() {
            self.partners.insert(partner.email.clone(), id.clone());
        }
        Ok(id)
    }

    /// The id of a partner, which is made where there is none; and whether it was.
    async fn sure(&mut self, partner: &Partner) -> Result<(Option<String>, Took), Problem> {
        if let Some(id) = self.known(partner).await? {
            return Ok((Some(id), Took::Known));
        }
        if self.args.dry_run {
            return Ok((None, Took::New));
        }
        let body =
            json!({"email": partner.email, "name": partner.name, "programId": self.args.program});
        let made = self.post("/api/partners", &body).await?.good()?;
        let id = text(&made, "/id");
        self.partners
            .insert(partner.email.clone(), Some(id.clone()));
        Ok((Some(id), Took::New))
    }

    async fn partner(&mut self, partner: &Partner) -> Result<Took, Problem> {
        let (id, mut took) = self.sure(partner).await?;
        let link = partner.token.as_ref().zip(self.args.link_url.clone());
        let without_link = |problem| match problem {
            Problem::Line(reason) if took == Took::New => {
                let would = if self.args.dry_run { "would be" } else { "is" };
                Problem::Line(format!(
                    "the partner {would} made, without its link: {reason}"
                ))
            }
            other => other,
        };
        let Some(id) = id else {
            if let Some((token, _)) = link {
                self.free(token).await.map_err(without_link)?;
            }
            return Ok(took);
        };
        if let Some((token, url)) = link {
            let link = self.link(&id, token, url.as_str()).await;
            took = took.min(link.map_err(without_link)?);
        }
        if let Some(paypal) = &partner.paypal {
            took = took.min(self.paypal(&id, paypal).await?);
        }
        Ok(took)
    }

    /// The server's time: it says which sales are too old.
    async fn now(&mut self) -> Result<Micros, Problem> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let status = self.get("/api/status", &[]).await?.good()?;
        let now = Micros::parse_rfc3339(&text(&status, "/now"));
        self.now = now;
        Ok(now.context("the server does not tell its time")?)
    }

    /// Whether nobody's link has this key yet.
    async fn free(&self, key: &str) -> Result<(), Problem> {
        let taken = self.get("/api/links", &[("key", key)]).await?.good()?;
        match taken.pointer("/data/0") {
            Some(_) => Err(format!("the key {key} is taken").into()),
            None => Ok(()),
        }
    }

    async fn link(&self, partner_id: &str, key: &str, url: &str) -> Result<Took, Problem> {
        let own = [("partnerId", partner_id), ("limit", "500")];
        let links = self.get("/api/links", &own).await?.good()?;
        let own = links.get("data").and_then(Value::as_array);
        let has = |link: &Value| link.get("key").and_then(Value::as_str) == Some(key);
        if own.is_some_and(|links| links.iter().any(has)) {
            return Ok(Took::Known);
        }
        if self.args.dry_run {
            self.free(key).await?;
            return Ok(Took::New);
        }
        let body = json!({"key": key, "url": url, "partnerId": partner_id, "programId": self.args.program});
        self.post("/api/links", &body).await?.good()?;
        Ok(Took::New)
    }

    /// How the partner is paid, where nobody has said that yet.
    async fn paypal(&self, partner_id: &str, email: &str) -> Result<Took, Problem> {
        let path = format!("/api/partners/{partner_id}/payout-details");
        let known = self.get(&path, &[]).await?.good()?;
        if known.get("method").is_some_and(|method| !method.is_null()) {
            return Ok(Took::Known);
        }
        if !self.args.dry_run {
            let body = json!({"method": "paypal", "email": email});
            self.call(Method::PUT, &path, Some(&body)).await?.good()?;
        }
        Ok(Took::New)
    }

    async fn code(&mut self, partner: &Partner, code: &str) -> Result<Took, Problem> {
        let (id, _) = self.sure(partner).await?;
        let encoded =
            percent_encoding::utf8_percent_encode(code, percent_encoding::NON_ALPHANUMERIC);
        let known = self.get(&format!("/api/codes/{encoded}"), &[]).await?;
        if known.status == 200 {
            let owner = known.json.get("partnerId").and_then(Value::as_str);
            if owner == id.as_deref() {
                return Ok(Took::Known);
            }
            return Err("the code is another partner's".to_owned().into());
        }
        if let (Some(id), false) = (id, self.args.dry_run) {
            let body = json!({"code": code, "partnerId": id, "programId": self.args.program});
            self.post("/api/codes", &body).await?.good()?;
        }
        Ok(Took::New)
    }

    async fn customer(
        &mut self,
        partner: &Partner,
        line: &csv::StringRecord,
    ) -> Result<Took, Problem> {
        let own = self.columns.get(line, "customerId");
        let of_processor = self.columns.get(line, "processorCustomerId");
        if own.is_none() && of_processor.is_none() {
            return Err("it names no customer".to_owned().into());
        }
        let body = json!({"externalId": own, "processorCustomerId": of_processor,
            "programId": self.args.program, "dryRun": self.args.dry_run});
        let (id, _) = self.sure(partner).await?;
        let Some(id) = id else { return Ok(Took::New) };
        let mut body = body;
        if let Some(members) = body.as_object_mut() {
            members.insert("partnerId".to_owned(), json!(id));
        }
        let answer = self
            .post("/api/customers/assignments", &body)
            .await?
            .good()?;
        let is_new = answer.get("new") == Some(&json!(true));
        Ok(if is_new { Took::New } else { Took::Known })
    }

    /// Records as paid what the old system has paid. Answers of how many sales; what is held yet is told with its line.
    async fn settle(&mut self, rejected: &mut Vec<Rejected>) -> Result<u64> {
        let all: Vec<(String, u64)> = std::mem::take(&mut self.paid).into_iter().collect();
        let mut paid = 0;
        for some in all.chunks(PAID_TOGETHER) {
            if self.args.dry_run {
                break;
            }
            let ids: Vec<&str> = some.iter().map(|(id, _)| id.as_str()).collect();
            let body = json!({"saleIds": ids, "note": "paid before the import"});
            let told = match self.post("/api/payouts/imported", &body).await {
                Ok(answer) => answer.good(),
                Err(problem) => Err(problem),
            };
            let told = told.map_err(|problem| match problem {
                Problem::Line(reason) => anyhow::anyhow!(reason),
                Problem::All(error) => error,
            })?;
            let rows = told.get("data").and_then(Value::as_array);
            for row in rows.into_iter().flatten() {
                let line = some.iter().find(|(id, _)| *id == text(row, "/saleId"));
                match text(row, "/outcome").as_str() {
                    "paid" => paid += 1,
                    "held" => rejected.push(Rejected {
                        line: line.map_or(0, |(_, line)| *line),
                        reason: "its commission is held yet, so it is not recorded as paid: import it again when the hold is over".to_owned(),
                    }),
                    _ => {}
                }
            }
        }
        Ok(paid)
    }

    /// A past sale, as the merchant reports one that came by a click of the partner's. Answers its id, too.
    async fn sale(
        &mut self,
        partner: &Partner,
        sale: &line::Sale,
    ) -> Result<(Took, Option<String>), Problem> {
        let found = self
            .get("/api/sales", &[("invoiceId", &sale.invoice_id)])
            .await?
            .good()?;
        if found.pointer("/data/0").is_some() {
            return Ok((Took::Known, Some(text(&found, "/data/0/id"))));
        }
        let Some(id) = self.known(partner).await? else {
            return Err(format!(
                "there is no partner {}: import partners first",
                partner.email
            )
            .into());
        };
        let own = [("partnerId", id.as_str()), ("limit", "1")];
        let links = self.get("/api/links", &own).await?.good()?;
        let Some(link) = links.pointer("/data/0/id").and_then(Value::as_str) else {
            return Err(format!(
                "the partner {} has no link: import partners with --link-url",
                partner.email
            )
            .into());
        };
        let click = click_id(&id, &sale.customer, &sale.invoice_id);
        let before = sale.at.plus_seconds(-1).to_string();
        let of_click = json!({"id": click, "linkId": link, "clickedAt": before});
        let body = json!({"clickId": click, "customerExternalId": sale.customer, "customerEmail": sale.email,
            "amount": sale.amount, "currency": sale.currency.code(), "invoiceId": sale.invoice_id,
            "occurredAt": sale.at.to_string(), "imported": true, "eventName": "Imported"});
        // What the server would refuse is refused before its click is made, and by a dry run too.
        let call = sale_call(body.to_string().as_bytes()).map(Call::Sale);
        let call = call.map_err(|error| error.message().to_owned())?;
        if !call.is_timely(self.now().await?) {
            let reason =
                format!("its date is more than {IMPORTED_BACK_DAYS} days back, or to come");
            return Err(reason.into());
        }
        if self.args.dry_run {
            return Ok((Took::New, None));
        }
        self.post("/api/clicks", &of_click).await?.good()?;
        let answer = self.post("/api/track/sale", &body).await?;
        if answer.status == 409 {
            return Ok((Took::Known, None));
        }
        let made = answer.good()?;
        Ok((Took::New, Some(text(&made, "/sale/id"))))
    }
}

fn text(json: &Value, pointer: &str) -> String {
    let text = json.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The id of the click that stands for how a sale came about: the same for the same sale.
fn click_id(partner_id: &str, customer: &str, invoice: &str) -> String {
    let digest = Sha256::digest(format!("{partner_id}\n{customer}\n{invoice}"));
    let digest = hex::encode(digest);
    format!("imp_{}", digest.get(..32).unwrap_or_default())
}
