//! The moments at which a click or code was seen with a payment, a subscription or a customer, and the
//! choice among them.

use providers::Micros;
use providers::fact::{Claim, ClaimKind, Label, Lead};

use super::{Click, Credit, Directory, Model, TurnedDown, Via};

/// Claims of one payment or one customer, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Touches {
    claims: Vec<(Micros, u32, ClaimKind, Label)>,
}

/// A claim whose click is known.
#[derive(Debug, Clone, Copy)]
pub struct Touch<'d> {
    /// When the click was seen with its subject.
    pub seen_at: Micros,
    /// The click.
    pub click: &'d Click,
    label: &'d Label,
}

impl Touch<'_> {
    /// A click that was told with an older payment was not there before it was made.
    fn not_before_click(mut self) -> Self {
        if !before(self, self.seen_at) {
            self.seen_at = self.click.at;
        }
        self
    }

    /// The credit that follows from it.
    pub fn credit(&self, via: Via) -> Credit {
        Credit {
            partner_id: self.click.partner_id.clone(),
            program_id: self.click.program_id.clone(),
            click_id: Some(self.click.id.clone()),
            link_id: self.click.link_id.clone(),
            via,
            place: self.label.place().to_owned(),
        }
    }
}

impl Touches {
    /// Adds a claim that was seen at the given time: for a claim of a payment that is the payment's time,
    /// for others the time at which it was first told.
    pub fn add(&mut self, claim: &Claim, seen_at: Micros) {
        self.claims
            .push((seen_at, claim.order, claim.kind, claim.label.clone()));
    }

    /// Adds the clicks of a lead.
    pub fn add_lead(&mut self, lead: &Lead) {
        for (label, order) in lead.clicks.iter().zip(0..) {
            self.claims
                .push((lead.occurred_at, order, ClaimKind::Click, label.clone()));
        }
    }

    /// Adds those clicks of a lead that say something of its customer: what a buyer wrote with a payment says it there.
    pub fn remember_lead(&mut self, lead: &Lead) {
        let mut proven = lead.clone();
        proven.clicks.retain(|label| !label.is_buyers());
        self.add_lead(&proven);
    }

    /// Whether nobody but a buyer is known to have written this click.
    pub fn is_buyers(&self, click_id: &str) -> bool {
        let mut written = self.clicks().filter(|label| label.value() == click_id);
        written.all(Label::is_buyers)
    }

    /// Adds everything that another set has.
    pub fn extend(&mut self, other: &Self) {
        self.claims.extend(other.claims.iter().cloned());
    }

    /// The claims seen by a time.
    #[must_use]
    pub fn seen_by(&self, at: Micros) -> Self {
        let seen = self.claims.iter().filter(|claim| claim.0 <= at);
        Self {
            claims: seen.cloned().collect(),
        }
    }

    /// Puts the claims into their one order: by time, then place, then value.
    pub fn sort(&mut self) {
        self.claims
            .sort_by(|a, b| (a.0, a.1, &a.3).cmp(&(b.0, b.1, &b.3)));
        self.claims.dedup();
    }

    /// The claimed codes, best place first.
    pub fn codes(&self) -> impl Iterator<Item = &Label> {
        self.labels(ClaimKind::Code)
    }

    /// The claimed click ids.
    pub fn clicks(&self) -> impl Iterator<Item = &Label> {
        self.labels(ClaimKind::Click)
    }

    fn labels(&self, wanted: ClaimKind) -> impl Iterator<Item = &Label> {
        self.claims
            .iter()
            .filter(move |(_, _, kind, _)| *kind == wanted)
            .map(|(_, _, _, label)| label)
    }

    /// Claims whose click or code is not known (yet).
    pub fn unknown(&self, directory: &Directory) -> Vec<TurnedDown> {
        let clicks = self
            .clicks()
            .filter(|label| !directory.clicks.contains_key(label.value()))
            .map(|label| (label, "no such click has been recorded"));
        let codes = self
            .codes()
            .filter(|label| directory.code(label.value()).is_none())
            .map(|label| (label, "no partner has this discount code"));
        clicks
            .chain(codes)
            .map(|(label, reason)| turned_down(label, reason))
            .collect()
    }

    fn touches<'d>(&'d self, directory: &'d Directory) -> impl Iterator<Item = Touch<'d>> {
        self.claims
            .iter()
            .filter(|(_, _, kind, _)| *kind == ClaimKind::Click)
            .filter_map(|(seen_at, _, _, label)| {
                Some(Touch {
                    seen_at: *seen_at,
                    click: directory.clicks.get(label.value())?,
                    label,
                })
            })
    }

