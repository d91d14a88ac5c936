//! What one address may take up.
//!
//! Peers of this machine share its address and are held to the bounds of all together only.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::address::host;
use super::rates::Bucket;

/// The most connections from one address that are accepted and no link yet. One more takes the place of
/// that address's oldest.
pub const MAX_GREETINGS_AN_ADDRESS: usize = 8;

/// The most links that peers at one address have made.
pub const MAX_LINKS_AN_ADDRESS: usize = 16;

/// Connections that are accepted from one address a second, for long: each may become a link, which
/// begins with the whole pool.
pub const CONNECTIONS_PER_SECOND: u64 = 2;

/// Connections that are accepted from one address at once.
pub const CONNECTIONS_BURST: u64 = 32;

/// The most addresses whose connections are counted. One more begins the count anew.
pub const MAX_COUNTED_ADDRESSES: usize = 4096;

/// Which of those who wait has to make way for another one from `host`, where there is no room. Those
/// who wait stand in the order they came.
pub(super) fn makes_way(waiting: &[IpAddr], host: IpAddr, most: usize) -> Option<usize> {
    let mut from_there = (0..waiting.len()).filter(|place| waiting[*place] == host);
    let oldest_there = from_there.next();
    let crowded = !host.is_loopback() && from_there.count() + 1 >= MAX_GREETINGS_AN_ADDRESS;
    match oldest_there {
        Some(place) if crowded => Some(place),
        _ => (waiting.len() >= most).then_some(0),
    }
}

/// How often each address connects.
#[derive(Debug, Default)]
pub(super) struct Arrivals(BTreeMap<IpAddr, Bucket>);

impl Arrivals {
    /// Counts a connection; whether it may stay.
    pub(super) fn admit(&mut self, from: IpAddr, now: Duration) -> bool {
        let host = host(from);
        if host.is_loopback() {
            return true;
        }
        if self.0.len() >= MAX_COUNTED_ADDRESSES && !self.0.contains_key(&host) {
            self.0.clear();
        }
        let full = || Bucket::new(CONNECTIONS_PER_SECOND, CONNECTIONS_BURST);
        let bucket = self.0.entry(host).or_insert_with(full);
        let there = bucket.has(now, 1);
        if there {
            bucket.take(now, 1);
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 20;

    fn at(number: usize) -> IpAddr {
        IpAddr::from([192, 0, 2, number as u8])
    }

    #[test]
    fn an_address_that_fills_the_door_makes_way_for_itself() {
        let mut waiting = vec![at(9)];
        waiting.extend([at(1); MAX_GREETINGS_AN_ADDRESS]);
        assert_eq!(makes_way(&waiting, at(1), MOST), Some(1));
        assert_eq!(makes_way(&waiting, at(2), MOST), None);
        assert_eq!(
            makes_way(&waiting[..MAX_GREETINGS_AN_ADDRESS], at(1), MOST),
            None
        );
        let local = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(makes_way(&[local; MOST - 1], local, MOST), None);
        assert_eq!(makes_way(&[local; MOST], local, MOST), Some(0));
        let all: Vec<IpAddr> = (0..MOST).map(at).collect();
        assert_eq!(makes_way(&all, at(100), MOST), Some(0));
    }

    #[test]
    fn an_address_connects_so_often_and_this_machine_as_it_likes() {
        let mut arrivals = Arrivals::default();
        let now = Duration::from_secs(5);
        let mut come =
            |from, now, times: u64| (0..times).filter(|_| arrivals.admit(from, now)).count() as u64;
        assert_eq!(come(at(1), now, 100), CONNECTIONS_BURST);
        assert_eq!(
            come(at(1), now + Duration::from_secs(3), 100),
            3 * CONNECTIONS_PER_SECOND
        );
        assert_eq!(come(at(2), now, 5), 5);
        assert_eq!(come([127, 0, 0, 1].into(), now, 1_000), 1_000);
        // Many addresses do not grow it without end.
        for number in 0..2 * MAX_COUNTED_ADDRESSES as u32 {
            arrivals.admit(std::net::Ipv4Addr::from(number).into(), now);
        }
        assert!(arrivals.0.len() <= MAX_COUNTED_ADDRESSES);
    }
}
