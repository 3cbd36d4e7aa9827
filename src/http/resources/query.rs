//! The parameters of a list, and the id in a path. Pure.
//!
//! A parameter that the list does not have, and a value that cannot be, are refused: passed over, they would show more
//! than was asked for.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use providers::{Currency, Micros, nearest};

use crate::books::list::oldest_first;
use crate::catalog::{Page, Series, check};
use crate::http::error::ApiError;
use crate::keys::Caller;

/// Rows of a list where the caller does not say.
const LIMIT: i64 = 50;
/// The most rows of a list.
const LIMIT_MAX: i64 = 500;
/// The longest filter or id, in characters.
const TEXT_MAX_CHARS: usize = 512;

/// What every list takes besides its filters.
const OF_EVERY_LIST: &[&str] = &["limit", "cursor"];

/// In which order.
const SORT: &str = "sort";

/// The orders of a list, by the word for each.
const NEWEST_FIRST: &str = "-createdAt";
const OLDEST_FIRST: &str = "createdAt";

/// The parameters of a request, in order.
#[derive(Debug, Clone, Default)]
pub struct Query {
    path: String,
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self::of(parts.uri.path(), query))
    }
}

impl Query {
    fn of(path: &str, query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self {
            path: path.to_owned(),
            pairs: pairs.into_owned().collect(),
        }
    }

    /// Refuses a parameter that is none of `names`, or is given twice.
    pub fn only(&self, names: &[&str]) -> Result<(), ApiError> {
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in &self.pairs {
            if !names.contains(&name.as_str()) {
                let (shown, hint) = (nearest::shown(name), nearest::hint(name, names));
                let message = format!("unknown parameter `{shown}`{hint}");
                return Err(ApiError::validation(shown, message));
            }
            if seen.contains(&name.as_str()) {
                return Err(ApiError::validation(name, format!("{name} is given twice")));
            }
            seen.push(name);
        }
        Ok(())
    }

    fn given(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let (_, value) = pairs.find(|(known, _)| known == name)?;
        Some(value.trim())
    }

    /// A filter; empty when it is not given.
    pub fn text(&self, name: &str) -> Result<&str, ApiError> {
        let Some(text) = self.given(name) else {
            return Ok("");
        };
        let refuse = |what: &str| Err(ApiError::validation(name, format!("{name} {what}")));
        if text.is_empty() {
            return refuse("must not be empty: leave it out to see all");
        }
        if text.contains('\0') || text.chars().count() > TEXT_MAX_CHARS {
            return refuse("has at most 512 characters, and none is U+0000");
        }
        Ok(text)
    }

    /// Refuses two filters that are two names of one.
    pub fn one_of(&self, name: &str, other: &str) -> Result<(), ApiError> {
        if self.given(name).is_some() && self.given(other).is_some() {
            let message = format!("{other} and {name} are one filter: give one of them");
            return Err(ApiError::validation(other, message));
        }
        Ok(())
    }

    /// The id of something of ours that begins with one of some prefixes; empty when it is not given.
    pub fn id(&self, name: &str, prefixes: &[&str]) -> Result<&str, ApiError> {
        let text = self.text(name)?;
        let begins = |prefix: &&str| {
            let rest = text.strip_prefix(*prefix);
            rest.is_some_and(|rest| rest.starts_with('_'))
        };
        if text.is_empty() || prefixes.iter().any(begins) {
            return Ok(text);
        }
        let message = format!(
            "{name} must be an id that begins with {}_",
            prefixes.join("_ or ")
        );
        Err(ApiError::validation(name, message))
    }

    /// A filter that is one of some words; empty when it is not given.
    pub fn word(&self, name: &str, words: &[&str]) -> Result<&str, ApiError> {
        let text = self.text(name)?;
        if text.is_empty() || words.contains(&text) {
            return Ok(text);
        }
        let near = nearest::nearest(text, words.iter().copied());
        let near = near.map(|word| format!("; did you mean `{word}`?"));
        let (all, near) = (words.join(", "), near.unwrap_or_default());
        let message = format!("{name} must be one of {all}{near}");
        Err(ApiError::validation(name, message))
    }

