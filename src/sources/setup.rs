//! The settings of a source as fields of a form, and what was filled in as settings. Pure.
//!
//! What a setting may be is for its processor to say ([`Adapter::check_settings`]); a field only knows its form.

use providers::place::Writer;
use providers::{Adapter, Settings};
use serde_json::{Value, json};

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no, and what holds without it.
    Flag(bool),
    /// A text.
    Text,
    /// Texts, separated by commas.
    List,
    /// One of some words, or none.
    Word(&'static [&'static str]),
    /// Any of some words.
    Words(Vec<&'static str>),
}

/// A setting as a field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The setting's name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub label: &'static str,
    /// What to fill in, and what it does.
    pub hint: &'static str,
    /// What it takes.
    pub kind: Kind,
}

const fn field(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Field {
    Field {
        name,
        label,
        hint,
        kind,
    }
}

/// The fields of a processor's sources.
pub fn fields(adapter: &dyn Adapter) -> Vec<Field> {
    let about = adapter.about();
    let mut fields = own(about.id);
    fields.push(field(
        "clickKeys",
        "Further keys for the click id",
        "Names of metadata, separated by commas, that are looked at first.",
        Kind::List,
    ));
    fields.push(field(
        "customerKeys",
        "Further keys for your customer id",
        "Names of metadata, separated by commas, that are looked at first.",
        Kind::List,
    ));
    let places = about.places.iter();
    let of_buyers = places.filter(|place| place.writer == Writer::Buyer);
    let mut names: Vec<&'static str> = of_buyers.map(|place| place.name).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        fields.push(field(
            "trustedPlaces",
            "Places whose customer ids are trusted",
            "Buyers can write there. A customer id from a trusted place joins customers.",
            Kind::Words(names),
        ));
    }
    fields
}

fn own(processor: &str) -> Vec<Field> {
    match processor {
        "stripe" => vec![
            shipping(),
            field(
                "excludeOutOfBand",
                "Invoices paid outside Stripe are no sale",
                "Those that somebody has marked as paid.",
                Kind::Flag(false),
            ),
        ],
        "paddle" => vec![field(
            "creditsReverse",
            "A credit to the balance takes commission back",
            "Leave it off unless balances are never spent at your shop.",
            Kind::Flag(false),
        )],
        "polar" => vec![field(
            "organizationId",
            "Organization at Polar",
            "Its id, from Settings → General. Deliveries of any other are refused.",
            Kind::Text,
        )],
        "shopify" => of_shopify(),
        "revenuecat" => of_revenuecat(),
        _ => Vec::new(),
    }
}

const fn shipping() -> Field {
    field(
        "includeShipping",
        "Shipping earns commission too",
        "And refunds of shipping take it back.",
        Kind::Flag(false),
    )
}

fn of_shopify() -> Vec<Field> {
    vec![
        field(
            "shop",
            "Shop",
            "acme.myshopify.com. Deliveries of any other shop are refused.",
            Kind::Text,
        ),
        shipping(),
        field(
            "includePos",
            "Orders of the point of sale are sales",
            "",
            Kind::Flag(true),
        ),
        field(
            "countPartiallyPaid",
            "An order paid in part counts",
            "With the part received.",
            Kind::Flag(false),
        ),
        field(
            "reportedByNumber",
            "Sales are reported by order number",
            "What you report as #1012 or 1012 is this shop's order, where the amount is the same. Not for several shops that count alike.",
            Kind::Flag(false),
        ),
    ]
}

fn of_revenuecat() -> Vec<Field> {
    vec![
        field(
            "stores",
            "Stores that count",
            "Separated by commas, as APP_STORE, PLAY_STORE. Empty: all but web stores.",
            Kind::List,
        ),
        field(
            "sandbox",
            "Sandbox purchases go to the test ledger",
            "Instead of nowhere.",
            Kind::Flag(false),
        ),
        field(
            "basis",
            "Commission is computed on",
            "gross: the price as paid. proceeds: less tax and the store's commission.",
            Kind::Word(&["gross", "net_of_tax", "proceeds"]),
        ),
        field(
            "require",
            "Proofs that every delivery must bring",
            "Without it: each kind for which there is a secret.",
            Kind::Word(&["authorization", "hmac", "both"]),
        ),
    ]
}