    /// The click that came with a payment. One that is older than the program's window does not count,
    /// and none that was made after the payment: a call about it may come long afterwards. Nor does one that
    /// was made after its subscription was first paid for without a partner. Window and model are those of
    /// the payment's time.
    pub fn with_payment<'d>(
        &'d self,
        (paid_at, begun_at): (Micros, Option<Micros>),
        directory: &'d Directory,
        refused: &mut Vec<TurnedDown>,
    ) -> Option<Touch<'d>> {
        let mut valid = Vec::new();
        for touch in self.touches(directory) {
            if !before(touch, paid_at) {
                let reason = "the click was made after the payment";
                refused.push(turned_down(touch.label, reason));
            } else if begun_at.is_some_and(|begun_at| !before(touch, begun_at)) {
                refused.push(turned_down(touch.label, AFTER_BEGINNING));
            } else if within_window(touch, paid_at, directory) {
                valid.push(touch);
            } else {
                let reason = "the click is older than the program's window";
                refused.push(turned_down(touch.label, reason));
            }
        }
        choose(valid, paid_at, directory)
    }

    /// What is remembered of a customer, ready to be asked for many payments. Whether a click is, its
    /// program's window at the time it was seen says: that is the same for all payments that follow.
    pub fn remember<'d>(&'d self, directory: &'d Directory) -> Memory<'d> {
        let mut seen: Vec<Touch<'d>> = self
            .touches(directory)
            .map(Touch::not_before_click)
            .collect();
        seen.sort_by_key(|touch| touch.seen_at);
        let timely = |touch: &&Touch<'d>| within_window(**touch, touch.seen_at, directory);
        let valid = seen.iter().filter(timely).copied().collect();
        Memory { seen, valid }
    }

    /// Claims whose click or code is not known (yet), as they are looked for once it is.
    pub fn unknown_claims<'d>(
        &'d self,
        directory: &'d Directory,
    ) -> impl Iterator<Item = (ClaimKind, String)> + 'd {
        let clicks = self
            .clicks()
            .filter(|label| !directory.clicks.contains_key(label.value()))
            .map(|label| (ClaimKind::Click, label.value().to_owned()));
        let codes = self
            .codes()
            .filter(|label| directory.code(label.value()).is_none())
            .map(|label| (ClaimKind::Code, directory.code_meant(label.value())));
        clicks.chain(codes)
    }
}

/// A customer's known clicks, oldest sighting first.
#[derive(Debug, Default)]
pub struct Memory<'d> {
    seen: Vec<Touch<'d>>,
    /// Those whose click was within its program's window of then when it was seen.
    valid: Vec<Touch<'d>>,
}

impl<'d> Memory<'d> {
    /// The touch that decides for a payment: among those at or before it, by the model of the payment's time.
    pub fn earlier(&self, paid_at: Micros, directory: &Directory) -> Option<Touch<'d>> {
        let by_then = self.valid.partition_point(|touch| touch.seen_at <= paid_at);
        let valid = self.valid.get(..by_then)?;
        let first = valid.first()?;
        match directory.policy(&first.click.program_id, paid_at).model {
            Model::FirstClick => Some(*first),
            Model::LastClick => valid.last().copied(),
        }
    }

    /// The very first touch, if it was at or before the payment.
    pub fn first_before(&self, paid_at: Micros) -> Option<Touch<'d>> {
        let first = self.valid.first().copied();
        first.filter(|touch| touch.seen_at <= paid_at)
    }

    /// Says of the newest click by then that its customer was paying for the subscription before it.
    pub fn note_later_than_beginning(&self, paid_at: Micros, refused: &mut Vec<TurnedDown>) {
        let by_then = self.valid.partition_point(|touch| touch.seen_at <= paid_at);
        let newest = self.valid.get(..by_then).and_then(<[_]>::last);
        if let Some(Touch { label, .. }) = newest
            && refused.iter().all(|known| known.value != label.value())
        {
            refused.push(turned_down(label, AFTER_BEGINNING));
        }
    }

    /// The touch that makes up for a missing link: the first after the payment, within the window of the
    /// payment's time, if its click was before the payment.
    pub fn later(&self, paid_at: Micros, directory: &Directory) -> Option<Touch<'d>> {
        let by_then = self.seen.partition_point(|touch| touch.seen_at <= paid_at);
        let mut after = self.seen.get(by_then..)?.iter().copied();
        after.find(|touch| {
            let policy = directory.policy(&touch.click.program_id, paid_at);
            before(*touch, paid_at)
                && touch.seen_at <= paid_at.plus_days(policy.window_days)
                && within_window(*touch, paid_at, directory)
        })
    }
}

/// Why a click does not count for a subscription that was paid for before it.
const AFTER_BEGINNING: &str =
    "the customer was paying for the subscription before the click, without a partner";

/// Clocks may differ by a day; a click made later has brought nothing.
fn before(touch: Touch<'_>, paid_at: Micros) -> bool {
    touch.click.at <= paid_at.plus_days(1)
}

/// Whether a click still counts at a time, by the window of that time.
fn within_window(touch: Touch<'_>, at: Micros, directory: &Directory) -> bool {
    let policy = directory.policy(&touch.click.program_id, at);
    at <= touch.click.at.plus_days(policy.window_days)
}

/// Among clicks that came together: the last or the first by the time of the click, by the model of the
/// payment's time.
fn choose<'d>(
    mut touches: Vec<Touch<'d>>,
    paid_at: Micros,
    directory: &Directory,
) -> Option<Touch<'d>> {
    touches.sort_by(|a, b| (a.click.at, &a.click.id).cmp(&(b.click.at, &b.click.id)));
    let first = touches.first()?;
    match directory.policy(&first.click.program_id, paid_at).model {
        Model::FirstClick => touches.first().copied(),
        Model::LastClick => touches.last().copied(),
    }
}

fn turned_down(label: &Label, reason: &str) -> TurnedDown {
    TurnedDown {
        value: label.value().to_owned(),
        place: label.place().to_owned(),
        reason: reason.to_owned(),
    }
}
