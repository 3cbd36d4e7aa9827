//! The parameters of a list, and the id in a path. Pure.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use providers::Micros;

use crate::catalog::Page;
use crate::http::error::ApiError;
use crate::keys::Caller;

/// Rows of a list where the caller does not say.
const LIMIT: i64 = 50;
/// The most rows of a list.
const LIMIT_MAX: i64 = 500;
/// The longest cursor or filter, in characters.
const TEXT_MAX_CHARS: usize = 512;

/// The parameters of a request; of two with one name the last counts. Unknown ones are ignored.
#[derive(Debug, Clone, Default)]
pub struct Query(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Ok(Self(pairs.into_owned().collect()))
    }
}

impl Query {
    /// A filter; empty when it is not given.
    pub fn text(&self, name: &str) -> Result<&str, ApiError> {
        let text = self.0.get(name).map(|text| text.trim()).unwrap_or_default();
        if text.contains('\0') || text.chars().count() > TEXT_MAX_CHARS {
            let message = format!("{name} has at most 512 characters, and none is U+0000");
            return Err(ApiError::validation(name, message));
        }
        Ok(text)
    }

    /// A filter that is one of some words; empty when it is not given.
    pub fn word(&self, name: &str, words: &[&str]) -> Result<&str, ApiError> {
        let text = self.text(name)?;
        if text.is_empty() || words.contains(&text) {
            return Ok(text);
        }
        let message = format!("{name} must be one of {}", words.join(", "));
        Err(ApiError::validation(name, message))
    }

    /// A yes/no filter as a number; -1 when it is not given.
    pub fn flag(&self, name: &str) -> Result<i64, ApiError> {
        match self.text(name)? {
            "" => Ok(-1),
            "true" | "1" => Ok(1),
            "false" | "0" => Ok(0),
            _ => {
                let message = format!("{name} must be true or false");
                Err(ApiError::validation(name, message))
            }
        }
    }

    /// Which ledger is listed, as a number: the one that is asked for, else the key's own.
    pub fn ledger(&self, caller: &Caller) -> Result<i64, ApiError> {
        let asked = self.flag("livemode")?;
        Ok(match caller.bound_to() {
            Some(livemode) => livemode.into(),
            None if asked == -1 => caller.livemode.into(),
            None => asked,
        })
    }

    /// A time; `None` when it is not given.
    pub fn time(&self, name: &str) -> Result<Option<Micros>, ApiError> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(None);
        }
        let at = Micros::parse_rfc3339(text);
        at.map(Some).ok_or_else(|| {
            let message = format!("{name} must be a time as 2026-11-22T10:00:00Z (RFC 3339)");
            ApiError::validation(name, message)
        })
    }

    /// Which part of the list.
    pub fn page(&self) -> Result<Page, ApiError> {
        let limit = match self.text("limit")? {
            "" => LIMIT,
            text => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| {
                    ApiError::validation("limit", "limit must be a whole number from 1 to 500")
                })?,
        };
        Ok(Page {
            limit,
            cursor: self.text("cursor")?.to_owned(),
        })
    }
}

/// The id in a path. One that no id can be is answered like an unknown one.
#[derive(Debug, Clone)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let nothing = || ApiError::not_found("nothing has this id");
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_not_text| nothing())?;
        if id.contains('\0') || id.chars().count() > TEXT_MAX_CHARS {
            return Err(nothing());
        }
        Ok(Self(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Query(pairs.into_owned().collect())
    }

    #[test]
    fn a_list_has_fifty_rows_unless_told_otherwise() {
        let page = query("").page().unwrap();
        assert_eq!((page.limit, page.cursor.as_str()), (50, ""));
        let page = query("limit=500&cursor=sale_1").page().unwrap();
        assert_eq!((page.limit, page.cursor.as_str()), (500, "sale_1"));
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        for wrong in ["0", "501", "-1", "ten", "1.5", "99999999999999999999"] {
            let error = query(&format!("limit={wrong}")).page().unwrap_err();
            assert_eq!(error.field(), Some("limit"), "{wrong}");
        }
        let error = query("livemode=yes").flag("livemode").unwrap_err();
        assert_eq!(error.field(), Some("livemode"));
        assert!(query("cursor=a%00b").page().is_err());
        assert!(query("status=done").word("status", &["paid"]).is_err());
    }
}