/// What was filled in, over what is set already: settings that have no field stay. `given` answers all values of a name.
pub fn read(
    adapter: &dyn Adapter,
    before: &Settings,
    given: impl Fn(&str) -> Vec<String>,
) -> Settings {
    let mut settings = before.clone();
    for field in fields(adapter) {
        match value(&field.kind, &given(field.name)) {
            Some(value) => settings.0.insert(field.name.to_owned(), value),
            None => settings.0.remove(field.name),
        };
    }
    settings
}

fn value(kind: &Kind, given: &[String]) -> Option<Value> {
    let first = given.first().map(|text| text.trim()).unwrap_or_default();
    match kind {
        Kind::Flag(default) => {
            let set = first == "true";
            (set != *default).then(|| set.into())
        }
        Kind::Text | Kind::Word(_) => (!first.is_empty()).then(|| first.into()),
        Kind::List => {
            let texts = first.split(',').map(str::trim);
            let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
            (!texts.is_empty()).then(|| json!(texts))
        }
        Kind::Words(_) => {
            let texts: Vec<&String> = given.iter().filter(|text| !text.is_empty()).collect();
            (!texts.is_empty()).then(|| json!(texts))
        }
    }
}

/// What a field shows of settings: each of its values.
pub fn shown(field: &Field, settings: &Settings) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (&field.kind, settings.0.get(field.name)) {
        (Kind::Flag(default), value) => {
            let set = value.and_then(Value::as_bool).unwrap_or(*default);
            vec![set.to_string()]
        }
        (Kind::List, Some(Value::Array(all))) => {
            let texts: Vec<String> = all.iter().filter_map(text).collect();
            vec![texts.join(", ")]
        }
        (Kind::Words(_), Some(Value::Array(all))) => all.iter().filter_map(text).collect(),
        (_, value) => value.and_then(text).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that fits a field.
    fn sample(field: &Field) -> Vec<String> {
        let text = match &field.kind {
            Kind::Flag(default) => (!default).to_string(),
            Kind::Word(words) => words[0].to_owned(),
            Kind::Words(words) => words[0].to_owned(),
            _ => match field.name {
                "shop" => "acme.myshopify.com".to_owned(),
                "stores" => "APP_STORE, PLAY_STORE".to_owned(),
                _ => "one, two".to_owned(),
            },
        };
        vec![text]
    }

    #[test]
    fn each_field_is_a_setting_of_its_processor_and_comes_back_as_it_was_filled_in() {
        for adapter in providers::adapters() {
            let fields = fields(*adapter);
            let given = |name: &str| {
                let field = fields.iter().find(|field| field.name == name);
                sample(field.unwrap())
            };
            let settings = read(*adapter, &Settings::default(), given);
            assert_eq!(settings.0.len(), fields.len(), "{settings:?}");
            adapter.check_settings(&settings).unwrap();
            for field in &fields {
                assert_eq!(shown(field, &settings), sample(field), "{}", field.name);
            }
        }
    }

    #[test]
    fn what_is_left_as_it_is_by_default_is_no_setting() {
        for adapter in providers::adapters() {
            let fields = fields(*adapter);
            let none = Settings::default();
            let given = |name: &str| {
                let field = fields.iter().find(|field| field.name == name);
                shown(field.unwrap(), &none)
            };
            assert_eq!(read(*adapter, &none, given), none);
        }
    }

    #[test]
    fn a_setting_without_a_field_stays() {
        let stripe = providers::adapter("stripe").unwrap();
        let before = Settings::from_json(r#"{"other":1}"#).unwrap();
        assert_eq!(read(stripe, &before, |_| Vec::new()), before);
    }
}
