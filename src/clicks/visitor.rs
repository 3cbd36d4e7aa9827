//! Who visits: a digest of address and browser that cannot be followed from one day to the next.
//!
//! Neither an address nor a digest that could be compared with tomorrow's is ever stored.

use std::net::IpAddr;

use providers::Micros;
use providers::signature::hmac_sha256;

use crate::config::MasterKey;
use crate::id::IdSource;

const MICROS_OF_HOUR: i64 = 3_600_000_000;
const HOURS_OF_DAY: i64 = 24;

/// Tells visitors apart. All replicas with one master key tell the same; without one each process has a salt of its
/// own, which is gone when it ends.
pub struct Visitors {
    salt: [u8; 32],
}

impl Visitors {
    /// With a salt that follows from the master key, or one drawn at random.
    pub fn new(master_key: Option<&MasterKey>, ids: &IdSource) -> Self {
        let salt = match master_key {
            Some(key) => hmac_sha256(key.bytes(), &[b"tributary/visitors"]),
            None => ids.random(),
        };
        Self { salt }
    }

    /// A visitor's visits of one hour to one link have one name; it begins with the hour.
    pub fn visit(&self, address: IpAddr, browser: &str, link_id: &str, now: Micros) -> String {
        let hour = hour(now);
        let day = hour.div_euclid(HOURS_OF_DAY).to_be_bytes();
        let daily = hmac_sha256(&self.salt, &[&day]);
        let address = address.to_string();
        let parts = [address.as_str(), browser, link_id];
        let lengths = parts.map(|part| part.len().to_be_bytes());
        let digest = hmac_sha256(
            &daily,
            &[
                &hour.to_be_bytes(),
                &lengths.concat(),
                parts.concat().as_bytes(),
            ],
        );
        let digest: Vec<u8> = digest.into_iter().take(16).collect();
        format!("{}{}", first_of_hour(hour), hex::encode(digest))
    }
}

/// Before this, in the order of texts, stand all visits that are over: the hour now and the one before are kept.
pub(super) fn over(now: Micros) -> String {
    first_of_hour(hour(now).saturating_sub(1))
}

fn hour(now: Micros) -> i64 {
    now.0.div_euclid(MICROS_OF_HOUR)
}

fn first_of_hour(hour: i64) -> String {
    format!("{hour:010}/")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::TestClock;

    const NOW: Micros = Micros(1_795_348_800_000_000);
    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn visitors(seed: u64) -> Visitors {
        let ids = IdSource::seeded(Arc::new(TestClock::at(NOW)), seed);
        Visitors::new(None, &ids)
    }

    #[test]
    fn a_visit_is_one_visitors_to_one_link_within_an_hour() {
        let visitors = visitors(1);
        let first = visitors.visit(HERE, "Firefox", "lnk_1", NOW);
        assert_eq!(
            visitors.visit(HERE, "Firefox", "lnk_1", NOW.plus_seconds(3_599)),
            first
        );
        for other in [
            visitors.visit(THERE, "Firefox", "lnk_1", NOW),
            visitors.visit(HERE, "Safari", "lnk_1", NOW),
            visitors.visit(HERE, "Firefox", "lnk_2", NOW),
            visitors.visit(HERE, "Firefoxl", "nk_1", NOW),
            visitors.visit(HERE, "Firefox", "lnk_1", NOW.plus_seconds(3_600)),
            self::visitors(2).visit(HERE, "Firefox", "lnk_1", NOW),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn visits_are_over_after_the_hour_that_follows_theirs() {
        let visit = visitors(1).visit(HERE, "Firefox", "lnk_1", NOW);
        assert!(over(NOW.plus_seconds(3_600)) < visit);
        assert!(over(NOW.plus_seconds(7_200)) > visit);
    }
}
