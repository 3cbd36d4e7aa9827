//! The body of `POST /api/embed/token`: whose portal a page wants to show. Members that older SDKs send besides are passed over.

use providers::lenient::Raw;
use serde::Deserialize;

use super::fields::{optional, usable};
use crate::catalog::Sought;
use crate::http::body::parse;
use crate::http::error::ApiError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow, default)]
    tenant_id: Raw<'a>,
    #[serde(borrow, default)]
    enrollment_id: Raw<'a>,
    #[serde(borrow, default)]
    partner: Raw<'a>,
}

#[derive(Deserialize)]
struct Partner<'a> {
    #[serde(borrow, default)]
    email: Raw<'a>,
    #[serde(borrow, default)]
    name: Raw<'a>,
}

/// Reads and checks a body.
pub fn embed_call(body: &[u8]) -> Result<Sought, ApiError> {
    let body: Body<'_> = parse(body)?;
    let sought = Sought {
        tenant_id: optional("tenantId", body.tenant_id)?,
        enrollment_id: optional("enrollmentId", body.enrollment_id)?,
        partner: None,
    };
    if body.partner.is_present() {
        let partner: Partner<'_> = body.partner.object().ok_or_else(|| {
            ApiError::validation("partner", "partner must be an object with email and name")
        })?;
        let email = optional("partner.email", partner.email)?;
        let email = email
            .ok_or_else(|| ApiError::validation("partner.email", "partner.email is required"))?;
        return Ok(sought.with_partner(&email, usable(partner.name).as_deref())?);
    }
    if sought.tenant_id.is_none() && sought.enrollment_id.is_none() {
        let message = "give one of tenantId, enrollmentId and partner";
        return Err(ApiError::malformed(message));
    }
    Ok(sought)
}
