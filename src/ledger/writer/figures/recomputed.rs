//! The kept figures once more, summed up from what they count: for the audit to compare, and to be put in the place of those that are wrong.

use std::collections::BTreeMap;

use providers::Micros;

use super::{ClickCounts, Figures, count_clicks, write_clicks};
use crate::args;
use crate::ledger::figures::{Account, Balance, DAY, Moves, Place, Reach, Sums, day};
use crate::ledger::writer::sql::LOCK;
use crate::store::{Row, Statement, Store, StoreError, Transaction};

/// What sales and leads count for, on their days and on those of what was taken back.
static DAYS: Statement = Statement::new(
    "select t.livemode, t.day, t.currency, t.processor, t.partner_id, t.program_id, t.link_id,
         cast(sum(t.sales) as bigint) as sales, cast(sum(t.gross) as bigint) as gross, cast(sum(t.net) as bigint) as net,
         cast(sum(t.refunded) as bigint) as refunded, cast(sum(t.disputed) as bigint) as disputed,
         cast(sum(t.commission) as bigint) as commission, cast(sum(t.taken_back) as bigint) as taken_back,
         cast(sum(t.leads) as bigint) as leads
     from (
         select s.livemode, s.occurred_at / 86400000000 as day, s.currency, s.payment_processor as processor,
             coalesce(s.partner_id, '') as partner_id, coalesce(s.program_id, '') as program_id,
             coalesce(s.link_id, '') as link_id,
             1 as sales, s.gross, s.net, 0 as refunded, 0 as disputed, 0 as commission, 0 as taken_back, 0 as leads
         from sales s where s.organization_id = $1 and s.state = 'live'
         union all
         select s.livemode, s.occurred_at / 86400000000, s.commission_currency, s.payment_processor,
             coalesce(s.partner_id, ''), coalesce(s.program_id, ''), coalesce(s.link_id, ''), 0, 0, 0, 0, 0, s.commission_full, 0, 0
         from sales s where s.organization_id = $1 and s.state = 'live' and s.commission_full <> 0
         union all
         select s.livemode, k.day, s.currency, s.payment_processor, coalesce(s.partner_id, ''), coalesce(s.program_id, ''),
             coalesce(s.link_id, ''), 0, 0, 0, k.refunded, k.disputed, 0, 0, 0
         from sale_takings k join sales s on s.organization_id = $1 and s.id = k.sale_id and s.state = 'live'
         where k.organization_id = $1
         union all
         select s.livemode, k.day, s.commission_currency, s.payment_processor, coalesce(s.partner_id, ''),
             coalesce(s.program_id, ''), coalesce(s.link_id, ''), 0, 0, 0, 0, 0, 0, k.commission, 0
         from sale_takings k join sales s on s.organization_id = $1 and s.id = k.sale_id and s.state = 'live'
         where k.organization_id = $1
         union all
         select l.livemode, l.occurred_at / 86400000000, '', '', coalesce(l.partner_id, ''), coalesce(l.program_id, ''),
             coalesce(l.link_id, ''), 0, 0, 0, 0, 0, 0, 0, 1
         from leads l where l.organization_id = $1
         union all
         select e.livemode, e.occurred_at / 86400000000, e.currency, '', e.partner_id, e.program_id, '', 0, 0, 0, 0, 0,
             case when e.kind = 'commission' then e.amount else 0 end, case when e.kind = 'clawback' then -e.amount else 0 end, 0
         from entries e join leads l on l.organization_id = $1 and l.id = e.subject_id
         where e.organization_id = $1 and e.kind in ('commission', 'clawback')
         union all
         select e.livemode, e.occurred_at / 86400000000, e.currency, '', e.partner_id, e.program_id, '', 0, 0, 0, 0, 0,
             case when e.amount > 0 then e.amount else 0 end, case when e.amount < 0 then -e.amount else 0 end, 0
         from entries e where e.organization_id = $1 and e.kind in ('bonus', 'correction')
     ) t
     group by t.livemode, t.day, t.currency, t.processor, t.partner_id, t.program_id, t.link_id",
);
static BALANCES: Statement = Statement::new(
    "select e.partner_id, e.currency, e.livemode, e.program_id,
         cast(sum(case when e.kind in ('payout', 'payout_reversal') then 0 else e.amount end) as bigint) as earned,
         cast(sum(case when e.kind = 'hold' then -e.amount else 0 end) as bigint) as held,
         cast(sum(case when e.kind in ('payout', 'payout_reversal') then -e.amount else 0 end) as bigint) as paid
     from entries e where e.organization_id = $1
     group by e.partner_id, e.currency, e.livemode, e.program_id",
);
static MATURING: Statement = Statement::new(
    "select e.partner_id, e.currency, e.livemode, e.program_id, e.available_at / 86400000000 as day,
         cast(sum(e.amount) as bigint) as amount
     from entries e
     where e.organization_id = $1 and e.kind not in ('payout', 'payout_reversal') and e.available_at >= $2
     group by e.partner_id, e.currency, e.livemode, e.program_id, e.available_at / 86400000000",
);
static CLICKS: Statement = Statement::new(
    "select k.clicked_at / 86400000000 as day, k.partner_id, k.program_id, k.link_id, cast(count(*) as bigint) as clicks
     from clicks k where k.organization_id = $1
     group by k.clicked_at / 86400000000, k.partner_id, k.program_id, k.link_id",
);
static STORED_DAYS: Statement =
    Statement::new("select d.* from daily_figures d where d.organization_id = $1");
