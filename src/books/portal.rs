//! What one partner may see of the books: its own, in one ledger, and of who buys nothing. Pages for partners read through [`Own`] alone, which is
//! made of a partner and of nobody else.

use std::collections::BTreeMap;

use providers::{Currency, Micros};

use super::by_program::{self, OfProgram};
use super::codes::{self, Code};
use super::commissions::{self, Commission};
use super::entries::{self, Entry, Kind};
use super::links::{self, Link};
use super::payouts::{self, Payout, SealedDetails};
use super::programs::{self, Page};
use super::row::{currency, text, time, word};
use super::standing::{self, Balance};
use super::sums::{read, sums};
use super::{Found, Part, Scope};
use crate::actor::Actor;
use crate::args;
use crate::ledger::figures::{Sums, day};
use crate::ledger::rule::Rule;
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

/// A partner's own part of the books.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    scope: Scope<'a>,
    partner_id: &'a str,
    livemode: bool,
}

/// What was brought in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Clicks, in whatever ledger they ended.
    pub clicks: i64,
    /// Leads.
    pub leads: i64,
    /// Sales.
    pub sales: i64,
    /// What was earned, by currency and day since 1970.
    pub earned: BTreeMap<Currency, Vec<(i64, Sums)>>,
}

/// What becomes payable on a later day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// The day, counted from 1970.
    pub day: i64,
    /// How much.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why a commission is what it is: an entry without the names that stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// What it stands for.
    pub kind: Kind,
    /// How much.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The arithmetic, or what has changed.
    pub reason: String,
    /// When it was written.
    pub created_at: Micros,
}

/// A program, and what it pays this partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What it shows.
    pub page: Page,
    /// What it pays now.
    pub rule: Option<Rule>,
    /// Whether that is for this partner alone.
    pub is_own: bool,
}

static FIGURES: Statement = Statement::new(concat!(
    "select d.currency, d.day, ",
    sums!(),
    " from daily_figures d
     where d.organization_id = $1 and d.partner_id = $2 and d.livemode = $3 and d.by_partner = 1
         and d.day >= $4 and d.day < $5
     group by d.currency, d.day order by d.day"
));
static CLICKS: Statement = Statement::new(
    "select cast(coalesce(sum(c.clicks), 0) as bigint) as clicks from daily_clicks c
     where c.organization_id = $1 and c.partner_id = $2 and c.day >= $3 and c.day < $4",
);
static LATER: Statement = Statement::new(
    "select m.currency, m.day, cast(sum(m.amount) as bigint) as amount from maturing m
     where m.organization_id = $1 and m.partner_id = $2 and m.livemode = $3 and m.day > $4
     group by m.currency, m.day having sum(m.amount) <> 0 order by m.currency, m.day limit 100",
);
static WHY: Statement = Statement::new(
    "select e.id, e.subject_id, e.kind, e.amount, e.currency, e.reason, e.created_at from {rows r: id text}
     join entries e on e.organization_id = $1 and e.subject_id = r.id
     where e.partner_id = $2 and e.livemode = $3",
);
static RULES: Statement = Statement::new(
    "select partner_id, body from rules
     where organization_id = $1 and program_id = $2 and (partner_id is null or partner_id = $3)
     order by created_at, id",
);

static OWN_RULES: Statement = Statement::new(
    "select body from rules where organization_id = $1 and program_id = $2 and partner_id = $3
     order by created_at desc, id desc limit 2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] =
    &[&FIGURES, &CLICKS, &LATER, &WHY, &RULES, &OWN_RULES];

/// The rule of its own that a partner had before the one by which it earns nothing; the newest where that is another. Within a transaction.
pub async fn rule_before(
    transaction: &mut dyn Transaction,
    org: &str,
    (program_id, partner_id): (&str, &str),
) -> Result<Option<Rule>, StoreError> {
    let args = args![org, program_id, partner_id];
    let rows = transaction.run(&OWN_RULES, args).await?;
    let mut rules = rows.iter().map(|row| {
        let body = row.opt_text("body")?;
        Ok::<Option<Rule>, StoreError>(body.and_then(|body| serde_json::from_str(body).ok()))
    });
    let newest = rules.next().transpose()?.flatten();
    if newest != Some(Rule::nothing()) {
        return Ok(newest);
    }
    Ok(rules.next().transpose()?.flatten())
}

