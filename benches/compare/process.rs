//! A server as a process of its own, and what the system says of it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// What the kernel counts in: a hundredth of a second, on every architecture that Linux is common on.
const TICK_MICROS: u64 = 10_000;

/// A process that ends when this program does, however it ends: a shell holds it, which reads from a pipe of
/// this program.
pub struct Process {
    shell: Child,
}

impl Process {
    /// Starts it. Its environment is what the command sets, and the search path.
    pub fn start(command: &Command) -> Result<Self> {
        const SCRIPT: &str = r#"exec 3<&0; "$@" </dev/null 3<&- & read -r _ <&3; kill -TERM $!; wait $! 2>/dev/null"#;
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "server"]);
        shell.arg(command.get_program()).args(command.get_args());
        shell.env_clear();
        shell.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in command.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        shell.stdin(Stdio::piped()).stdout(Stdio::null());
        let shell = shell.process_group(0).spawn().context("no shell")?;
        Ok(Self { shell })
    }

    /// The process that holds it; it and its children are the server.
    pub fn id(&self) -> u32 {
        self.shell.id()
    }

    /// Ends it gently and waits for it.
    pub fn stop(mut self) -> Result<()> {
        drop(self.shell.stdin.take());
        self.shell.wait()?;
        Ok(())
    }
}

/// Processor time that a process and all below it have used, those that have ended included.
pub fn cpu_micros(root: u32) -> Result<u64> {
    let ticks = family(root)?.into_iter().filter_map(stat);
    let ticks: u64 = ticks.map(|stat| stat.ticks).sum();
    Ok(ticks * TICK_MICROS)
}

/// Processor time that this program itself has used: the generator of the load.
pub fn own_cpu_micros() -> u64 {
    stat(std::process::id()).map_or(0, |stat| stat.own_ticks * TICK_MICROS)
}

/// The most memory that the processes below this one have had, each for itself, in KiB.
pub fn peak_kib(root: u32) -> Result<u64> {
    let mut kib = 0;
    for id in family(root)? {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(peak) = peak.filter(|_| id != root) {
            kib += peak.trim().trim_end_matches(" kB").parse::<u64>()?;
        }
    }
    Ok(kib)
}

struct Stat {
    parent: u32,
    own_ticks: u64,
    /// With its children's that have ended.
    ticks: u64,
}

/// `None` where the process has ended meanwhile.
fn stat(id: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = (11..=14).map(number).sum::<Option<u64>>()?;
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own_ticks: number(11)? + number(12)?,
        ticks,
    })
}

/// A process and all below it.
fn family(root: u32) -> Result<BTreeSet<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let id = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some((id, stat)) = id.and_then(|id| Some((id, stat(id)?))) {
            parents.push((id, stat.parent));
        }
    }
    let mut family = BTreeSet::from([root]);
    loop {
        let before = family.len();
        for (id, parent) in &parents {
            if family.contains(parent) {
                family.insert(*id);
            }
        }
        if family.len() == before {
            return Ok(family);
        }
    }
}
