//! What a buyer wrote with a payment is remembered of the customer only where that payment was made and kept.

use providers::fact::{Amounts, Billing, Identity, Label, PaymentState, Version};
use providers::fact::{ReversalKind, ReversalState, Strength};
use providers::{Fact, Holds, Name, Place, Settings, Writer};
use tributary::attribution::Via;
use tributary::ledger::fold::Context;

use super::credits::{clicked, day, lead, of_subscription, partners, payment};
use super::support::{add_code, alias, outcome, reversal};

/// A label as it stands in a cart.
pub(super) fn in_cart(value: &str) -> Label {
    let place = Place::new("note_attributes", Holds::Labels, Writer::Buyer);
    let label = Label::new(value, "note_attributes.refp_id").unwrap();
    label.standing_in(&place, &Settings::default())
}

/// The same payment with a click in its cart.
fn with_click(mut payment: [Fact; 2], click: &str) -> [Fact; 2] {
    if let Fact::Identity(identity) = &mut payment[1] {
        identity.clicks = vec![in_cart(click)];
    }
    payment
}

/// A payment of a day that a click of alice's link came with, in the cart.
fn cart(name: &str, on: i64) -> [Fact; 2] {
    with_click(payment(name, on, &[]), "by_alice")
}

fn free(mut payment: [Fact; 2]) -> [Fact; 2] {
    if let Fact::Payment(paid) = &mut payment[0] {
        paid.amounts = Amounts::default();
    }
    payment
}

fn told(mut payment: [Fact; 2], state: PaymentState) -> [Fact; 2] {
    if let Fact::Payment(paid) = &mut payment[0] {
        paid.state = state;
    }
    payment
}

fn of_thing(mut payment: [Fact; 2], billing: Billing, thing: &str) -> [Fact; 2] {
    if let Fact::Payment(paid) = &mut payment[0] {
        paid.billing = billing;
        paid.products = vec![format!("variant_{thing}"), thing.to_owned()];
    }
    payment
}

fn given_back(of: &str, cash: i64, on: i64) -> Fact {
    let (kind, state) = (ReversalKind::Refund, ReversalState::Final);
    let id = format!("re_{of}");
    Fact::Reversal(reversal(&id, &[of], kind, state, (cash, day(on))))
}

/// Whose the last sale is, told in either order.
fn last(facts: &[Fact], context: &Context) -> Option<(String, Via)> {
    let folded = outcome(facts, context);
    let backwards: Vec<Fact> = facts.iter().rev().cloned().collect();
    assert_eq!(outcome(&backwards, context), folded);
    let last = partners(&folded).pop().flatten();
    last.map(|(partner, via)| (partner.to_owned(), via))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is compared with what may be nobody"
)]
fn by(partner: &str, via: Via) -> Option<(String, Via)> {
    Some((partner.to_owned(), via))
}

/// What a stranger can do without money of his own: the processor takes him for the customer whose address he types.
fn for_nothing() -> Vec<(&'static str, Vec<Fact>)> {
    let [_, left] = cart("thief", 11);
    let mut refunded = cart("thief", 11).to_vec();
    refunded.push(given_back("thief", 1_000, 12));
    let pending = told(cart("thief", 11), PaymentState::Pending);
    let mut voided = pending.to_vec();
    let mut void = told(cart("thief", 11), PaymentState::Void);
    if let Fact::Payment(payment) = &mut void[0] {
        payment.version.step = 1;
    }
    voided.extend(void);
    vec![
        ("left in the cart", vec![left]),
        ("not paid", pending.to_vec()),
        ("void", voided),
        ("for nothing", free(cart("thief", 11)).to_vec()),
        ("given back", refunded),
    ]
}

#[test]
fn who_pays_nothing_with_anothers_address_takes_no_purchase_of_theirs() {
    let context = clicked(10, 0);
    for (what, thiefs) in for_nothing() {
        let bought = payment("in_9", 20, &[]);
        let organic = [&thiefs[..], &bought].concat();
        assert_eq!(last(&organic, &context), None, "{what}");
        let bobs = payment("in_1", 1, &["by_bob"]);
        let facts = [&bobs[..], &thiefs, &bought].concat();
        assert_eq!(last(&facts, &context), by("bob", Via::Customer), "{what}");
        let first = outcome(&organic, &context).first_credit;
        assert!(first.is_empty(), "{what}: {first:?}");
        // Nor what was bought before: the click is older, and told late.
        let earlier = [&payment("in_9", 10, &[])[..], &thiefs].concat();
        let folded = outcome(&earlier, &context);
        assert_eq!(partners(&folded)[0], None, "{what}");
    }
}

#[test]
fn a_payment_that_was_made_and_kept_is_remembered_with_what_its_buyer_wrote() {
    let context = clicked(0, 0);
    let later = payment("in_9", 20, &[]);
    let by_alice = by("alice", Via::Customer);
    let paid = [&cart("in_1", 1)[..], &later].concat();
    assert_eq!(last(&paid, &context), by_alice);
    let part = [&paid[..], &[given_back("in_1", 999, 2)]].concat();
    assert_eq!(last(&part, &context), by_alice);
    // A bank transfer, that comes in when it does.
    let mut came = cart("in_1", 1);
    if let Fact::Payment(payment) = &mut came[0] {
        payment.version = Version {
            at: day(4),
            step: 0,
        };
    }
    let pending = told(cart("in_1", 1), PaymentState::Pending);
    let transferred = [&pending[..], &came, &later].concat();
    assert_eq!(last(&transferred, &context), by_alice);
}

