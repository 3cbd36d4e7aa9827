//! A copy of a database's file as it is at one moment, while servers write to it, and the way back.
//!
//! `vacuum into` reads in a transaction of its own and writes a file without gaps; whoever writes meanwhile is not kept waiting. A copy takes its name
//! only when it is whole, checked and flushed: a file of that name is a backup or is not there. Nothing that exists is ever overwritten.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::file::MODE;
use crate::store::error::StoreError;

/// Copies the database at `from` into a new file.
///
/// # Errors
/// It is there already, cannot be written, or what was copied is damaged.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        let name = to.display();
        return Err(StoreError::unavailable(format!(
            "{name} exists already: give another name, or move it away"
        )));
    }
    let part = beside(to);
    let made = fill(from, &part);
    let done = made.and_then(|()| {
        let flushed = File::open(&part).and_then(|file| file.sync_all());
        let named = flushed.and_then(|()| fs::rename(&part, to));
        named.map_err(|error| unwritten(to, &error))
    });
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    done?;
    flush_folder(to);
    Ok(())
}

/// Whether a file is a whole database of this program.
///
/// # Errors
/// What it is instead.
pub fn check(file: &Path) -> Result<(), StoreError> {
    let name = file.display();
    if !file.exists() {
        return Err(StoreError::unavailable(format!("there is no file {name}")));
    }
    let database = open(file)?;
    let no_backup = |_| StoreError::unavailable(format!("{name} is no backup of Tributary"));
    let says: String = database
        .query_row("pragma quick_check(1)", [], |row| row.get(0))
        .map_err(no_backup)?;
    if says != "ok" {
        return Err(StoreError::unavailable(format!(
            "{name} is damaged: {says}"
        )));
    }
    let is_ours =
        "select count(*) from sqlite_schema where name in ('schema_migrations', 'organizations')";
    let tables: i64 = database
        .query_row(is_ours, [], |row| row.get(0))
        .map_err(no_backup)?;
    if tables < 2 {
        return Err(StoreError::unavailable(format!(
            "{name} is no backup of Tributary"
        )));
    }
    Ok(())
}

fn fill(from: &Path, part: &Path) -> Result<(), StoreError> {
    let _ = fs::remove_file(part);
    // Made empty first, so that it is its owner's alone from the beginning.
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(MODE).open(part);
    made.map_err(|error| unwritten(part, &error))?;
    let name = part.to_str();
    let name = name
        .ok_or_else(|| StoreError::unavailable("the name of the file must be UTF-8".to_owned()))?;
    open(from)?.execute("vacuum into ?1", [name])?;
    check(part)
}

fn open(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(file, flags)?)
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// The name of the new file lasts when the folder is flushed too.
fn flush_folder(of: &Path) {
    let folder = match of.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "the folder was not flushed");
    }
}

fn unwritten(file: &Path, error: &std::io::Error) -> StoreError {
    StoreError::unavailable(format!("{} cannot be written: {error}", file.display()))
}
