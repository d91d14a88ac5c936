//! Many nonces at once: the last word of each one's double hash.
//!
//! A header has 88 bytes, two blocks of SHA-256. The first block is the same for every nonce, and so are
//! the first five rounds of the second as long as the upper half of the nonce is. What is left is 59
//! rounds and, for the hash of the hash, 61: its last word is known three rounds before the end.

use super::sha256::{INITIAL, compress, expand, round};
use crate::ledger::header::HEADER_BYTES;

/// Nonces tried in one go. More changes nothing; fewer costs, since compilers turn the loop over them
/// into vectors of up to 16.
pub(super) const LANES: usize = 64;

/// What is the same for all nonces with the same upper half.
#[derive(Debug, Clone, Copy)]
pub(super) struct Midstate {
    /// After the first block.
    pub(super) state: [u32; 8],
    /// The second block's words before the lower half of the nonce: id, timestamp, upper half.
    pub(super) words: [u32; 5],
    /// After the five rounds that take those words.
    after: [u32; 8],
}

/// What follows the nonce in the second block: the end mark, and the length in bits.
pub(super) const END: u32 = 0x8000_0000;
pub(super) const HEADER_BITS: u32 = 8 * HEADER_BYTES as u32;
const HASH_BITS: u32 = 256;

impl Midstate {
    /// The midstate for nonces whose upper half is `high`.
    pub(super) fn new(header: &[u8; HEADER_BYTES], high: u32) -> Self {
        let word = |i: usize| {
            let bytes = header[4 * i..4 * i + 4]
                .try_into()
                .expect("the slice has four bytes");
            u32::from_be_bytes(bytes)
        };
        let state = compress(INITIAL, std::array::from_fn(word));
        let words = [word(16), word(17), word(18), word(19), high];
        let mut after = state;
        for (word, k) in words.iter().zip(super::sha256::K) {
            round(&mut after, k.wrapping_add(*word));
        }
        Self {
            state,
            words,
            after,
        }
    }
}

macro_rules! each {
    ($do:ident: $($i:literal)*) => { $($do!($i);)* };
}

/// The last word of the double hash for the nonce whose lower half is `low`.
///
/// All indices are constants and no array is one of lanes: only so does a plain loop around it become
/// vector code. `k` is [`super::sha256::K`], handed in so that the compiler does not know its values:
/// it would move known constants to the end of each sum, into the longest chain (5 % slower). Words of
/// the schedule are made eight rounds before they are needed, for the same reason (3 %).
#[inline(always)]
fn last_word(mid: &Midstate, k: &[u32; 64], low: u32) -> u32 {
    let mut words = [0; 64];
    let mut state = mid.after;
    macro_rules! plain {
        ($i:literal) => {
            round(&mut state, k[$i].wrapping_add(words[$i]));
        };
    }
    macro_rules! ahead {
        ($i:literal) => {
            words[$i + 8] = expand(&words, $i + 8);
            plain!($i);
        };
    }
    macro_rules! given {
        ($i:literal) => {
            words[$i] = mid.words[$i];
        };
    }
    each!(given: 0 1 2 3 4);
    (words[5], words[6], words[15]) = (low, END, HEADER_BITS);
    each!(plain: 5 6 7);
    each!(ahead: 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    each!(ahead: 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55);
    each!(plain: 56 57 58 59 60 61 62 63);

    macro_rules! hashed {
        ($i:literal) => {
            words[$i] = state[$i].wrapping_add(mid.state[$i]);
        };
    }
    words = [0; 64];
    each!(hashed: 0 1 2 3 4 5 6 7);
    (words[8], words[15]) = (END, HASH_BITS);
    state = INITIAL;
    each!(plain: 0 1 2 3 4 5 6 7);
    each!(ahead: 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    each!(ahead: 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52);
    // Of the last rounds nothing looks at what would be `a`: the compiler leaves that out.
    each!(plain: 53 54 55 56 57 58 59 60);
    state[4].wrapping_add(INITIAL[7])
}

/// The last words for the nonces from `low` on, by code for any processor. To be inlined into a
/// function compiled for a better one.
#[inline(always)]
pub(super) fn last_words(mid: &Midstate, low: u32, out: &mut [u32; LANES]) {
    let k = std::hint::black_box(&super::sha256::K);
    for (lane, word) in (0..).zip(out) {
        *word = last_word(mid, k, low.wrapping_add(lane));
    }
}
