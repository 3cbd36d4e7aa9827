//! Prints what the demo has led to.

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use providers::{Currency, Money};
use serde_json::{Value, json};

use super::ledger::{Counted, Ledger};
use super::{Summary, why};
use crate::commands::output;
use crate::fixtures::Fixture;

/// The most characters of an invoice id in the table.
const ID_CHARS: usize = 20;

/// The columns of the first table that hold amounts.
const AMOUNTS: [usize; 5] = [2, 3, 4, 5, 7];

type Sales<'a> = [(Option<&'a Fixture>, &'a Counted)];

/// Two tables, the differences, and a last line.
pub(super) fn tables(
    sales: &Sales<'_>,
    ledger: &Ledger,
    summary: &Summary,
    differences: &[String],
) -> Result<()> {
    output::line(&sales_table(sales).trim_fmt())?;
    output::line("")?;
    output::line(&balances_table(ledger).trim_fmt())?;
    output::line("")?;
    for difference in differences {
        output::line(&format!("DIFFERENT  {difference}"))?;
    }
    output::line(&format!(
        "{} deliveries, {} duplicates, {} sales, {} lost: {}",
        summary.deliveries,
        summary.duplicates,
        summary.sales,
        summary.lost,
        match differences.len() {
            0 => "as expected".to_owned(),
            1 => "1 difference".to_owned(),
            many => format!("{many} differences"),
        }
    ))
}

/// The same as one JSON document.
pub(super) fn json(
    sales: &Sales<'_>,
    ledger: &Ledger,
    summary: &Summary,
    differences: &[String],
) -> Result<()> {
    let sales = sales.iter().map(|(fixture, counted)| {
        let mut sale = output::row(json!(counted.sale));
        let fixture = fixture.map(|fixture| (&fixture.processor, &fixture.name));
        sale.insert(
            "processor".to_owned(),
            json!(fixture.map(|(processor, _)| processor)),
        );
        sale.insert("fixture".to_owned(), json!(fixture.map(|(_, name)| name)));
        sale.insert("why".to_owned(), json!(why::sentence(counted)));
        Value::Object(sale)
    });
    output::json(&json!({
        "sales": sales.collect::<Vec<_>>(),
        "balances": ledger.balances,
        "deliveries": summary.deliveries,
        "duplicates": summary.duplicates,
        "lost": summary.lost,
        "differences": differences,
    }))
}

fn sales_table(sales: &Sales<'_>) -> Table {
    let mut table = table(&[
        "PROCESSOR",
        "INVOICE",
        "AMOUNT",
        "REFUNDED",
        "DISPUTED",
        "NET",
        "PARTNER",
        "COMMISSION",
        "KIND",
        "WHY",
    ]);
    for (fixture, counted) in sales {
        let sale = &counted.sale;
        let money = |minor| money(minor, &sale.currency);
        let unless_zero = |minor| {
            if minor == 0 {
                String::new()
            } else {
                money(minor)
            }
        };
        table.add_row([
            fixture.map_or_else(String::new, |fixture| fixture.processor.clone()),
            shortened(&sale.invoice_id),
            money(sale.amount),
            unless_zero(sale.amount_refunded),
            unless_zero(sale.amount_disputed),
            money(sale.net_amount),
            sale.partner.clone().unwrap_or_default(),
            unless_zero(sale.commission_amount),
            sale.kind.replace('_', " "),
            why::sentence(counted),
        ]);
    }
    for index in AMOUNTS {
        align_right(&mut table, index);
    }
    table
}

fn balances_table(ledger: &Ledger) -> Table {
    let mut table = table(&["PARTNER", "BALANCE", "LEDGER"]);
    for balance in &ledger.balances {
        table.add_row([
            balance.partner.clone(),
            money(balance.amount, &balance.currency),
            if balance.livemode { "live" } else { "test" }.to_owned(),
        ]);
    }
    align_right(&mut table, 1);
    table
}

fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(headings);
    table
}

fn align_right(table: &mut Table, index: usize) {
    if let Some(column) = table.column_mut(index) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn money(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Some(currency) => Money::new(minor, currency).to_string(),
        None => format!("{minor} {currency}"),
    }
}

/// An id that fits its column: the beginning and the end of it.
fn shortened(id: &str) -> String {
    let count = id.chars().count();
    if count <= ID_CHARS {
        return id.to_owned();
    }
    let begin: String = id.chars().take(ID_CHARS / 2).collect();
    let end: String = id.chars().skip(count - (ID_CHARS / 2 - 1)).collect();
    format!("{begin}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_keeps_its_beginning_and_its_end() {
        assert_eq!(shortened("in_1"), "in_1");
        let short = shortened("in_1TW0nDR6bY4j6rQH8RGm9OKA");
        assert_eq!(
            short,
            "in_1TW0nDR…8RGm9OKA".replace("8RGm9OKA", "H8RGm9OKA")
        );
        assert_eq!(short.chars().count(), ID_CHARS);
    }

    #[test]
    fn money_is_shown_in_its_currencys_units() {
        assert_eq!(money(1_234, "usd"), "12.34 usd");
        assert_eq!(money(1_234, "jpy"), "1234 jpy");
    }
}