impl<'a> Own<'a> {
    /// What is a partner's own; `None` for everybody else.
    pub fn of(scope: Scope<'a>, actor: &'a Actor, livemode: bool) -> Option<Self> {
        match actor {
            Actor::Partner { id, .. } => Some(Self {
                scope,
                partner_id: id,
                livemode,
            }),
            _ => None,
        }
    }

    /// What was brought on the days `from` to `to`, the last not included.
    pub async fn brought(&self, (from, to): (i64, i64)) -> Result<Brought, StoreError> {
        let store = self.scope.store;
        let mut brought = Brought::default();
        let args = args![self.scope.org, self.partner_id, from, to];
        if let Some(row) = store.read(&CLICKS, args).await?.first() {
            brought.clicks = row.int("clicks")?;
        }
        let args = args![self.scope.org, self.partner_id, self.livemode, from, to];
        for row in store.read(&FIGURES, args).await? {
            let sums = read(&row)?;
            brought.leads = brought.leads.saturating_add(sums.leads);
            brought.sales = brought.sales.saturating_add(sums.sales);
            if let Some(currency) = Currency::parse(row.text("currency")?) {
                let days = brought.earned.entry(currency).or_default();
                days.push((row.int("day")?, sums));
            }
        }
        Ok(brought)
    }

    /// What there is, by currency.
    pub async fn balances(&self) -> Result<Vec<Balance>, StoreError> {
        let ids = [self.partner_id];
        let mut all = standing::of(&self.scope, self.livemode, ids).await?;
        Ok(all.remove(self.partner_id).unwrap_or_default())
    }

    /// What each program may pay now, without what payouts have claimed that are not sent yet. Nothing of the test ledger is paid out.
    pub async fn by_program(&self) -> Result<Vec<OfProgram>, StoreError> {
        if !self.livemode {
            return Ok(Vec::new());
        }
        by_program::of_partner(&self.scope, self.partner_id).await
    }

    /// What becomes payable after today, the next first.
    pub async fn later(&self) -> Result<Vec<Later>, StoreError> {
        let today = day(self.scope.now);
        let args = args![self.scope.org, self.partner_id, self.livemode, today];
        let rows = self.scope.store.read(&LATER, args).await?;
        rows.iter()
            .map(|row| {
                Ok(Later {
                    day: row.int("day")?,
                    amount: row.int("amount")?,
                    currency: currency(row, "currency")?,
                })
            })
            .collect()
    }

    /// Commissions, newest first.
    pub async fn commissions(&self, part: Part<'_>) -> Result<Found<Commission>, StoreError> {
        let by = [
            commissions::By::Ledger(self.livemode),
            commissions::By::Partner(self.partner_id),
        ];
        commissions::list(&self.scope, &by, part).await
    }

