//! Why deliveries are refused, in plain words, and what to do about it. Pure.

use super::diagnose as found;

/// A reason as an owner reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub then: &'static str,
}

/// The words of a reason. `seconds`: how far the signed time was from ours; positive: theirs is ahead.
pub fn words(reason: &str, seconds: Option<i64>) -> Words {
    let (what, then) = of_finding(reason).unwrap_or_else(|| of_rejection(reason));
    let what = match (reason, seconds) {
        ("stale", Some(seconds)) => format!("signed {} ago", span(seconds)),
        ("future", Some(seconds)) => format!("signed {} in the future", span(seconds)),
        _ => what.to_owned(),
    };
    Words { what, then }
}

/// A time in the largest unit that says it exactly enough.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    match seconds {
        0..=600 => format!("{seconds} seconds"),
        601..=7_200 => format!("{} minutes", seconds / 60),
        7_201..=172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long something has lasted, or is ago: nobody counts that in hundreds of seconds.
pub fn lasting(seconds: i64) -> String {
    match seconds.unsigned_abs() {
        1 => "1 second".to_owned(),
        minutes @ 120..=600 => format!("{} minutes", minutes / 60),
        _ => span(seconds),
    }
}

/// Of what was found out beyond what the verifier says.
fn of_finding(reason: &str) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        found::OTHER_SOURCE => (
            "signed with the secret of another of your sources",
            "The two addresses are swapped at the processor: each endpoint there must have the address of the source that has its secret.",
        ),
        found::TEST_SECRET => (
            "signed with the secret of your test source, but this source is live",
            "Give the processor's test endpoint the address of the test source, or put the live endpoint's secret into this one.",
        ),
        found::LIVE_SECRET => (
            "signed with the secret of your live source, but this source is for tests",
            "Live payments would go to the test ledger: give the processor's live endpoint the address of the live source.",
        ),
        found::SAYS_TEST => (
            "not signed with this source's secret, and it calls itself a test",
            "This source is live. Most likely the test endpoint at the processor has its address: add a test source for it, with the test endpoint's secret.",
        ),
        found::SAYS_LIVE => (
            "not signed with this source's secret, and it calls itself live",
            "This source is for tests. Most likely the live endpoint at the processor has its address: add a live source for it, with the live endpoint's secret.",
        ),
        found::OTHER_FORM => (
            "signed with this source's secret in another form",
            "The secret was pasted with quotes around it, or without or with the wrong beginning (whsec_, hmac:, auth:): copy it once more exactly as the processor shows it.",
        ),
        found::OTHER_PROCESSOR => (
            "signed as another processor signs",
            "Another processor was given this source's address: give each the address of the source that was added for it; `tributary sources list` shows them.",
        ),
        found::REFORMATTED => (
            "rightly signed, but its white space was changed on the way",
            "A proxy, firewall or function in front reads the JSON and writes it again: let it pass the body on byte for byte.",
        ),
        found::TOO_LARGE => (
            "larger than a delivery may be",
            "Raise delivery_bytes under [limits] if your orders are that large, and let the processor send it again.",
        ),
        found::COMPRESSED => (
            "with a compressed body",
            "A proxy in front compresses it: signatures are made of the plain body, so turn that off.",
        ),
        found::PAUSED => (
            "while this source is paused",
            "Let the source go on; the processor sends what it could not deliver again, most of them for days.",
        ),
        _ => return None,
    })
}

/// Of what the verifier says.
fn of_rejection(reason: &str) -> (&'static str, &'static str) {
    match reason {
        "mismatch" => (
            "signed with a secret that this source does not have, or changed on the way",
            "Copy the secret of exactly this endpoint from the processor once more. If it is the right one, a proxy in front changes the body: it must pass it on byte for byte.",
        ),
        "missing" => (
            "without a signature",
            "Look whether signing is still switched on at the processor: RevenueCat signs, and sends the Authorization header, only where both are set at its webhook. Else a proxy drops the header, a test button does not sign, or it is somebody else than the processor.",
        ),
        "no_signature" => (
            "with a signature of a kind that is not taken",
            "Look whether the endpoint at the processor is of the right kind.",
        ),
        "malformed" => (
            "with a signature that cannot be read",
            "A proxy may have changed or doubled the headers.",
        ),
        "stale" => (
            "signed too long ago",
            "The secret is right. If all deliveries are refused so, this machine's clock is ahead: set it by NTP. If only some are, they were held up on the way or repeated by hand.",
        ),
        "future" => (
            "signed in the future",
            "The secret is right. This machine's clock is behind: set it by NTP.",
        ),
        "wrong_account" => (
            "of another account",
            "The secret is right, but the source's setting names another shop (`shop`, at Shopify) or organization (`organizationId`, at Polar); the log says which came. If that is yours too: `tributary sources set ID --setting shop=…`, or `--setting organizationId=…`; or add a source for it.",
        ),
        "contradiction" => (
            "that says two things about itself",
            "Its headers and its body do not agree: a proxy may have changed the headers.",
        ),
        "empty_body" => ("without a body", "A proxy may have dropped it."),
        "no_secret" => (
            "for which there is no secret",
            "Add a source with the secret of this endpoint.",
        ),
        _ => ("for another reason", "The log says more."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_told_with_how_far_it_is_off() {
        let told = |reason, seconds| words(reason, Some(seconds)).what;
        assert_eq!(told("future", 412), "signed 412 seconds in the future");
        assert_eq!(told("stale", -3_700), "signed 61 minutes ago");
        assert_eq!(told("mismatch", 3), words("mismatch", None).what);
    }

    #[test]
    fn of_another_account_the_setting_and_the_command_are_named() {
        let then = words("wrong_account", None).then;
        assert!(then.contains("tributary sources set ID --setting shop="));
        assert!(then.contains("organizationId"));
    }

    #[test]
    fn without_a_signature_it_is_said_where_signing_is_switched_off() {
        assert!(words("missing", None).then.contains("RevenueCat"));
    }
}
