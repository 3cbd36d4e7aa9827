//! The owner's decisions about commissions that are held for review.

use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, check, due, text};
use crate::args;
use crate::store::{Rows, Statement};

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
     on conflict (organization_id, livemode, name) do update set approved = excluded.approved",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&SALE, &NAMES, &UPSERT];

/// A decision.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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

impl Catalog<'_> {
    /// Records a decision; it may be changed later.
    pub async fn review(&self, new: &NewReview) -> Result<Review, CatalogError> {
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
        let mut decided = sale.opt_text("review")?.is_some();
        let mut names = Rows::new(1);
        for row in transaction.run(&NAMES, args).await? {
            decided |= row.opt_int("approved")?.is_some();
            names.push([text(&row, "name")?.into()]);
        }
        if !decided {
            return refuse("names a sale that is not held for review");
        }
        let livemode = sale.flag("livemode")?;
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
