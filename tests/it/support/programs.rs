//! PostgreSQL's programs: where they are, and as whom they run. Tests and benchmarks start servers of their own with them.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// PostgreSQL refuses to run as root: there it runs as the account its package made.
pub fn as_server(program: &Path) -> Command {
    let mut command = if is_root() {
        Command::new("runuser")
    } else {
        Command::new(program)
    };
    if is_root() {
        command.args(["-u", "postgres", "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

/// Whether this process is root's.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Runs a program to its end.
///
/// # Errors
/// It cannot be started, or ends with a failure.
pub fn run_to_end(command: &mut Command) -> io::Result<()> {
    // A pipe would be inherited by the server and keep the caller waiting.
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} failed: {status}")))
}

/// A port that nobody listens on.
///
/// # Errors
/// The system has none.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The folder of PostgreSQL's programs: from the search path, else the newest that Debian's packages hold.
pub fn find_programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    let packaged = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let version = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
        let newest = versions
            .map(|entry| entry.path())
            .filter(|folder| folder.join("bin/initdb").exists())
            .max_by_key(version)?;
        Some(newest.join("bin"))
    };
    on_path.or_else(packaged)
}
