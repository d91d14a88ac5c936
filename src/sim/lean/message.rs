//! What lean nodes say to each other.

use crate::ledger::Hash;
use crate::sim::Carried;

/// What a lean node knows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The block's number, unique in a run: who mined it, counted from 1, in the upper 32 bits, and which of
    /// his blocks it is in the lower ones. Genesis is 0.
    pub number: u64,
    /// Its parent's number.
    pub parent: u64,
    /// Its id.
    pub height: u32,
}

impl Summary {
    /// Where all begin.
    pub const GENESIS: Self = Self {
        number: 0,
        parent: 0,
        height: 0,
    };

    /// What stands for its hash: its number and zeros.
    pub fn hash(&self) -> Hash {
        Self::hash_of(self.number)
    }

    /// What stands for the hash of the block with this number.
    pub fn hash_of(number: u64) -> Hash {
        let mut hash = Hash::ZERO;
        hash.0[..8].copy_from_slice(&number.to_be_bytes());
        hash
    }
}

/// A message between lean nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeanMessage {
    /// The sender has this block.
    Announce {
        /// Its number.
        block: u64,
    },
    /// The sender wants this block.
    Request {
        /// Its number.
        block: u64,
        /// Whether a compact block will do.
        compact: bool,
    },
    /// A block.
    Block {
        /// The block.
        block: Summary,
        /// Its size.
        bytes: u32,
    },
    /// A block without the payments that the receiver should have.
    Compact {
        /// The block.
        block: Summary,
        /// Its size.
        bytes: u32,
    },
    /// The sender has not all payments of a compact block.
    RequestMissing {
        /// Its number.
        block: u64,
        /// How many bytes of payments are missing.
        bytes: u32,
    },
    /// The payments that were missing.
    Missing {
        /// The block they complete.
        block: Summary,
        /// Their size.
        bytes: u32,
    },
}

/// Bytes of an announcement or a request: a hash, and what kind of thing it is.
const SMALL_BYTES: u64 = 36;

impl Carried for LeanMessage {
    const KINDS: &'static [&'static str] = &[
        "announce",
        "request",
        "block",
        "compact",
        "request-missing",
        "missing",
    ];

    fn kind(&self) -> usize {
        match self {
            Self::Announce { .. } => 0,
            Self::Request { .. } => 1,
            Self::Block { .. } => 2,
            Self::Compact { .. } => 3,
            Self::RequestMissing { .. } => 4,
            Self::Missing { .. } => 5,
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Announce { .. } | Self::Request { .. } | Self::RequestMissing { .. } => {
                SMALL_BYTES
            }
            Self::Block { bytes, .. }
            | Self::Compact { bytes, .. }
            | Self::Missing { bytes, .. } => u64::from(*bytes),
        }
    }

    fn is_bulk(&self) -> bool {
        matches!(
            self,
            Self::Block { .. } | Self::Compact { .. } | Self::Missing { .. }
        )
    }

    fn about(&self) -> u64 {
        match self {
            Self::Announce { block }
            | Self::Request { block, .. }
            | Self::RequestMissing { block, .. } => *block,
            Self::Block { block, .. }
            | Self::Compact { block, .. }
            | Self::Missing { block, .. } => block.number,
        }
    }
}
