//! Clicks: listed, and brought along from elsewhere under the ids they have.

use providers::fact::ClaimKind;
use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Link, Listed, Page, check, due};
use crate::books::clicks::{self, By};
use crate::changes::{Change, Details, What};
use crate::ledger::writer::figures;
use crate::store::Statement;
use crate::{args, id};

static INSERT: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, url, referrer,
         created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (organization_id, id) do nothing returning id",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&INSERT];

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
    /// Clicks, last recorded first.
    pub async fn clicks(&self, page: &Page, by: &[By<'_>]) -> Result<Listed<Click>, CatalogError> {
        let found = clicks::list(&self.books(), by, page.part()).await?;
        Ok(Listed::found(found, page, |click| &click.id, Click::of))
    }

    /// One click.
    pub async fn click(&self, id: &str) -> Result<Click, CatalogError> {
        let found = clicks::find(&self.books(), id).await?;
        Ok(Click::of(found.ok_or(CatalogError::NotFound("click"))?))
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
            link.partner_id.as_str(),
            link.program_id.as_str(),
            clicked_at.0,
            check::usable(new.url.as_deref()),
            check::usable(new.referrer.as_deref()),
            self.now.0
        ];
        let made = !transaction.run(&INSERT, args).await?.is_empty();
        if made {
            let of = [&link.partner_id, &link.program_id, &link.id];
            let click = (clicked_at, of.map(String::as_str));
            figures::clicks(transaction.as_mut(), self.org, [click]).await?;
            due::of_claim(transaction.as_mut(), self.org, ClaimKind::Click, &id).await?;
            let details = Details::default()
                .set("linkId", &link.id)
                .set("clickedAt", clicked_at.to_string());
            let change = Change::of(What::ClickImported, &id).with(details);
            self.record(transaction.as_mut(), change).await?;
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

impl Click {
    /// A click of the books.
    pub(crate) fn of(click: clicks::Click) -> Self {
        Self {
            id: click.id,
            link_id: click.link_id,
            partner_id: click.partner_id,
            program_id: click.program_id,
            clicked_at: click.clicked_at.to_string(),
            url: click.url,
            referrer: click.referrer,
            created_at: click.created_at.to_string(),
        }
    }
}
