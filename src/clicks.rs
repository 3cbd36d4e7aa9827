//! Links and the clicks on them.
//!
//! A click is committed before its id goes anywhere, so that no payment can come back with a click that
//! is not known.

use url::Url;

use crate::args;
use crate::id::{self, IdSource};
use crate::store::{Row, Statement, Store, StoreError};
use providers::Micros;

static LINK: Statement = Statement::new(
    "select l.organization_id, l.id, l.program_id, l.partner_id, l.domain, l.key, l.url
     from link_keys k
     join links l on l.organization_id = k.organization_id and l.id = k.link_id
     where k.domain = $1 and k.key = $2 and l.deleted_at is null",
);
static INSERT: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, url, referrer,
         created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $6)",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LINK, &INSERT];

/// The query parameter that carries a click's id.
pub const PARAMETER: &str = "refp_id";

/// A partner's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose it is.
    pub organization_id: String,
    /// Its id.
    pub id: String,
    /// Its program.
    pub program_id: String,
    /// Its partner.
    pub partner_id: String,
    /// Its domain; empty for the server's own.
    pub domain: String,
    /// Its key.
    pub key: String,
    /// Where it leads.
    pub url: String,
}

/// The link of a key on a domain ("" is the server's own `/r/` addresses).
pub async fn find(store: &dyn Store, domain: &str, key: &str) -> Result<Option<Link>, StoreError> {
    if domain.contains('\0') || key.contains('\0') {
        return Ok(None);
    }
    let rows = store.read(&LINK, args![domain, key]).await?;
    rows.first().map(link).transpose()
}

fn link(row: &Row) -> Result<Link, StoreError> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Link {
        organization_id: text("organization_id")?,
        id: text("id")?,
        program_id: text("program_id")?,
        partner_id: text("partner_id")?,
        domain: text("domain")?,
        key: text("key")?,
        url: text("url")?,
    })
}

/// Where a click came from, as its browser or the merchant's server says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// The page that was asked for.
    pub url: Option<&'a str>,
    /// The page that led here.
    pub referrer: Option<&'a str>,
}

/// Records a click and answers its id.
pub async fn record(
    store: &dyn Store,
    ids: &IdSource,
    link: &Link,
    origin: Origin<'_>,
    now: Micros,
) -> Result<String, StoreError> {
    let click_id = ids.make(id::CLICK);
    let args = args![
        link.organization_id.as_str(),
        click_id.as_str(),
        link.id.as_str(),
        link.partner_id.as_str(),
        link.program_id.as_str(),
        now.0,
        origin.url.map(short),
        origin.referrer.map(short)
    ];
    let mut transaction = store.begin().await?;
    transaction.run(&INSERT, args).await?;
    transaction.commit().await?;
    Ok(click_id)
}

/// The longest address kept with a click, in characters.
const ADDRESS_MAX_CHARS: usize = 2_048;

fn short(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(ADDRESS_MAX_CHARS).collect()
}

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
