//! What must last.

use super::{Message, Name, State};
use crate::ledger::{Changes, Transaction, TxId};

/// What a driver with storage writes, in one step, before anyone sees any other effect of the same
/// input. The clock is saved along with the next thing that matters: idle ticks write nothing.
/// [`Saved`](super::Saved) takes these in, and [`HonestNode::resume`](super::HonestNode::resume) makes a
/// node of that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persist {
    /// The node's clock.
    pub clock: u64,
    /// Steps of the ledger, in order. Its own store has staged them already.
    pub ledger: Vec<Changes>,
    /// What else changed, in order.
    pub records: Vec<Record>,
}

/// A change of what a node keeps besides its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// The node was started with this salt.
    Started {
        /// What makes the ids of this run's payments its own.
        salt: u64,
    },
    /// Everything of before is gone, the ledger too: that is genesis again. Comes first, also before
    /// [`Persist::ledger`].
    Reset {
        /// As with [`Record::Started`].
        salt: u64,
    },
    /// A controller's payment was accepted and waits for its clock.
    Queued {
        /// The payment.
        transaction: Transaction,
        /// The ids the node has made so far.
        issued: u64,
    },
    /// A payment is in the pool. It is in one place only: this takes it out of every other.
    Pooled {
        /// Its place in the pool's order; lower ones are paid first.
        order: i64,
        /// The payment.
        transaction: Transaction,
    },
    /// A payment cannot be paid yet. It is in one place only.
    Waiting {
        /// The payment.
        transaction: Transaction,
        /// Whether this node had accepted it: such a payment is never dropped for others.
        accepted: bool,
    },
    /// A payment is no longer kept: it is in a block, or was given up.
    Dropped {
        /// The payment's id.
        id: TxId,
    },
    /// A message is in the inbox. Its sender, stamp and sequence number tell it from all others there.
    Received {
        /// From whom; `None` for a block that a controller added.
        from: Option<Name>,
        /// The clock from which on it can be taken up.
        ready: u64,
        /// The message as it was kept: of an answer the blocks up to the first that is forged.
        message: Message,
    },
    /// A message was taken out of the inbox.
    Taken {
        /// From whom it was.
        from: Option<Name>,
        /// The sender's clock when it was sent.
        stamp: u64,
        /// The sender's sequence number.
        sequence: u64,
    },
    /// The node became what a document says: this takes the place of everything of before. Comes first;
    /// [`Persist::ledger`] has all steps from genesis on.
    Restored(Box<State>),
    /// A mine request waits, or one was spent: its block is there or was given up.
    Mine {
        /// Whether one waits now.
        waits: bool,
    },
}