    /// A filter that is one of some values, each with its word.
    pub fn one<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, ApiError> {
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        let given = self.word(name, &words)?;
        Ok(all.iter().copied().find(|one| word(*one) == given))
    }

    /// A currency of ISO 4217 in lower case, however it is written; empty when it is not given.
    pub fn currency(&self, name: &str) -> Result<String, ApiError> {
        match self.text(name)? {
            "" => Ok(String::new()),
            text => Ok(check::currency(name, text)?.to_string()),
        }
    }

    /// A currency of ISO 4217, however it is written.
    pub fn iso_currency(&self, name: &str) -> Result<Option<Currency>, ApiError> {
        match self.text(name)? {
            "" => Ok(None),
            text => Ok(Some(check::currency(name, text)?)),
        }
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

    /// A yes/no filter; `None` when it is not given.
    pub fn yes_or_no(&self, name: &str) -> Result<Option<bool>, ApiError> {
        Ok(match self.flag(name)? {
            -1 => None,
            given => Some(given == 1),
        })
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
        Ok(Some(check::time(name, text)?))
    }

    /// Which part of a list of this organization is asked for, of one that has an index for either way. `filters` are all that the list has; any
    /// other parameter is refused.
    pub fn page_either_way(&self, org: &str, filters: &[&str]) -> Result<Page, ApiError> {
        let mut page = self.page_of(org, filters)?;
        match self.given(SORT) {
            None | Some(NEWEST_FIRST) => {}
            Some(OLDEST_FIRST) => page.after = oldest_first(&page.after),
            Some(_) => {
                let message = format!(
                    "sort must be {NEWEST_FIRST} (newest first) or {OLDEST_FIRST} (oldest first): no index has another order, so a part would cost as much as the whole list"
                );
                return Err(ApiError::validation(SORT, message));
            }
        }
        Ok(page)
    }

    /// The same of a list that has further orders, each with its word; which of them is asked for, if it is one of those.
    pub fn page_in_order(
        &self,
        org: &str,
        filters: &[&str],
        further: &[&'static str],
    ) -> Result<(Page, Option<&'static str>), ApiError> {
        let page = self.page_of(org, filters)?;
        let given = self.given(SORT);
        let asked = given.and_then(|given| further.iter().find(|word| **word == given));
        match given {
            Some(NEWEST_FIRST | OLDEST_FIRST) | None => {
                Ok((self.page_either_way(org, filters)?, None))
            }
            Some(_) if asked.is_some() => Ok((page, asked.copied())),
            Some(given) => {
                let all = [&[NEWEST_FIRST, OLDEST_FIRST][..], further].concat();
                let near = nearest::nearest(given, all.iter().copied());
                let near = near.map(|word| format!("; did you mean `{word}`?"));
                let (all, near) = (all.join(", "), near.unwrap_or_default());
                let message = format!("sort must be one of {all}{near}");
                Err(ApiError::validation(SORT, message))
            }
        }
    }

    /// The same of a list that has an index for one order alone.
    pub fn page(&self, org: &str, filters: &[&str]) -> Result<Page, ApiError> {
        match self.given(SORT) {
            None | Some(NEWEST_FIRST) => self.page_of(org, filters),
            Some(_) => {
                let message = "this list has one order, that of its index: leave sort out";
                Err(ApiError::validation(SORT, message))
            }
        }
    }

    fn page_of(&self, org: &str, filters: &[&str]) -> Result<Page, ApiError> {
        self.only(&[filters, OF_EVERY_LIST, &[SORT]].concat())?;
        let limit = match self.given("limit") {
            None => LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| {
                    ApiError::validation("limit", "limit must be a whole number from 1 to 500")
                })?,
        };
        let series = self.series(org);
        let after = match self.given("cursor").unwrap_or_default() {
            "" => String::new(),
            cursor => series.position(cursor).ok_or_else(|| {
                let message = "cursor is none of this list: send its nextCursor unchanged, with the same filters";
                ApiError::validation("cursor", message)
            })?,
        };
        Ok(Page {
            limit,
            after,
            series,
        })
    }

    /// The list that is asked for, in whatever order its filters stand.
    fn series(&self, org: &str) -> Series {
        let mut filters: Vec<(&str, &str)> = self
            .pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(name, _)| !OF_EVERY_LIST.contains(name))
            .collect();
        filters.sort_unstable();
        let filters = filters.into_iter().flat_map(|(name, value)| [name, value]);
        Series::of([org, &self.path].into_iter().chain(filters))
    }
}

