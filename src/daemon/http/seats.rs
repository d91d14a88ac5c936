//! Who is connected: a bounded number of seats, and who has to leave when they run out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};

/// The most connections at once; fewer where the system gives the process few descriptors. One that has sent a
/// byte takes some 24 KiB, most of it the buffers that it is read into and written from; a page has six at most, a
/// controller a few.
pub const MAX_CONNECTIONS: usize = 192;

/// The most connections at once from one address: as many as there are event streams, and 32.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 96;

/// How long a connection may be without a request, and how long a request's header may take.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take no bytes of an answer.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(20);

/// All seats of a server.
#[derive(Clone)]
pub(super) struct Seats(Arc<Table>);

struct Table {
    /// The most connections at once.
    most: usize,
    began: Instant,
    seats: Mutex<BTreeMap<u64, Arc<Record>>>,
}

struct Record {
    address: IpAddr,
    /// Requests that are being answered: 0 or 1.
    busy: AtomicBool,
    /// When the last answer ended, in milliseconds since the server began.
    idle_since: AtomicU64,
    /// Since when the client takes no bytes; 0 while it does.
    stalled_since: AtomicU64,
    leave: Sender<std::convert::Infallible>,
}

/// A connection's seat; dropping it frees it.
pub(super) struct Seat {
    table: Seats,
    number: u64,
    record: Arc<Record>,
    leave: Receiver<std::convert::Infallible>,
}

/// A request that is being answered on a seat, until dropped.
pub(super) struct Busy {
    table: Seats,
    record: Arc<Record>,
}

