use providers::fact::{Alias, Fact, Identity, Strength, Version};
use providers::{Micros, Name};

use super::*;
use crate::ledger::facts::{FactSet, Kept};

const ORG: &str = "org_1";

fn identity(at: i64, email: &str) -> Fact {
    let subject = Name::payment("in_1").unwrap();
    let version = Version {
        at: Micros(at),
        step: 0,
    };
    Fact::Identity(Identity {
        customers: vec![
            Name::customer("cus_1").unwrap(),
            Name::external("a@example.com").unwrap(),
        ],
        email: Some(email.to_owned()),
        name: Some("Alice".to_owned()),
        ..Identity::of(subject, version)
    })
}

fn erased(names: &[Name]) -> Erased {
    let mut erased = Erased::of(ORG);
    for name in names {
        erased.note(true, &Erased::key(ORG, name), Micros(100));
    }
    erased
}

fn kept(fact: Fact) -> Kept {
    Kept {
        fact,
        event_id: String::new(),
        processor: String::new(),
    }
}

fn personal(fact: &Fact) -> bool {
    let text = serde_json::to_string(fact).unwrap();
    text.contains('@') || text.contains("Alice")
}

#[test]
fn what_was_told_until_then_loses_what_is_personal() {
    let names = [
        Name::customer("cus_1").unwrap(),
        Name::external("a@example.com").unwrap(),
    ];
    let erased = erased(&names);
    let mut old = identity(100, "a@example.com");
    assert!(erased.speaks(true, "", std::iter::once(&old)));
    assert!(erased.strip(true, "", &mut old));
    assert!(!personal(&old), "{old:?}");
    assert!(
        !erased.strip(true, "", &mut old),
        "a second time changes nothing"
    );
}

#[test]
fn what_is_told_later_the_other_ledger_and_other_people_stay() {
    let erased = erased(&[Name::customer("cus_1").unwrap()]);
    let mut new = identity(101, "a@example.com");
    assert!(!erased.strip(true, "", &mut new) && personal(&new));
    let mut test = identity(1, "a@example.com");
    assert!(!erased.strip(false, "", &mut test) && personal(&test));
    let mut other = erased_other();
    assert!(!erased.strip(true, "", &mut other));
}

fn erased_other() -> Fact {
    let mut fact = identity(1, "b@example.com");
    if let Fact::Identity(identity) = &mut fact {
        identity.customers = vec![Name::customer("cus_2").unwrap()];
    }
    fact
}

#[test]
fn a_whole_source_is_erased_until_its_time() {
    let mut erased = Erased::of(ORG);
    erased.note(false, &Erased::source_key("src_1"), Micros(100));
    let mut old = identity(100, "a@example.com");
    assert!(!erased.strip(true, "src_2", &mut old));
    assert!(erased.strip(true, "src_1", &mut old));
    let mut new = identity(101, "a@example.com");
    assert!(!erased.strip(true, "src_1", &mut new));
}

#[test]
fn a_partner_is_still_known_after_the_address_is_gone() {
    let mut erased = erased(&[Name::customer("cus_1").unwrap()]);
    erased.note_partner("A@example.com", "prt_1");
    let mut fact = identity(1, " a@Example.com");
    assert!(erased.strip(true, "", &mut fact));
    let Fact::Identity(identity) = &fact else {
        unreachable!()
    };
    assert_eq!(identity.email.as_deref(), Some("partner/prt_1"));
    assert!(!erased.strip(true, "", &mut fact));
}

#[test]
fn a_name_that_is_an_address_is_replaced_for_good_and_always_alike() {
    let name = Name::external("a@example.com").unwrap();
    let erased = erased(std::slice::from_ref(&name));
    let mut alias = Fact::Alias(Alias {
        a: Name::customer("cus_9").unwrap(),
        b: name.clone(),
        strength: Strength::Proven,
    });
    assert!(erased.strip(true, "", &mut alias));
    let replaced = impersonal(ORG, &name);
    assert!(alias.names().contains(&&replaced));
    assert!(!is_personal(&replaced));
    assert_eq!(impersonal(ORG, &replaced), replaced);
    assert_ne!(impersonal("org_2", &name), replaced);
    let mut later = identity(500, "a@example.com");
    assert!(erased.strip(true, "", &mut later));
    assert!(later.names().contains(&&replaced));
}

#[test]
fn a_replayed_delivery_ends_in_exactly_what_is_stored() {
    let erased = erased(&[Name::customer("cus_1").unwrap()]);
    let mut set = FactSet::new();
    let mut stored = identity(50, "z@example.com");
    erased.strip(true, "", &mut stored);
    set.absorb(kept(stored));
    for (at, email) in [
        (50, "z@example.com"),
        (49, "y@example.com"),
        (50, "a@example.com"),
    ] {
        let mut replayed = identity(at, email);
        erased.strip(true, "", &mut replayed);
        assert!(!set.absorb(kept(replayed)), "{at} {email}");
    }
}