static STORED_BALANCES: Statement =
    Statement::new("select b.* from balances b where b.organization_id = $1");
static STORED_MATURING: Statement =
    Statement::new("select m.* from maturing m where m.organization_id = $1 and m.day >= $2");
static STORED_CLICKS: Statement =
    Statement::new("select c.* from daily_clicks c where c.organization_id = $1");
static FORGET_DAYS: Statement =
    Statement::new("delete from daily_figures where organization_id = $1");
static FORGET_BALANCES: Statement =
    Statement::new("delete from balances where organization_id = $1");
static FORGET_MATURING: Statement =
    Statement::new("delete from maturing where organization_id = $1");
static FORGET_CLICKS: Statement =
    Statement::new("delete from daily_clicks where organization_id = $1");

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[
    &DAYS,
    &BALANCES,
    &MATURING,
    &CLICKS,
    &STORED_DAYS,
    &STORED_BALANCES,
    &STORED_MATURING,
    &STORED_CLICKS,
    &FORGET_DAYS,
    &FORGET_BALANCES,
    &FORGET_MATURING,
    &FORGET_CLICKS,
];

/// All figures of an organization.
#[derive(Debug, Default)]
pub(crate) struct AllFigures {
    /// By partner.
    pub(crate) days: BTreeMap<Place, Sums>,
    /// Of all partners together.
    pub(crate) all_partners: BTreeMap<Place, Sums>,
    /// By partner and span.
    pub(crate) spans: BTreeMap<Place, Sums>,
    pub(crate) balances: BTreeMap<Account, Balance>,
    /// What becomes available after today.
    pub(crate) maturing: BTreeMap<(Account, i64), i64>,
    /// Those of all partners, and by partner: by day, partner, program and link.
    pub(crate) clicks: ClickCounts,
}

/// What the figures must be.
pub(crate) async fn recomputed(
    view: &mut dyn Transaction,
    org: &str,
    now: Micros,
) -> Result<AllFigures, StoreError> {
    let mut moves = Moves::default();
    for row in view.run(&DAYS, args![org]).await? {
        moves.on(place(&row)?, sums(&row)?);
    }
    let tomorrow = (day(now) + 1).saturating_mul(DAY);
    Ok(AllFigures {
        all_partners: moves.of_all_partners(),
        spans: moves.of_spans(),
        days: moves.days,
        balances: balances(&view.run(&BALANCES, args![org]).await?)?,
        maturing: maturing(&view.run(&MATURING, args![org, tomorrow]).await?)?,
        clicks: all_clicks(&view.run(&CLICKS, args![org]).await?)?,
    })
}

