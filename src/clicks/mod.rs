//! Links and the clicks on them. `links` knows where a link leads, `record` writes clicks, `visitor` tells one visitor
//! from another, `bots` who is no visitor.

mod bots;
mod links;
mod outgoing;
pub mod qr;
mod record;
mod visitor;

use url::Url;

pub use bots::is_bot;
pub use links::{Link, Links};
pub use record::{Clicks, Lost, NewClick};
pub use visitor::Visitors;

/// The query parameter that carries a click's id.
pub const PARAMETER: &str = "refp_id";

/// The longest query that a visitor's own parameters make, in bytes.
const VISITED_MAX_BYTES: usize = 1_500;

/// A link's destination: its own query and fragment are kept, what the link was visited with (`utm_source` and the like) is added where the
/// destination does not say it itself, and the click's id, if there is one, replaces an older one. `None` when the destination is no address, which
/// cannot be saved.
pub fn destination(url: &str, click_id: Option<&str>, visited: Option<&str>) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let pairs = |query: Option<&str>| -> Vec<String> {
        let pairs = query.into_iter().flat_map(|query| query.split('&'));
        let pairs = pairs.filter(|pair| !pair.is_empty() && name(pair) != PARAMETER);
        pairs.map(str::to_owned).collect()
    };
    let mut query = pairs(url.query());
    let own: Vec<String> = query.iter().map(|pair| name(pair)).collect();
    let visited = visited.filter(|visited| visited.len() <= VISITED_MAX_BYTES);
    query.extend(
        pairs(visited)
            .into_iter()
            .filter(|pair| !own.contains(&name(pair))),
    );
    query.extend(click_id.map(|id| format!("{PARAMETER}={id}")));
    let query = query.join("&");
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    Some(url.into())
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
            let led = destination(url, Some("clk_1"), None);
            assert_eq!(led.as_deref(), Some(expected));
        }
        assert_eq!(destination("not a url", Some("clk_1"), None), None);
    }

    #[test]
    fn what_the_link_was_visited_with_goes_along_and_replaces_nothing() {
        let led = |url, visited| destination(url, Some("clk_1"), Some(visited)).unwrap();
        assert_eq!(
            led(
                "https://a.example/?utm_source=own#top",
                "utm_source=x&utm_campaign=a%20b&refp_id=old"
            ),
            "https://a.example/?utm_source=own&utm_campaign=a%20b&refp_id=clk_1#top"
        );
        assert_eq!(
            led("https://a.example/", &"x".repeat(2_000)),
            "https://a.example/?refp_id=clk_1"
        );
        let plain = destination("https://a.example/x", None, Some("utm_medium=qr"));
        assert_eq!(plain.as_deref(), Some("https://a.example/x?utm_medium=qr"));
        assert_eq!(
            destination("https://a.example/x", None, None).as_deref(),
            Some("https://a.example/x")
        );
    }
}
