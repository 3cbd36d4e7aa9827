//! A select put together of pieces that are fixed when the program is built: only what is asked for is in its text, so that the database can plan
//! for exactly that. What a caller gives is always an argument, never text.

use std::fmt::Write as _;

use crate::store::statement::{Statement, highest_parameter};
use crate::store::value::{Args, Value};

/// A select in the making. Its first piece has `$1`, `$2`, … as every [`Statement`]; the pieces after it write `?` for the next of their own values.
#[derive(Clone, Debug)]
pub struct Select {
    text: String,
    args: Args,
}

impl Select {
    /// Begins with a text and its arguments; later pieces may use them too.
    pub fn new(text: &'static str, args: Args) -> Self {
        debug_assert_eq!(highest_parameter(text), args.scalars.len(), "{text}");
        Self {
            text: text.to_owned(),
            args,
        }
    }

    /// Adds a piece; each `?` in it stands for the next of `values`.
    #[must_use]
    pub fn and<V: Into<Value>>(
        mut self,
        piece: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let mut values = values.into_iter();
        let mut parts = piece.split('?');
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            // A piece with fewer values than places is refused by the check of arguments.
            self.args.scalars.extend(values.next().map(Into::into));
            // Writing to a string cannot fail.
            let _ = write!(self.text, "${}", self.args.scalars.len());
            self.text.push_str(part);
        }
        debug_assert!(values.next().is_none(), "a value too many for: {piece}");
        self
    }

    /// Adds a piece without values.
    #[must_use]
    pub fn then(self, piece: &'static str) -> Self {
        self.and(piece, std::iter::empty::<Value>())
    }

    /// The statement, and what it is asked with.
    pub fn build(self) -> (Statement, Args) {
        (Statement::composed(self.text), self.args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use crate::store::Dialect;

    #[test]
    fn the_places_of_pieces_go_on_counting() {
        let select = Select::new("select id from t where o = $1", args!["org"])
            .and(" and a = ? and b < ?", [1_i64, 2])
            .then(" and c is null")
            .and(" limit ?", [9_i64]);
        let (statement, args) = select.build();
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(
                statement.source(dialect),
                "select id from t where o = $1 and a = $2 and b < $3 and c is null limit $4"
            );
        }
        assert_eq!(args, args!["org", 1, 2, 9]);
    }
}
