//! One search by several threads.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Outcome, search};
use crate::ledger::account::MAX_SAFE_INTEGER;
use crate::ledger::header::{Difficulty, Header};

/// Nonces handed out at a time: a millisecond's work or so, which makes the handing out cost nothing.
pub const PART: u64 = 1 << 16;

/// Nonces there are.
const NONCES: u64 = MAX_SAFE_INTEGER + 1;

/// Hands all nonces out in parts, in order, from a start on and around, so that several threads find
/// what one would: the first nonce that fits.
///
/// Each thread calls [`Parts::search`]; of what they find, [`Parts::first`] is the answer.
///
/// ```
/// use tickchain::ledger::search::{Outcome, Parts, search_from};
/// use tickchain::ledger::{Difficulty, Genesis};
/// let header = *Genesis::default().block()?.header();
/// let difficulty = Difficulty::new(16).expect("16 bits are allowed");
/// let parts = Parts::new(7);
/// let outcomes = std::thread::scope(|scope| {
///     let threads = [(); 2].map(|()| scope.spawn(|| parts.search(&header, difficulty, || false)));
///     threads.map(|thread| thread.join().expect("a search does not panic"))
/// });
/// assert_eq!(parts.first(outcomes), search_from(&header, difficulty, 7, || false));
/// # Ok::<(), tickchain::ledger::GenesisError>(())
/// ```
#[derive(Debug)]
pub struct Parts {
    start: u64,
    /// The next part to hand out.
    next: AtomicU64,
    /// The lowest part in which a nonce was found; those above are of no use any more.
    found: AtomicU64,
}

impl Parts {
    /// All nonces, from `start` up to [`MAX_SAFE_INTEGER`] and on from 0.
    ///
    /// # Panics
    /// When `start` is above [`MAX_SAFE_INTEGER`].
    pub fn new(start: u64) -> Self {
        assert!(
            start <= MAX_SAFE_INTEGER,
            "start {start} is above {MAX_SAFE_INTEGER}"
        );
        Self {
            start,
            next: AtomicU64::new(0),
            found: AtomicU64::new(u64::MAX),
        }
    }

    /// Searches one part after the other until there is nothing left to do for this thread.
    pub fn search(
        &self,
        header: &Header,
        difficulty: Difficulty,
        mut stop: impl FnMut() -> bool,
    ) -> Outcome {
        // No memory is shared but these numbers, each of which only ever moves one way.
        loop {
            let part = self.next.fetch_add(1, Ordering::Relaxed);
            if part >= NONCES / PART || part > self.found.load(Ordering::Relaxed) {
                return Outcome::Exhausted;
            }
            let mut told = false;
            let outcome = self.search_part(part, header, difficulty, &mut || {
                told = told || stop();
                told || self.found.load(Ordering::Relaxed) < part
            });
            match outcome {
                Outcome::Exhausted => {}
                Outcome::Found(_) => {
                    self.found.fetch_min(part, Ordering::Relaxed);
                    return outcome;
                }
                Outcome::Stopped if told => return outcome,
                // Another thread found one in a lower part.
                Outcome::Stopped => return Outcome::Exhausted,
            }
        }
    }

    /// Of what the threads found, the nonce that comes first.
    pub fn first(&self, outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
        let mut first = Outcome::Exhausted;
        for outcome in outcomes {
            first = match (first, outcome) {
                (Outcome::Stopped, _) | (_, Outcome::Stopped) => return Outcome::Stopped,
                (Outcome::Found(one), Outcome::Found(other)) => {
                    let nearest = self.distance(one) <= self.distance(other);
                    Outcome::Found(if nearest { one } else { other })
                }
                (Outcome::Exhausted, other) => other,
                (found, Outcome::Exhausted) => found,
            };
        }
        first
    }

    /// How many nonces lie between the start and `nonce`.
    fn distance(&self, nonce: u64) -> u64 {
        nonce.wrapping_sub(self.start) & MAX_SAFE_INTEGER
    }

    fn search_part(
        &self,
        part: u64,
        header: &Header,
        difficulty: Difficulty,
        stop: &mut impl FnMut() -> bool,
    ) -> Outcome {
        let first = (self.start + part * PART) & MAX_SAFE_INTEGER;
        let last = first + PART - 1;
        if last <= MAX_SAFE_INTEGER {
            return search(header, difficulty, first..=last, stop);
        }
        match search(header, difficulty, first..=MAX_SAFE_INTEGER, &mut *stop) {
            Outcome::Exhausted => search(header, difficulty, 0..=last & MAX_SAFE_INTEGER, stop),
            outcome => outcome,
        }
    }
}
