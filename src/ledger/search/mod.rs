//! The nonce search.
//!
//! [`search`] tries nonces many at a time by the best [`Path`] the processor has, looking at the last
//! word of each hash alone; whatever seems to fit is hashed again with `sha2` before it is believed.
//! [`Parts`] hands a range out to several threads, which still find the first nonce that fits.

mod lanes;
mod parts;
mod path;
mod sha256;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

use std::ops::RangeInclusive;

pub use parts::{PART, Parts};
pub use path::Path;

use self::lanes::{LANES, Midstate};
use super::account::MAX_SAFE_INTEGER;
use super::header::{Difficulty, Header};

/// How many nonces are tried between two looks at `stop`.
pub const STOP_INTERVAL: u64 = 4096;

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The first nonce of the range that fits.
    Found(u64),
    /// No nonce of the range fits.
    Exhausted,
    /// `stop` said so before a nonce was found.
    Stopped,
}

/// Searches `nonces`, in order, for the first with which `header` meets `difficulty`. The header's own
/// nonce does not matter. `stop` is asked every [`STOP_INTERVAL`] nonces.
///
/// Parts of a range searched apart find the same nonce as the whole: that of the first part with one.
///
/// ```
/// use tickchain::ledger::{Difficulty, Genesis, search};
/// let mut header = *Genesis::default().block()?.header();
/// let difficulty = Difficulty::new(8).expect("8 bits are allowed");
/// let search::Outcome::Found(nonce) = search::search(&header, difficulty, 0..=100_000, || false)
///     else { panic!("one in 256 fits") };
/// header.nonce = nonce;
/// assert!(difficulty.is_met_by(&header.hash()));
/// # Ok::<(), tickchain::ledger::GenesisError>(())
/// ```
pub fn search(
    header: &Header,
    difficulty: Difficulty,
    nonces: RangeInclusive<u64>,
    stop: impl FnMut() -> bool,
) -> Outcome {
    search_by(Path::best(), header, difficulty, nonces, stop)
}

/// As [`search`], by a path of the caller's choice: to measure and compare them.
pub fn search_by(
    path: Path,
    header: &Header,
    difficulty: Difficulty,
    nonces: RangeInclusive<u64>,
    mut stop: impl FnMut() -> bool,
) -> Outcome {
    let bytes = header.to_bytes();
    let (mut next, end) = nonces.into_inner();
    while next <= end {
        // Up to where the upper half of the nonce changes.
        let last = end.min(next | u64::from(u32::MAX));
        let mid = Midstate::new(&bytes, (next >> 32) as u32);
        match search_lower_halves(path, &mid, header, difficulty, next..=last, &mut stop) {
            Outcome::Exhausted if last == u64::MAX => break,
            Outcome::Exhausted => next = last + 1,
            ended => return ended,
        }
    }
    Outcome::Exhausted
}

/// Searches nonces that all have the upper half of `mid`.
fn search_lower_halves(
    path: Path,
    mid: &Midstate,
    header: &Header,
    difficulty: Difficulty,
    nonces: RangeInclusive<u64>,
    stop: &mut impl FnMut() -> bool,
) -> Outcome {
    // Of the zero bits asked for, those that the last word shows.
    let asked = 32_u32.saturating_sub(difficulty.bits().into());
    let mask = u32::MAX.checked_shr(asked).unwrap_or(0);
    let mut words = [0; LANES];
    let (first, last) = nonces.into_inner();
    let mut until_stop = 0;
    let mut done = 0;
    // A count, since the last nonce may be the last number there is.
    while done <= last - first {
        if until_stop == 0 {
            if stop() {
                return Outcome::Stopped;
            }
            until_stop = STOP_INTERVAL;
        }
        until_stop -= LANES as u64;
        path.last_words(mid, (first + done) as u32, &mut words);
        let left = (last - first - done).saturating_add(1).min(LANES as u64);
        for (lane, word) in (0..left).zip(&words) {
            let nonce = first + done + lane;
            if word & mask == 0 && difficulty.is_met_by(&Header { nonce, ..*header }.hash()) {
                return Outcome::Found(nonce);
            }
        }
        done += left;
    }
    Outcome::Exhausted
}

/// Searches every nonce a block may have, from `start` up to [`MAX_SAFE_INTEGER`] and on from 0.
///
/// # Panics
/// When `start` is above [`MAX_SAFE_INTEGER`].
pub fn search_from(
    header: &Header,
    difficulty: Difficulty,
    start: u64,
    mut stop: impl FnMut() -> bool,
) -> Outcome {
    assert!(
        start <= MAX_SAFE_INTEGER,
        "start {start} is above {MAX_SAFE_INTEGER}"
    );
    let outcome = search(header, difficulty, start..=MAX_SAFE_INTEGER, &mut stop);
    match (outcome, start.checked_sub(1)) {
        (Outcome::Exhausted, Some(last)) => search(header, difficulty, 0..=last, stop),
        _ => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::Hash;
    use proptest::prelude::*;

    fn header() -> impl Strategy<Value = Header> {
        (
            any::<[u8; 32]>(),
            any::<[u8; 32]>(),
            any::<u64>(),
            any::<i64>(),
        )
            .prop_map(|(previous, root, id, timestamp)| Header {
                previous_block_hash: Hash(previous),
                merkle_root: Hash(root),
                id,
                timestamp,
                nonce: 0,
            })
    }

    proptest! {
        #[test]
        fn the_last_word_is_that_of_the_hash_on_every_path(header in header(), first: u64) {
            let mid = Midstate::new(&header.to_bytes(), (first >> 32) as u32);
            // The upper half stays: the lower one wraps.
            let nonce = |lane: usize| {
                (first & !u64::from(u32::MAX)) | u64::from((first as u32).wrapping_add(lane as u32))
            };
            let expected: [u32; LANES] = std::array::from_fn(|lane| {
                let hash = Header { nonce: nonce(lane), ..header }.hash().0;
                u32::from_be_bytes([hash[28], hash[29], hash[30], hash[31]])
            });
            for path in Path::available() {
                let mut words = [0; LANES];
                path.last_words(&mid, first as u32, &mut words);
                prop_assert_eq!(words, expected, "{}", path.name());
            }
        }
    }
}
