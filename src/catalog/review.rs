//! Commissions that are held for review, and the owner's decisions about them.
//!
//! A decision is kept by the names of the payment, so it stays whatever becomes of the sale's row.

use serde::{Deserialize, Serialize};

use super::{
    Catalog, CatalogError, Item, Listed, Page, check, due, opt_text, opt_time, text, time,
};
use crate::args;
use crate::store::{Row, Rows, Statement, StoreError};

static SALE: Statement = Statement::new(
    "select livemode, neighbourhood_id, review from sales
     where organization_id = $1 and id = $2 and state = 'live'",
);
static NAMES: Statement = Statement::new(
    "select n.name, v.approved from sale_references n
     left join reviews v on v.organization_id = $1 and v.livemode = n.livemode and v.name = n.name
     where n.organization_id = $1 and n.sale_id = $2",
);
static UPSERT: Statement = Statement::new(
    "insert into reviews (organization_id, livemode, name, approved, created_at)
     select $1, $2, r.name, $3, $4 from {rows r: name text}
     where true
     on conflict (organization_id, livemode, name) do update set
         approved = excluded.approved, created_at = excluded.created_at",
);

macro_rules! select_reviews {
    ($decision:literal, $from:literal, $filters:literal) => {
        concat!(
            "select s.id, s.invoice_id, s.livemode, s.review, s.partner_id, p.name as partner_name,
                 s.program_id, s.net, s.currency, s.commission_left,
                 s.commission_left - s.commission_free as held, s.commission_currency,
                 s.customer_id, s.occurred_at, s.created_at, ",
            $decision,
            $from,
            " left join partners p on p.organization_id = $1 and p.id = s.partner_id
             where s.organization_id = $1 and s.state = 'live'
                 and (cast($2 as text) = '' or s.id < $2)
                 and (cast($3 as text) = '' or s.partner_id = $3)
                 and (cast($4 as bigint) = -1 or s.livemode = $4) ",
            $filters,
            " order by s.id desc limit $5"
        )
    };
}

// A decision counts from its call on, also before the ledger's writer has seen it.
static OPEN: Statement = Statement::new(select_reviews!(
    "cast(null as bigint) as approved, cast(null as bigint) as decided_at",
    " from sales s",
    " and s.review is not null and not exists (
         select 1 from sale_references n
         join reviews v on v.organization_id = $1 and v.livemode = n.livemode and v.name = n.name
         where n.organization_id = $1 and n.sale_id = s.id)"
));
// Of several decisions about one sale that of the smallest name counts, as in the ledger.
static DECIDED: Statement = Statement::new(select_reviews!(
    "d.approved, d.created_at as decided_at",
    " from (select n.sale_id, n.livemode, min(n.name) as name from reviews v
          join sale_references n
              on n.organization_id = $1 and n.livemode = v.livemode and n.name = v.name
          where v.organization_id = $1 group by n.sale_id, n.livemode) w
      join reviews d on d.organization_id = $1 and d.livemode = w.livemode and d.name = w.name
      join sales s on s.organization_id = $1 and s.id = w.sale_id",
    " and d.approved = $6"
));

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&SALE, &NAMES, &UPSERT, &OPEN, &DECIDED];

/// The states of a review, as filters take them: the first is meant where none is given.
pub const REVIEW_STATES: &[&str] = &["open", "approved", "refused"];

/// A sale whose commission is held for review, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reviewed {
    /// The sale.
    pub sale_id: String,
    /// Its main name.
    pub invoice_id: Option<String>,
    /// Live or test ledger.
    pub livemode: bool,
    /// `open`, `approved` or `refused`.
    pub state: &'static str,
    /// Why it is held; `None` once the decision is carried out.
    pub reason: Option<String>,
    /// Who is, or is not, paid for it.
    pub partner_id: Option<String>,
    /// The partner's name.
    pub partner_name: Option<String>,
    /// The program.
    pub program_id: Option<String>,
    /// What the commission is taken of, in the smallest unit of `currency`.
    pub amount: i64,
    /// The sale's currency.
    pub currency: String,
    /// What is left of the commission, in the smallest unit of `commission_currency`.
    pub commission_amount: i64,
    /// What of that is held back.
    pub commission_held: i64,
    /// The commission's currency.
    pub commission_currency: String,
    /// Who bought.
    pub customer_id: Option<String>,
    /// When it was paid.
    pub occurred_at: String,
    /// When it was recorded.
    pub created_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
}

