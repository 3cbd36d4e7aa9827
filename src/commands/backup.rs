//! `backup` and `restore`: a SQLite database as one file, made while the server runs, and back.
//!
//! A restored file takes the place of no other: what is there has to be moved away by hand. PostgreSQL has tools of its own.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::json;

use super::{Usage, must_exist, output};
use crate::cli::{BackupArgs, Exit};
use crate::config::Config;
use crate::store;

pub(super) async fn backup(args: &BackupArgs, config: &Config, json: bool) -> Result<Exit> {
    let database = file(config)?;
    must_exist(config)?;
    let to = args.file.clone();
    let (from, target) = (database.clone(), to.clone());
    tokio::task::spawn_blocking(move || store::backup::copy(&from, &target)).await??;
    told(
        json,
        ("backup", &to),
        &format!("{} is a copy of {}", to.display(), database.display()),
    )
}

pub(super) async fn restore(args: &BackupArgs, config: &Config, json: bool) -> Result<Exit> {
    let database = file(config)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = database.clone().into_os_string();
        name.push(suffix);
        let name = PathBuf::from(name);
        if name.exists() {
            bail!(
                "{} exists: stop the server and move it away first, with its -wal and -shm, or say another --database-url",
                name.display()
            );
        }
    }
    let (from, target) = (args.file.clone(), database.clone());
    let restoring = tokio::task::spawn_blocking(move || {
        store::backup::check(&from)?;
        store::backup::copy(&from, &target)
    });
    restoring.await??;
    let says = format!(
        "{} is what {} was; `tributary doctor` and `tributary audit` look at it",
        database.display(),
        args.file.display()
    );
    told(json, ("database", &database), &says)
}

fn told(json: bool, (member, file): (&str, &Path), says: &str) -> Result<Exit> {
    if json {
        let bytes = std::fs::metadata(file)?.len();
        output::json(&json!({ member: file, "bytes": bytes }))?;
    } else {
        output::line(says)?;
    }
    Ok(Exit::Success)
}

/// The file of the database that is set.
fn file(config: &Config) -> Result<PathBuf> {
    let file = store::file(config.database_url.expose());
    let message = "this is for SQLite: of PostgreSQL make a backup with pg_dump, or copy it into a file with `tributary copy --from postgres://… --to sqlite://backup.db`";
    Ok(file.ok_or_else(|| Usage(message.to_owned()))?)
}