#[test]
fn what_the_merchant_says_needs_no_payment() {
    let context = clicked(0, 0);
    let later = payment("in_9", 20, &[]);
    let by_alice = by("alice", Via::Customer);
    let unpaid = told(payment("in_1", 1, &["by_alice"]), PaymentState::Void);
    assert_eq!(last(&[&unpaid[..], &later].concat(), &context), by_alice);
    let lead = lead(2, "by_alice");
    let with_lead = [&[lead.clone()][..], &later].concat();
    assert_eq!(last(&with_lead, &context), by_alice);
    // A trial's lead that an adapter makes of what the buyer wrote is no such word.
    let Fact::Lead(mut trial) = lead else {
        panic!("the lead")
    };
    trial.clicks = vec![in_cart("by_alice")];
    let facts = [&[Fact::Lead(trial)][..], &later].concat();
    assert_eq!(last(&facts, &context), None);
    assert!(outcome(&facts, &context).leads[0].credit.is_some());
}

#[test]
fn a_trial_holds_for_its_subscription_and_for_the_customer_once_that_is_paid() {
    let context = clicked(0, 0);
    let trial = of_subscription(free(cart("in_1", 1)));
    let renewal = of_subscription(payment("in_2", 15, &[]));
    let other = payment("in_9", 20, &[]);
    let both = [&trial[..], &renewal].concat();
    assert_eq!(last(&both, &context), by("alice", Via::Subscription));
    let unpaid = [&trial[..], &other].concat();
    assert_eq!(last(&unpaid, &context), None);
    let paid = [&both[..], &other].concat();
    assert_eq!(last(&paid, &context), by("alice", Via::Customer));
    let returned = [&paid[..], &[given_back("in_2", 1_000, 16)]].concat();
    assert_eq!(last(&returned, &context), None);
}

/// Paddle's subscription repeats what its checkout carried.
#[test]
fn what_a_subscription_repeats_of_its_buyer_is_remembered_once_it_is_paid() {
    let context = clicked(0, 0);
    let version = Version {
        at: day(1),
        step: 0,
    };
    let subscription = Name::subscription("sub_1").unwrap();
    let begun = Fact::Identity(Identity {
        customers: Name::customer("cus").into_iter().collect(),
        clicks: vec![in_cart("by_alice")],
        ..Identity::of(subscription, version)
    });
    let other = payment("in_9", 20, &[]);
    let unpaid = [&[begun.clone()][..], &other].concat();
    assert_eq!(last(&unpaid, &context), None);
    let first = of_subscription(payment("in_2", 15, &[]));
    let paid = [&[begun.clone()][..], &first].concat();
    assert_eq!(last(&paid, &context), by("alice", Via::Click));
    let both = [&paid[..], &other].concat();
    assert_eq!(last(&both, &context), by("alice", Via::Customer));
}

/// Shopify's renewals name no subscription. The first order may cost nothing: a trial, or all of it is off.
#[test]
fn an_order_of_nothing_holds_for_the_renewals_that_go_on_with_it() {
    let context = clicked(0, 0);
    let first = of_thing(free(cart("o_1", 1)), Billing::Unknown, "coffee");
    let renewal = |thing| of_thing(payment("o_9", 31, &[]), Billing::SubscriptionRenewal, thing);
    let goes_on = [&first[..], &renewal("coffee")].concat();
    assert_eq!(last(&goes_on, &context), by("alice", Via::Customer));
    let of_tea = [&first[..], &renewal("tea")].concat();
    assert_eq!(last(&of_tea, &context), None);
    // Where the customer has ordered the same before or since, the order of nothing may be anybody's.
    for on in [-5, 8] {
        let own = of_thing(payment("o_2", on, &[]), Billing::Unknown, "coffee");
        let facts = [&first[..], &own, &renewal("coffee")].concat();
        assert_eq!(last(&facts, &context), None, "on {on}");
        let own = of_thing(free(payment("o_2", on, &[])), Billing::Unknown, "coffee");
        let facts = [&first[..], &own, &renewal("coffee")].concat();
        assert_eq!(last(&facts, &context), None, "for nothing on {on}");
    }
}

#[test]
fn a_code_of_an_order_that_was_given_back_or_cost_nothing_is_not_remembered() {
    let mut context = clicked(0, 0);
    add_code(&mut context, "ALICE10", "alice");
    let coded = |mut facts: [Fact; 2]| {
        if let Fact::Identity(identity) = &mut facts[1] {
            identity.codes = vec![Label::new("ALICE10", "discount_codes").unwrap()];
        }
        facts
    };
    let first = coded(payment("in_1", 1, &[]));
    let later = payment("in_9", 20, &[]);
    let by_alice = by("alice", Via::Customer);
    assert_eq!(last(&[&first[..], &later].concat(), &context), by_alice);
    let back = [given_back("in_1", 1_000, 2)];
    let returned = [&first[..], &back, &later].concat();
    assert_eq!(last(&returned, &context), None);
    let free_one = [&free(first)[..], &later].concat();
    assert_eq!(last(&free_one, &context), None);
}

/// One payment of two invoices: what came with it is remembered where one of them is kept.
#[test]
fn what_came_with_a_payment_of_several_documents_is_remembered_by_any_of_them() {
    let context = clicked(0, 0);
    let [_, of_both] = cart("pi_1", 1);
    let mut facts = vec![
        of_both,
        alias("in_1", "pi_1", Strength::Proven),
        alias("in_2", "pi_1", Strength::Proven),
    ];
    facts.extend(payment("in_1", 1, &[]));
    facts.extend(payment("in_2", 1, &[]));
    facts.push(given_back("in_1", 1_000, 2));
    facts.extend(payment("in_9", 20, &[]));
    assert_eq!(last(&facts, &context), by("alice", Via::Customer));
    facts.push(given_back("in_2", 1_000, 2));
    assert_eq!(last(&facts, &context), None);
}
