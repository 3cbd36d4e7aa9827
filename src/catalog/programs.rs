//! Programs: what is paid, which click counts, for how long, and when a commission may be paid out.

use providers::Micros;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules;
use super::versions::Whose;
use super::{Catalog, CatalogError, Given, Listed, Page, check, due, opt_text, text, time};
use crate::args;
use crate::books::statements::programs as sql;
use crate::changes::{Change, Details, What};
use crate::ledger::rule::{Rule, RuleBook};
use crate::organization::BEGINNING;
use crate::store::{Row, StoreError, Transaction};

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `active` or `archived`.
    pub status: String,
    /// Which of several clicks counts: `last_click` or `first_click`.
    pub model: String,
    /// How many days a click counts.
    pub window_days: i64,
    /// Whether a customer stays with the partner who brought it first.
    pub customer_stays: bool,
    /// How many days after the sale a commission may be paid out.
    pub hold_days: i64,
    /// The currency commissions are paid in; `None`: in each sale's own.
    pub currency: Option<String>,
    /// What a run of payouts does not pay less than, in the smallest unit of whatever currency is paid.
    pub payout_minimum: i64,
    /// What is paid now.
    pub commission: Option<Rule>,
    /// When it was made.
    pub created_at: String,
}

/// What a client says of a program, new or known. What is absent stays, or is what the first program has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ProgramChange {
    /// Its name; a new program needs one.
    pub name: Option<String>,
    /// `active` or `archived`.
    pub status: Option<String>,
    /// `last_click` or `first_click`.
    pub model: Option<String>,
    /// 1 to 3650.
    pub window_days: Option<i64>,
    /// Whether a customer stays with the partner who brought it first.
    pub customer_stays: Option<bool>,
    /// 0 to 365.
    pub hold_days: Option<i64>,
    /// A currency; `null` for each sale's own.
    pub currency: Given<String>,
    /// What a run of payouts does not pay less than, in the smallest unit of whatever currency is paid.
    pub payout_minimum: Option<i64>,
    /// A commission rule.
    pub commission: Option<Value>,
}

impl ProgramChange {
    /// Puts what is given into a program.
    fn apply(&self, program: &mut Program) -> Result<(), CatalogError> {
        if let Some(name) = &self.name {
            program.name = check::text("name", name)?;
        }
        if let Some(status) = &self.status {
            program.status = one_of("status", status, &["active", "archived"])?;
        }
        if let Some(model) = &self.model {
            program.model = one_of("model", model, &["last_click", "first_click"])?;
        }
        if let Some(days) = self.window_days {
            program.window_days = check::within("windowDays", days, 1, 3_650)?;
        }
        if let Some(stays) = self.customer_stays {
            program.customer_stays = stays;
        }
        if let Some(days) = self.hold_days {
            program.hold_days = check::within("holdDays", days, 0, 365)?;
        }
        if let Some(minimum) = self.payout_minimum {
            let most = 1_000_000_000_000;
            program.payout_minimum = check::within("payoutMinimum", minimum, 0, most)?;
        }
        match &self.currency {
            Given::Absent => {}
            Given::Null => program.currency = None,
            Given::Value(code) => {
                program.currency = Some(check::currency("currency", code)?.to_string());
            }
        }
        Ok(())
    }

    fn rule(&self) -> Result<Option<Rule>, CatalogError> {
        self.commission.as_ref().map(rules::parse).transpose()
    }
}

fn one_of(field: &str, given: &str, words: &[&str]) -> Result<String, CatalogError> {
    if words.contains(&given) {
        return Ok(given.to_owned());
    }
    let message = format!("must be {}", words.join(" or "));
    Err(CatalogError::invalid(field, &message))
}

