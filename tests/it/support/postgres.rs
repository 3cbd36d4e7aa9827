//! A private PostgreSQL server for the tests, and a database in it for each test.
//!
//! The server is made once and serves every test process of this user, also where each test is a process of its own. It lies in
//! `tributary-test-pg-<uid>` below `/dev/shm` or the temporary folder:
//! - `start.lock` is held while the server is made or stopped, or a template is made;
//! - `in-use.lock` is held shared by every test process until it ends, however it ends;
//! - a watchdog stops the server and removes it when nobody held `in-use.lock` for 20 seconds.
//!
//! Each test's database is a copy of a template that has its schema. Nothing here is durable (`fsync` is off): that is tested elsewhere.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;
use tributary::store::Migration;

use super::programs::{as_server, find_programs, free_port, is_root, run_to_end};
use super::{TestDb, finish, report, scratch, unique_name};

/// Runs a test on a fresh database.
pub async fn run<F>(schema: &'static [Migration], test: impl FnOnce(TestDb) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = server().await;
    let template = server.template(schema).await;
    let name = unique_name();
    server
        .admin(&format!("drop database if exists {name} with (force)"))
        .await;
    server
        .admin(&format!(
            "create database {name} template {template} strategy file_copy"
        ))
        .await;
    let outcome = finish(TestDb::open(server.url(&name), schema).await, test).await;
    server
        .admin(&format!("drop database {name} with (force)"))
        .await;
    report(outcome);
}

struct Server {
    folder: PathBuf,
    /// `postgres://postgres:<password>@127.0.0.1:<port>/`.
    address: String,
    _in_use: File,
}

/// The server; made by the first test that needs it.
async fn server() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER.get_or_init(Server::find_or_start).await
}

impl Server {
    async fn find_or_start() -> Self {
        let folder = make_folder();
        let _starting = lock(&folder.join("start.lock"));
        let address_file = folder.join("address");
        let address = match fs::read_to_string(&address_file) {
            Ok(address) if connect(&format!("{address}postgres")).await.is_ok() => address,
            _ => start(&folder, &address_file),
        };
        let in_use = File::create(folder.join("in-use.lock")).expect("a lock file");
        in_use.lock_shared().expect("a shared lock");
        Self {
            folder,
            address,
            _in_use: in_use,
        }
    }

    fn url(&self, database: &str) -> String {
        format!("{}{database}", self.address)
    }

    async fn admin(&self, sql: &str) {
        let mut connection = connect(&self.url("postgres"))
            .await
            .expect("the test server answers");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .expect(sql);
        connection.close().await.expect("the connection closes");
    }

    /// The name of the template that has this schema; made by the first test of any process that needs it.
    async fn template(&self, schema: &'static [Migration]) -> String {
        let mut digest = Sha256::new();
        for migration in schema {
            digest.update(migration.name);
            digest.update(migration.postgres);
        }
        let name = format!("template_{}", hex::encode(&digest.finalize()[..8]));
        let _starting = lock(&self.folder.join("start.lock"));
        let mut connection = connect(&self.url("postgres"))
            .await
            .expect("the test server answers");
        let found = sqlx::query("select from pg_database where datname = $1")
            .bind(&name)
            .fetch_optional(&mut connection)
            .await;
        connection.close().await.expect("the connection closes");
        if found.expect("the list of databases").is_none() {
            self.admin(&format!(
                "drop database if exists {name}_unfinished with (force)"
            ))
            .await;
            self.admin(&format!("create database {name}_unfinished"))
                .await;
            let db = TestDb::open(self.url(&format!("{name}_unfinished")), schema).await;
            db.store.migrate().await.expect("the schema is made");
            db.store.close().await;
            self.admin(&format!(
                "alter database {name}_unfinished rename to {name}"
            ))
            .await;
        }
        name
    }
}

async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect(url).await
}

fn lock(path: &Path) -> File {
    let file = File::create(path).expect("a lock file");
    file.lock().expect("a lock");
    file
}

fn make_folder() -> PathBuf {
    let uid = fs::metadata("/proc/self").expect("this process").uid();
    let folder = scratch().join(format!("tributary-test-pg-{uid}"));
    // The account that runs the server must be able to reach what lies inside, and nobody to list it.
    let made = fs::DirBuilder::new()
        .mode(0o711)
        .recursive(true)
        .create(&folder);
    made.expect("a temporary folder");
    let owner = fs::metadata(&folder).expect("the folder just made").uid();
    assert_eq!(owner, uid, "{} belongs to another user", folder.display());
    folder
}

/// Makes the server anew and returns its address. The caller holds `start.lock`.
fn start(folder: &Path, address_file: &Path) -> String {
    let programs = find_programs()
        .expect("PostgreSQL is not installed, and the tests need it; `make test` installs it");
    let data = folder.join("data");
    stop_leftover(&programs, &data);
    let password = hex::encode(rand::random::<[u8; 16]>());
    let password_file = data.join("password");
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&data)
        .expect("a folder for the server");
    fs::write(&password_file, &password).expect("a file for the password");
    if is_root() {
        run_to_end(Command::new("chown").args(["-R", "postgres"]).arg(&data))
            .expect("the folder changes hands");
    }
    let cluster = data.join("cluster");
    run_to_end(
        as_server(&programs.join("initdb"))
            .args([
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "--username=postgres",
                "--auth-local=trust",
                "--auth-host=password",
            ])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg(format!("--pgdata={}", cluster.display())),
    )
    .expect("a cluster is made");
    let port = free_port().expect("a free port");
    let settings = format!(
        "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c full_page_writes=off -c max_connections=200 \
         -c shared_buffers=64MB -c deadlock_timeout=100ms",
        data.display()
    );
    let mut server = as_server(&programs.join("pg_ctl"));
    server
        .arg("start")
        .arg("--wait")
        .arg("--pgdata")
        .arg(&cluster)
        .arg("--log")
        .arg(data.join("log"));
    run_to_end(server.args(["--options", &settings])).expect("the server starts");
    let address = format!("postgres://postgres:{password}@127.0.0.1:{port}/");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(address_file)
        .expect("a file");
    std::io::Write::write_all(&mut file, address.as_bytes()).expect("the address is kept");
    start_watchdog(folder, &programs);
    address
}

fn stop_leftover(programs: &Path, data: &Path) {
    if data.exists() {
        // Fails where the server died already, which is as good.
        let mut stop = as_server(&programs.join("pg_ctl"));
        let _ = stop
            .args(["stop", "--mode=immediate", "--pgdata"])
            .arg(data.join("cluster"))
            .output();
        fs::remove_dir_all(data).expect("the folder of an earlier server is removed");
    }
}

/// Starts a shell that outlives this process and stops the server when it is no longer needed.
fn start_watchdog(folder: &Path, programs: &Path) {
    const SCRIPT: &str = r#"(
        exec 8> start.lock 9> in-use.lock
        while sleep 20; do
            flock 8
            if flock --nonblock 9; then
                "$@" stop --mode=immediate --pgdata "$PWD/data/cluster" 8>&- 9>&-
                rm -rf data address
                exit
            fi
            flock --unlock 8
        done
    ) &"#;
    let stop = as_server(&programs.join("pg_ctl"));
    let mut watchdog = Command::new("sh");
    watchdog
        .args(["-c", SCRIPT, "watchdog"])
        .arg(stop.get_program())
        .args(stop.get_args());
    run_to_end(
        watchdog
            .current_dir(folder)
            .process_group(0)
            .stderr(Stdio::null()),
    )
    .expect("the watchdog starts");
}