/// A filter's value, where one is given.
pub fn asked(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
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

    const FILTERS: &[&str] = &["status", "livemode", "partnerId", "currency", "since"];

    fn query(text: &str) -> Query {
        Query::of("/api/sales", text)
    }

    fn page(text: &str) -> Result<Page, ApiError> {
        query(text).page("org_1", FILTERS)
    }

    #[track_caller]
    fn assert_refuses<T: std::fmt::Debug>(result: Result<T, ApiError>, field: &str) {
        let error = result.unwrap_err();
        assert_eq!((error.status().as_u16(), error.field()), (400, Some(field)));
    }

    #[test]
    fn a_list_has_fifty_rows_unless_told_otherwise() {
        let first = page("").unwrap();
        assert_eq!((first.limit, first.after.as_str()), (50, ""));
        let cursor = first.series.cursor("sale_1");
        let next = page(&format!("limit=500&cursor={cursor}")).unwrap();
        assert_eq!((next.limit, next.after.as_str()), (500, "sale_1"));
        assert_eq!(page("cursor=").unwrap().after, "");
    }

    #[test]
    fn a_cursor_goes_on_with_the_same_filters_in_any_order() {
        let first = page("status=paid&livemode=true").unwrap();
        let cursor = first.series.cursor("sale_1");
        let next = |filters: &str| page(&format!("{filters}&cursor={cursor}"));
        assert_eq!(
            next("livemode=true&limit=3&status=paid").unwrap().after,
            "sale_1"
        );
        for other in ["status=paid", "status=pending&livemode=true", "limit=3"] {
            assert_refuses(next(other), "cursor");
        }
        let path = Query::of(
            "/api/events",
            &format!("status=paid&livemode=true&cursor={cursor}"),
        );
        assert_refuses(path.page("org_1", FILTERS), "cursor");
        for broken in ["sale_1", "a%00b", "%F0%9F%8C%8A", &"x".repeat(5_000)] {
            assert_refuses(page(&format!("cursor={broken}")), "cursor");
        }
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        for wrong in ["", "0", "501", "-1", "ten", "1.5", "99999999999999999999"] {
            assert_refuses(page(&format!("limit={wrong}")), "limit");
        }
        assert_refuses(page("status=paid&status=paid"), "status");
        let error = page("partner_id=prt_1").unwrap_err();
        assert_eq!(
            error.message(),
            "unknown parameter `partner_id`; did you mean `partnerId`?"
        );
        assert_eq!(error.field(), Some("partner_id"));
    }

    #[test]
    fn a_value_that_cannot_be_is_refused() {
        assert_refuses(query("livemode=yes").flag("livemode"), "livemode");
        assert_refuses(query("partnerId=+").text("partnerId"), "partnerId");
        assert_refuses(
            query("partnerId=sale_1").id("partnerId", &["prt"]),
            "partnerId",
        );
        assert_refuses(
            query("partnerId=prt").id("partnerId", &["prt"]),
            "partnerId",
        );
        assert_refuses(query("currency=zzz").currency("currency"), "currency");
        assert_refuses(query("since=2026-02-30T00:00:00Z").time("since"), "since");
        let error = query("status=payd").word("status", &["paid"]).unwrap_err();
        assert_eq!(
            error.message(),
            "status must be one of paid; did you mean `paid`?"
        );
        assert_eq!(query("currency=USD").currency("currency").unwrap(), "usd");
        assert_eq!(
            query("partnerId=prt_1").id("partnerId", &["prt"]).unwrap(),
            "prt_1"
        );
        assert_eq!(query("").time("since").unwrap(), None);
    }
}
