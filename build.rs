//! Has the program built again when a fixture comes or goes: they are part of it.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rerun-if-changed=fixtures")
}
