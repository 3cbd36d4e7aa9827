//! Rates of single products in the form of a rule: a row for each, and some that are empty for more. Pure.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::{currency_of, kind, kinds, reward, written};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::count;
use crate::dashboard::view::words::worded;
use crate::ledger::rule::Rule;

/// The fields of a row, in the order of rows.
pub(super) const ID: &str = "product";
const PAYS: &str = "product_pays";
const REWARD: &str = "product_reward";
const CURRENCY: &str = "product_currency";

/// Says that there are more than a form has rows for.
const KEPT: &str = "products_kept";

/// The most rows of a form: more stay as they are.
const ROWS_MAX: usize = 100;

/// Empty rows after those that hold something.
const EMPTY_ROWS: usize = 3;

/// The most products that are named where nothing is changed.
const NAMED: usize = 20;

/// A row, as it is typed.
struct Row {
    id: String,
    pays: String,
    reward: String,
    currency: String,
}

impl Row {
    const fn is_empty(&self) -> bool {
        self.id.is_empty() && self.reward.is_empty()
    }
}

/// What the fields hold of a rule.
pub(super) fn values(rule: &Rule) -> Vec<(String, String)> {
    if rule.products.len() > ROWS_MAX {
        return vec![(KEPT.to_owned(), rule.products.len().to_string())];
    }
    let rows = rule.products.iter().flat_map(|(id, reward)| {
        let reward = Some(*reward);
        let code = currency_of(reward);
        let code = code.map_or_else(String::new, |code| code.code().to_uppercase());
        [
            (ID, id.clone()),
            (PAYS, kind(reward).unwrap_or("percent").to_owned()),
            (REWARD, reward.map_or_else(String::new, written)),
            (CURRENCY, code),
        ]
    });
    rows.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The rows of a form, in order.
fn rows(held: &Params) -> Vec<Row> {
    let mut others = [PAYS, REWARD, CURRENCY].map(|name| held.all(name).into_iter());
    let mut rows = Vec::new();
    for id in held.all(ID) {
        let [pays, reward, currency] = others.each_mut().map(|all| all.next().unwrap_or_default());
        rows.push(Row {
            id,
            pays,
            reward,
            currency,
        });
    }
    rows
}

pub(super) fn fields(held: &Params) -> Markup {
    let kept: Option<i64> = held.given(KEPT).and_then(|kept| kept.parse().ok());
    let mut rows = rows(held);
    rows.retain(|row| !row.is_empty());
    rows.extend((0..EMPTY_ROWS).map(|_| Row {
        id: String::new(),
        pays: "percent".to_owned(),
        reward: String::new(),
        currency: String::new(),
    }));
    html! {
        fieldset.group { legend { "Products that pay something else" }
            @match kept {
                Some(kept) => {
                    input type="hidden" name=(KEPT) value=(kept);
                    p.sub { (count(kept)) " products have a rate of their own: too many for a form. They stay as they are; the API changes them." }
                }
                None => {
                    p.sub { "The id that the processor gives a price or a product: a price decides before its product. Empty both fields of a row to take it away; there are more rows once these are saved." }
                    @for row in &rows { (fields_of(row)) }
                }
            }
        }
    }
}

fn fields_of(row: &Row) -> Markup {
    html! {
        div.product {
            label.field { "Price or product" input name=(ID) maxlength="255" placeholder="price_…" autocomplete="off" spellcheck="false" value=(row.id); }
            label.field { "Pays" select name=(PAYS) { (kinds(&row.pays)) } }
            label.field { "How much" input name=(REWARD) inputmode="decimal" autocomplete="off" value=(row.reward); }
            label.field { "Currency, if fixed" input name=(CURRENCY) maxlength="3" size="4" placeholder="USD" autocomplete="off" spellcheck="false" value=(row.currency); }
        }
    }
}

/// The rates that the rows say; nothing where all are empty.
pub(super) fn read(given: &Params) -> Result<Option<Value>, Problem> {
    let mut products = Map::new();
    for row in rows(given) {
        if row.is_empty() {
            continue;
        }
        let refuse = |why: String| Err(Problem::Refused(why));
        if row.id.is_empty() {
            return refuse(format!(
                "say which price or product pays {}, or empty both fields of its row",
                row.reward
            ));
        }
        if row.reward.is_empty() {
            return refuse(format!(
                "say what {} pays, or empty both fields of its row",
                row.id
            ));
        }
        let said = match reward(&row.pays, &row.reward, &row.currency) {
            Ok(said) => said,
            Err(Problem::Refused(why)) => return refuse(format!("{}: {why}", row.id)),
            Err(other) => return Err(other),
        };
        if products.insert(row.id.clone(), said.into()).is_some() {
            return refuse(format!("{} stands in two rows", row.id));
        }
    }
    Ok(Some(products)
        .filter(|products| !products.is_empty())
        .map(Value::Object))
}

/// The products that pay something else, each with what it pays.
pub(in crate::dashboard::pages) fn said(rule: &Rule) -> Markup {
    let more = rule.products.len().saturating_sub(NAMED);
    html! {
        @if !rule.products.is_empty() {
            dt { "Products" }
            dd {
                @for (id, reward) in rule.products.iter().take(NAMED) { div { code { (id) } " " (worded(&reward.words())) } }
                @if more > 0 { div.muted { "… and " (count(i64::try_from(more).unwrap_or(i64::MAX))) " more" } }
            }
        }
    }
}
