//! What a line of an export says, checked. Pure.

use providers::{Currency, Micros};

use super::columns::Columns;
use crate::catalog::check;

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// In the smallest unit, not with decimal places.
    pub minor: bool,
    /// The currency of lines that name none.
    pub currency: Currency,
}

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its e-mail address.
    pub email: String,
    /// Its name.
    pub name: Option<String>,
    /// What its links end with.
    pub token: Option<String>,
    /// Where `PayPal` finds it.
    pub paypal: Option<String>,
}

/// A sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The invoice, order or charge.
    pub invoice_id: String,
    /// In the smallest unit.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// When it was paid.
    pub at: Micros,
    /// Who bought, as the merchant knows the buyer.
    pub customer: String,
    /// The buyer's address.
    pub email: Option<String>,
    /// Whether the old system has paid its commission.
    pub was_paid: bool,
}

/// The partner of a line.
pub fn partner(columns: &Columns, line: &csv::StringRecord) -> Result<Partner, String> {
    let get = |field| columns.get(line, field);
    let email = get("partnerEmail").ok_or("it names no partner")?;
    let email = check::email("the partner's address", email).map_err(|error| error.to_string())?;
    let parts = [get("partnerFirstName"), get("partnerLastName")];
    let whole: Vec<&str> = parts.into_iter().flatten().collect();
    let name = get("partnerName").map(str::to_owned);
    Ok(Partner {
        email,
        name: name.or_else(|| (!whole.is_empty()).then(|| whole.join(" "))),
        token: get("partnerToken").map(token).transpose()?,
        paypal: get("paypalEmail").map(str::to_lowercase),
    })
}

/// The end of a link, also where the whole link is written.
fn token(given: &str) -> Result<String, String> {
    let end = given.rsplit(['/', '=']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if end.is_empty() || end.len() > 64 || !end.chars().all(plain) {
        return Err(format!(
            "its link cannot end with `{}`: a key has 1 to 64 of A-Z a-z 0-9 _ -",
            providers::nearest::shown(given)
        ));
    }
    Ok(end.to_owned())
}

/// How exports say that a commission was paid.
const PAID: [&str; 5] = ["paid", "paid out", "paid_out", "true", "yes"];

/// The sale of a line.
pub fn sale(columns: &Columns, line: &csv::StringRecord, amounts: Amounts) -> Result<Sale, String> {
    let get = |field| columns.get(line, field);
    let currency = match get("currency") {
        None => amounts.currency,
        Some(code) => Currency::parse(code)
            .filter(|currency| currency.is_known())
            .ok_or("its currency is none of ISO 4217")?,
    };
    let amount = get("amount").ok_or("it has no amount")?;
    let email = get("customerEmail").map(str::to_lowercase);
    let customer = get("customerId")
        .or(get("processorCustomerId"))
        .map(str::to_owned);
    Ok(Sale {
        invoice_id: get("invoiceId").ok_or("it has no invoice")?.to_owned(),
        amount: minor(amount, currency, amounts.minor).ok_or(
            "its amount is none: write 1049.00, with a point before the cents, or use --minor",
        )?,
        currency,
        at: time(get("date").ok_or("it has no date")?)
            .ok_or("its date is none: write 2026-11-22 or 2026-11-22T10:00:00Z")?,
        was_paid: get("commissionStatus")
            .is_some_and(|status| PAID.contains(&status.to_lowercase().as_str())),
        customer: customer.or(email.clone()).ok_or("it names no customer")?,
        email,
    })
}

/// An amount in the smallest unit: `49.00`, `$1,234.50`, `1234.5 USD`. What could be read in two ways is none: a comma before cents, three digits after
/// a point where there are two.
fn minor(text: &str, currency: Currency, is_minor: bool) -> Option<i64> {
    let sign = |c: char| !c.is_ascii_digit() && !c.is_control() && !"()[].,-−+%'".contains(c);
    let number = text.trim_matches(sign);
    if is_minor {
        return whole(number, None)?.parse().ok();
    }
    let places = usize::try_from(currency.exponent()).ok()?;
    let (before, after) = match number.split_once('.') {
        Some((before, after)) => (whole(before, None)?, after),
        None => (whole(number, Some(places))?, ""),
    };
    let is_european = number.contains('.') && after.len() == 3 && places != 3;
    if is_european || !after.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kept, cut) = after.split_at_checked(places).unwrap_or((after, ""));
    if cut.bytes().any(|digit| digit != b'0') {
        return None;
    }
    format!("{before}{kept:0<places$}").parse().ok()
}

