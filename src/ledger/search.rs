//! The nonce search.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::account::MAX_SAFE_INTEGER;
use super::hash::Hash;
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
    mut stop: impl FnMut() -> bool,
) -> Outcome {
    let bytes = header.to_bytes();
    let (constant, changing) = bytes.split_at(80);
    debug_assert_eq!(changing.len(), 8, "the nonce is the last field");
    let midstate = Sha256::new_with_prefix(constant);
    let mut until_stop = 0;
    for nonce in nonces {
        if until_stop == 0 {
            if stop() {
                return Outcome::Stopped;
            }
            until_stop = STOP_INTERVAL;
        }
        until_stop -= 1;
        let inner = midstate
            .clone()
            .chain_update(nonce.to_be_bytes())
            .finalize();
        if difficulty.is_met_by(&Hash(Sha256::digest(inner).into())) {
            return Outcome::Found(nonce);
        }
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
