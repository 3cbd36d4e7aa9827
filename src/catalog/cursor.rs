//! Cursors: where a list goes on, sealed with what the list is, so that one of another list, organization or filter, or
//! one that was changed, is known for what it is and never misread. No secret: it guards against mistakes. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Bytes of the seal.
const SEAL_BYTES: usize = 9;

/// A list as its cursors know it: whose, which, and with which filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series([u8; 32]);

impl Series {
    /// The list that these texts make up; one more or less is another list.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }

    /// The cursor of a position in the list.
    pub fn cursor(&self, position: &str) -> String {
        let bytes = [&self.seal(position), position.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position that a cursor of this list stands for.
    pub fn position(&self, cursor: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (seal, position) = bytes.split_first_chunk::<SEAL_BYTES>()?;
        let position = std::str::from_utf8(position).ok()?;
        (self.seal(position) == *seal).then(|| position.to_owned())
    }

    fn seal(&self, position: &str) -> [u8; SEAL_BYTES] {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.0)
            .chain_update(position)
            .finalize()
            .into();
        let mut seal = [0; SEAL_BYTES];
        for (to, from) in seal.iter_mut().zip(digest) {
            *to = from;
        }
        seal
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_is_of_its_own_list_alone() {
        let cursor = Series::of(["org_1", "/api/sales"]).cursor("sale_1");
        let read = |texts: &[&str]| Series::of(texts.iter().copied()).position(&cursor);
        assert_eq!(read(&["org_1", "/api/sales"]).as_deref(), Some("sale_1"));
        assert_eq!(read(&["org_2", "/api/sales"]), None);
        assert_eq!(read(&["org_1", "/api/events"]), None);
        assert_eq!(read(&["org_1", "/api/sales", "status", "paid"]), None);
        assert_eq!(read(&["org_1/api/sales"]), None);
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_and_a_changed_one_nowhere(position in ".{0,40}", at in 0_usize..80, to in "[A-Za-z0-9_-]") {
            let series = Series::of(["org_1", "/api/codes"]);
            let cursor = series.cursor(&position);
            prop_assert_eq!(series.position(&cursor), Some(position));
            let mut changed: Vec<char> = cursor.chars().collect();
            let at = at % changed.len();
            changed[at] = to.chars().next().unwrap();
            let changed: String = changed.into_iter().collect();
            prop_assert_eq!(series.position(&changed).is_some(), changed == cursor);
            let short = cursor.get(1..).unwrap_or_default();
            prop_assert_eq!(series.position(short), None);
        }
    }
}
