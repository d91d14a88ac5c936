//! What no honest peer does.

use serde::Serialize;

/// Something a peer did that no honest node does, whatever happened to it: resets, forks and messages
/// that come late make none of these. What follows from one is for those who hold the links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Offence {
    /// It sent a block that breaks a rule: its proof of work, its hash, its place or its payments are
    /// wrong. Honest nodes connect a block before they pass it on.
    ForgedBlock,
    /// It sent a payment that no block may ever hold.
    ForgedPayment,
    /// It asked with more hashes than [`MAX_LOCATOR`](super::MAX_LOCATOR).
    OversizedLocator,
    /// It sent bytes that are no frame, or one with numbers out of range.
    Malformed,
    /// It sent a frame where none of its kind may come.
    OutOfOrder,
    /// It sent more than a link ever has under way.
    Flood,
}

impl Offence {
    /// Every offence.
    pub const ALL: [Self; 6] = [
        Self::ForgedBlock,
        Self::ForgedPayment,
        Self::OversizedLocator,
        Self::Malformed,
        Self::OutOfOrder,
        Self::Flood,
    ];

    /// Its name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForgedBlock => "forged_block",
            Self::ForgedPayment => "forged_payment",
            Self::OversizedLocator => "oversized_locator",
            Self::Malformed => "malformed",
            Self::OutOfOrder => "out_of_order",
            Self::Flood => "flood",
        }
    }
}

impl std::fmt::Display for Offence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
