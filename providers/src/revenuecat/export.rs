//! Rows of RevenueCat's Scheduled Data Export, as the events that they stand for: RevenueCat's API has no list of what happened.
//!
//! A row is a transaction as it is now: what was paid for it, and, where something was refunded, what is left of that. So a row tells a purchase, and
//! how much has gone back in one figure; single refunds it does not tell. A row that changes becomes another event.
//! <https://www.revenuecat.com/docs/integrations/scheduled-data-exports/transactions>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::refunds::EXPORTED;
use crate::delivery::Verified;
use crate::history::id_of_state;
use crate::time::Micros;

/// What a row must have to say anything.
pub const NEEDED: &[&str] = &[
    "store_transaction_id",
    "store",
    "start_time",
    "purchased_currency",
    "is_sandbox",
];

/// A row's values by their headings; empty ones are left out.
pub type Row<'a> = BTreeMap<&'a str, &'a str>;

/// The events that a row stands for; none where it is not usable.
pub fn events(row: &Row<'_>) -> Vec<Verified> {
    let Some(purchase) = purchase(row) else {
        return Vec::new();
    };
    let mut events = vec![purchase.clone()];
    events.extend(refunded(row, purchase));
    let named = events.into_iter().map(|event| named(row, event));
    named.collect()
}

/// The event under an id that follows from what it says.
fn named(row: &Row<'_>, mut event: Map<String, Value>) -> Verified {
    let transaction = row.get("store_transaction_id").copied().unwrap_or_default();
    let id = id_of_state(transaction, &Value::from(event.clone()).to_string());
    event.insert("id".to_owned(), id.into());
    let body = json!({"api_version": "1.0", "event": event}).to_string();
    Verified::told_by_api(body.into_bytes(), Vec::new())
}

/// Members of an event that are columns of a row, as they are.
const TEXTS: &[(&str, &str)] = &[
    ("product_id", "product_identifier"),
    ("transaction_id", "store_transaction_id"),
    ("original_transaction_id", "original_store_transaction_id"),
    ("app_user_id", "rc_last_seen_app_user_id_alias"),
    ("original_app_user_id", "rc_original_app_user_id"),
];

fn purchase(row: &Row<'_>) -> Option<Map<String, Value>> {
    let started_ms = millis(row.get("start_time")?)?;
    let number = row
        .get("renewal_number")
        .and_then(|number| number.parse::<i64>().ok());
    let has_word = |name: &str, word: &str| {
        row.get(name)
            .is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let environment = if is_true(row, "is_sandbox") {
        "SANDBOX"
    } else {
        "PRODUCTION"
    };
    let mut event = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            event.insert(name.to_owned(), value);
        }
    };
    for (name, column) in TEXTS {
        set(name, row.get(column).map(|text| Value::from(*text)));
    }
    set("type", Some(kind(row, number).into()));
    set("period_type", Some(period(row).into()));
    set("environment", Some(environment.into()));
    set("event_timestamp_ms", Some(started_ms.into()));
    set("purchased_at_ms", Some(started_ms.into()));
    set(
        "store",
        row.get("store")
            .map(|store| store.to_ascii_uppercase().into()),
    );
    set(
        "currency",
        row.get("purchased_currency")
            .map(|code| code.to_ascii_uppercase().into()),
    );
    set("renewal_number", number.map(Value::from));
    set(
        "is_trial_conversion",
        Some(is_true(row, "is_trial_conversion").into()),
    );
    set(
        "is_family_share",
        Some(has_word("ownership_type", "family_shared").into()),
    );
    // What is left of a price that was refunded is no price.
    let now = |column: &str| number_of(row, column).filter(|_| !row.contains_key("refunded_at"));
    for (name, paid, left) in [
        (
            "price_in_purchased_currency",
            "purchase_price_in_purchased_currency",
            "price_in_purchased_currency",
        ),
        ("price", "purchase_price_in_usd", "price_in_usd"),
    ] {
        set(name, number_of(row, paid).or_else(|| now(left)));
    }
    for name in ["tax_percentage", "commission_percentage"] {
        set(name, number_of(row, name));
    }
    set("subscriber_attributes", attributes(row));
    Some(event)
}

