//! How an embedded page looks: light or dark, and the colours that the merchant's page gives it. Pure.
//!
//! What is given stands in the address, so anybody may have written it. It becomes part of a stylesheet only where it can be nothing else than a
//! value of a custom property.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::dashboard::cookies::Theme;
use crate::dashboard::params::Params;

/// The most properties that are taken.
const VARS_MAX: usize = 40;
/// The longest name and the longest value, in characters.
const NAME_MAX_CHARS: usize = 60;
const VALUE_MAX_CHARS: usize = 120;

/// What older SDKs give instead, and the properties that it means.
const OLDER: [(&str, &str); 3] = [
    ("backgroundColor", "--bg"),
    ("primaryColor", "--accent"),
    ("textColor", "--ink"),
];

/// How a page looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Light or dark.
    pub(super) theme: Theme,
    /// A stylesheet with the given properties; empty where there is none.
    style: String,
}

impl Look {
    /// What an address asks for. Whatever cannot be used is left out.
    pub(super) fn of(params: &Params) -> Self {
        let mut vars: Vec<(String, String)> = Vec::new();
        for (name, value) in object(params.get("themeOptions")) {
            let meant = OLDER.iter().find(|(older, _)| *older == name);
            if let (Some((_, name)), Value::String(value)) = (meant, value) {
                vars.push(((*name).to_owned(), value));
            }
        }
        for (name, value) in object(params.get("cssVars")) {
            if let Value::String(value) = value {
                vars.push((name, value));
            }
        }
        Self {
            theme: Theme::of(params.get("theme")).unwrap_or_default(),
            style: style(&vars),
        }
    }

    /// The stylesheet, where there is one.
    pub(super) fn style(&self) -> Option<&str> {
        Some(self.style.as_str()).filter(|style| !style.is_empty())
    }

    /// What a content security policy calls it by.
    pub(super) fn source(&self) -> Option<String> {
        let digest = STANDARD.encode(Sha256::digest(self.style()?));
        Some(format!("'sha256-{digest}'"))
    }
}

fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn style(vars: &[(String, String)]) -> String {
    let usable = vars
        .iter()
        .filter(|(name, value)| is_name(name) && is_value(value))
        .take(VARS_MAX);
    let lines: Vec<String> = usable
        .map(|(name, value)| format!("{name}:{};", value.trim()))
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    // As heavy as the themes of the stylesheet, and after them.
    format!(":root,:root[data-theme]{{{}}}", lines.concat())
}

fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix("--").unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !rest.is_empty() && name.len() <= NAME_MAX_CHARS && rest.chars().all(plain)
}

/// A colour, a length, names of fonts: nothing that ends the property, comments, escapes, or loads something.
fn is_value(value: &str) -> bool {
    let value = value.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || " #%.,()-+/'\"_".contains(c);
    let small = value.to_ascii_lowercase();
    let loads = [
        "url",
        "image",
        "src(",
        "expression",
        "element(",
        "attr(",
        "/*",
        "*/",
        "//",
    ];
    let even = |c: char| value.matches(c).count().is_multiple_of(2);
    let quotes = even('\'') && even('"') && !(value.contains('\'') && value.contains('"'));
    !value.is_empty()
        && value.chars().count() <= VALUE_MAX_CHARS
        && value.chars().all(plain)
        && !loads.iter().any(|word| small.contains(word))
        && quotes
        && is_balanced(value)
}

fn is_balanced(value: &str) -> bool {
    let mut depth = 0_i32;
    for c in value.chars() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(vars: &Value) -> Look {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("cssVars", &vars.to_string())
            .finish();
        Look::of(&Params::read(query.as_bytes()))
    }

    #[test]
    fn colours_lengths_and_fonts_are_taken() {
        let vars = serde_json::json!({"--accent": "#ff6600", "--bg": "rgb(250 250 250 / 50%)",
            "--radius": "4px", "--sans": "'Inter', sans-serif"});
        let style = look(&vars).style;
        assert_eq!(
            style,
            ":root,:root[data-theme]{--accent:#ff6600;--bg:rgb(250 250 250 / 50%);--radius:4px;--sans:'Inter', sans-serif;}"
        );
    }

    #[test]
    fn whatever_could_be_more_than_a_value_is_left_out() {
        for value in [
            "red;} body{display:none",
            "red}",
            "url(https://evil.example/x)",
            "URL(//evil.example)",
            "u\\72l(x)",
            "image-set('x')",
            "expression(alert(1))",
            "red/*",
            "</style><script>",
            "rgb(1,2,3",
            "a)b(",
            "'open",
            "'a\"'b\"",
            "\u{0}",
            "@import x",
            "",
            &"a".repeat(121),
        ] {
            assert_eq!(
                look(&serde_json::json!({"--accent": value})).style(),
                None,
                "{value:?}"
            );
        }
        for name in [
            "accent", "--", "--a b", "--a;", "--a:b", "-a", "--é", "color",
        ] {
            assert_eq!(
                look(&serde_json::json!({name: "red"})).style(),
                None,
                "{name:?}"
            );
        }
        for other in [
            serde_json::json!(["--a"]),
            serde_json::json!({"--a": 1}),
            Value::Null,
        ] {
            assert_eq!(look(&other).style(), None);
        }
        assert_eq!(
            Look::of(&Params::read(b"cssVars=%7B&theme=blue")),
            Look::default()
        );
    }

    #[test]
    fn older_sdks_name_three_colours() {
        let query = "theme=dark&themeOptions=%7B%22primaryColor%22%3A%22%23123456%22%2C%22x%22%3A%22red%22%7D";
        let look = Look::of(&Params::read(query.as_bytes()));
        assert_eq!(
            look.style(),
            Some(":root,:root[data-theme]{--accent:#123456;}")
        );
        assert_eq!(look.theme, Theme::Dark);
        assert!(look.source().unwrap().starts_with("'sha256-"));
    }
}
