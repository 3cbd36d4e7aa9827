//! A PostgreSQL server of one test alone, which dies and comes again while the test goes on.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use sqlx::{Connection as _, PgConnection};
use tributary::store::Migration;

use super::programs::{as_server, find_programs, free_port, is_root, run_to_end};
use super::{TestDb, finish, report, scratch, unique_name};

/// The server. Stopped and removed when it goes out of scope.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    settings: String,
}

/// Runs a test on a fresh database of a server of its own.
pub async fn run<F>(
    schema: &'static [Migration],
    test: impl FnOnce(TestDb, Arc<Cluster>) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let (cluster, url) = Cluster::start();
    let cluster = Arc::new(cluster);
    let db = TestDb::open(url, schema).await;
    db.store.migrate().await.expect("the schema is made");
    let outcome = finish(db, |db| test(db, cluster.clone())).await;
    drop(cluster);
    report(outcome);
}

impl Cluster {
    fn start() -> (Self, String) {
        let programs = find_programs()
            .expect("PostgreSQL is not installed, and the tests need it; `make test` installs it");
        let folder = scratch().join(unique_name());
        let mut private = fs::DirBuilder::new();
        private.mode(0o700).create(&folder).expect("a folder");
        let password = hex::encode(rand::random::<[u8; 16]>());
        let password_file = folder.join("password");
        fs::write(&password_file, &password).expect("a file for the password");
        if is_root() {
            run_to_end(Command::new("chown").args(["-R", "postgres"]).arg(&folder))
                .expect("the folder changes hands");
        }
        let port = free_port().expect("a free port");
        // What dies here is the server, not the machine: nothing that was written is lost without a flush.
        let settings = format!(
            "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c shared_buffers=32MB",
            folder.display()
        );
        let cluster = Self {
            folder,
            programs,
            settings,
        };
        let mut init = as_server(&cluster.programs.join("initdb"));
        init.args(["--no-sync", "--encoding=UTF8", "--locale=C"])
            .args([
                "--username=postgres",
                "--auth-local=trust",
                "--auth-host=password",
            ])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg(format!(
                "--pgdata={}",
                cluster.folder.join("data").display()
            ));
        run_to_end(&mut init).expect("a cluster is made");
        cluster.start_again();
        (
            cluster,
            format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres"),
        )
    }

    /// Ends all its processes at once, in the middle of whatever they do.
    pub fn crash(&self) {
        let mut stop = self.control("stop");
        run_to_end(stop.args(["--mode", "immediate"])).expect("the server dies");
    }

    /// Starts it after a crash, and waits until it answers. What the crash has left may be in the way for a moment.
    pub fn start_again(&self) {
        let mut start = self.control("start");
        start.args(["--wait", "--options", &self.settings]);
        start.arg("--log").arg(self.folder.join("log"));
        let started = (0..5).any(|_| run_to_end(&mut start).is_ok());
        assert!(started, "the server does not start");
    }

    fn control(&self, what: &str) -> Command {
        let mut command = as_server(&self.programs.join("pg_ctl"));
        command
            .arg(what)
            .arg("--pgdata")
            .arg(self.folder.join("data"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.control("stop");
        let _ = stop.args(["--mode", "immediate"]).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// How many connections the database at `url` has, without this one.
pub async fn connections(url: &str) -> i64 {
    let mut own = PgConnection::connect(url).await.expect("it answers");
    let count = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let open = sqlx::query_scalar(count).fetch_one(&mut own).await;
    own.close().await.expect("the connection closes");
    open.expect("the list of connections")
}
