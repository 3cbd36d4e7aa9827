//! What is given on the command line: secrets as they are, from stdin, or from the environment, so that none has to stand in a shell's history; and
//! the server that is meant.

use std::io::Read as _;

use anyhow::Result;
use providers::Secret;
use url::Url;

use super::Usage;
use crate::config::Config;

/// More than this is no secret.
const MOST_BYTES: u64 = 64 * 1_024;

/// The server of `--to`; where that is not given, the one that these settings are of.
pub(super) fn server(to: Option<&Url>, config: &Config) -> Result<Url> {
    match to {
        Some(url) => Ok(url.clone()),
        None => Ok(Url::parse(&format!("http://{}", config.listen))?),
    }
}

/// The secrets of a flag: `-` is each line of stdin, `env:NAME` what a variable has, separated by commas; anything else is one itself.
pub(super) fn secrets(flag: &str, texts: &[String]) -> Result<Vec<Secret>> {
    let mut secrets = Vec::new();
    for text in texts {
        for one in all_of(flag, text)? {
            let secret = Secret::new(&one);
            secrets.push(secret.map_err(|error| Usage(format!("{flag}: {error}")))?);
        }
    }
    Ok(secrets)
}

/// The same where one is wanted.
pub(super) fn secret(flag: &str, text: &str) -> Result<Secret> {
    let mut all = secrets(flag, &[text.to_owned()])?;
    match (all.pop(), all.is_empty()) {
        (Some(secret), true) => Ok(secret),
        _ => Err(Usage(format!("{flag}: one secret is wanted")).into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is no setting: who calls names the variable"
)]
fn all_of(flag: &str, text: &str) -> Result<Vec<String>> {
    if text == "-" {
        let mut read = String::new();
        std::io::stdin()
            .take(MOST_BYTES)
            .read_to_string(&mut read)?;
        return Ok(if read.contains("-----BEGIN") {
            vec![read]
        } else {
            filled(read.lines())
        });
    }
    let Some(name) = text.strip_prefix("env:") else {
        return Ok(vec![text.to_owned()]);
    };
    match std::env::var(name) {
        Ok(value) if value.contains("-----BEGIN") => Ok(vec![value]),
        Ok(value) => Ok(filled(value.split(','))),
        Err(_) => Err(Usage(format!("{flag}: there is no variable {name}")).into()),
    }
}

fn filled<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let texts = texts.map(str::trim).filter(|text| !text.is_empty());
    texts.map(str::to_owned).collect()
}
