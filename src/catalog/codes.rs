//! Discount codes that belong to a partner: they say who brought a sale where no click does.

use providers::fact::ClaimKind;
use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Listed, Page, check, due};
use crate::args;
use crate::books::codes::{self, By};
use crate::books::statements::codes as sql;
use crate::changes::{Change, Details, What};

/// A discount code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// The code, lower case: buyers write it as they like.
    pub code: String,
    /// Whose it is.
    pub partner_id: String,
    /// Its program.
    pub program_id: String,
    /// When it was made.
    pub created_at: String,
}

/// A code to be made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewCode {
    /// The code as the processor knows it.
    pub code: Option<String>,
    /// Whose it is.
    pub partner_id: Option<String>,
    /// Its program; the oldest where absent.
    pub program_id: Option<String>,
}

impl Catalog<'_> {
    /// Codes in their own order.
    pub async fn codes(&self, page: &Page, by: &[By<'_>]) -> Result<Listed<Code>, CatalogError> {
        let found = codes::list(&self.books(), by, page.part()).await?;
        Ok(Listed::found(found, page, |code| &code.code, Code::of))
    }

    /// One code, however it is written.
    pub async fn code(&self, written: &str) -> Result<Code, CatalogError> {
        let code = written.trim().to_lowercase();
        let found = codes::find(&self.books(), &code).await?;
        Ok(Code::of(found.ok_or(CatalogError::NotFound("code"))?))
    }

    /// Gives a code to a partner. Giving it again changes nothing; the flag says whether it is new.
    pub async fn create_code(&self, new: &NewCode) -> Result<(Code, bool), CatalogError> {
        let written = check::required("code", new.code.as_deref())?;
        let written = check::text("code", written)?.to_lowercase();
        let partner = self.partner_named(new.partner_id.as_deref()).await?;
        let program_id = self.program_id(new.program_id.as_deref()).await?;
        let mut transaction = self.begin_alone().await?;
        let args = args![
            self.org,
            written.as_str(),
            program_id.as_str(),
            partner.id.as_str(),
            self.now.0
        ];
        if transaction.run(&sql::INSERT, args).await?.is_empty() {
            drop(transaction);
            let known = self.code(&written).await?;
            if (&known.partner_id, &known.program_id) == (&partner.id, &program_id) {
                return Ok((known, false));
            }
            return Err(CatalogError::invalid("code", "is taken by another partner"));
        }
        due::of_claim(transaction.as_mut(), self.org, ClaimKind::Code, &written).await?;
        let details = Details::default()
            .set("partnerId", &partner.id)
            .set("programId", &program_id);
        let change = Change::of(What::CodeCreated, &written).with(details);
        self.record(transaction.as_mut(), change).await?;
        self.commit_and_wake(transaction).await?;
        let code = Code {
            code: written,
            partner_id: partner.id,
            program_id,
            created_at: self.now.to_string(),
        };
        Ok((code, true))
    }

    /// Takes a code away from its partner, unless codes have brought the partner sales: they would lose
    /// their commission.
    pub async fn delete_code(&self, written: &str) -> Result<(), CatalogError> {
        let code = written.trim().to_lowercase();
        let mut transaction = self.begin_alone().await?;
        let args = args![self.org, code.as_str()];
        if !transaction
            .run(&sql::HAS_BROUGHT, args.clone())
            .await?
            .is_empty()
        {
            return Err(CatalogError::invalid(
                "code",
                "has brought sales, which would lose their commission: end it at the processor",
            ));
        }
        let deleted = transaction.run(&sql::DELETE, args).await?;
        let row = deleted.first().ok_or(CatalogError::NotFound("code"))?;
        let details = Details::default()
            .set("partnerId", row.text("partner_id")?)
            .set("programId", row.text("program_id")?);
        let change = Change::of(What::CodeDeleted, &code).with(details);
        self.record(transaction.as_mut(), change).await?;
        Ok(transaction.commit().await?)
    }
}

impl Code {
    fn of(code: codes::Code) -> Self {
        Self {
            code: code.code,
            partner_id: code.partner_id,
            program_id: code.program_id,
            created_at: code.created_at.to_string(),
        }
    }
}
