//! Partners in another order than that of their adding: by name, by what they have brought of late, by what they have.
//!
//! A name is found by an index. A figure can have none: it is of the last days, or of now. So each part puts all partners in order by what the writer
//! keeps of each of them: that is as much work as there are partners, and the same at any number of their sales.

use providers::Currency;

use super::partners::{By, Partner};
use super::row::text;
use super::standing::{claims, each};
use super::sums::{self, DAY};
use super::{Found, Part, Sample, Scope, list::Condition, standing};
use crate::args;
use crate::store::{Args, Row, Select, StoreError, Value};

/// The days that clicks, sales and revenue are of, today the last of them.
pub const DAYS: i64 = 30;

/// What partners can be put in order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The name, as it is written in small letters.
    Name,
    /// Clicks of the last days.
    Clicks,
    /// Sales of the last days.
    Sales,
    /// What is left of what was sold in the last days.
    Revenue,
    /// What a payout made now would take.
    Payable,
    /// Earned, and not to be paid out yet.
    Pending,
    /// Held back by open disputes and reviews.
    Held,
    /// Paid out.
    Paid,
}

/// An order: by what, and whether the most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub key: Key,
    /// Whether it begins with the most, or the last name.
    pub descending: bool,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Clicks,
        Self::Sales,
        Self::Revenue,
        Self::Payable,
        Self::Pending,
        Self::Held,
        Self::Paid,
    ];

    /// The word for the order that begins with the least, and for the one that begins with the most.
    pub const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Name => ["name", "-name"],
            Self::Clicks => ["clicks", "-clicks"],
            Self::Sales => ["sales", "-sales"],
            Self::Revenue => ["revenue", "-revenue"],
            Self::Payable => ["payable", "-payable"],
            Self::Pending => ["pending", "-pending"],
            Self::Held => ["held", "-held"],
            Self::Paid => ["paid", "-paid"],
        }
    }
}

impl Order {
    /// The order that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        let key = Key::ALL
            .into_iter()
            .find(|key| key.words().contains(&word))?;
        let descending = word.starts_with('-');
        Some(Self { key, descending })
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        let [least, most] = self.key.words();
        if self.descending { most } else { least }
    }
}

/// Partners by a figure that a select has for some of them.
macro_rules! by_figure {
    ($($figure:expr),+) => {
        concat!(
            "select p.*, coalesce(f.figure, 0) as ranked_by from partners p left join (",
            $($figure,)+
            ") f on f.partner_id = p.id where p.organization_id = $1"
        )
    };
}

macro_rules! sold {
    ($sum:literal) => {
        by_figure!(
            "select d.partner_id, cast(sum(",
            $sum,
            ") as bigint) as figure from daily_figures d
             where d.organization_id = $1 and d.livemode = $2 and d.by_partner = 1 and d.currency = $3
                 and d.day >= $4 and d.day < $5 group by d.partner_id"
        )
    };
}

/// Payouts that are not sent yet have claimed a part of what is due.
const PAYABLE: &str = by_figure!(
    "select d.partner_id, d.due - coalesce(c.amount, 0) as figure from ",
    each!(),
    " d left join ",
    claims!(),
    " c on c.partner_id = d.partner_id and c.currency = d.currency where d.currency = $6"
);
const PENDING: &str = by_figure!(
    "select d.partner_id, d.owed - d.due as figure from ",
    each!(),
    " d where d.currency = $6"
);
const KEPT_HELD: &str = by_figure!(
    "select b.partner_id, cast(sum(b.held) as bigint) as figure from balances b
     where b.organization_id = $1 and b.livemode = $2 and b.currency = $3 group by b.partner_id"
);
const KEPT_PAID: &str = by_figure!(
    "select b.partner_id, cast(sum(b.paid) as bigint) as figure from balances b
     where b.organization_id = $1 and b.livemode = $2 and b.currency = $3 group by b.partner_id"
);
const SALES: &str = sold!("d.sales");
const REVENUE: &str = sold!("d.net - d.refunded - d.disputed");
const CLICKS: &str = by_figure!(
    "select c.partner_id, cast(sum(c.clicks) as bigint) as figure from daily_clicks c
     where c.organization_id = $1 and c.by_partner = 1 and c.day >= $2 and c.day < $3 group by c.partner_id"
);
const NAMES: &str = "select p.* from partners p where p.organization_id = $1";

/// What comes after a row with a figure and an id, and how the rows are ordered.
const AFTER: [&str; 2] = [
    " and (coalesce(f.figure, 0) > ? or coalesce(f.figure, 0) = ? and p.id > ?)",
    " and (coalesce(f.figure, 0) < ? or coalesce(f.figure, 0) = ? and p.id < ?)",
];
const END: [&str; 2] = [
    " order by ranked_by, p.id limit ?",
    " order by ranked_by desc, p.id desc limit ?",
];