fn kind(row: &Row<'_>, number: Option<i64>) -> &'static str {
    let renews = row
        .get("is_auto_renewable")
        .is_none_or(|renews| truth(renews));
    match number {
        _ if !renews && !row.contains_key("end_time") => "NON_RENEWING_PURCHASE",
        Some(2..) => "RENEWAL",
        _ => "INITIAL_PURCHASE",
    }
}

fn period(row: &Row<'_>) -> &'static str {
    if row
        .get("store")
        .is_some_and(|store| store.eq_ignore_ascii_case("promotional"))
    {
        "PROMOTIONAL"
    } else if is_true(row, "is_trial_period") {
        "TRIAL"
    } else if is_true(row, "is_in_intro_offer_period") {
        "INTRO"
    } else {
        "NORMAL"
    }
}

/// How much has gone back by now, where something has.
fn refunded(row: &Row<'_>, mut event: Map<String, Value>) -> Option<Map<String, Value>> {
    let refunded_ms = millis(row.get("refunded_at")?)?;
    let told_ms = row
        .get("updated_at")
        .and_then(|at| millis(at))
        .unwrap_or(refunded_ms);
    event.insert("type".to_owned(), EXPORTED.into());
    event.insert(
        "event_timestamp_ms".to_owned(),
        told_ms.max(refunded_ms).into(),
    );
    let paid = event.remove("price_in_purchased_currency");
    event.insert(
        "paid_in_purchased_currency".to_owned(),
        paid.unwrap_or_default(),
    );
    event.insert(
        "price_in_purchased_currency".to_owned(),
        number_of(row, "price_in_purchased_currency").unwrap_or_default(),
    );
    event.remove("price");
    Some(event)
}

/// What is known of the customer, where the columns are JSON as RevenueCat writes it.
fn attributes(row: &Row<'_>) -> Option<Value> {
    let mut all = Map::new();
    for name in [
        "reserved_subscriber_attributes",
        "custom_subscriber_attributes",
    ] {
        let Some(Value::Object(members)) = row
            .get(name)
            .and_then(|text| serde_json::from_str(text).ok())
        else {
            continue;
        };
        all.extend(members.into_iter().filter(|(_, value)| value.is_object()));
    }
    (!all.is_empty()).then(|| all.into())
}

/// A number, with its digits as they are.
fn number_of(row: &Row<'_>, name: &str) -> Option<Value> {
    let text = row.get(name)?;
    let is_number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    // As text: the reader of prices takes it exactly.
    is_number.then(|| Value::from(*text))
}

fn is_true(row: &Row<'_>, name: &str) -> bool {
    row.get(name).is_some_and(|text| truth(text))
}

fn truth(text: &str) -> bool {
    ["true", "t", "1"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// Times are `2026-11-22 10:00:00` or RFC 3339, always in UTC.
fn millis(text: &str) -> Option<i64> {
    let at = Micros::parse_rfc3339(text).or_else(|| {
        let text = text.trim().trim_end_matches(" UTC").replacen(' ', "T", 1);
        Micros::parse_rfc3339(&format!("{text}Z"))
    })?;
    Some(at.0 / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Extent, Fact};
    use crate::{Adapter as _, Settings};

    fn row(changed: &[(&'static str, &'static str)]) -> Row<'static> {
        let mut row = Row::from([
            ("store_transaction_id", "GPA.1"),
            ("original_store_transaction_id", "GPA.1"),
            ("store", "play_store"),
            ("start_time", "2026-09-21 08:10:00"),
            ("end_time", "2026-10-21 08:10:00"),
            ("is_auto_renewable", "true"),
            ("is_sandbox", "false"),
            ("purchased_currency", "USD"),
            ("purchase_price_in_purchased_currency", "9.99"),
            ("price_in_purchased_currency", "9.99"),
            ("rc_original_app_user_id", "$RCAnonymousID:1"),
            ("rc_last_seen_app_user_id_alias", "user_1"),
            ("renewal_number", "1"),
            (
                "custom_subscriber_attributes",
                r#"{"refp_id":{"value":"clk_1","updated_at_ms":1789000000000}}"#,
            ),
        ]);
        row.extend(changed.iter().copied());
        row
    }

    fn facts(row: &Row<'_>) -> Vec<Fact> {
        let adapter = super::super::RevenueCat;
        let events = events(row);
        let facts = events.iter().flat_map(|event| {
            let reading = adapter.normalize(event, &Settings::default());
            assert!(!reading.unreadable, "{:?}", reading.note);
            reading.facts
        });
        facts.collect()
    }

    #[test]
    fn a_row_is_a_purchase_with_its_exact_price() {
        let facts = facts(&row(&[]));
        let paid = facts.iter().find_map(|fact| match fact {
            Fact::Payment(payment) => {
                Some((payment.object.value().to_owned(), payment.amounts.gross))
            }
            _ => None,
        });
        assert_eq!(paid, Some(("GPA.1".to_owned(), 999)));
        assert!(!facts.iter().any(|fact| matches!(fact, Fact::Refunded(_))));
    }

    #[test]
    fn what_went_back_is_told_in_one_figure() {
        let changed = [
            ("refunded_at", "2026-09-25 10:00:00"),
            ("price_in_purchased_currency", "6.99"),
        ];
        let facts = facts(&row(&changed));
        let back = facts.iter().find_map(|fact| match fact {
            Fact::Refunded(refunded) => Some(refunded.extent),
            _ => None,
        });
        assert!(
            matches!(back, Some(Extent::Gross { cash: 300, .. })),
            "{back:?}"
        );
    }

    #[test]
    fn a_row_told_again_is_the_same_event_and_a_changed_one_another() {
        let adapter = super::super::RevenueCat;
        let ids = |row: &Row<'_>| -> Vec<String> {
            events(row)
                .iter()
                .map(|event| adapter.envelope(event).event_id)
                .collect()
        };
        assert_eq!(ids(&row(&[])), ids(&row(&[])));
        let refunded = ids(&row(&[
            ("refunded_at", "2026-09-25 10:00:00"),
            ("price_in_purchased_currency", "6.99"),
        ]));
        assert_eq!((refunded.len(), &refunded[0]), (2, &ids(&row(&[]))[0]));
        assert!(events(&Row::from([("store", "app_store")])).is_empty());
    }
}
