//! Keys under which facts are stored: a changed one would make two facts of one in every ledger there is.

use super::*;
use crate::{Currency, Holds, Place, Settings, Writer};

fn payment(text: &str) -> Name {
    Name::payment(text).unwrap()
}

fn snapshot(rank: Rank) -> Fact {
    Fact::Payment(Payment {
        object: payment("in_1"),
        rank,
        version: Version::default(),
        state: PaymentState::Paid,
        amounts: Amounts::default(),
        currency: Currency::parse("usd").unwrap(),
        presentment: None,
        occurred_at: Micros::default(),
        billing: Billing::Unknown,
        twin_window_seconds: None,
        products: Vec::new(),
        bought: Vec::new(),
        remark: None,
    })
}

fn reversal(kind: ReversalKind) -> Fact {
    Fact::Reversal(Reversal {
        id: "re_1".to_owned(),
        of: vec![payment("in_1")],
        kind,
        state: ReversalState::Final,
        extent: Extent::All,
        currency: Currency::parse("usd").unwrap(),
        version: Version::default(),
        occurred_at: Micros::default(),
        reason: None,
        things: Vec::new(),
        gift_cards: 0,
    })
}

fn alias(strength: Strength) -> Fact {
    let [a, b] = ["pi_1", "in_1"].map(payment);
    Fact::Alias(Alias { a, b, strength })
}

fn claim(kind: ClaimKind) -> Fact {
    Fact::Claim(Claim {
        subject: payment("in_1"),
        kind,
        label: Label::new("clk_1", "metadata.refp_id").unwrap(),
        order: 0,
        version: Version::default(),
    })
}

/// A snapshot of which two lines are not all told.
fn forgetful() -> Fact {
    let Fact::Payment(mut payment) = snapshot(Rank::Canonical) else {
        panic!("a payment")
    };
    let line = |ids: &[&str]| Bought {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        amount: 1,
        is_forgotten: ids.len() < 3,
    };
    payment.bought = vec![
        line(&["v", "p", "line/3"]),
        line(&["line/2"]),
        line(&["p", "line/1"]),
    ];
    Fact::Payment(payment)
}

fn lines(after: Option<&str>) -> Fact {
    Fact::Lines(Lines {
        object: payment("in_1"),
        after: after.map(str::to_owned),
        version: Version::default(),
        lines: Vec::new(),
        next: None,
    })
}

fn drawn() -> Fact {
    Fact::Drawn(Drawn {
        object: payment("in_1"),
        amount: 20,
        whole: Amounts::default(),
        currency: Currency::parse("usd").unwrap(),
        version: Version::default(),
    })
}

#[test]
fn the_keys_of_stored_facts_stay_as_they_are() {
    let facts = [
        (snapshot(Rank::Canonical), "payment/Canonical/p:in_1"),
        (snapshot(Rank::Checkout), "payment/Checkout/p:in_1"),
        (snapshot(Rank::Intent), "payment/Intent/p:in_1"),
        (snapshot(Rank::Charge), "payment/Charge/p:in_1"),
        (snapshot(Rank::Manual), "payment/Manual/p:in_1"),
        (
            forgetful(),
            "payment/Canonical/p:in_1/without/sha256:fef480a045ef0da70a5dcfd8df2892566be2584fa4f61dccb7a842c6aff71ade",
        ),
        (reversal(ReversalKind::Refund), "reversal/Refund/re_1"),
        (reversal(ReversalKind::Dispute), "reversal/Dispute/re_1"),
        (reversal(ReversalKind::Credit), "reversal/Credit/re_1"),
        (
            reversal(ReversalKind::RefundReturn),
            "reversal/RefundReturn/re_1",
        ),
        (
            reversal(ReversalKind::DisputeReturn),
            "reversal/DisputeReturn/re_1",
        ),
        (
            reversal(ReversalKind::CreditReturn),
            "reversal/CreditReturn/re_1",
        ),
        (alias(Strength::Proven), "alias/Proven/p:in_1/p:pi_1"),
        (alias(Strength::Hint), "alias/Hint/p:in_1/p:pi_1"),
        (claim(ClaimKind::Click), "claim/p:in_1/Click/clk_1"),
        (claim(ClaimKind::Code), "claim/p:in_1/Code/clk_1"),
        (drawn(), "drawn/p:in_1"),
        (lines(None), "lines/p:in_1/"),
        (lines(Some("il_10")), "lines/p:in_1/il_10"),
    ];
    for (fact, key) in facts {
        assert_eq!(fact.key(), key);
    }
}

#[test]
fn what_a_buyer_can_write_is_said_and_joins_nobody_unless_the_owner_trusts_the_place() {
    let place = Place::new("note_attributes", Holds::Labels, Writer::Buyer);
    let told = |settings: &str| {
        let settings = Settings::from_json(settings).unwrap();
        let mut identity = Identity::of(payment("1001"), Version::default());
        identity.own_customer("user_1", &place, "customerExternalId", &settings);
        identity.own_customer("undefined", &place, "customerExternalId", &settings);
        identity
    };
    let label = Label::new("user_1", "note_attributes.customerExternalId").unwrap();
    let careful = told("{}");
    assert_eq!((careful.customers, careful.said), (vec![], vec![label]));
    let trusting = told(r#"{"trustedPlaces":["note_attributes"]}"#);
    let name = Name::external("user_1").unwrap();
    assert_eq!((trusting.customers, trusting.said), (vec![name], vec![]));
}
