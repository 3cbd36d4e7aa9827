//! The `tributary` binary: reads the command line and the settings, runs the command, says how it ended.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use tributary::cli::{Cli, Exit};
use tributary::config::Config;
use tributary::{commands, telemetry};

/// Many small things are allocated for each delivery, by SQLite too: this one is made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::from_process(cli.flags(), cli.global.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return complain(&error, Exit::Usage),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, Exit::Failed),
    };
    let begun = {
        let _within = runtime.enter();
        telemetry::init(config.log_format, config.log_level)
    };
    // Dropped before the runtime, which sends what has been gathered.
    let _telemetry = match begun {
        Ok(telemetry) => telemetry,
        Err(error) => return complain(&error, Exit::Failed),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    match runtime.block_on(commands::run(cli, config)) {
        Ok(exit) => exit.into(),
        // The reader of stdout has seen enough, as `head` does.
        Err(error) if is_broken_pipe(&error) => Exit::Success.into(),
        Err(error) if error.is::<commands::Usage>() => {
            complain(&format_args!("{error:#}"), Exit::Usage)
        }
        Err(error) => complain(&format_args!("{error:#}"), Exit::Failed),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Says on stderr why it did not work.
fn complain(error: &dyn Display, exit: Exit) -> ExitCode {
    // Without a stderr there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "tributary: {error}");
    exit.into()
}