/// The digits of a whole number, with commas or spaces between thousands. `places`, where the number has no point: how many digits would follow it,
/// so that one comma before as many may be that point.
fn whole(text: &str, places: Option<usize>) -> Option<String> {
    let gap = text.chars().find(|c| !c.is_ascii_digit());
    let gap = gap.filter(|gap| *gap == ',' || gap.is_whitespace());
    let groups: Vec<&str> = match gap {
        Some(gap) => text.split(gap).collect(),
        None => vec![text],
    };
    let (first, others) = groups.split_first()?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = others.is_empty() || first.len() <= 3;
    let may_be_cents = others.len() == 1 && gap == Some(',') && places == Some(3);
    (is_number(first)
        && is_grouped
        && !may_be_cents
        && others.iter().all(|part| part.len() == 3 && is_number(part)))
    .then(|| groups.concat())
}

/// A time as exports write it.
fn time(text: &str) -> Option<Micros> {
    let text = text.trim_end_matches(" UTC").trim();
    let whole = text.replacen(' ', "T", 1);
    Micros::parse_rfc3339(text)
        .or_else(|| Micros::parse_rfc3339(&whole))
        .or_else(|| Micros::parse_rfc3339(&format!("{whole}Z")))
        .or_else(|| Micros::parse_rfc3339(&format!("{whole}T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_none() {
        let currency = |code| Currency::parse(code).unwrap();
        let of = |text, code| minor(text, currency(code), false);
        assert_eq!(of("49.00", "usd"), Some(4_900));
        assert_eq!(of("$1,234.5", "usd"), Some(123_450));
        assert_eq!(of("49", "usd"), Some(4_900));
        assert_eq!(of("500", "jpy"), Some(500));
        assert_eq!(of("500.00", "jpy"), Some(500));
        assert_eq!(of("1.234", "kwd"), Some(1_234));
        assert_eq!(of("1,234,567", "usd"), Some(123_456_700));
        assert_eq!(of("USD 1 234.50", "usd"), Some(123_450));
        assert_eq!(of("€ 49.0000", "eur"), Some(4_900));
        assert_eq!(of("US$49.5 ", "usd"), Some(4_950));
        for (wrong, code) in [
            ("", "usd"),
            ("x", "usd"),
            ("-1", "usd"),
            ("1.005", "usd"),
            ("1.5", "jpy"),
            (".", "usd"),
            ("49,00", "eur"),
            ("49,90 €", "eur"),
            ("10,4", "eur"),
            ("1.049,00", "eur"),
            ("1.230", "eur"),
            ("1.230 €", "jpy"),
            ("1,04.00", "usd"),
            ("1234,567", "usd"),
            ("1,234", "kwd"),
            ("1e3", "usd"),
            ("(49.00)", "usd"),
            ("49.00-", "usd"),
            ("−49.00", "usd"),
            ("49.00%", "usd"),
            ("1.2.3", "usd"),
            ("99999999999999999999", "usd"),
        ] {
            assert_eq!(of(wrong, code), None, "{wrong}");
        }
        assert_eq!(minor("4900", currency("usd"), true), Some(4_900));
        assert_eq!(minor("49.5", currency("usd"), true), None);
    }

    #[test]
    fn times_are_read_as_exports_write_them() {
        let at = Micros::parse_rfc3339("2026-01-02T10:11:12Z");
        for text in [
            "2026-01-02T10:11:12Z",
            "2026-01-02 10:11:12 UTC",
            "2026-01-02 10:11:12",
        ] {
            assert_eq!(time(text), at, "{text}");
        }
        assert_eq!(
            time("2026-01-02"),
            Micros::parse_rfc3339("2026-01-02T00:00:00Z")
        );
        assert_eq!(time("02/01/2026"), None);
    }

    #[test]
    fn a_token_may_be_a_whole_link() {
        assert_eq!(token("https://shop.example/?via=alice").unwrap(), "alice");
        assert_eq!(token("alice-1").unwrap(), "alice-1");
        assert!(token("a b").is_err() && token("x=").is_err());
    }
}
