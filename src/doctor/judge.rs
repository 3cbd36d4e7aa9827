//! What is wrong, and what to do about it. Pure: facts in, findings out.
//!
//! Each finding has a stable code for scripts. What is wrong loses money or will; what is to be looked at may; a note explains.

mod asking;
mod server;
mod source;

use serde::Serialize;

use super::Facts;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Sales or refunds are lost, or will be.
    Wrong,
    /// They may be.
    Look,
    /// Good to know.
    Note,
}

impl Level {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Look => "look",
            Self::Note => "note",
        }
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// A stable word for scripts.
    pub code: &'static str,
    /// The source it is about; `None`: the installation.
    pub source_id: Option<String>,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub then: String,
}

impl Finding {
    fn new(
        level: Level,
        code: &'static str,
        what: impl Into<String>,
        then: impl Into<String>,
    ) -> Self {
        Self {
            level,
            code,
            source_id: None,
            what: what.into(),
            then: then.into(),
        }
    }
}

/// Everything that is wrong, worst first; of equals the installation's before the sources', in their order.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = server::judge(&facts.server, facts.now);
    for source in &facts.sources {
        let of_source = source::judge(source, facts.now);
        findings.extend(of_source.into_iter().map(|finding| Finding {
            source_id: Some(source.id.clone()),
            ..finding
        }));
    }
    if let Some(finding) = server::address(facts) {
        findings.push(finding);
    }
    if facts.sources.is_empty() && facts.server.is_readable() {
        findings.push(Finding::new(
            Level::Look,
            "no_source",
            "no processor is connected",
            "Add one with `tributary sources add PROCESSOR`, or in the dashboard under Sources.",
        ));
    }
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// What there is to say where the database does not answer.
pub fn judge_unreachable(error: &str) -> Finding {
    Finding::new(
        Level::Wrong,
        "database",
        format!("the database cannot be used: {error}"),
        "Deliveries are answered 503 until it can, and processors try again, for half an hour up to three days. Look at DATABASE_URL, and whether the database is up.",
    )
}

#[cfg(test)]
mod tests;
