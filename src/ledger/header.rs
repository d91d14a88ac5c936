//! Block headers and proof of work.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::hash::Hash;

/// The bytes of a header.
pub const HEADER_BYTES: usize = 88;

/// The 88 bytes that are hashed. The nonce comes last so that a search changes one 64-byte chunk.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 32 | hash of the parent |
/// | 32 | 32 | Merkle root of the payments |
/// | 64 | 8 | id, big-endian |
/// | 72 | 8 | timestamp, seconds since 1970 UTC, big-endian |
/// | 80 | 8 | nonce, big-endian |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Header {
    /// Hash of the parent; of genesis [`Genesis::keys_hash`](super::Genesis::keys_hash), which is
    /// [`Hash::ZERO`] but in networks with signatures.
    pub previous_block_hash: Hash,
    /// [`super::merkle_root`] of the block's payments.
    pub merkle_root: Hash,
    /// The parent's id plus one; 0 for genesis.
    pub id: u64,
    /// Seconds since 1970-01-01 UTC.
    pub timestamp: i64,
    /// The number a miner searches.
    pub nonce: u64,
}

impl Header {
    /// The bytes that are hashed.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..32].copy_from_slice(&self.previous_block_hash.0);
        bytes[32..64].copy_from_slice(&self.merkle_root.0);
        bytes[64..72].copy_from_slice(&self.id.to_be_bytes());
        bytes[72..80].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[80..].copy_from_slice(&self.nonce.to_be_bytes());
        bytes
    }

    /// The header that has these bytes.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Self {
        let mut rest = &bytes[..];
        let mut hash = || {
            let (hash, after) = rest
                .split_first_chunk()
                .expect("a header begins with 64 bytes of hashes");
            rest = after;
            Hash(*hash)
        };
        let (previous_block_hash, merkle_root) = (hash(), hash());
        let mut number = || {
            let (number, after) = rest
                .split_first_chunk()
                .expect("a header ends with three numbers");
            rest = after;
            *number
        };
        Self {
            previous_block_hash,
            merkle_root,
            id: u64::from_be_bytes(number()),
            timestamp: i64::from_be_bytes(number()),
            nonce: u64::from_be_bytes(number()),
        }
    }

    /// The block's hash: SHA-256 of SHA-256 of the header.
    pub fn hash(&self) -> Hash {
        Hash::double_sha256(&self.to_bytes())
    }
}

/// Proof of work asked of a block: the zero bits its hash ends in, 0 to [`Difficulty::MAX`].
///
/// ```
/// use tickchain::ledger::Difficulty;
/// assert_eq!(Difficulty::default().bits(), 12); // "the hex hash ends in 000"
/// assert_eq!(Difficulty::default().work(), 4096);
/// assert!(Difficulty::new(65).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Difficulty(u8);

impl Difficulty {
    /// The most bits. Up to 48, one of a header's 2^53 nonces fits but for a chance of e^−32; far above
    /// that a candidate may have none, and its miner stands still until it is reset.
    pub const MAX: u8 = 64;

    /// A difficulty of `bits`, or `None` above [`Difficulty::MAX`].
    pub fn new(bits: u8) -> Option<Self> {
        (bits <= Self::MAX).then_some(Self(bits))
    }

    /// The zero bits asked for.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The hashes a block of this difficulty stands for on average, 2^bits.
    pub fn work(self) -> Work {
        1 << self.0
    }

    /// Whether `hash` has the proof of work.
    pub fn is_met_by(self, hash: &Hash) -> bool {
        hash.trailing_zeros() >= self.0.into()
    }
}

impl Default for Difficulty {
    fn default() -> Self {
        Self(12)
    }
}

impl TryFrom<u8> for Difficulty {
    type Error = String;

    fn try_from(bits: u8) -> Result<Self, String> {
        Self::new(bits)
            .ok_or_else(|| format!("a difficulty is 0 to {} bits, not {bits}", Self::MAX))
    }
}

impl From<Difficulty> for u8 {
    fn from(difficulty: Difficulty) -> Self {
        difficulty.0
    }
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Hashes that stand behind a block or a branch. At most 2^53 blocks of 2^48 each: it cannot overflow.
pub type Work = u128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_laid_out_as_documented() {
        let header = Header {
            previous_block_hash: Hash([1; 32]),
            merkle_root: Hash([2; 32]),
            id: 3,
            timestamp: 4,
            nonce: 0x0506,
        };
        let bytes = header.to_bytes();
        assert_eq!(bytes[..32], [1; 32]);
        assert_eq!(bytes[32..64], [2; 32]);
        assert_eq!(bytes[64..72], [0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(bytes[72..80], [0, 0, 0, 0, 0, 0, 0, 4]);
        assert_eq!(bytes[80..], [0, 0, 0, 0, 0, 0, 5, 6]);
        assert_eq!(Header::from_bytes(&bytes), header);
    }
}
