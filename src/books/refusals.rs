//! Deliveries that were refused, by source and reason.

use providers::Micros;

use super::Scope;
use super::row::text;
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// How long they are kept, in days.
pub const KEPT_DAYS: i64 = 30;

static OF_ALL: Statement = Statement::new(
    "select r.source_id, r.reason, cast(sum(r.refused) as bigint) as refused, max(r.last_at) as last_at, min(r.hour) as first_hour,
         cast(sum(case when r.hour >= $3 then r.refused else 0 end) as bigint) as in_last_day,
         (select l.seconds from refusals l where l.organization_id = $1 and l.source_id = r.source_id and l.reason = r.reason
          order by l.hour desc limit 1) as seconds
     from refusals r where r.organization_id = $1 and r.hour >= $2
     group by r.source_id, r.reason order by max(r.last_at) desc, r.source_id, r.reason",
);
static HOURS: Statement = Statement::new(
    "select hour, cast(sum(refused) as bigint) as refused from refusals
     where organization_id = $1 and source_id = $2 and hour >= $3 group by hour order by hour",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OF_ALL, &HOURS];

/// How often a source refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The source.
    pub source_id: String,
    /// A short stable word.
    pub reason: String,
    /// How often.
    pub refused: i64,
    /// How often of that in the last day.
    pub in_last_day: i64,
    /// The hour in which it began.
    pub first_hour: Micros,
    /// When it happened last.
    pub last_at: Micros,
    /// How far the time of the last one was off, in seconds.
    pub seconds: Option<i64>,
}

fn refused(row: &Row) -> Result<Refused, StoreError> {
    Ok(Refused {
        source_id: text(row, "source_id")?,
        reason: text(row, "reason")?,
        refused: row.int("refused")?,
        in_last_day: row.int("in_last_day")?,
        first_hour: Micros(row.int("first_hour")?),
        last_at: Micros(row.int("last_at")?),
        seconds: row.opt_int("seconds")?,
    })
}

/// What the organization's sources have refused since a time, the latest first.
pub async fn since(scope: &Scope<'_>, since: Micros) -> Result<Vec<Refused>, StoreError> {
    let args = args![scope.org, since.0, scope.now.plus_days(-1).0];
    let rows = scope.store.read(&OF_ALL, args).await?;
    rows.iter().map(refused).collect()
}

/// How many one source has refused in each hour since a time; hours without one are left out.
pub async fn by_hour(
    scope: &Scope<'_>,
    source_id: &str,
    since: Micros,
) -> Result<Vec<(Micros, i64)>, StoreError> {
    let args = args![scope.org, source_id, since.0];
    let rows = scope.store.read(&HOURS, args).await?;
    rows.iter()
        .map(|row| Ok((Micros(row.int("hour")?), row.int("refused")?)))
        .collect()
}
