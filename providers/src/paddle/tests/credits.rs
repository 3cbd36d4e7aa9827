//! What was paid in cash, and what a credit or a balance covered.

use super::transactions::{AT, TOTALS, transaction};
use super::{payment, read};
use crate::Micros;
use crate::fact::{Amounts, Extent, Fact, ReversalKind};

/// The amounts of a completed transaction, and what is remarked on it.
fn completed(totals: &str, more: &str) -> (Amounts, Option<String>) {
    let data = transaction("completed", totals, more);
    let reading = read("transaction.completed", AT, &data);
    let payment = payment(&reading).unwrap();
    (payment.amounts, payment.remark.clone())
}

#[test]
fn paddle_case_8_what_credit_covered_was_paid_before_and_is_not_counted_again() {
    let captured =
        r#","payments":[{"status":"error","amount":"60000"},{"status":"captured","amount":"600"}]"#;
    for (totals, more) in [
        (r#"{"total":"1000","credit":"400","grand_total":"600"}"#, ""),
        (r#"{"total":"1000","credit":"400"}"#, ""),
        (r#"{"total":"1000","grand_total":"600"}"#, ""),
        (
            r#"{"total":"1000","credit":"0","grand_total":"1000"}"#,
            captured,
        ),
    ] {
        let (amounts, remark) = completed(totals, more);
        assert_eq!((amounts.net, amounts.gross), (600, 600), "{totals}");
        assert_eq!(remark.as_deref(), Some("paid_from_credit 400 of 1000"));
    }
    let all = r#"{"total":"1000","credit":"1000","grand_total":"0"}"#;
    let reading = read(
        "transaction.completed",
        AT,
        &transaction("completed", all, ""),
    );
    assert_eq!(payment(&reading).unwrap().amounts, Amounts::default());
    assert!(reading.note.unwrap().contains("paid before"));
}

#[test]
fn tax_shrinks_with_what_was_paid() {
    let totals = r#"{"subtotal":"1000","tax":"190","total":"1190","credit":"595","grand_total":"595","currency_code":"KRW"}"#;
    let (amounts, _) = completed(totals, "");
    assert_eq!((amounts.net, amounts.tax, amounts.gross), (500, 95, 595));
}

/// An invoice of 1000 untaxed and 1000 taxed with 190; a credit of 500 lessens the untaxed line.
#[test]
fn the_tax_that_was_charged_after_credit_is_believed_where_it_is_told() {
    let net = |told: &str| {
        let totals =
            format!(r#"{{"tax":"190","total":"2190","credit":"500","grand_total":"1690"{told}}}"#);
        let amounts = completed(&totals, "").0;
        (amounts.net, amounts.tax)
    };
    assert_eq!(net(r#","grand_total_tax":"189""#), (1_501, 189));
    let by_share = (1_543, 147);
    // Before 2026-02 all of the tax stands there.
    assert_eq!(net(r#","grand_total_tax":"190""#), by_share);
    assert_eq!(net(""), by_share);
}

#[test]
fn what_the_amounts_leave_out_is_told_beside_them() {
    let totals = r#"{"tax":"190","total":"1190","credit":"595","grand_total":"595"}"#;
    let data = transaction("completed", totals, "");
    let reading = read("transaction.completed", AT, &data);
    let left_out = super::reversal(&reading);
    assert_eq!(left_out.kind, ReversalKind::CreditReturn);
    assert_eq!(
        left_out.extent,
        Extent::Net {
            cash: 595,
            net: 500
        }
    );
    let whole = read(
        "transaction.completed",
        AT,
        &transaction("completed", TOTALS, ""),
    );
    assert!(
        !whole
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::Reversal(_)))
    );
}

#[test]
fn an_invoice_is_dated_by_its_payment_and_not_by_its_issue() {
    let more = r#","collection_mode":"manual","billed_at":"2026-09-05T09:00:00Z""#;
    let invoice = transaction("completed", TOTALS, more);
    let reading = read("transaction.completed", AT, &invoice);
    let at = Micros::parse_rfc3339(AT).unwrap();
    assert_eq!(payment(&reading).unwrap().occurred_at, at);
}
