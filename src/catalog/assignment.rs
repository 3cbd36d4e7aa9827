//! A customer's partner, set by the owner by hand: it decides before every click and code.
//!
//! The figures are brought up to date within the same transaction, so that the answer can say what has
//! changed; a preview is the same thing, not made to last.

use std::collections::{BTreeMap, BTreeSet};

use providers::Name;
use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, due, opt_text, text};
use crate::args;
use crate::changes::{Change, Details, What};
use crate::ledger::writer::rework;
use crate::store::{Rows, Statement, StoreError, Transaction};

static CUSTOMER: Statement = Statement::new(
    "select names, livemode, neighbourhood_id from customers where organization_id = $1 and id = $2",
);
static FORGET: Statement = Statement::new(
    "delete from assignments where organization_id = $1 and livemode = $2
     and name in (select r.name from {rows r: name text})",
);
static INSERT: Statement = Statement::new(
    "insert into assignments (organization_id, livemode, name, program_id, partner_id, created_at)
     select $1, $2, r.name, $3, $4, $5 from {rows r: name text}",
);
static SALES: Statement = Statement::new(
    "select id, partner_id, commission_left, commission_currency from sales
     where organization_id = $1 and neighbourhood_id = $2 and state = 'live'",
);
static BALANCES: Statement = Statement::new(
    "select e.partner_id, e.currency, cast(sum(e.amount) as bigint) as amount from entries e
     where e.organization_id = $1 and (
         e.subject_id in (select s.id from sales s
             where s.organization_id = $1 and s.neighbourhood_id = $2)
         or e.subject_id in (select l.id from leads l
             where l.organization_id = $1 and l.neighbourhood_id = $2))
     group by e.partner_id, e.currency",
);
static BALANCE: Statement = Statement::new(
    "select cast(coalesce(sum(e.amount), 0) as bigint) as amount from entries e
     where e.organization_id = $1 and e.partner_id = $2 and e.currency = $3 and e.livemode = $4",
);

static HOMES: Statement = Statement::new(
    "select n.neighbourhood_id from {rows r: name text}
     join names n on n.organization_id = $1 and n.livemode = 1 and n.name = r.name",
);

static ASSIGNED: Statement = Statement::new(
    "select a.partner_id from {rows r: name text}
     join assignments a on a.organization_id = $1 and a.livemode = $2 and a.name = r.name limit 1",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[
    &CUSTOMER, &HOMES, &ASSIGNED, &FORGET, &INSERT, &SALES, &BALANCES, &BALANCE,
];

/// What an assignment changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reassigned {
    /// The customer.
    pub customer_id: String,
    /// Its partner by hand; `None`: whoever the clicks say.
    pub partner_id: Option<String>,
    /// Whether nothing of this has been made to last.
    pub preview: bool,
    /// Sales that change.
    pub sales: Vec<SaleChange>,
    /// Balances that change, as `/api/balances` has them.
    pub balances: Vec<BalanceChange>,
}

/// How one sale changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleChange {
    /// The sale.
    pub sale_id: String,
    /// As it was.
    pub before: Option<Earned>,
    /// As it is then.
    pub after: Option<Earned>,
}

/// Who earns what by a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Earned {
    /// Who is paid.
    pub partner_id: Option<String>,
    /// What, in the smallest unit of the currency.
    pub commission_amount: i64,
    /// The currency.
    pub commission_currency: String,
}

/// How a partner's balance changes, in the smallest unit of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChange {
    /// The partner.
    pub partner_id: String,
    /// The currency.
    pub currency: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// As it was.
    pub before: i64,
    /// As it is then.
    pub after: i64,
}

/// The figures of a neighbourhood.
struct Figures {
    sales: BTreeMap<String, Earned>,
    balances: BTreeMap<(String, String), i64>,
}

