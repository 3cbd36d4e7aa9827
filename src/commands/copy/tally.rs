//! What tells two copies of a table apart: how many rows there are, and the sum of a digest of each. The sum does not depend on the order in which
//! the two databases sort. Pure.

use sha2::{Digest as _, Sha256};

use crate::store::Value;

/// Rows, counted and summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// How many.
    pub(super) rows: u64,
    sum: u128,
}

impl Tally {
    /// Adds a row.
    pub(super) fn add(&mut self, values: &[Value]) {
        let mut digest = Sha256::new();
        for value in values {
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Int(number) => (1, &number.to_be_bytes()),
                Value::Text(text) => (2, text.as_bytes()),
                Value::Bytes(bytes) => (3, bytes),
            };
            digest.update([kind]);
            digest.update(bytes.len().to_be_bytes());
            digest.update(bytes);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let half = digest.first_chunk().copied().unwrap_or_default();
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(half));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[&[Value]]) -> Tally {
        let mut tally = Tally::default();
        for row in rows {
            tally.add(row);
        }
        tally
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_else_does() {
        let (a, b): ([Value; 2], [Value; 2]) = (["x".into(), 1.into()], [Value::Null, 2.into()]);
        assert_eq!(tally(&[&a, &b]), tally(&[&b, &a]));
        assert_ne!(tally(&[&a, &b]), tally(&[&a]));
        assert_ne!(tally(&[&a]), tally(&[&["x".into(), 2.into()]]));
        assert_ne!(
            tally(&[&["ab".into(), "c".into()]]),
            tally(&[&["a".into(), "bc".into()]])
        );
        assert_ne!(tally(&[&["".into()]]), tally(&[&[Value::Null]]));
        assert_ne!(tally(&[&["1".into()]]), tally(&[&[1.into()]]));
    }
}
