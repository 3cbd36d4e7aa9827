//! CSV as `PayPal`'s mass payments and Wise's batches take it, and a plain one for anything else.

use super::{Batch, Row, decimal, plain_id, tame};

/// The longest note that `PayPal` takes, in characters.
const NOTE_MAX_CHARS: usize = 400;

/// `PayPal`'s web upload: no header; recipient, amount, currency, own id, note, wallet.
pub fn paypal(batch: &Batch<'_>) -> Vec<u8> {
    let rows = batch.rows.iter().map(|row| {
        let note = format!("Partner payout {}", row.id);
        vec![
            row.details.email.clone().unwrap_or_default(),
            decimal(row.amount, batch.currency),
            batch.currency.code().to_uppercase(),
            plain_id(&row.id).chars().take(30).collect(),
            note.chars().take(NOTE_MAX_CHARS).collect(),
            "PAYPAL".to_owned(),
        ]
    });
    written(None, rows)
}

/// Wise's batch of transfers by e-mail: who gets it enters the account there. The partner gets the whole amount.
pub fn wise(batch: &Batch<'_>) -> Vec<u8> {
    const HEADER: &[&str] = &[
        "name",
        "recipientEmail",
        "paymentReference",
        "receiverType",
        "amountCurrency",
        "amount",
        "sourceCurrency",
        "targetCurrency",
    ];
    let code = batch.currency.code().to_uppercase();
    let rows = batch.rows.iter().map(|row| {
        vec![
            tame(row.name()),
            row.details.email.clone().unwrap_or_default(),
            plain_id(&row.id),
            receiver_type(row).to_owned(),
            "target".to_owned(),
            decimal(row.amount, batch.currency),
            code.clone(),
            code.clone(),
        ]
    });
    written(Some(HEADER), rows)
}

fn receiver_type(row: &Row) -> &'static str {
    match row.details.kind.as_deref() {
        Some("company") => "INSTITUTION",
        _ => "PERSON",
    }
}

/// For whoever pays in another way.
pub fn plain(batch: &Batch<'_>) -> Vec<u8> {
    const HEADER: &[&str] = &[
        "payoutId",
        "partnerId",
        "name",
        "email",
        "amount",
        "currency",
        "method",
        "account",
    ];
    let rows = batch.rows.iter().map(|row| {
        let details = &row.details;
        let account = details.iban.clone().or(details.stripe_account.clone());
        vec![
            row.id.clone(),
            row.partner_id.clone(),
            tame(row.name()),
            details.email.clone().unwrap_or(row.partner.1.clone()),
            decimal(row.amount, batch.currency),
            batch.currency.code().to_uppercase(),
            details.method.clone().unwrap_or_default(),
            account.unwrap_or_default(),
        ]
    });
    written(Some(HEADER), rows)
}

fn written(header: Option<&[&str]>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut file = csv::Writer::from_writer(Vec::new());
    // Nothing can fail that is written into memory.
    if let Some(header) = header {
        let _ = file.write_record(header);
    }
    for row in rows {
        let _ = file.write_record(row);
    }
    file.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use providers::{Currency, Micros};

    use super::*;
    use crate::payouts::details::Details;
    use crate::payouts::settings::Settings;

    fn made(form: fn(&Batch<'_>) -> Vec<u8>, currency: &str, name: &str) -> String {
        let row = Row {
            id: "pay_01m81j18g0e0f8cqvy5dng1mjr".to_owned(),
            partner_id: "prt_1".to_owned(),
            partner: (name.to_owned(), "a@example.com".to_owned()),
            amount: 123_456,
            details: Details {
                method: Some("paypal".to_owned()),
                email: Some("alice@example.com".to_owned()),
                ..Details::default()
            },
        };
        let settings = Settings::default();
        let batch = Batch {
            id: "pob_1",
            currency: Currency::parse(currency).unwrap(),
            at: Micros(0),
            settings: &settings,
            rows: &[row],
        };
        String::from_utf8(form(&batch)).unwrap()
    }

    #[test]
    fn each_form_is_as_it_is_taken() {
        assert_eq!(
            made(paypal, "usd", "Alice"),
            "alice@example.com,1234.56,USD,pay01m81j18g0e0f8cqvy5dng1mjr,Partner payout pay_01m81j18g0e0f8cqvy5dng1mjr,PAYPAL\n"
        );
        assert_eq!(
            made(wise, "jpy", "Alice \"A\", B"),
            "name,recipientEmail,paymentReference,receiverType,amountCurrency,amount,sourceCurrency,targetCurrency\n\
             \"Alice \"\"A\"\", B\",alice@example.com,pay01m81j18g0e0f8cqvy5dng1mjr,PERSON,target,123456,JPY,JPY\n"
        );
        let plain = made(plain, "kwd", "=cmd|' /C calc'!A0");
        assert!(plain.contains(",123.456,KWD,paypal,"), "{plain}");
        assert!(plain.contains(",cmd|' /C calc'!A0,"), "{plain}");
    }
}