    /// Why each of some sales and leads has earned what it has, by their ids, the oldest reason first.
    pub async fn why<'i>(
        &self,
        subjects: impl Iterator<Item = &'i str>,
    ) -> Result<BTreeMap<String, Vec<Why>>, StoreError> {
        let mut ids = Rows::new(1);
        for id in subjects {
            ids.push([id.into()]);
        }
        let mut whys: BTreeMap<String, Vec<(String, Why)>> = BTreeMap::new();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let args = args![self.scope.org, self.partner_id, self.livemode; ids];
        for row in self.scope.store.read(&WHY, args).await? {
            let of = whys.entry(text(&row, "subject_id")?).or_default();
            of.push((text(&row, "id")?, self.reason(&row)?));
        }
        let sorted = whys.into_iter().map(|(subject, mut whys)| {
            whys.sort_by(|a, b| a.0.cmp(&b.0));
            (subject, whys.into_iter().map(|(_, why)| why).collect())
        });
        Ok(sorted.collect())
    }

    fn reason(&self, row: &Row) -> Result<Why, StoreError> {
        Ok(Why {
            kind: word(row, "kind", Kind::ALL, Kind::word)?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
            reason: without_others(row.text("reason")?, self.partner_id),
            created_at: time(row, "created_at")?,
        })
    }

    /// Bonuses and corrections, newest first.
    pub async fn adjustments(&self, rows: i64) -> Result<Vec<Entry>, StoreError> {
        let mut all = Vec::new();
        for kind in [Kind::Bonus, Kind::Correction] {
            let by = [
                entries::By::Ledger(self.livemode),
                entries::By::Partner(self.partner_id),
                entries::By::Kind(kind),
            ];
            let found = entries::list(&self.scope, &by, Part::first(rows)).await?;
            all.extend(found.rows);
        }
        all.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(all)
    }

    /// Payouts, newest first. Nothing of the test ledger is paid out.
    pub async fn payouts(&self, part: Part<'_>) -> Result<Found<Payout>, StoreError> {
        if !self.livemode {
            return Ok(Found {
                rows: Vec::new(),
                go_on: None,
            });
        }
        let by = [payouts::By::Partner(self.partner_id)];
        let mut found = payouts::list(&self.scope, &by, part).await?;
        found.rows.retain(is_shown);
        Ok(found)
    }

    /// One of its payouts, with the entries that it has paid.
    pub async fn payout(
        &self,
        id: &str,
        rows: i64,
    ) -> Result<Option<(Payout, Vec<Entry>)>, StoreError> {
        let found = payouts::find(&self.scope, id).await?;
        let Some(payout) =
            found.filter(|one| self.livemode && one.partner_id == self.partner_id && is_shown(one))
        else {
            return Ok(None);
        };
        let by = [
            entries::By::OfPayout(id),
            entries::By::Partner(self.partner_id),
        ];
        let found = entries::list(&self.scope, &by, Part::first(rows)).await?;
        let entries = found.rows.into_iter().map(|entry| Entry {
            reason: without_others(&entry.reason, self.partner_id),
            ..entry
        });
        Ok(Some((payout, entries.collect())))
    }

    /// Who pays it, sealed.
    pub async fn payer(&self) -> Result<Option<Vec<u8>>, StoreError> {
        payouts::settings(&self.scope).await
    }

    /// How it is paid, sealed.
    pub async fn payout_details(&self) -> Result<Option<SealedDetails>, StoreError> {
        let found = payouts::details(&self.scope, [self.partner_id]).await?;
        Ok(found.into_iter().next())
    }

    /// Links, newest first.
    pub async fn links(&self, rows: i64) -> Result<Vec<Link>, StoreError> {
        let by = [links::By::Partner(self.partner_id)];
        Ok(links::list(&self.scope, &by, Part::first(rows)).await?.rows)
    }

    /// Discount codes.
    pub async fn codes(&self, rows: i64) -> Result<Vec<Code>, StoreError> {
        let by = [codes::By::Partner(self.partner_id)];
        Ok(codes::list(&self.scope, &by, Part::first(rows)).await?.rows)
    }

    /// The programs it is enrolled in, with what each pays it now.
    pub async fn programs(&self) -> Result<Vec<Program>, StoreError> {
        let mut all = Vec::new();
        for page in programs::of_partner(&self.scope, self.partner_id).await? {
            let args = args![self.scope.org, page.program_id.as_str(), self.partner_id];
            let (mut general, mut own) = (None, None);
            for row in self.scope.store.read(&RULES, args).await? {
                let rule: Option<Rule> = row
                    .opt_text("body")?
                    .and_then(|body| serde_json::from_str(body).ok());
                match row.opt_text("partner_id")? {
                    None => general = rule,
                    Some(_) => own = rule,
                }
            }
            all.push(Program {
                page,
                is_own: own.is_some(),
                rule: own.or(general),
            });
        }
        Ok(all)
    }
}

/// What the owner has only drafted is nobody else's business yet.
fn is_shown(payout: &Payout) -> bool {
    payout.status.word() != "draft"
}

/// A reason without the id of whoever else is a partner.
fn without_others(reason: &str, partner_id: &str) -> String {
    let words = reason.split(' ').map(|word| {
        let id = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let is_another = id.starts_with("prt_") && id != partner_id;
        if is_another { "(another)" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_other_partner() {
        let reason = "now credited to partner prt_2, not prt_1";
        assert_eq!(
            without_others(reason, "prt_1"),
            "now credited to partner (another) not prt_1"
        );
        assert_eq!(
            without_others("10 % of 49.00 USD", "prt_1"),
            "10 % of 49.00 USD"
        );
    }
}
