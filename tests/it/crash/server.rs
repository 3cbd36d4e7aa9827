//! The built program as a process of its own.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::app::secret_of;

pub const KEY: &str = "trib_live_key_of_the_crash_test_0123";
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The process. Killed when it goes out of scope.
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub async fn start(url: &str, folder: &Path, port: u16) -> Self {
        Self::start_with(url, folder, port, &[]).await
    }

    /// Starts it with something more in its environment.
    pub async fn start_with(
        url: &str,
        folder: &Path,
        port: u16,
        environment: &[(&'static str, String)],
    ) -> Self {
        // What a write beyond the limit of file sizes sends would end it; a full disk sends nothing.
        let child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$1\" serve", "sh"])
            .arg(env!("CARGO_BIN_EXE_tributary"))
            .current_dir(folder)
            .env("DATABASE_URL", url)
            .env("TRIBUTARY_LISTEN", format!("127.0.0.1:{port}"))
            .env("TRIBUTARY_API_KEY", KEY)
            .env("TRIBUTARY_STRIPE_SECRETS", secret_of("stripe").expose())
            .env("TRIBUTARY_RATE_LIMIT", "100000")
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the built program starts");
        let mut server = Self { child, port };
        server.wait_for_port().await;
        server
    }

    async fn wait_for_port(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the program ended by itself: {ended:?}");
            assert!(Instant::now() < deadline, "the program does not listen");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets its files grow up to so many bytes, or without an end.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let most = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let (of, to) = (self.child.id().to_string(), format!("--fsize={most}:"));
        let set = Command::new("prlimit").args(["--pid", &of, &to]).status();
        assert!(set.expect("prlimit is part of util-linux").success());
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, as whoever replaces it sends; it must end well within its own time.
    pub async fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-s", "TERM", &pid]).status();
        assert!(asked.unwrap().success());
        let began = Instant::now();
        let ended = loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                break ended;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert!(ended.success(), "{ended}");
    }

    /// SIGKILL: nothing in the program can notice.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