/// A customer by what others call it, whether anything of it is known yet or not.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewAssignment {
    /// To whom.
    pub partner_id: Option<String>,
    /// In which program; the oldest where absent.
    pub program_id: Option<String>,
    /// The merchant's own id.
    pub external_id: Option<String>,
    /// A processor's id.
    pub processor_customer_id: Option<String>,
    /// Only say whether it is new.
    pub dry_run: bool,
}

/// Whom such a customer has been given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignedName {
    /// What the customer is called.
    pub names: Vec<String>,
    /// To whom.
    pub partner_id: String,
    /// Whether it was not so before.
    pub new: bool,
}

impl Catalog<'_> {
    /// Gives a customer of the live ledger to a partner before anything of it may be known: what it pays counts for that partner from then on, and
    /// what it has paid too. One that another partner has by hand stays.
    pub async fn assign_named(&self, given: &NewAssignment) -> Result<AssignedName, CatalogError> {
        let partner = self.partner_named(given.partner_id.as_deref()).await?.id;
        let program_id = self.program_id(given.program_id.as_deref()).await?;
        let external = given.external_id.as_deref().and_then(Name::external);
        let of_processor = given.processor_customer_id.as_deref();
        let of_processor = of_processor.and_then(Name::customer);
        let names: Vec<String> = [external, of_processor]
            .into_iter()
            .flatten()
            .map(|name| name.as_str().to_owned())
            .filter(|name| !name.contains('\0'))
            .collect();
        if names.is_empty() {
            let message =
                "or processorCustomerId is required, as the shop or the processor writes it";
            return Err(CatalogError::invalid("externalId", message));
        }
        let mut people = Rows::new(1);
        for name in &names {
            people.push([name.as_str().into()]);
        }
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let args = args![self.org, true; people.clone()];
        let assigned = work.run(&ASSIGNED, args.clone()).await?;
        let had = assigned.first().map(|row| text(row, "partner_id"));
        let had = had.transpose()?;
        if had.as_ref().is_some_and(|had| *had != partner) {
            let message =
                "is another partner's by hand: change it with PUT /api/customers/{id}/partner";
            return Err(CatalogError::invalid("partnerId", message));
        }
        let new = had.is_none();
        let done = AssignedName {
            names,
            partner_id: partner,
            new,
        };
        if given.dry_run || !new {
            return Ok(done);
        }
        let partner = done.partner_id.as_str();
        let insert = args![self.org, true, program_id, partner, self.now.0; people.clone()];
        work.run(&INSERT, insert).await?;
        for row in work.run(&HOMES, args![self.org; people]).await? {
            due::this(work, self.org, row.text("neighbourhood_id")?).await?;
        }
        let details = Details::default().set("partnerId", partner);
        let change = Change::of(What::CustomerAssigned, partner).with(details);
        self.record(transaction.as_mut(), change).await?;
        self.commit_and_wake(transaction).await?;
        Ok(done)
    }

    /// Gives a customer to a partner, or, with `None`, back to what the clicks say.
    pub async fn assign(
        &self,
        customer_id: &str,
        (partner_id, program_id): (Option<&str>, Option<&str>),
        preview: bool,
    ) -> Result<Reassigned, CatalogError> {
        let partner = match partner_id {
            Some(id) => Some(self.partner_named(Some(id)).await?.id),
            None => None,
        };
        let program_id = self.program_id(program_id).await?;
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let rows = work.run(&CUSTOMER, args![self.org, customer_id]).await?;
        let row = rows.first().ok_or(CatalogError::NotFound("customer"))?;
        let (livemode, home) = (row.flag("livemode")?, text(row, "neighbourhood_id")?);
        if !self.sees(livemode) {
            return Err(CatalogError::NotFound("customer"));
        }
        let names: BTreeSet<String> = serde_json::from_str(row.text("names")?)
            .map_err(|_damaged| StoreError::Corrupt("customers.names"))?;
        let mut people = Rows::new(1);
        for name in names {
            people.push([name.into()]);
        }
        // What was due anyway is no consequence of the assignment.
        due::this(work, self.org, &home).await?;
        rework(self.ledger.tools(), self.org, work).await?;
        let before = self.figures(work, &home).await?;
        let args = args![self.org, livemode; people.clone()];
        let assigned = work.run(&ASSIGNED, args.clone()).await?;
        let had = assigned.first().map(|row| text(row, "partner_id"));
        let had = had.transpose()?;
        work.run(&FORGET, args).await?;
        if let Some(partner) = &partner {
            let args = args![self.org, livemode, program_id, partner.as_str(), self.now.0; people];
            work.run(&INSERT, args).await?;
        }
        due::this(work, self.org, &home).await?;
        rework(self.ledger.tools(), self.org, work).await?;
        let after = self.figures(work, &home).await?;
        let mut balances = changed_balances(livemode, &before.balances, &after.balances);
        for change in &mut balances {
            self.add_the_rest(work, change).await?;
        }
        if !preview {
            let details = Details::default()
                .edit("partnerId", &had, &partner)
                .set("livemode", livemode);
            let change = Change::of(What::CustomerAssigned, customer_id).with(details);
            self.record(transaction.as_mut(), change).await?;
            self.commit_and_wake(transaction).await?;
        }
        Ok(Reassigned {
            customer_id: customer_id.to_owned(),
            partner_id: partner,
            preview,
            sales: changed_sales(before.sales, after.sales),
            balances,
        })
    }

    /// Adds what the partner has of everybody else to a change in what it has of these customers.
    async fn add_the_rest(
        &self,
        transaction: &mut dyn Transaction,
        change: &mut BalanceChange,
    ) -> Result<(), StoreError> {
        let (partner, currency) = (change.partner_id.as_str(), change.currency.as_str());
        let args = args![self.org, partner, currency, change.livemode];
        let rows = transaction.run(&BALANCE, args).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("entries"))?;
        let rest = row.int("amount")?.saturating_sub(change.after);
        change.before = change.before.saturating_add(rest);
        change.after = change.after.saturating_add(rest);
        Ok(())
    }

    async fn figures(
        &self,
        transaction: &mut dyn Transaction,
        neighbourhood_id: &str,
    ) -> Result<Figures, StoreError> {
        let args = args![self.org, neighbourhood_id];
        let mut figures = Figures {
            sales: BTreeMap::new(),
            balances: BTreeMap::new(),
        };
        for row in transaction.run(&SALES, args.clone()).await? {
            let earned = Earned {
                partner_id: opt_text(&row, "partner_id")?,
                commission_amount: row.int("commission_left")?,
                commission_currency: text(&row, "commission_currency")?,
            };
            figures.sales.insert(text(&row, "id")?, earned);
        }
        for row in transaction.run(&BALANCES, args).await? {
            let account = (text(&row, "partner_id")?, text(&row, "currency")?);
            figures.balances.insert(account, row.int("amount")?);
        }
        Ok(figures)
    }
}

fn changed_sales(
    mut before: BTreeMap<String, Earned>,
    after: BTreeMap<String, Earned>,
) -> Vec<SaleChange> {
    let mut changes = Vec::new();
    for (sale_id, after) in after {
        let before = before.remove(&sale_id);
        if before.as_ref() != Some(&after) {
            changes.push(SaleChange {
                sale_id,
                before,
                after: Some(after),
            });
        }
    }
    changes.extend(before.into_iter().map(|(sale_id, before)| SaleChange {
        sale_id,
        before: Some(before),
        after: None,
    }));
    changes
}

fn changed_balances(
    livemode: bool,
    before: &BTreeMap<(String, String), i64>,
    after: &BTreeMap<(String, String), i64>,
) -> Vec<BalanceChange> {
    let accounts: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let amount = |of: &BTreeMap<_, i64>, account| of.get(account).copied().unwrap_or(0);
    accounts
        .into_iter()
        .map(|account| BalanceChange {
            partner_id: account.0.clone(),
            currency: account.1.clone(),
            livemode,
            before: amount(before, account),
            after: amount(after, account),
        })
        .filter(|change| change.before != change.after)
        .collect()
}
