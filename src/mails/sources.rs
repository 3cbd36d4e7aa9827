//! Which sources refuse what they are sent, for something that an owner can mend.

use std::collections::BTreeMap;

use providers::Micros;

use crate::books::refusals::{self, Refused};
use crate::books::{Scope, health};
use crate::store::StoreError;

/// For how long refusals are looked back at.
const WINDOW_HOURS: i64 = 24;
/// As many make a source broken.
const REFUSED_MIN: i64 = 5;
/// For so long nothing was taken, when something was refused last.
const SILENT_SECONDS: i64 = 600;
/// Anybody can cause these without knowing a thing, and no owner can do anything about it.
const BY_STRANGERS: [&str; 5] = [
    "missing",
    "no_signature",
    "malformed",
    "empty_body",
    "paused",
];

/// A source that refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// How many deliveries.
    pub(super) refused: i64,
    /// Since when.
    pub(super) since: Micros,
    /// Why most of them, and how far the time of the last was off.
    pub(super) reason: (String, Option<i64>),
}

/// All of an organization's.
pub(super) async fn broken(scope: &Scope<'_>) -> Result<BTreeMap<String, Broken>, StoreError> {
    let since = scope.now.plus_seconds(-WINDOW_HOURS * 3_600);
    let refused = refusals::since(scope, since).await?;
    if refused.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(among(&refused, &health::heard(scope).await?))
}

fn among(refused: &[Refused], heard: &BTreeMap<String, Micros>) -> BTreeMap<String, Broken> {
    let mut by_source: BTreeMap<&str, Vec<&Refused>> = BTreeMap::new();
    for one in refused {
        if !BY_STRANGERS.contains(&one.reason.as_str()) {
            by_source.entry(&one.source_id).or_default().push(one);
        }
    }
    let broken = by_source.into_iter().filter_map(|(source, all)| {
        let most = all.iter().max_by_key(|one| one.refused)?;
        let last = all.iter().map(|one| one.last_at).max()?;
        let taken = heard.get(source);
        let is_silent = taken.is_none_or(|at| at.plus_seconds(SILENT_SECONDS) < last);
        let told = Broken {
            refused: all.iter().map(|one| one.refused).sum(),
            since: all.iter().map(|one| one.first_hour).min()?,
            reason: (most.reason.clone(), most.seconds),
        };
        (is_silent && told.refused >= REFUSED_MIN).then(|| (source.to_owned(), told))
    });
    broken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn refused(reason: &str, refused: i64, last_at: i64) -> Refused {
        Refused {
            source_id: "src_a".to_owned(),
            reason: reason.to_owned(),
            refused,
            in_last_day: 0,
            first_hour: Micros(0),
            last_at: Micros(last_at),
            seconds: None,
        }
    }

    fn heard(at: i64) -> BTreeMap<String, Micros> {
        BTreeMap::from([("src_a".to_owned(), Micros(at))])
    }

    #[test]
    fn a_source_is_broken_when_it_has_only_refused_for_a_while() {
        let all = [refused("mismatch", 9, 3 * HOUR), refused("stale", 5, HOUR)];
        let found = among(&all, &heard(0));
        assert_eq!(found["src_a"].refused, 14);
        assert_eq!(found["src_a"].reason.0, "mismatch");
        assert!(among(&all, &BTreeMap::new()).contains_key("src_a"));
        assert!(
            among(&all, &heard(3 * HOUR - 1)).is_empty(),
            "it takes others"
        );
        assert!(among(&[refused("mismatch", 4, HOUR)], &heard(0)).is_empty());
    }

    #[test]
    fn strangers_break_no_source() {
        let all = BY_STRANGERS.map(|reason| refused(reason, 1_000, HOUR));
        assert!(among(&all, &heard(0)).is_empty());
    }
}
