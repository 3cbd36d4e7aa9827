//! A month of a processor's traffic: the shipped scenarios, moved into the month, with the hours in which the server was down.

use std::ops::Range;

use providers::{Micros, Verified};
use serde_json::{Number, Value};
use tributary::fixtures::{Fixture, Mode};

use crate::support::app::NOW;
use crate::support::dice::Dice;
use crate::support::shipped;

/// One delivery, and when it was made.
#[derive(Clone)]
pub struct Made {
    pub at: Option<Micros>,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// All scenarios of one kind of source: live, without settings of its own.
pub struct Month {
    pub fixtures: Vec<Fixture>,
    pub made: Vec<Made>,
    pub down: Vec<Range<Micros>>,
}

/// When the latest of a scenario's deliveries may have been made: so many hours before now.
const LATEST_HOURS: usize = 4;
const HOURS: usize = 24 * 26;

impl Month {
    /// Another month for each seed.
    pub fn of(processor: &str, seed: u64) -> Self {
        Self::with(processor, seed, |_| true)
    }

    /// Of some scenarios alone.
    pub fn with(processor: &str, seed: u64, is_wanted: impl Fn(&Fixture) -> bool) -> Self {
        let mut dice = Dice(seed);
        let of = shipped::of(processor).into_iter();
        let usual = of.filter(|fixture| {
            fixture.source.mode == Mode::Live
                && fixture.source.settings.0.is_empty()
                && fixture.calls.is_empty()
        });
        let usual = usual.filter(|fixture| is_wanted(fixture));
        let mut fixtures: Vec<Fixture> = usual.cloned().collect();
        let mut made = Vec::new();
        for fixture in &mut fixtures {
            let last = fixture
                .deliveries
                .iter()
                .filter_map(|sent| happened(processor, &sent.headers, &sent.body))
                .max();
            let hours = i64::try_from(LATEST_HOURS + dice.below(HOURS)).unwrap();
            let later = last.map_or(0, |last| NOW.plus_seconds(-hours * 3_600).0 - last.0);
            // Whole seconds, as some processors count.
            move_by(fixture, later / 1_000_000 * 1_000_000);
            made.extend(fixture.deliveries.iter().map(|sent| Made {
                at: happened(processor, &sent.headers, &sent.body),
                headers: sent.headers.clone(),
                body: sent.body.clone(),
            }));
        }
        made.sort_by_key(|one| one.at);
        let down = (0..14).map(|_| {
            let begun =
                NOW.plus_seconds(-3_600 * i64::try_from(LATEST_HOURS + dice.below(HOURS)).unwrap());
            begun..begun.plus_seconds(3_600 * i64::try_from(1 + dice.below(36)).unwrap())
        });
        Self {
            fixtures,
            made,
            down: down.collect(),
        }
    }

    /// Whether a delivery met a server.
    pub fn arrives(&self, one: &Made) -> bool {
        one.at
            .is_none_or(|at| !self.down.iter().any(|hours| hours.contains(&at)))
    }
}

/// When an event happened, as its outside says.
fn happened(processor: &str, headers: &[(String, String)], body: &str) -> Option<Micros> {
    let verified = Verified::from_inbox(body.as_bytes().to_vec(), headers.to_vec());
    providers::adapter(processor)
        .unwrap()
        .envelope(&verified)
        .occurred_at
}

fn move_by(fixture: &mut Fixture, micros: i64) {
    for sent in &mut fixture.deliveries {
        let mut body: Value = serde_json::from_str(&sent.body).unwrap();
        shift(&mut body, micros);
        sent.body = body.to_string();
        for (_, value) in &mut sent.headers {
            if let Some(shifted) = shifted(value, micros) {
                *value = shifted;
            }
        }
    }
    for click in &mut fixture.clicks {
        click.clicked_at = shifted(&click.clicked_at, micros).unwrap();
    }
}

fn shift(value: &mut Value, micros: i64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, micros)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| shift(member, micros)),
        Value::String(text) => {
            if let Some(shifted) = shifted(text, micros) {
                *text = shifted;
            }
        }
        Value::Number(number) => {
            let Some(whole) = number.as_i64() else { return };
            if (1_600_000_000..2_000_000_000).contains(&whole) {
                *number = Number::from(whole + micros / 1_000_000);
            } else if (1_600_000_000_000..2_000_000_000_000).contains(&whole) {
                *number = Number::from(whole + micros / 1_000);
            }
        }
        Value::Bool(_) | Value::Null => {}
    }
}

/// A time as text, moved, to the microsecond.
fn shifted(text: &str, micros: i64) -> Option<String> {
    let at = Micros::parse_rfc3339(text).filter(|_| text.get(10..11) == Some("T"))?;
    let moved = Micros(at.0 + micros);
    let fraction = moved.0.rem_euclid(1_000);
    Some(moved.to_string().replace('Z', &format!("{fraction:03}Z")))
}
