//! The nearest of some names to one that is not among them: for messages to people, never to guess what was
//! meant. Pure.

/// The longest unknown name that is repeated or compared, in characters.
const GIVEN_MAX_CHARS: usize = 64;

/// Of so many letters, about, one may be wrong.
const LETTERS_FOR_A_MISTAKE: usize = 3;

/// The name that was most probably meant; `None` when none is near. Case, `_` and `-` do not matter.
pub fn nearest<'n>(given: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let given = plain(given);
    let letters = given.chars().count().saturating_add(1);
    let most = (letters / LETTERS_FOR_A_MISTAKE).max(1);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &plain(name)), name))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, name)| name)
}

/// The end of a message about an unknown name: which is meant, or else which there are.
pub fn hint(given: &str, names: &[&str]) -> String {
    match nearest(given, names.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if names.is_empty() => "; there is none".to_owned(),
        None => format!("; there are {}", names.join(", ")),
    }
}

/// An unknown name as it may stand in a message.
pub fn shown(given: &str) -> String {
    let printable = given.chars().filter(|c| !c.is_control() && *c != '`');
    printable.take(GIVEN_MAX_CHARS).collect()
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-'));
    letters
        .take(GIVEN_MAX_CHARS)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["commission", "holdDays", "windowDays", "name"];

    #[test]
    fn a_misspelt_name_is_known_by_its_letters() {
        for (given, meant) in [
            ("comission", "commission"),
            ("Commission", "commission"),
            ("hold_days", "holdDays"),
            ("HOLD-DAYS", "holdDays"),
            ("windwoDays", "windowDays"),
            ("nme", "name"),
        ] {
            assert_eq!(
                nearest(given, NAMES.iter().copied()),
                Some(meant),
                "{given}"
            );
            assert_eq!(hint(given, NAMES), format!("; did you mean `{meant}`?"));
        }
    }

    #[test]
    fn what_is_near_to_none_is_told_all() {
        assert_eq!(nearest("reward", NAMES.iter().copied()), None);
        assert_eq!(nearest("", NAMES.iter().copied()), None);
        let all = "; there are commission, holdDays, windowDays, name";
        assert_eq!(hint("reward", NAMES), all);
        assert_eq!(hint("reward", &[]), "; there is none");
    }

    #[test]
    fn a_long_or_odd_name_is_cut() {
        assert_eq!(shown(&"x".repeat(5_000)).len(), GIVEN_MAX_CHARS);
        assert_eq!(shown("a\n`b\u{0}"), "ab");
        assert_eq!(nearest(&"x".repeat(100_000), NAMES.iter().copied()), None);
    }
}