/// Notes whether the client of a seat takes what it is sent.
pub(super) struct Writes {
    table: Seats,
    record: Arc<Record>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Table {
            most,
            began: Instant::now(),
            seats: Mutex::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Record>>> {
        // Nothing panics half way through a change.
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the server began, from 1 on.
    fn now(&self) -> u64 {
        1 + self.0.began.elapsed().as_millis() as u64
    }

    /// A seat for a new connection. Near the cap the connection that was idle longest leaves for it;
    /// `None` when nobody is idle.
    pub(super) fn take(&self, address: IpAddr) -> Option<Seat> {
        let mut seats = self.lock();
        let here = seats
            .values()
            .filter(|seat| seat.address == address)
            .count();
        if here >= MAX_CONNECTIONS_PER_ADDRESS {
            evict(&mut seats, |seat| seat.address == address)?;
        } else if seats.len() >= self.0.most {
            evict(&mut seats, |_| true)?;
        }
        let number = seats.last_key_value().map_or(0, |(number, _)| number + 1);
        let (leave, told) = async_channel::bounded(1);
        let record = Arc::new(Record {
            address,
            busy: AtomicBool::new(false),
            idle_since: AtomicU64::new(self.now()),
            stalled_since: AtomicU64::new(0),
            leave,
        });
        seats.insert(number, Arc::clone(&record));
        Some(Seat {
            table: self.clone(),
            number,
            record,
            leave: told,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Frees one seat of whoever was idle longest.
    pub(super) fn make_room(&self) {
        evict(&mut self.lock(), |_| true);
    }

    /// Sends everybody away who was idle or stalled too long.
    pub(super) fn reap(&self) {
        let now = self.now();
        let over = |since: &AtomicU64, limit: Duration| {
            let since = since.load(Ordering::Relaxed);
            since > 0 && u128::from(now.saturating_sub(since)) > limit.as_millis()
        };
        self.lock().retain(|_, seat| {
            let idle = !seat.is_busy() && over(&seat.idle_since, IDLE_TIMEOUT);
            let leaves = idle || over(&seat.stalled_since, STALL_TIMEOUT);
            if leaves {
                seat.leave.close();
            }
            !leaves
        });
    }

    /// Sends everybody away.
    pub(super) fn clear(&self) {
        self.lock().retain(|_, seat| {
            seat.leave.close();
            false
        });
    }
}

impl Record {
    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }
}

fn evict(
    seats: &mut BTreeMap<u64, Arc<Record>>,
    among: impl Fn(&Record) -> bool,
) -> Option<Arc<Record>> {
    let idle = seats
        .iter()
        .filter(|(_, seat)| !seat.is_busy() && among(seat));
    let longest = idle.min_by_key(|(_, seat)| seat.idle_since.load(Ordering::Relaxed));
    let number = *longest?.0;
    let seat = seats.remove(&number)?;
    seat.leave.close();
    Some(seat)
}

impl Seat {
    /// Waits until the connection has to leave.
    pub(super) async fn told_to_leave(&self) {
        // Nothing can be sent, so this ends when the channel is closed, and only then.
        let _ = self.leave.recv().await;
    }

    /// Takes note that a request's header is there. Until the rest is, and [`Busy::begin`] says so, its
    /// client is waited for, and leaves before others who were here later: else clients that send no
    /// bodies would take all seats.
    pub(super) fn asked(&self) -> Busy {
        let now = self.table.now();
        self.record.idle_since.store(now, Ordering::Relaxed);
        Busy {
            table: self.table.clone(),
            record: Arc::clone(&self.record),
        }
    }

    pub(super) fn writes(&self) -> Writes {
        Writes {
            table: self.table.clone(),
            record: Arc::clone(&self.record),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.table.lock();
        // An evicted seat's number may be another's by now.
        if seats
            .get(&self.number)
            .is_some_and(|seat| Arc::ptr_eq(seat, &self.record))
        {
            seats.remove(&self.number);
        }
    }
}

impl Busy {
    /// The whole request is there: its connection stays until this is dropped.
    pub(super) fn begin(&self) {
        self.record.busy.store(true, Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.record
            .idle_since
            .store(self.table.now(), Ordering::Relaxed);
        self.record.busy.store(false, Ordering::Relaxed);
    }
}

impl Writes {
    pub(super) fn stalled(&self) {
        let now = self.table.now();
        let _ = self.record.stalled_since.compare_exchange(
            0,
            now,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    pub(super) fn moved(&self) {
        if self.record.stalled_since.load(Ordering::Relaxed) != 0 {
            self.record.stalled_since.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_told(seat: &Seat) -> bool {
        seat.leave.is_closed()
    }

    fn busy(seat: &Seat) -> Busy {
        let busy = seat.asked();
        busy.begin();
        busy
    }

    #[test]
    fn the_longest_idle_leaves_first_and_the_busy_stay() {
        let seats = Seats::new(MAX_CONNECTIONS);
        let address = IpAddr::from([127, 0, 0, 1]);
        let taken: Vec<Seat> = (0..MAX_CONNECTIONS_PER_ADDRESS as u64)
            .map(|number| {
                let seat = seats.take(address).unwrap();
                seat.record.idle_since.store(1 + number, Ordering::Relaxed);
                seat
            })
            .collect();
        let first = busy(&taken[0]);
        let next = seats.take(address).unwrap();
        assert!(!is_told(&taken[0]) && is_told(&taken[1]) && !is_told(&taken[2]));

        let _busy: Vec<Busy> = taken[2..].iter().map(busy).collect();
        let _next_busy = busy(&next);
        assert!(seats.take(address).is_none(), "nobody is idle");
        assert!(seats.take(IpAddr::from([127, 0, 0, 2])).is_some());
        drop(first);
        assert!(seats.take(address).is_some());
        assert!(is_told(&taken[0]));
    }

    #[test]
    fn whoever_sends_no_body_makes_way() {
        let seats = Seats::new(MAX_CONNECTIONS);
        let address = IpAddr::from([127, 0, 0, 1]);
        let take = |_| seats.take(address).unwrap();
        let taken: Vec<Seat> = (0..MAX_CONNECTIONS_PER_ADDRESS).map(take).collect();
        let asked: Vec<Busy> = taken.iter().map(Seat::asked).collect();
        asked[1..].iter().for_each(Busy::begin);
        assert!(seats.take(address).is_some());
        assert!(is_told(&taken[0]) && !taken[1..].iter().any(is_told));
    }

    #[test]
    fn whoever_takes_no_bytes_leaves_though_busy() {
        let seats = Seats::new(MAX_CONNECTIONS);
        let seat = seats.take(IpAddr::from([127, 0, 0, 1])).unwrap();
        let _busy = busy(&seat);
        seat.writes().stalled();
        seats.reap();
        assert!(!is_told(&seat));
        let long_ago = Instant::now() - STALL_TIMEOUT - Duration::from_secs(5);
        let table = Table {
            most: MAX_CONNECTIONS,
            began: long_ago,
            seats: Mutex::new(std::mem::take(&mut seats.lock())),
        };
        Seats(Arc::new(table)).reap();
        assert!(is_told(&seat));
    }
}
