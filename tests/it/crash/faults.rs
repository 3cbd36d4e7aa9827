//! A machine that does not keep what it promises: slow flushes, files that cannot be written, a wrong clock. `faults.c` is made and loaded into the program.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where each number stands in the file that the program looks at.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Lever {
    FlushMillis = 0,
    ReadOnly = 8,
    ClockSeconds = 16,
}

/// What is the matter with the machine of a server that was started with [`Faults::environment`].
pub struct Faults {
    library: PathBuf,
    levers: PathBuf,
    file: File,
}

impl Faults {
    /// Nothing is the matter yet. The folder takes two files.
    pub fn new(folder: &Path) -> Self {
        let (library, levers) = (folder.join("faults.so"), folder.join("faults"));
        fs::write(&levers, [0; 24]).unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/crash/faults.c");
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .args([source, "-ldl"])
            .status();
        assert!(
            made.expect("the C compiler that SQLite is built with")
                .success()
        );
        let file = File::options().write(true).open(&levers).unwrap();
        Self {
            library,
            levers,
            file,
        }
    }

    /// What a server is started with.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let text = |path: &Path| path.display().to_string();
        vec![
            ("LD_PRELOAD", text(&self.library)),
            ("TRIBUTARY_TEST_FAULTS", text(&self.levers)),
        ]
    }

    /// Each flush takes so much longer.
    pub fn slow_flush(&self, millis: i64) {
        self.set(Lever::FlushMillis, millis);
    }

    /// Whether files cannot be written, as where a disk has failed and is mounted read-only.
    pub fn read_only(&self, is_so: bool) {
        self.set(Lever::ReadOnly, is_so.into());
    }

    /// By how much the clock is ahead.
    pub fn clock_ahead(&self, seconds: i64) {
        self.set(Lever::ClockSeconds, seconds);
    }

    fn set(&self, lever: Lever, value: i64) {
        let bytes = value.to_ne_bytes();
        self.file.write_all_at(&bytes, lever as u64).unwrap();
    }
}
