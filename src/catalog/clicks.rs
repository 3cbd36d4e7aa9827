//! Clicks: listed, and brought along from elsewhere under the ids they have.

use providers::Micros;
use providers::fact::ClaimKind;
use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Link, Listed, Page, check, due};
use crate::books::clicks::{self, By};
use crate::books::statements::imported_clicks as sql;
use crate::changes::{Change, Details, What};
use crate::ledger::writer::figures;
use crate::{args, id};

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

/// A click from elsewhere that can be recorded.
struct Checked {
    id: String,
    clicked_at: Micros,
    link: Link,
    url: Option<String>,
    referrer: Option<String>,
}

/// What has become of a click from elsewhere: it stands recorded, and whether it is new; or why it cannot be.
pub type Imported = Result<(Click, bool), CatalogError>;

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
        let checked = self.checked_click(new).await?;
        let made = self.insert_clicks(&[&checked]).await?.contains(&true);
        Ok((self.imported(&checked, made).await?, made))
    }

    /// Records clicks from elsewhere, all that can be: each has its own outcome, its click and whether that is new.
    ///
    /// # Errors
    /// What the database said: then none is recorded.
    pub async fn import_clicks(&self, new: &[NewClick]) -> Result<Vec<Imported>, CatalogError> {
        let mut checked = Vec::with_capacity(new.len());
        for new in new {
            checked.push(match self.checked_click(new).await {
                Err(CatalogError::Store(error)) => return Err(error.into()),
                other => other,
            });
        }
        let good: Vec<&Checked> = checked.iter().flatten().collect();
        let mut made = self.insert_clicks(&good).await?.into_iter();
        let mut imported = Vec::with_capacity(checked.len());
        for one in checked {
            imported.push(match one {
                Err(wrong) => Err(wrong),
                Ok(one) => {
                    let made = made.next().unwrap_or_default();
                    match self.imported(&one, made).await {
                        Err(CatalogError::Store(error)) => return Err(error.into()),
                        other => other.map(|click| (click, made)),
                    }
                }
            });
        }
        Ok(imported)
    }

    async fn checked_click(&self, new: &NewClick) -> Result<Checked, CatalogError> {
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
        Ok(Checked {
            id,
            clicked_at,
            link: self.link_clicked(new).await?,
            url: check::usable(new.url.as_deref()),
            referrer: check::usable(new.referrer.as_deref()),
        })
    }

    /// Writes clicks in one transaction; says of each whether it is new.
    async fn insert_clicks(&self, clicks: &[&Checked]) -> Result<Vec<bool>, CatalogError> {
        let mut transaction = self.begin_alone().await?;
        let (mut made, mut counted) = (Vec::new(), Vec::new());
        for click in clicks {
            let link = &click.link;
            let args = args![
                self.org,
                click.id.as_str(),
                link.id.as_str(),
                link.partner_id.as_str(),
                link.program_id.as_str(),
                click.clicked_at.0,
                click.url.as_deref(),
                click.referrer.as_deref(),
                self.now.0
            ];
            let is_new = !transaction.run(&sql::INSERT, args).await?.is_empty();
            made.push(is_new);
            if !is_new {
                continue;
            }
            let of = [&link.partner_id, &link.program_id, &link.id];
            counted.push((click.clicked_at, of.map(String::as_str)));
            due::of_claim(transaction.as_mut(), self.org, ClaimKind::Click, &click.id).await?;
            let details = Details::default()
                .set("linkId", &link.id)
                .set("clickedAt", click.clicked_at.to_string());
            let change = Change::of(What::ClickImported, &click.id).with(details);
            self.record(transaction.as_mut(), change).await?;
        }
        figures::clicks(transaction.as_mut(), self.org, counted).await?;
        self.commit_and_wake(transaction).await?;
        Ok(made)
    }

    /// The click that was recorded, now or before; another of its id is refused.
    async fn imported(&self, click: &Checked, made: bool) -> Result<Click, CatalogError> {
        let known = self.click(&click.id).await?;
        let differs =
            known.link_id != click.link.id || known.clicked_at != click.clicked_at.to_string();
        if !made && differs {
            return Err(CatalogError::invalid("id", "is taken by another click"));
        }
        Ok(known)
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
