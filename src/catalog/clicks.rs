//! Clicks: listed, and brought along from elsewhere under the ids they have.

use providers::fact::ClaimKind;
use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Item, Link, Listed, Page};
use super::{check, due, item, opt_text, text, time};
use crate::store::{Row, Statement, StoreError};
use crate::{args, id};

static LIST: Statement = Statement::new(
    "select * from clicks where organization_id = $1
         and (cast($2 as text) = '' or (created_at, id) < (
             select c.created_at, c.id from clicks c where c.organization_id = $1 and c.id = $2))
         and (cast($3 as text) = '' or partner_id = $3) and (cast($4 as text) = '' or link_id = $4)
     order by created_at desc, id desc limit $5",
);
static GET: Statement =
    Statement::new("select * from clicks where organization_id = $1 and id = $2");
static INSERT: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, url, referrer,
         created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (organization_id, id) do nothing returning id",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET, &INSERT];

/// A click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Click {
    /// Its id, the value of `refp_id`.
    pub id: String,
    /// The link that was clicked.
    pub link_id: String,
    /// The link's partner.
    pub partner_id: String,
    /// The link's program.
    pub program_id: String,
    /// When.
    pub clicked_at: String,
    /// The page that was visited.
    pub url: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
    /// When it was recorded here.
    pub created_at: String,
}

/// A click from elsewhere.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NewClick {
    /// The id it has; a new one where absent.
    pub id: Option<String>,
    /// The link that was clicked, by id
    pub link_id: Option<String>,
    /// or by key,
    pub key: Option<String>,
    /// and domain; the server's own where absent.
    pub domain: Option<String>,
    /// When; now where absent.
    pub clicked_at: Option<String>,
    /// The page that was visited.
    pub url: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
}

impl Catalog<'_> {
    /// Clicks, last recorded first. Empty filters do not filter.
    pub async fn clicks(
        &self,
        page: &Page,
        (partner_id, link_id): (&str, &str),
    ) -> Result<Listed<Click>, CatalogError> {
        let cursor = page.after.as_str();
        let args = args![self.org, cursor, partner_id, link_id, page.rows()];
        Ok(Listed::read(self.store, &LIST, args, page).await?)
    }

    /// One click.
    pub async fn click(&self, id: &str) -> Result<Click, CatalogError> {
        item(self.store, &GET, args![self.org, id], "click").await
    }

    /// Records a click from elsewhere. Doing it again changes nothing; the flag says whether it is new.
    pub async fn import_click(&self, new: &NewClick) -> Result<(Click, bool), CatalogError> {
        let id = match &new.id {
            Some(id) => check::click_id("id", id)?,
            None => self.ids.make(id::CLICK),
        };
        let clicked_at = match &new.clicked_at {
            Some(at) => check::time("clickedAt", at)?,
            None => self.now,
        };
        // Clocks may differ, but not by more than a day.
        if clicked_at > self.now.plus_days(1) {
            return Err(CatalogError::invalid(
                "clickedAt",
                "must not be in the future",
            ));
        }
        let link = self.link_clicked(new).await?;
        let mut transaction = self.begin_alone().await?;
        let args = args![
            self.org,
            id.as_str(),
            link.id.as_str(),
            link.partner_id,
            link.program_id,
            clicked_at.0,
            check::usable(new.url.as_deref()),
            check::usable(new.referrer.as_deref()),
            self.now.0
        ];
        let made = !transaction.run(&INSERT, args).await?.is_empty();
        if made {
            due::of_claim(transaction.as_mut(), self.org, ClaimKind::Click, &id).await?;
        }
        self.commit_and_wake(transaction).await?;
        let click = self.click(&id).await?;
        if !made && (click.link_id != link.id || click.clicked_at != clicked_at.to_string()) {
            return Err(CatalogError::invalid("id", "is taken by another click"));
        }
        Ok((click, made))
    }

    async fn link_clicked(&self, new: &NewClick) -> Result<Link, CatalogError> {
        let (field, found) = match (&new.link_id, &new.key) {
            (Some(id), _) if !id.contains('\0') => ("linkId", self.link(id).await),
            (Some(_), _) => ("linkId", Err(CatalogError::NotFound("link"))),
            (None, Some(key)) => {
                let key = check::key("key", key)?;
                let domain = check::domain("domain", new.domain.as_deref())?;
                ("key", self.link_by_key(&domain, &key).await)
            }
            (None, None) => {
                return Err(CatalogError::invalid("linkId", "or key is required"));
            }
        };
        match found {
            Err(CatalogError::NotFound(_)) => Err(CatalogError::invalid(field, "names no link")),
            other => other,
        }
    }
}

impl Item for Click {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            link_id: text(row, "link_id")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            clicked_at: time(row, "clicked_at")?,
            url: opt_text(row, "url")?,
            referrer: opt_text(row, "referrer")?,
            created_at: time(row, "created_at")?,
        })
    }

    fn position(&self) -> String {
        self.id.clone()
    }
}
