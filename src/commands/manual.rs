//! `completions` and `man`: what shells and `man` want to know of the command line, made of its definition.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use super::output;
use crate::cli::{Cli, CompletionsArgs, Exit, ManArgs};

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tributary", &mut script);
    output::bytes(&script)?;
    Ok(Exit::Success)
}

pub(super) fn man(args: &ManArgs) -> Result<Exit> {
    if let Some(folder) = &args.folder {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        pages(&Cli::command(), "tributary", folder)?;
        return Ok(Exit::Success);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::bytes(&page)?;
    Ok(Exit::Success)
}

/// A page for a command and each below it.
fn pages(command: &clap::Command, name: &str, folder: &Path) -> Result<()> {
    let mut page = Vec::new();
    let named = command.clone().name(name.to_owned());
    clap_mangen::Man::new(named).render(&mut page)?;
    let path = folder.join(format!("{name}.1"));
    let mut file = std::fs::File::create(&path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(&page)?;
    for below in command.get_subcommands() {
        pages(below, &format!("{name}-{}", below.get_name()), folder)?;
    }
    Ok(())
}
