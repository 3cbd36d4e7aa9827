//! From a template to a letter: plain text, and the same as simple HTML. Pure.
//!
//! A template begins with its subject; its paragraphs stand apart by empty lines, and one that is `[words](address)` is a link. `{{name}}` stands for
//! a value. What a template is made of is found before values are put in, so that no value can become a link.

use maud::{DOCTYPE, Markup, html};

/// A letter, without who it is from and to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// Where a click ends such mails.
    pub(super) stop: Option<String>,
}

/// Values by name. One may have several lines.
pub(super) type Values = Vec<(&'static str, String)>;

enum Part {
    Words(String),
    Link { words: String, to: String },
}

/// Puts values into a template.
pub(super) fn letter(template: &str, values: &Values) -> Letter {
    let (subject, body) = template.split_once('\n').unwrap_or((template, ""));
    let subject = subject.strip_prefix("Subject:").unwrap_or(subject).trim();
    let parts: Vec<Part> = body
        .split("\n\n")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| filled_part(part, values))
        .collect();
    let stop = values.iter().find(|(name, _)| *name == "stop");
    Letter {
        subject: one_line(&filled(subject, values)),
        text: text(&parts),
        html: page(&parts).into_string(),
        stop: stop.map(|(_, address)| address.clone()),
    }
}

fn filled_part(part: &str, values: &Values) -> Part {
    let link = part
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.split_once("]("));
    match link {
        Some((words, to)) => Part::Link {
            words: filled(words, values),
            to: filled(to, values),
        },
        None => Part::Words(filled(part, values)),
    }
}

/// One pass over the template, so that what a value says is never taken for a name.
fn filled(template: &str, values: &Values) -> String {
    let mut made = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        made.push_str(before);
        made.push_str(value.map_or("", |(_, value)| value.as_str()));
        rest = after;
    }
    made.push_str(rest);
    made
}

fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect()
}

fn text(parts: &[Part]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Words(words) => words.clone(),
            Part::Link { words, to } => format!("{words}:\n{to}"),
        })
        .collect();
    format!("{}\n", parts.join("\n\n"))
}

fn page(parts: &[Part]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width, initial-scale=1"; }
            body style="font-family:sans-serif;font-size:16px;line-height:1.5;max-width:36em;margin:1.5em auto;padding:0 1em" {
                @for part in parts {
                    @match part {
                        Part::Words(words) => {
                            p { @for (at, line) in words.lines().enumerate() { @if at > 0 { br; } (line) } }
                        }
                        Part::Link { words, to } => { p { a href=(to) { (words) } } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    const TEMPLATE: &str = "Subject: Hello {{name}}\n\nDear {{name}},\nyou have\n\n{{lines}}\n\n[See {{name}}]({{link}})\n";

    #[test]
    fn a_value_is_never_more_than_words() {
        let values: Values = vec![
            (
                "name",
                "{{link}} <b>[x](https://evil.example)</b>".to_owned(),
            ),
            ("lines", "[a](https://evil.example)".to_owned()),
            ("link", "https://good.example/?a=1&b=2".to_owned()),
        ];
        let letter = letter(TEMPLATE, &values);
        assert_eq!(letter.html.matches("<a ").count(), 1);
        assert!(
            letter
                .html
                .contains(r#"href="https://good.example/?a=1&amp;b=2""#)
        );
        assert!(letter.html.contains("&lt;b&gt;") && !letter.html.contains("<b>"));
        assert!(letter.text.contains("{{link}} <b>"), "{}", letter.text);
        assert!(letter.text.ends_with(":\nhttps://good.example/?a=1&b=2\n"));
    }

    #[test]
    fn a_subject_is_one_line() {
        let values: Values = vec![("name", "A\r\nBcc: b@example.com".to_owned())];
        assert_eq!(
            letter(TEMPLATE, &values).subject,
            "Hello A  Bcc: b@example.com"
        );
    }

    #[test]
    fn every_template_has_a_subject_and_whole_names() {
        for kind in Kind::ALL {
            let template = kind.template();
            assert!(template.starts_with("Subject: "), "{}", kind.word());
            let (open, shut) = (
                template.matches("{{").count(),
                template.matches("}}").count(),
            );
            assert_eq!(open, shut, "{}", kind.word());
            assert!(template.contains("\n\n{{hello}},\n\n"), "{}", kind.word());
        }
    }
}
