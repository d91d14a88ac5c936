//! What honest nodes say to each other.

use serde::{Deserialize, Serialize};

use crate::ledger::{Hash, Transaction, UncheckedBlock};

/// The most hashes in a locator: doubling distances reach 2^53 blocks back with fewer.
pub const MAX_LOCATOR: usize = 64;

/// The most bytes a message takes as a frame between peers, 4 MiB. A [`Body::Chain`] holds as many
/// blocks as surely fit, by [`UncheckedBlock::json_bound`].
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A message between honest nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sender's clock when it was sent.
    pub stamp: u64,
    /// The sender's count of messages, which tells one from the other and orders them.
    pub sequence: u64,
    /// What is said.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Body {
    /// The sender's new tip. Away from the message, so that others stay small: payments are many.
    NewBlock(Box<UncheckedBlock>),
    /// A payment that is new to the sender's pool.
    NewTx(Transaction),
    /// A question for the blocks that follow the highest one both know; the hashes are
    /// [`crate::ledger::Ledger::locator`]'s.
    ReqChain(Vec<Hash>),
    /// The answer.
    Chain {
        /// The sequence number of the question.
        answers: u64,
        /// Main-chain blocks, lowest first, as many as fit.
        blocks: Vec<UncheckedBlock>,
    },
}

impl Body {
    /// The kind of message.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NewBlock(_) => Kind::NewBlock,
            Self::NewTx(_) => Kind::NewTx,
            Self::ReqChain(_) => Kind::ReqChain,
            Self::Chain { .. } => Kind::Chain,
        }
    }
}

/// A kind of message, named as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// [`Body::NewBlock`].
    NewBlock,
    /// [`Body::NewTx`].
    NewTx,
    /// [`Body::ReqChain`].
    ReqChain,
    /// [`Body::Chain`].
    Chain,
}
