//! What a list of sales or commissions comes to, where it is opened with days and a currency: the figures that the overview has of the same days, and what
//! of them the list has not. They are read from the figures that are kept, so that it costs the same whatever the length of the list.

use maud::{Markup, html};
use providers::Currency;

use crate::books::adjustments::{self, By};
use crate::books::sums::{self, DAY, Of, Sums};
use crate::books::{Part, Scope};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{amount, count};

/// More adjustments than these are not told apart from what sales and leads have earned.
const ADJUSTMENTS_MAX: i64 = 1_000;

/// Parameters that do not change which rows a list has.
const OTHERS: [&str; 5] = ["mode", "cursor", "personal", "from", "to"];

/// Which figures an address asks for: where it has a filter of which none are kept, there are none.
struct Asked<'v> {
    of: Of,
    partner: Option<&'v str>,
    processor: Option<&'v str>,
}

impl<'v> Asked<'v> {
    fn of(viewer: &'v Viewer) -> Result<Option<Self>, Problem> {
        let params = &viewer.params;
        let known = [&OTHERS[..], &["currency", "partner", "processor"]].concat();
        let Some(from) = params.time("from")? else {
            return Ok(None);
        };
        let currency = params.given("currency").and_then(Currency::parse);
        let (partner, processor) = (params.given("partner"), params.given("processor"));
        let is_kept = params.pairs().all(|(name, _)| known.contains(&name));
        let (Some(currency), true, false) =
            (currency, is_kept, partner.is_some() && processor.is_some())
        else {
            return Ok(None);
        };
        let to = params.time("to")?.unwrap_or(viewer.now);
        let of = Of {
            livemode: viewer.livemode,
            currency,
            from: from.0.div_euclid(DAY),
            to: to.0.div_euclid(DAY) + 1,
        };
        Ok(Some(Self {
            of,
            partner,
            processor,
        }))
    }

    async fn sums(&self, scope: &Scope<'_>) -> Result<Sums, Problem> {
        if let Some(partner) = self.partner {
            let asked = [partner.to_owned()];
            let mut found = sums::of_partners(scope, self.of, &asked).await?;
            return Ok(found.remove(partner).unwrap_or_default());
        }
        if let Some(processor) = self.processor {
            let all = sums::by_processor(scope, self.of, i64::MAX).await?;
            let own = all.into_iter().find(|(name, _)| name == processor);
            return Ok(own.map(|(_, sums)| sums).unwrap_or_default());
        }
        let days = sums::by_day(scope, self.of).await?;
        Ok(days
            .into_iter()
            .fold(Sums::default(), |all, (_, sums)| all.and(sums)))
    }

    /// What bonuses and corrections of the days have given, and what they have taken, where they are few enough to be added up.
    async fn adjusted(&self, scope: &Scope<'_>) -> Result<Option<(i64, i64)>, Problem> {
        let Of {
            livemode,
            currency,
            from,
            to,
        } = self.of;
        let day = |day: i64| providers::Micros(day.saturating_mul(DAY));
        let mut by = vec![
            By::Ledger(livemode),
            By::Currency(currency),
            By::From(day(from)),
            By::To(day(to)),
        ];
        by.extend(self.partner.map(By::Partner));
        let found = adjustments::list(scope, &by, Part::first(ADJUSTMENTS_MAX)).await?;
        let is_all = found.go_on.is_none()
            && i64::try_from(found.rows.len()).is_ok_and(|rows| rows < ADJUSTMENTS_MAX);
        let sum = |sign: i64| {
            let amounts = found.rows.iter().map(|one| one.amount.saturating_mul(sign));
            let amounts = amounts.filter(|amount| *amount > 0);
            amounts.fold(0, i64::saturating_add)
        };
        Ok(is_all.then(|| (sum(1), sum(-1))))
    }
}

/// What the sales of some days come to.
pub(super) async fn of_sales(scope: &Scope<'_>, viewer: &Viewer) -> Result<Markup, Problem> {
    let Some(asked) = Asked::of(viewer)? else {
        return Ok(html! {});
    };
    let sums = asked.sums(scope).await?;
    let written = |minor| amount(minor, asked.of.currency);
    Ok(html! {
        p.lead {
            "In these days: " strong { (count(sums.sales)) } @if sums.sales == 1 { " sale" } @else { " sales" }
            ", sold, net: " strong { (written(sums.net)) } "; taken back in these days, of whichever sales: " strong { (written(sums.back())) }
            "; left after refunds: " strong { (written(sums.left())) } "."
        }
    })
}

/// What the commissions of some days come to.
pub(super) async fn of_commissions(scope: &Scope<'_>, viewer: &Viewer) -> Result<Markup, Problem> {
    let asked = Asked::of(viewer)?.filter(|asked| asked.processor.is_none());
    let Some(asked) = asked else {
        return Ok(html! {});
    };
    let sums = asked.sums(scope).await?;
    let adjusted = asked.adjusted(scope).await?;
    let written = |minor| amount(minor, asked.of.currency);
    Ok(html! {
        p.lead {
            "Earned in these days: " strong { (written(sums.earned())) } ". "
            @match adjusted {
                Some((given, taken)) => {
                    "That is " (written(sums.commission.saturating_sub(given))) " by sales and leads, "
                    (written(given.saturating_sub(taken))) " by bonuses and corrections, "
                    "less " (written(sums.taken_back.saturating_sub(taken))) " taken back in these days, of whichever sales. "
                }
                None => {
                    "That is " (written(sums.commission)) " by sales, leads, bonuses and corrections, "
                    "less " (written(sums.taken_back)) " taken back in these days, of whichever sales, or by corrections. "
                }
            }
            "The list has the sales and leads of these days alone, each with what is left of it by now."
        }
    })
}