/// What they are.
pub(crate) async fn stored(
    view: &mut dyn Transaction,
    org: &str,
    now: Micros,
) -> Result<AllFigures, StoreError> {
    let mut all = AllFigures::default();
    for row in view.run(&STORED_DAYS, args![org]).await? {
        let figures = match row.int("by_partner")? {
            reach if reach == Reach::All.number() => &mut all.all_partners,
            reach if reach == Reach::Partner.number() => &mut all.days,
            _ => &mut all.spans,
        };
        figures.insert(place(&row)?, sums(&row)?);
    }
    let tomorrow = day(now) + 1;
    all.balances = balances(&view.run(&STORED_BALANCES, args![org]).await?)?;
    all.maturing = maturing(&view.run(&STORED_MATURING, args![org, tomorrow]).await?)?;
    all.clicks = stored_clicks(&view.run(&STORED_CLICKS, args![org]).await?)?;
    Ok(all)
}

/// Puts what the figures must be in the place of what they are. Nobody writes the organization's ledger meanwhile.
///
/// # Errors
/// What the database said: then nothing has changed.
pub async fn mend(store: &dyn Store, org: &str, now: Micros) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.run(&LOCK, args![org]).await?;
    for forget in [
        &FORGET_DAYS,
        &FORGET_BALANCES,
        &FORGET_MATURING,
        &FORGET_CLICKS,
    ] {
        transaction.run(forget, args![org]).await?;
    }
    let all = recomputed(transaction.as_mut(), org, now).await?;
    let figures = Figures {
        moves: Moves {
            days: all.days,
            balances: all.balances,
            maturing: all.maturing,
        },
        ..Figures::default()
    };
    figures.write(transaction.as_mut(), org, now).await?;
    write_clicks(transaction.as_mut(), org, all.clicks).await?;
    transaction.commit().await
}

fn place(row: &Row) -> Result<Place, StoreError> {
    Ok(Place {
        livemode: row.flag("livemode")?,
        day: row.int("day")?,
        currency: row.text("currency")?.to_owned(),
        processor: row.text("processor")?.to_owned(),
        partner_id: row.text("partner_id")?.to_owned(),
        program_id: row.text("program_id")?.to_owned(),
        link_id: row.text("link_id")?.to_owned(),
    })
}

fn sums(row: &Row) -> Result<Sums, StoreError> {
    let mut values = [0; 8];
    for (value, column) in values.iter_mut().zip(Sums::COLUMNS) {
        *value = row.int(column)?;
    }
    Ok(Sums::of(values))
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        partner_id: row.text("partner_id")?.to_owned(),
        currency: row.text("currency")?.to_owned(),
        livemode: row.flag("livemode")?,
        program_id: row.text("program_id")?.to_owned(),
    })
}

fn balances(rows: &[Row]) -> Result<BTreeMap<Account, Balance>, StoreError> {
    let balance = |row: &Row| {
        let balance = Balance {
            earned: row.int("earned")?,
            held: row.int("held")?,
            paid: row.int("paid")?,
        };
        Ok((account(row)?, balance))
    };
    rows.iter().map(balance).collect()
}

fn maturing(rows: &[Row]) -> Result<BTreeMap<(Account, i64), i64>, StoreError> {
    rows.iter()
        .map(|row| Ok(((account(row)?, row.int("day")?), row.int("amount")?)))
        .collect()
}

fn all_clicks(rows: &[Row]) -> Result<ClickCounts, StoreError> {
    let mut counts = ClickCounts::new();
    for row in rows {
        let place = (row.int("day")?, clicked(row)?);
        count_clicks(&mut counts, place, row.int("clicks")?);
    }
    Ok(counts)
}

/// Of which partner, program and link clicks are.
fn clicked(row: &Row) -> Result<[&str; 3], StoreError> {
    Ok([
        row.text("partner_id")?,
        row.text("program_id")?,
        row.text("link_id")?,
    ])
}

fn stored_clicks(rows: &[Row]) -> Result<ClickCounts, StoreError> {
    let key = |row: &Row| {
        let of = clicked(row)?.map(str::to_owned);
        Ok::<_, StoreError>((row.flag("by_partner")?, row.int("day")?, of))
    };
    rows.iter()
        .map(|row| Ok((key(row)?, row.int("clicks")?)))
        .collect()
}