/// The name that a list goes on after is looked up, so that no address holds it. The first comparison is what the index is entered by.
const AFTER_NAME: [&str; 2] = [
    " and lower(p.name) >= (select lower(q.name) from partners q where q.organization_id = $1 and q.id = ?)
      and (lower(p.name) > (select lower(q.name) from partners q where q.organization_id = $1 and q.id = ?) or p.id > ?)",
    " and lower(p.name) <= (select lower(q.name) from partners q where q.organization_id = $1 and q.id = ?)
      and (lower(p.name) < (select lower(q.name) from partners q where q.organization_id = $1 and q.id = ?) or p.id < ?)",
];
const END_NAME: [&str; 2] = [
    " order by lower(p.name), p.id limit ?",
    " order by lower(p.name) desc, p.id desc limit ?",
];

/// A partner, and its place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The partner.
    pub partner: Partner,
    /// Where the list goes on after it.
    pub position: String,
}

/// A part of the partners that meet all of `by`, in an order. Figures are of one ledger and one currency; who has none counts as nothing.
pub async fn list(
    scope: &Scope<'_>,
    order: Order,
    (livemode, currency): (bool, Currency),
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Ranked>, StoreError> {
    let (head, args) = head(scope, order.key, (livemode, currency));
    let (statement, args) = select(head, args, order, by, part).build();
    let rows = scope.store.read(&statement, args).await?;
    let rows: Result<Vec<Ranked>, StoreError> =
        rows.iter().map(|row| Ranked::read(order, row)).collect();
    Ok(Found {
        rows: rows?,
        go_on: None,
    })
}

/// The currency that figures of a ledger are compared in: the one that most is sold in.
pub async fn currency(scope: &Scope<'_>, livemode: bool) -> Result<Currency, StoreError> {
    let currencies = sums::currencies(scope, livemode).await?;
    Ok(currencies.first().copied().unwrap_or(Currency::USD))
}

fn head(
    scope: &Scope<'_>,
    key: Key,
    (livemode, currency): (bool, Currency),
) -> (&'static str, Args) {
    let to = scope.now.0.div_euclid(DAY) + 1;
    let from = to - DAYS;
    let sold = || args![scope.org, livemode, currency.code(), from, to];
    let kept = || args![scope.org, livemode, currency.code()];
    let due = || standing::args(scope, livemode).add(currency.code());
    match key {
        Key::Name => (NAMES, args![scope.org]),
        Key::Clicks => (CLICKS, args![scope.org, from, to]),
        Key::Sales => (SALES, sold()),
        Key::Revenue => (REVENUE, sold()),
        Key::Payable => (PAYABLE, due()),
        Key::Pending => (PENDING, due()),
        Key::Held => (KEPT_HELD, kept()),
        Key::Paid => (KEPT_PAID, kept()),
    }
}

fn select(head: &'static str, args: Args, order: Order, by: &[By<'_>], part: Part<'_>) -> Select {
    let mut select = Select::new(head, args);
    for condition in by {
        let clause = condition.clause();
        select = select.and(clause.text, clause.values);
    }
    let way = |[up, down]: [&'static str; 2]| if order.descending { down } else { up };
    if order.key == Key::Name {
        if !part.after.is_empty() {
            select = select.and(way(AFTER_NAME), [part.after; 3]);
        }
        return select.and(way(END_NAME), [part.rows]);
    }
    if let Some((figure, id)) = place(part.after) {
        select = select.and(way(AFTER), [Value::from(figure), figure.into(), id.into()]);
    }
    select.and(way(END), [part.rows])
}

/// The figure and the id of a position in an order of figures.
fn place(position: &str) -> Option<(i64, &str)> {
    let (figure, id) = position.split_once(':')?;
    Some((figure.parse().ok()?, id))
}

impl Ranked {
    fn read(order: Order, row: &Row) -> Result<Self, StoreError> {
        let id = text(row, "id")?;
        let position = match order.key {
            Key::Name => id,
            _ => format!("{}:{id}", row.int("ranked_by")?),
        };
        Ok(Self {
            partner: Partner::read(row)?,
            position,
        })
    }
}

/// The list of names, to be tried by a test: those of figures go through all partners.
pub(super) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for descending in [false, true] {
        let order = Order {
            key: Key::Name,
            descending,
        };
        for after in ["", "prt_97"] {
            let part = Part::first(51).from(after);
            let select = select(NAMES, args!["org"], order, &[], part);
            samples.push(Sample {
                name: format!("partners by {} after {after:?}", order.word()),
                found: false,
                select: select.build(),
            });
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for key in Key::ALL {
            for descending in [false, true] {
                let order = Order { key, descending };
                assert_eq!(Order::parse(order.word()), Some(order));
            }
        }
        for other in ["", "-", "createdAt", "-createdAt", "Name", "--name"] {
            assert_eq!(Order::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_position_is_a_figure_and_an_id() {
        assert_eq!(place("-12:prt_1"), Some((-12, "prt_1")));
        for other in ["", "prt_1", "x:prt_1"] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
