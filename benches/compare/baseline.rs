//! What a user would write instead (`benches/baseline`), installed below `target`, where the pinned packages
//! are kept for the next time.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::events::Events;
use crate::programs::run_to_end;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline");
const FILES: [&str; 3] = ["package.json", "package-lock.json", "server.js"];

/// It, ready to be started.
pub struct Baseline {
    folder: PathBuf,
}

impl Baseline {
    /// Installs it where it is not installed yet.
    ///
    /// # Errors
    /// Node or npm is missing, or a package cannot be fetched or built.
    pub fn install() -> Result<Self> {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("baseline");
        fs::create_dir_all(&folder)?;
        let lock = Path::new(SOURCE).join("package-lock.json");
        let is_installed = fs::read(folder.join("package-lock.json")).ok() == fs::read(lock).ok()
            && folder.join("installed").exists();
        for file in FILES {
            fs::copy(Path::new(SOURCE).join(file), folder.join(file))?;
        }
        if !is_installed {
            let _ = fs::remove_file(folder.join("installed"));
            let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            run_to_end(Command::new("npm").args(npm).current_dir(&folder))?;
        }
        let works = Command::new("node")
            .args(["-e", "new (require('better-sqlite3'))(':memory:')"])
            .current_dir(&folder)
            .stderr(Stdio::null())
            .status()
            .context("Node is not installed")?;
        ensure!(
            works.success(),
            "better-sqlite3 was not built for this Node"
        );
        fs::write(folder.join("installed"), "")?;
        Ok(Self { folder })
    }

    /// The command that serves it.
    pub fn command(
        &self,
        database: &str,
        address: SocketAddr,
        workers: u32,
        events: &Events,
    ) -> Command {
        let mut command = Command::new("node");
        command.arg(self.folder.join("server.js"));
        command.env("NODE_ENV", "production");
        command.env("PORT", address.port().to_string());
        command.env("WORKERS", workers.to_string());
        command.env("STRIPE_SECRET", events.secret());
        command.env("DATABASE", database.trim_start_matches("sqlite://"));
        command
    }
}
