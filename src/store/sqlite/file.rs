//! The file of a database: made for its owner alone, and named where it cannot be used.
//!
//! A file that is deleted or replaced under the program takes all that is written to it along, so its identity is looked at with each transaction.
//!
//! It never opens a file that is there: closing it would give up the locks that this process holds on it.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::error::StoreError;

/// The owner may read and write, nobody else. SQLite gives the files beside it the same mode.
pub(super) const MODE: u32 = 0o600;

/// The file as it was when it was opened.
pub(super) struct Watch {
    path: PathBuf,
    /// Every commit writes here. It stands beside the file itself, also where `path` is a link.
    log: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
    /// Whether the log has been told what is wrong.
    told: AtomicBool,
}

impl Watch {
    /// Remembers which file stands at the path.
    pub(super) fn on(path: &Path) -> Result<Self, StoreError> {
        let found = fs::metadata(path).map_err(|error| not_made(path, &error))?;
        let mut log = fs::canonicalize(path).map_err(|error| not_made(path, &error))?;
        log.as_mut_os_string().push("-wal");
        Ok(Self {
            path: path.to_owned(),
            log,
            identity: identity(&found),
            told: AtomicBool::new(false),
        })
    }

    /// Whether it still stands there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: it was deleted, moved away or replaced. What is written goes to a file that nobody will find again.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let found = fs::metadata(&self.path).ok();
        if found.is_some_and(|found| identity(&found) == self.identity) {
            return Ok(());
        }
        Err(self.refuse(
            "was deleted, moved or replaced while the program had it open: put it back, or start the program again",
        ))
    }

    /// After a commit: the same, and whether the file beside it that took the commit still stands there.
    pub(super) fn check_committed(&self) -> Result<(), StoreError> {
        self.check()?;
        if !self.log.exists() {
            return Err(self.refuse(
                "has lost its -wal file: stop the program, which writes what it still has, and start it again",
            ));
        }
        if self.told.load(Ordering::Relaxed) && self.told.swap(false, Ordering::Relaxed) {
            tracing::info!(file = %self.path.display(), "the database's file is there again");
        }
        Ok(())
    }

    /// Says once in the log what is wrong.
    fn refuse(&self, problem: &str) -> StoreError {
        let file = self.path.display();
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::error!(%file, "nothing is accepted: the database's file {problem}");
        }
        StoreError::unavailable(format!("{file} {problem}"))
    }

    /// The write-ahead log beside it.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// Makes the file if it is not there; one that is keeps its mode.
pub(super) fn make(file: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(file);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(not_made(file, &error)),
        _ => Ok(()),
    }
}

fn not_made(file: &Path, error: &io::Error) -> StoreError {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new(".")).display();
    let file = file.display();
    StoreError::unavailable(match error.kind() {
        ErrorKind::NotFound => format!(
            "{file} cannot be made, since the folder {folder} does not exist: make it, or name another file"
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => format!(
            "{file} cannot be made, since this user may not write in the folder {folder}: allow it, or name another file"
        ),
        _ => format!("{file} cannot be made: {error}"),
    })
}

/// The driver's refusal of a file that is there, with its name and what to do.
pub(super) fn refusal(file: &Path, error: StoreError) -> StoreError {
    let StoreError::Unavailable(cause) = error else {
        return error;
    };
    let file = file.display();
    // The low byte is the primary code: <https://www.sqlite.org/rescode.html>.
    let code = cause.code().and_then(|code| code.parse::<i64>().ok());
    StoreError::unavailable(match code.map(|code| code & 0xff) {
        Some(8 | 14) => format!(
            "{file}: {cause}: it must be a file that this user may read and write, in a folder of which the same is true"
        ),
        Some(26) => format!("{file}: {cause}: name another file"),
        _ => format!("{file}: {cause}"),
    })
}