/// Which reviews are listed.
#[derive(Debug, Clone, Copy)]
pub struct ReviewFilter<'a> {
    /// One of [`REVIEW_STATES`]; empty for the first.
    pub state: &'a str,
    /// Only this partner's; empty for all.
    pub partner_id: &'a str,
    /// 1 live, 0 test, -1 both.
    pub livemode: i64,
}

/// A decision.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewReview {
    /// The sale.
    pub sale_id: Option<String>,
    /// Whether its commission is paid.
    pub approved: Option<bool>,
}

/// A decision that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The sale.
    pub sale_id: String,
    /// Whether its commission is paid.
    pub approved: bool,
}

impl Item for Reviewed {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            sale_id: text(row, "id")?,
            invoice_id: opt_text(row, "invoice_id")?,
            livemode: row.flag("livemode")?,
            state: match row.opt_int("approved")? {
                None => "open",
                Some(0) => "refused",
                Some(_) => "approved",
            },
            reason: opt_text(row, "review")?,
            partner_id: opt_text(row, "partner_id")?,
            partner_name: opt_text(row, "partner_name")?,
            program_id: opt_text(row, "program_id")?,
            amount: row.int("net")?,
            currency: text(row, "currency")?,
            commission_amount: row.int("commission_left")?,
            commission_held: row.int("held")?,
            commission_currency: text(row, "commission_currency")?,
            customer_id: opt_text(row, "customer_id")?,
            occurred_at: time(row, "occurred_at")?,
            created_at: time(row, "created_at")?,
            decided_at: opt_time(row, "decided_at")?,
        })
    }

    fn position(&self) -> String {
        self.sale_id.clone()
    }
}

impl Catalog<'_> {
    /// Sales held for review, or those decided, newest first.
    pub async fn reviews(
        &self,
        page: &Page,
        filter: ReviewFilter<'_>,
    ) -> Result<Listed<Reviewed>, CatalogError> {
        let args = args![
            self.org,
            page.after.as_str(),
            filter.partner_id,
            filter.livemode,
            page.rows()
        ];
        let (statement, args) = match filter.state {
            "approved" => (&DECIDED, args.add(1)),
            "refused" => (&DECIDED, args.add(0)),
            _ => (&OPEN, args),
        };
        Ok(Listed::read(self.store, statement, args, page).await?)
    }

    /// Records a decision; it may be changed later. `ledger` is the only one whose sales are there, if any.
    pub async fn review(
        &self,
        new: &NewReview,
        ledger: Option<bool>,
    ) -> Result<Review, CatalogError> {
        let sale_id = check::required("saleId", new.sale_id.as_deref())?;
        let approved = new
            .approved
            .ok_or_else(|| CatalogError::invalid("approved", "is required"))?;
        let refuse = |problem| Err(CatalogError::invalid("saleId", problem));
        if sale_id.contains('\0') {
            return refuse("names no sale");
        }
        let mut transaction = self.begin_alone().await?;
        let args = args![self.org, sale_id];
        let rows = transaction.run(&SALE, args.clone()).await?;
        let Some(sale) = rows.first() else {
            return refuse("names no sale");
        };
        let livemode = sale.flag("livemode")?;
        if ledger.is_some_and(|only| only != livemode) {
            return refuse("names no sale");
        }
        let mut decided = sale.opt_text("review")?.is_some();
        let mut names = Rows::new(1);
        for row in transaction.run(&NAMES, args).await? {
            decided |= row.opt_int("approved")?.is_some();
            names.push([text(&row, "name")?.into()]);
        }
        if !decided {
            return refuse("names a sale that is not held for review");
        }
        let args = args![self.org, livemode, approved, self.now.0; names];
        transaction.run(&UPSERT, args).await?;
        let home = sale.text("neighbourhood_id")?;
        due::this(transaction.as_mut(), self.org, home).await?;
        self.commit_and_wake(transaction).await?;
        Ok(Review {
            sale_id: sale_id.to_owned(),
            approved,
        })
    }
}
