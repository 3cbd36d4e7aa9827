//! Links and the clicks on them. `links` knows where a link leads, `record` writes clicks, `visitor` tells one visitor
//! from another.

mod links;
mod outgoing;
mod record;
mod visitor;

use url::Url;

use crate::store::Statement;

pub use links::{Link, Links};
pub use record::{Clicks, Lost, NewClick};
pub use visitor::Visitors;

/// To be prepared by a test.
pub fn statements() -> Vec<&'static Statement> {
    [links::STATEMENTS, record::STATEMENTS].concat()
}

/// The query parameter that carries a click's id.
pub const PARAMETER: &str = "refp_id";

/// A link's destination with the click's id added: its own query and fragment are kept, an older click id
/// in it is replaced. `None` when the destination is no address, which cannot be saved.
pub fn destination(url: &str, click_id: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let kept: Vec<&str> = url
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(PARAMETER))
        .collect();
    let own = format!("{PARAMETER}={click_id}");
    let query: Vec<&str> = kept.into_iter().chain([own.as_str()]).collect();
    let query = query.join("&");
    url.set_query(Some(&query));
    Some(url.into())
}

/// Words by which crawlers and link previews name themselves. Plain HTTP clients are not among them:
/// shops follow links on their servers.
const BOTS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "facebookexternalhit",
    "whatsapp",
    "embedly",
    "quora link preview",
    "google-inspectiontool",
    "lighthouse",
];

/// Whether a visitor says that it is a program. Such visitors are led on and not counted.
pub fn is_bot(user_agent: Option<&str>) -> bool {
    let agent = user_agent.map(str::to_lowercase).unwrap_or_default();
    BOTS.iter().any(|word| agent.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_click_id_is_added_and_query_and_fragment_are_kept() {
        let cases = [
            (
                "https://shop.example/a",
                "https://shop.example/a?refp_id=clk_1",
            ),
            (
                "https://shop.example",
                "https://shop.example/?refp_id=clk_1",
            ),
            (
                "https://shop.example/a?x=1&y=%20#top",
                "https://shop.example/a?x=1&y=%20&refp_id=clk_1#top",
            ),
            (
                "https://shop.example/?refp_id=old&x=1",
                "https://shop.example/?x=1&refp_id=clk_1",
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(destination(url, "clk_1").as_deref(), Some(expected));
        }
        assert_eq!(destination("not a url", "clk_1"), None);
    }

    #[test]
    fn programs_that_follow_links_are_not_buyers() {
        assert!(is_bot(Some("Mozilla/5.0 (compatible; Googlebot/2.1)")));
        assert!(!is_bot(None));
        assert!(!is_bot(Some(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
        )));
    }
}
