//! What can go wrong between the program and its database, in the few kinds a caller can act on.
//!
//! The kind is decided by the SQLSTATE (PostgreSQL) or the extended result code (SQLite) alone, never by a constraint's name or a message's
//! text: a distributed PostgreSQL leaves the names empty. Nothing here may carry a value of a row: PostgreSQL's `detail` quotes them, so it is
//! dropped at the border.

use std::fmt;
use std::time::Duration;

use crate::store::migrate::MigrationError;

/// Why a statement, a transaction or the opening of a database did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with the same unique key exists.
    #[error("a row with this key exists already")]
    Conflict,
    /// A foreign key names a row that does not exist, or a row that is still referred to was to be deleted.
    #[error("a row refers to another row that does not exist")]
    Reference,
    /// Another transaction was in the way (lock, deadlock, serialization, time limit). Trying again is right.
    #[error("the database is busy; try again")]
    Busy,
    /// The database cannot be reached or cannot write: connection lost, no connection free, disk full. Whether a commit that ended like this
    /// took place is unknown; what is repeated must be idempotent.
    #[error("the database is not available: {0}")]
    Unavailable(Cause),
    /// A column is missing or holds another type than the program reads. Names the column.
    #[error("column `{0}` is missing or of another type")]
    Corrupt(&'static str),
    /// What is stored cannot be read, and nothing may be taken in its place. Says what it is and whose, never what it holds.
    #[error("{0}")]
    Damaged(String),
    /// The statement itself is wrong: a bug in this program.
    #[error("a statement failed: {0}")]
    Statement(Cause),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The address of the database cannot be used. Says what it must look like, never what it was: it may hold a password.
    #[error("the database address {0}")]
    Url(&'static str),
    /// The database is set up so that it may lose what it has confirmed.
    #[error("the database may lose what it has confirmed: {0}")]
    Unsafe(&'static str),
}

/// The driver's words, which are part of the error's own: a code where there is one, and its message without the detail.
#[derive(Debug)]
pub struct Cause {
    code: Option<Box<str>>,
    message: Box<str>,
}

impl Cause {
    /// The SQLSTATE or SQLite's extended result code.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl StoreError {
    /// Whether the database could not do it now, whatever was asked of it; the same may be asked again later.
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy)
    }

    fn of(kind: Kind, cause: Cause) -> Self {
        match kind {
            Kind::Conflict => Self::Conflict,
            Kind::Reference => Self::Reference,
            Kind::Busy => Self::Busy,
            Kind::Unavailable => Self::Unavailable(cause),
            Kind::Statement => Self::Statement(cause),
        }
    }

    /// The database cannot be opened: what is wrong, and what to do.
    pub(super) fn unavailable(message: String) -> Self {
        Self::Unavailable(Cause {
            code: None,
            message: message.into(),
        })
    }

    /// The database has not answered in time. Whether it has done what it was asked to is unknown.
    pub(crate) fn late(within: Duration) -> Self {
        Self::unavailable(format!("no answer within {} s", within.as_secs_f32()))
    }

    /// Whether SQLite was told to stop (<https://www.sqlite.org/rescode.html#interrupt>).
    pub(super) fn is_interruption(&self) -> bool {
        matches!(self, Self::Statement(cause) if cause.code() == Some("9"))
    }

    /// A bug in the use of a statement, found before the database was asked.
    pub(super) fn misuse(message: &'static str) -> Self {
        Self::Statement(Cause {
            code: None,
            message: message.into(),
        })
    }
}

/// What a code of the database means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Conflict,
    Reference,
    Busy,
    Unavailable,
    Statement,
}

/// Reads a PostgreSQL SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn postgres_kind(code: &str) -> Kind {
    match code {
        "23505" => Kind::Conflict,
        "23503" => Kind::Reference,
        // Serialization, deadlock, no lock in time, statement cancelled by its time limit.
        "40001" | "40P01" | "55P03" | "57014" => Kind::Busy,
        // Outcome unknown, session ended while idle, a primary that became a standby.
        "40003" | "25P03" | "25006" => Kind::Unavailable,
        _ => match code.get(..2) {
            // Connection, authorization, no such database, resources (disk, memory, connections), operator
            // (shutdown), system (I/O).
            Some("08" | "28" | "3D" | "53" | "57" | "58") => Kind::Unavailable,
            _ => Kind::Statement,
        },
    }
}

/// Reads an extended result code of SQLite (<https://www.sqlite.org/rescode.html>); its low byte is the primary code.
fn sqlite_kind(code: i32) -> Kind {
    const CONSTRAINT_FOREIGNKEY: i32 = 787;
    const CONSTRAINT_PRIMARYKEY: i32 = 1555;
    const CONSTRAINT_UNIQUE: i32 = 2067;
    const CONSTRAINT_ROWID: i32 = 2579;
    match code {
        CONSTRAINT_PRIMARYKEY | CONSTRAINT_UNIQUE | CONSTRAINT_ROWID => Kind::Conflict,
        CONSTRAINT_FOREIGNKEY => Kind::Reference,
        _ => match code & 0xff {
            // Busy, locked.
            5 | 6 => Kind::Busy,
            // No memory, read-only, I/O, malformed file, full, cannot open, not a database.
            7 | 8 | 10 | 11 | 13 | 14 | 26 => Kind::Unavailable,
            _ => Kind::Statement,
        },
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let (kind, cause) = match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                (
                    postgres_kind(&code),
                    Cause {
                        code: Some(code.into()),
                        message: database.message().into(),
                    },
                )
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => (
                Kind::Unavailable,
                Cause {
                    code: None,
                    message: error.to_string().into(),
                },
            ),
            _ => (
                Kind::Statement,
                Cause {
                    code: None,
                    message: error.to_string().into(),
                },
            ),
        };
        Self::of(kind, cause)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let (code, message) = match &error {
            // What SQLite says where it cannot open a file is followed by the file, which is named elsewhere.
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.code == rusqlite::ErrorCode::CannotOpen =>
            {
                (failure.extended_code, failure.to_string())
            }
            rusqlite::Error::SqliteFailure(failure, message) => {
                let message = message.clone().unwrap_or_else(|| failure.to_string());
                (failure.extended_code, message)
            }
            rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg.clone()),
            other => {
                return Self::Statement(Cause {
                    code: None,
                    message: other.to_string().into(),
                });
            }
        };
        let cause = Cause {
            code: Some(code.to_string().into()),
            message: message.into(),
        };
        Self::of(sqlite_kind(code), cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_decide_what_a_caller_can_do() {
        for (code, kind) in [
            ("23505", Kind::Conflict),
            ("23503", Kind::Reference),
            ("40P01", Kind::Busy),
            ("40001", Kind::Busy),
            ("55P03", Kind::Busy),
            ("08006", Kind::Unavailable),
            ("57P01", Kind::Unavailable),
            ("53100", Kind::Unavailable),
            ("23514", Kind::Statement),
            ("42P01", Kind::Statement),
            ("", Kind::Statement),
        ] {
            assert_eq!(postgres_kind(code), kind, "{code}");
        }
    }

    #[test]
    fn result_codes_of_sqlite_decide_what_a_caller_can_do() {
        for (code, kind) in [
            (2067, Kind::Conflict),
            (1555, Kind::Conflict),
            (787, Kind::Reference),
            (5, Kind::Busy),
            (517, Kind::Busy),
            (13, Kind::Unavailable),
            (778, Kind::Unavailable),
            (275, Kind::Statement),
            (1, Kind::Statement),
        ] {
            assert_eq!(sqlite_kind(code), kind, "{code}");
        }
    }
}
