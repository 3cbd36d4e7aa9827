//! The program as its users meet it: the built binary, its output, its exit codes.

mod canary;
mod demo;
mod doctor;
mod events;
mod import;
mod kept;
mod local;
mod payouts;
mod reconcile;
mod serve;
mod setup;
mod webhooks;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{TestDb, scratch, unique_name};

/// A folder in which the program runs, with a database and an environment of its own.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) database_url: String,
    environment: Vec<(&'static str, String)>,
}

/// What a command has printed, and how it ended.
struct Ran {
    stdout: String,
    stderr: String,
    code: i32,
}

impl Place {
    fn of(db: &TestDb) -> Self {
        Self::at(db.url.clone())
    }

    pub(crate) fn at(database_url: String) -> Self {
        let folder = scratch().join(unique_name());
        std::fs::create_dir(&folder).unwrap();
        Self {
            folder,
            database_url,
            environment: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        command
            .args(line)
            .current_dir(&self.folder)
            .env_clear()
            .env("DATABASE_URL", &self.database_url)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &[&str]) -> Ran {
        let output = self.command(line).output().unwrap();
        Ran {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok(&self, line: &[&str]) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{line:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs a command that must succeed and print JSON.
    pub(crate) fn json(&self, line: &[&str]) -> Value {
        let text = self.ok(&[line, &["--json"]].concat());
        serde_json::from_str(&text).unwrap()
    }

    /// Serves, and waits for the line that says where.
    pub(crate) fn serve(&self) -> Server {
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let before = said.len();
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "it ended: {said}");
            if let Some((_, rest)) = said[before..].split_once("address=") {
                let address = rest.split_whitespace().next().unwrap();
                break format!("http://{address}");
            }
        };
        Server {
            child,
            stderr,
            address,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A server under way.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    pub(crate) address: String,
}

impl Server {
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(asked.unwrap().success());
    }

    /// Reads its log up to a line that holds this.
    fn says(&mut self, text: &str) {
        let mut said = String::new();
        while !said.contains(text) {
            assert_ne!(
                self.stderr.read_line(&mut said).unwrap(),
                0,
                "it ended: {said}"
            );
        }
    }

    /// Asks it to stop, and waits; its address is known still.
    pub(crate) fn end(&mut self) {
        self.signal("TERM");
        self.child.wait().unwrap();
    }

    /// Asks it to stop, waits, and answers what it has printed.
    fn stop(mut self) -> Ran {
        self.signal("TERM");
        let mut ran = Ran {
            stdout: String::new(),
            stderr: String::new(),
            code: 0,
        };
        self.stderr.read_to_string(&mut ran.stderr).unwrap();
        let stdout = self.child.stdout.as_mut().unwrap();
        stdout.read_to_string(&mut ran.stdout).unwrap();
        ran.code = self.child.wait().unwrap().code().unwrap();
        ran
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
    }
}

fn fixtures(processor: &str) -> String {
    format!("{}/fixtures/{processor}", env!("CARGO_MANIFEST_DIR"))
}