impl Catalog<'_> {
    /// Programs, newest first.
    pub async fn programs(&self, page: &Page) -> Result<Listed<Program>, CatalogError> {
        let books = self.rules().await?;
        let args = args![self.org, page.after.as_str(), page.rows()];
        let rows = self.store.read(&sql::LIST, args).await?;
        let programs: Result<Vec<_>, _> = rows
            .iter()
            .map(|row| program_of(row, books.get(row.text("id")?)))
            .collect();
        Ok(Listed::of(programs?, page, |program| program.id.clone()))
    }

    /// One program.
    pub async fn program(&self, id: &str) -> Result<Program, CatalogError> {
        let books = self.rules().await?;
        let rows = self.store.read(&sql::GET, args![self.org, id]).await?;
        let row = rows.first().ok_or(CatalogError::NotFound("program"))?;
        Ok(program_of(row, books.get(id))?)
    }

    /// The program that a call means: the one it names, else the organization's oldest.
    pub async fn program_id(&self, given: Option<&str>) -> Result<String, CatalogError> {
        let Some(id) = given else {
            let rows = self.store.read(&sql::OLDEST, args![self.org]).await?;
            let row = rows.first().ok_or(CatalogError::NotFound("program"))?;
            return Ok(text(row, "id")?);
        };
        let known = !id.contains('\0')
            && !self
                .store
                .read(&sql::GET, args![self.org, id])
                .await?
                .is_empty();
        if known {
            Ok(id.to_owned())
        } else {
            Err(CatalogError::invalid("programId", "names no program"))
        }
    }

    /// Makes a program; it pays 10 % of each sale where nothing else is said.
    pub async fn create_program(&self, new: &ProgramChange) -> Result<Program, CatalogError> {
        let rule = new.rule()?.unwrap_or_else(Rule::ten_percent);
        let mut program = Program {
            id: self.ids.make(crate::id::PROGRAM),
            name: check::required("name", new.name.as_deref())?.to_owned(),
            status: "active".to_owned(),
            model: "last_click".to_owned(),
            window_days: 90,
            customer_stays: false,
            hold_days: 30,
            currency: None,
            payout_minimum: 0,
            commission: None,
            created_at: self.now.to_string(),
        };
        new.apply(&mut program)?;
        rules::check_lead("commission.lead", &rule, program.currency.as_deref())?;
        let args = args![
            self.org,
            program.id.as_str(),
            program.name.as_str(),
            program.status.as_str(),
            program.model.as_str(),
            program.window_days,
            program.customer_stays,
            program.hold_days,
            program.currency.as_deref(),
            self.now.0,
            program.payout_minimum
        ];
        let whose = Whose {
            program_id: &program.id,
            partner_id: None,
        };
        let mut transaction = self.store.begin().await?;
        transaction.run(&sql::INSERT, args).await?;
        self.insert_policy(transaction.as_mut(), &program, BEGINNING)
            .await?;
        self.insert_rule(transaction.as_mut(), whose, Some(&rule), BEGINNING)
            .await?;
        let details = Details::default()
            .set("name", &program.name)
            .set("commission", &rule);
        let change = Change::of(What::ProgramCreated, &program.id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await?;
        program.commission = Some(rule);
        Ok(program)
    }

    /// Changes a program. A new commission rule is a version, and so are new settings: see
    /// [`Catalog::add_rule`] and [`Catalog::add_policy`]. A new currency holds for all sales.
    pub async fn change_program(
        &self,
        id: &str,
        change: &ProgramChange,
    ) -> Result<Program, CatalogError> {
        let rule = change.rule()?;
        let mut transaction = self.begin_alone().await?;
        let rows = transaction.run(&sql::GET, args![self.org, id]).await?;
        let row = rows.first().ok_or(CatalogError::NotFound("program"))?;
        let before = program_of(row, None)?;
        let mut program = before.clone();
        change.apply(&mut program)?;
        if program.currency != before.currency {
            self.check_unpaid(transaction.as_mut(), id).await?;
            due::all(transaction.as_mut(), self.org).await?;
        }
        let args = args![
            self.org,
            id,
            program.name.as_str(),
            program.status.as_str(),
            program.model.as_str(),
            program.window_days,
            program.customer_stays,
            program.hold_days,
            program.currency.as_deref(),
            program.payout_minimum
        ];
        transaction.run(&sql::UPDATE, args).await?;
        let details = before.edits(&program);
        if !details.is_empty() {
            let change = Change::of(What::ProgramChanged, id).with(details);
            self.record(transaction.as_mut(), change).await?;
        }
        if program.settings() != before.settings() {
            self.add_policy(transaction.as_mut(), &program).await?;
        }
        if let Some(rule) = &rule {
            let whose = Whose {
                program_id: id,
                partner_id: None,
            };
            let currency = program.currency.as_deref();
            rules::check_lead("commission.lead", rule, currency)?;
            self.add_rule(transaction.as_mut(), whose, Some(rule))
                .await?;
        }
        if program.currency != before.currency {
            let currency = program.currency.as_deref();
            self.check_leads_of(transaction.as_mut(), id, currency)
                .await?;
        }
        self.commit_and_wake(transaction).await?;
        self.program(id).await
    }

    /// What was paid in one currency must not be owed in another.
    async fn check_unpaid(
        &self,
        transaction: &mut dyn Transaction,
        id: &str,
    ) -> Result<(), CatalogError> {
        let paid = transaction.run(&sql::HAS_PAID, args![self.org, id]).await?;
        if paid.is_empty() {
            return Ok(());
        }
        let message = "cannot change after a payout: make a new program for another currency";
        Err(CatalogError::invalid("currency", message))
    }
}

impl Program {
    fn edits(&self, after: &Self) -> Details {
        Details::default()
            .edit("name", &self.name, &after.name)
            .edit("status", &self.status, &after.status)
            .edit("model", &self.model, &after.model)
            .edit("windowDays", &self.window_days, &after.window_days)
            .edit("customerStays", &self.customer_stays, &after.customer_stays)
            .edit("holdDays", &self.hold_days, &after.hold_days)
            .edit("currency", &self.currency, &after.currency)
            .edit("payoutMinimum", &self.payout_minimum, &after.payout_minimum)
    }
}

fn program_of(row: &Row, book: Option<&RuleBook>) -> Result<Program, StoreError> {
    Ok(Program {
        id: text(row, "id")?,
        name: text(row, "name")?,
        status: text(row, "status")?,
        model: text(row, "model")?,
        window_days: row.int("window_days")?,
        customer_stays: row.flag("customer_stays")?,
        hold_days: row.int("hold_days")?,
        currency: opt_text(row, "currency")?,
        payout_minimum: row.int("payout_minimum")?,
        commission: book.and_then(|book| book.rule("", Micros(i64::MAX)).cloned()),
        created_at: time(row, "created_at")?,
    })
}
