//! The kept figures once more, summed up from what they count: for the audit to compare, and to be put in the place of those that are wrong.

use std::collections::BTreeMap;

use providers::Micros;

use super::{ClickCounts, Figures, account, count_clicks, write_clicks};
use crate::args;
use crate::ledger::figures::{Account, Balance, DAY, Moves, Place, Reach, Sums, day};
use crate::ledger::writer::sql::{LOCK, recomputed as sql};
use crate::store::{Row, Store, StoreError, Transaction};

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
    for row in view.run(&sql::DAYS, args![org]).await? {
        moves.on(place(&row)?, sums(&row)?);
    }
    let tomorrow = (day(now) + 1).saturating_mul(DAY);
    Ok(AllFigures {
        all_partners: moves.of_all_partners(),
        spans: moves.of_spans(),
        days: moves.days,
        balances: balances(&view.run(&sql::BALANCES, args![org]).await?)?,
        maturing: maturing(&view.run(&sql::MATURING, args![org, tomorrow]).await?)?,
        clicks: all_clicks(&view.run(&sql::CLICKS, args![org]).await?)?,
    })
}

/// What they are.
pub(crate) async fn stored(
    view: &mut dyn Transaction,
    org: &str,
    now: Micros,
) -> Result<AllFigures, StoreError> {
    let mut all = AllFigures::default();
    for row in view.run(&sql::STORED_DAYS, args![org]).await? {
        let figures = match row.int("by_partner")? {
            reach if reach == Reach::All.number() => &mut all.all_partners,
            reach if reach == Reach::Partner.number() => &mut all.days,
            _ => &mut all.spans,
        };
        figures.insert(place(&row)?, sums(&row)?);
    }
    let tomorrow = day(now) + 1;
    all.balances = balances(&view.run(&sql::STORED_BALANCES, args![org]).await?)?;
    all.maturing = maturing(
        &view
            .run(&sql::STORED_MATURING, args![org, tomorrow])
            .await?,
    )?;
    all.clicks = stored_clicks(&view.run(&sql::STORED_CLICKS, args![org]).await?)?;
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
        &sql::FORGET_DAYS,
        &sql::FORGET_BALANCES,
        &sql::FORGET_MATURING,
        &sql::FORGET_CLICKS,
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
