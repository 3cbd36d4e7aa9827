//! Databases for benchmarks: on a disk, and as durable as they are by default, unlike those of the tests.
//!
//! They lie below `/var/tmp`, since `/tmp` is in memory on some systems. All of it is removed when the
//! program ends, however it ends.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tributary::store::Dialect;

use crate::programs::{as_server, find_programs, free_port, is_root, run_to_end};

/// A folder for SQLite's files, and a PostgreSQL server.
pub struct Databases {
    /// Where they are.
    pub folder: PathBuf,
    /// `postgres://postgres:<password>@127.0.0.1:<port>/`.
    pub address: String,
    /// Waits for this program's end.
    cleaner: Child,
    made: AtomicUsize,
}

impl Databases {
    /// Starts the server.
    pub fn start() -> Result<Self> {
        let programs = find_programs().context(
            "PostgreSQL is not installed, and the benchmarks need it: run scripts/install-test-tools.sh, \
             or put initdb and pg_ctl on the search path",
        )?;
        let folder = PathBuf::from(format!("/var/tmp/tributary-bench-{}", std::process::id()));
        // The account that runs the server must be able to reach what lies inside, and nobody to list it.
        DirBuilder::new().mode(0o711).create(&folder)?;
        let cleaner = start_cleaner(&folder, &programs)?;
        let address = start_server(&folder, &programs)?;
        Ok(Self {
            folder,
            address,
            cleaner,
            made: AtomicUsize::new(0),
        })
    }

    /// The address of a new, empty database.
    pub async fn create(&self, dialect: Dialect) -> Result<String> {
        let name = format!("bench_{}", self.made.fetch_add(1, Ordering::Relaxed));
        if dialect == Dialect::Sqlite {
            let file = self.folder.join(name).with_extension("db");
            return Ok(format!("sqlite://{}", file.display()));
        }
        let mut connection = PgConnection::connect(&format!("{}postgres", self.address)).await?;
        let sql = format!("create database {name}");
        sqlx::raw_sql(AssertSqlSafe(sql.as_str()))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(format!("{}{name}", self.address))
    }

    /// Stops the server and removes everything.
    pub fn stop(mut self) -> Result<()> {
        drop(self.cleaner.stdin.take());
        self.cleaner.wait()?;
        Ok(())
    }
}

/// How a database is called in the table.
pub fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    }
}

/// Starts a shell that reads from a pipe of this process. The pipe ends with the process, and then the shell
/// stops the server and removes the folder. It is in a process group of its own: interrupting the benchmark
/// does not interrupt it.
fn start_cleaner(folder: &Path, programs: &Path) -> Result<Child> {
    const SCRIPT: &str = r#"read -r _; folder=$1; shift; "$@" >/dev/null 2>&1; rm -rf "$folder""#;
    let mut stop = as_server(&programs.join("pg_ctl"));
    stop.args(["stop", "--mode=immediate", "--pgdata"]);
    stop.arg(folder.join("server/cluster"));
    let mut cleaner = Command::new("sh");
    cleaner.args(["-c", SCRIPT, "cleaner"]).arg(folder);
    cleaner.arg(stop.get_program()).args(stop.get_args());
    cleaner.stdin(Stdio::piped()).process_group(0);
    cleaner.current_dir("/").spawn().context("no shell")
}

/// Makes a server that listens on this machine alone and is else as PostgreSQL is by default.
fn start_server(folder: &Path, programs: &Path) -> Result<String> {
    let home = folder.join("server");
    DirBuilder::new().mode(0o700).create(&home)?;
    let (cluster, password_file) = (home.join("cluster"), home.join("password"));
    let password = hex::encode(rand::random::<[u8; 16]>());
    fs::write(&password_file, &password)?;
    if is_root() {
        run_to_end(Command::new("chown").args(["-R", "postgres"]).arg(&home))?;
    }
    let mut init = as_server(&programs.join("initdb"));
    init.args(["--encoding=UTF8", "--locale=C", "--username=postgres"])
        .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
        .arg(format!("--pwfile={}", password_file.display()))
        .arg(format!("--pgdata={}", cluster.display()));
    run_to_end(&mut init)?;
    let port = free_port()?;
    let settings = format!(
        "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}",
        home.display()
    );
    let mut start = as_server(&programs.join("pg_ctl"));
    start.args(["start", "--wait", "--options", &settings]);
    start.arg("--pgdata").arg(&cluster);
    start.arg("--log").arg(home.join("log"));
    run_to_end(&mut start)?;
    Ok(format!("postgres://postgres:{password}@127.0.0.1:{port}/"))
}
