//! Who is connected, and who has to go when there is no room: the connection that has been idle the longest, or
//! else the one for whose body we have been waiting the longest.
//!
//! A processor must get in whoever else holds connections open. Idle is a connection on which no request is being
//! answered, one whose head is not complete among them. One address may not take all places, unless it is busy
//! with nothing else connected.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::pace::Pace;

/// All connections.
#[derive(Clone)]
pub(super) struct Seats(Arc<Shared>);

struct Shared {
    /// By the order of arrival.
    taken: Mutex<BTreeMap<u64, Taken>>,
    next: AtomicU64,
    most: usize,
    most_of_one: usize,
}

struct Taken {
    address: IpAddr,
    pace: Pace,
    leave: CancellationToken,
}

/// One connection's place; free again when dropped.
pub(super) struct Seat {
    seats: Seats,
    number: u64,
    /// Cancelled when the connection has to go.
    pub(super) leave: CancellationToken,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.lock().remove(&self.number);
    }
}

impl Seats {
    /// `most` places, of which one address may have `most_of_one`.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self(Arc::new(Shared {
            taken: Mutex::default(),
            next: AtomicU64::new(0),
            most: most.max(1),
            most_of_one: most_of_one.clamp(1, most.max(1)),
        }))
    }

    /// A place for a new connection. Where there is none one has to go that waits for its client: of the same
    /// address where that has its share, else of anybody. `None` when all are being answered.
    pub(super) fn take(&self, address: IpAddr, pace: &Pace) -> Option<Seat> {
        let mut taken = self.lock();
        let of_address = taken.values().filter(|t| t.address == address).count();
        let is_greedy = of_address >= self.0.most_of_one;
        if is_greedy || taken.len() >= self.0.most {
            let longest = taken
                .iter()
                .filter(|(_, t)| !is_greedy || t.address == address)
                .filter_map(|(number, t)| Some((t.pace.waiting()?, *number)))
                .min()?;
            if let Some(gone) = taken.remove(&longest.1) {
                gone.leave.cancel();
            }
        }
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let leave = CancellationToken::new();
        let newcomer = Taken {
            address,
            pace: pace.clone(),
            leave: leave.clone(),
        };
        taken.insert(number, newcomer);
        Some(Seat {
            seats: self.clone(),
            number,
            leave,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Taken>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

    #[test]
    fn who_has_been_idle_the_longest_makes_room() {
        let seats = Seats::new(2, 2);
        let paces = [Pace::default(), Pace::default(), Pace::default()];
        let first = seats.take(HERE, &paces[0]).unwrap();
        let second = seats.take(HERE, &paces[1]).unwrap();
        // The first has answered since, so the second has been idle for longer.
        drop(paces[0].begin());
        let third = seats.take(THERE, &paces[2]).unwrap();
        assert!(second.leave.is_cancelled());
        assert!(!first.leave.is_cancelled() && !third.leave.is_cancelled());
    }

    #[test]
    fn where_all_are_busy_nobody_has_to_go() {
        let seats = Seats::new(1, 1);
        let pace = Pace::default();
        let _busy = pace.begin();
        let first = seats.take(HERE, &pace).unwrap();
        assert!(seats.take(THERE, &Pace::default()).is_none());
        drop(first);
        assert!(seats.take(THERE, &Pace::default()).is_some());
    }

    #[test]
    fn who_lets_us_wait_for_his_body_makes_room_where_nobody_is_idle() {
        let seats = Seats::new(3, 3);
        let paces = [Pace::default(), Pace::default(), Pace::default()];
        let _busy = paces.each_ref().map(Pace::begin);
        let _bodies = [paces[1].receive(), paces[2].receive()];
        let taken = paces.each_ref().map(|pace| seats.take(HERE, pace).unwrap());
        let _fourth = seats.take(THERE, &Pace::default()).unwrap();
        let gone = taken.each_ref().map(|seat| seat.leave.is_cancelled());
        assert_eq!(gone, [false, true, false]);
    }

    #[test]
    fn an_address_beyond_its_share_gives_up_one_of_its_own() {
        let seats = Seats::new(3, 2);
        let other = seats.take(THERE, &Pace::default()).unwrap();
        let own = seats.take(HERE, &Pace::default()).unwrap();
        let _second = seats.take(HERE, &Pace::default()).unwrap();
        let _third = seats.take(HERE, &Pace::default()).unwrap();
        assert!(own.leave.is_cancelled() && !other.leave.is_cancelled());
    }
}
