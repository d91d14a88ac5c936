//! The lines of JSON that a chain is exported as.

use serde::{Deserialize, Serialize};

use crate::ledger::{Genesis, Hash, Transaction, TxId, UncheckedBlock};
use crate::node::{Name, Saved};

/// What the first line says of the rest.
pub(super) const FORMAT: &str = "tickchain chain";

/// The version of these lines.
pub(super) const VERSION: u32 = 1;

/// The most bytes of a line: that of a network with as many accounts as there may be.
pub(super) const MAX_LINE_BYTES: u64 = 256 * 1024 * 1024;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) name: Name,
    pub(super) network: Hash,
    pub(super) genesis: Genesis,
    /// Blocks of the main chain, genesis too; they were that many when all could be read.
    pub(super) blocks: u64,
    pub(super) node: Numbers,
}

/// What a node goes on counting from.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Numbers {
    clock: u64,
    started: bool,
    salt: u64,
    issued: u64,
    lives: u64,
}

impl Numbers {
    pub(super) fn of(saved: &Saved) -> Self {
        Self {
            clock: saved.clock,
            started: saved.started,
            salt: saved.salt,
            issued: saved.issued,
            lives: saved.lives,
        }
    }

    /// A node that has these numbers and nothing else.
    pub(super) fn saved(self) -> Saved {
        Saved {
            clock: self.clock,
            started: self.started,
            salt: self.salt,
            issued: self.issued,
            lives: self.lives,
            ..Saved::default()
        }
    }
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The main chain's next block, from 1 on: genesis is the header's.
    Block(UncheckedBlock),
    /// A block of a side branch, after its parent.
    Side(UncheckedBlock),
    /// A payment that is not in a block yet.
    Payment { place: Place, payment: Transaction },
    /// A payment that the node's own controller added.
    Accepted(TxId),
}

/// Where a payment was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Pool,
    Queue,
    Waiting,
}
