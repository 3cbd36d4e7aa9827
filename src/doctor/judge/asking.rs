//! A processor's own API: whether it can be asked for what never arrived, and how.

use providers::Micros;

use super::{Finding, Level};
use crate::doctor::SourceFacts;
use crate::reconcile::Access;

/// How to learn what was sold in a gap.
pub(super) fn about(source: &SourceFacts, from: Micros, to: Micros) -> String {
    let (id, title) = (&source.id, source.title);
    if providers::history(&source.processor).is_some() {
        let key = if source.access == Access::None {
            format!(" It takes a key that can read: `tributary sources credential set {id}`.")
        } else {
            String::new()
        };
        // The second in which the last delivery came is asked for too.
        return format!(
            "`tributary reconcile {id} --since {from} --until {}` asks {title} what happened then; --apply puts it into the inbox.{key}",
            to.plus_seconds(1)
        );
    }
    if source.processor == "revenuecat" {
        return format!(
            "`tributary reconcile {id} --file EXPORT` reads what happened then from a Scheduled Data Export; --apply puts it into the inbox."
        );
    }
    format!("If something was sold then, have {title} send the events of that time once more.")
}

/// The key with which the processor is asked for what never arrived.
pub(super) fn access(source: &SourceFacts) -> Vec<Finding> {
    let (id, title) = (&source.id, source.title);
    let set = format!(
        "Make another at {title} and keep it: `tributary sources credential set {id}`. docs/reconcile.md says which rights it takes. Until then nobody notices a delivery that never comes."
    );
    match &source.access {
        Access::None | Access::Open => Vec::new(),
        Access::Refused(why) => vec![Finding::new(
            Level::Look,
            "api_key",
            format!("its key to the API of {title} does not work: {why}"),
            set,
        )],
        Access::Away(why) => vec![Finding::new(
            Level::Look,
            "api",
            format!("the API of {title} cannot be asked for what never arrived: {why}"),
            format!("It is tried again every hour; `tributary reconcile {id}` tries at once."),
        )],
        Access::Lacking(lacking) => lacking
            .iter()
            .map(|lack| {
                let right = &lack.right;
                let wherefore = lack.wherefore.map(|what| format!(", for {what}"));
                Finding::new(
                    if lack.needed {
                        Level::Look
                    } else {
                        Level::Note
                    },
                    "api_rights",
                    format!(
                        "its key to the API of {title} lacks a right: {right}{}",
                        wherefore.unwrap_or_default()
                    ),
                    format!(
                        "Give it the right at {title}, or keep another key: `tributary sources credential set {id}`."
                    ),
                )
            })
            .collect(),
    }
}

/// Deliveries that leave something out, where nobody can ask for the rest.
pub(super) fn cut(source: &SourceFacts) -> Option<Finding> {
    let (id, title, events) = (&source.id, source.title, source.cut);
    let unasked = source.access == Access::None && events > 0;
    unasked.then(|| {
        Finding::new(
            Level::Look,
            "cut_short",
            format!(
                "{title} has not told all lines of invoices: {events} deliveries carry the first ones alone, and the first product there that has a rate of its own decides for the whole invoice"
            ),
            format!(
                "With a key the other lines are asked for every hour, and commissions are corrected: `tributary sources credential set {id}`. For invoices from before the key: `tributary reconcile {id} --since DATE --apply`. Where no product has a rate of its own, nothing is to be done."
            ),
        )
    })
}
