//! The file of a database: made for its owner alone, and named where it cannot be used.
//!
//! It never opens a file that is there: closing it would give up the locks that this process holds on it.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::store::error::StoreError;

/// The owner may read and write, nobody else. SQLite gives the files beside it the same mode.
const MODE: u32 = 0o600;

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
