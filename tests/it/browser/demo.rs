//! A server of the demo for a browser: the built program, on a database of its own.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::{scratch, unique_name};

/// A demo under way.
pub struct Demo {
    child: Child,
    folder: PathBuf,
    database: String,
    pub address: String,
    pub link: String,
    /// Kept open: it goes on to say what to look at.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    /// Starts it with a small year.
    pub fn start() -> Self {
        Self::with_sales(60)
    }

    pub fn with_sales(sales: u32) -> Self {
        let folder = scratch().join(unique_name());
        std::fs::create_dir(&folder).unwrap();
        let database = format!("sqlite://{}", folder.join("demo.db").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        command.args([
            "demo",
            "--sales",
            &sales.to_string(),
            "--database-url",
            &database,
        ]);
        command
            .current_dir(&folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut find = |part: &str| {
            let mut lines = said.by_ref().map_while(Result::ok);
            let found = lines.find(|line| line.contains(part));
            found.unwrap_or_else(|| panic!("the demo does not say {part}"))
        };
        let goes_on = find("The server goes on at ");
        let address = goes_on.split(' ').nth(5).unwrap().to_owned();
        let link = find("/dashboard/sign-in?token=").trim().to_owned();
        Self {
            child,
            folder,
            database,
            address,
            link,
            _said: said,
        }
    }

    /// What a command of the program prints, on the demo's database.
    pub fn command(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        command.args(args).args(["--database-url", &self.database]);
        let output = command
            .current_dir(&self.folder)
            .env_clear()
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
