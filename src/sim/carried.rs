//! What the engine has to know of a message to carry it and to count it.

use crate::ledger::{HEADER_BYTES, Transaction, UncheckedBlock};
use crate::node::{About, Body, Message};

/// A message that a simulated network can carry: its kind, its size, and what it is about.
pub trait Carried {
    /// The names of the kinds of messages, in the order of [`Carried::kind`].
    const KINDS: &'static [&'static str];

    /// The kind of this message, an index into [`Carried::KINDS`].
    fn kind(&self) -> usize;

    /// Bytes it takes on its way, for bandwidth and for counting.
    fn bytes(&self) -> u64;

    /// Whether it queues for bandwidth. What is not bulk takes latency and overhead alone.
    fn is_bulk(&self) -> bool;

    /// 8 bytes of the hash or id of what it is about, for digests and traces; 0 when it is about nothing.
    fn about(&self) -> u64;
}

/// The bytes of a hash.
const HASH_BYTES: u64 = 32;

/// Messages of honest nodes. Sizes are those of the canonical bytes (88 of a header, 32 of its hash, its
/// payments'), some half of what the same message takes as JSON between processes: they are found
/// without writing the message down.
///
/// ```
/// use tickchain::node::{Body, Message};
/// use tickchain::sim::Carried;
/// let block = tickchain::ledger::Genesis::default().block()?.to_unchecked();
/// let payments: usize = block.transactions.iter().map(|payment| payment.canonical_len()).sum();
/// let message = Message { stamp: 1, sequence: 1, body: Body::NewBlock(Box::new(block)) };
/// assert_eq!(Message::KINDS[message.kind()], "NEW_BLOCK");
/// assert_eq!(message.bytes(), 88 + 32 + payments as u64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Carried for Message {
    const KINDS: &'static [&'static str] = &["NEW_BLOCK", "NEW_TX", "REQ_CHAIN", "CHAIN"];

    fn kind(&self) -> usize {
        match self.body {
            Body::NewBlock(_) => 0,
            Body::NewTx(_) => 1,
            Body::ReqChain(_) => 2,
            Body::Chain { .. } => 3,
        }
    }

    fn bytes(&self) -> u64 {
        match &self.body {
            Body::NewBlock(block) => block_bytes(block),
            Body::NewTx(transaction) => transaction.canonical_len() as u64,
            Body::ReqChain(locator) => HASH_BYTES * locator.len() as u64,
            Body::Chain { blocks, .. } => blocks.iter().map(block_bytes).sum(),
        }
    }

    fn is_bulk(&self) -> bool {
        matches!(self.body, Body::NewBlock(_) | Body::Chain { .. })
    }

    /// The first 8 bytes of a block's hash (the last ones are proof of work), the last 8 of a payment's id;
    /// of a REQ_CHAIN the asker's tip, of a CHAIN its highest block.
    fn about(&self) -> u64 {
        match &self.body {
            Body::ReqChain(locator) => locator.first().map_or(0, |hash| first(&hash.0)),
            Body::Chain { blocks, .. } => blocks
                .last()
                .and_then(|block| block.hash)
                .map_or(0, |hash| first(&hash.0)),
            body => match About::of(body) {
                Some(About::Block(hash)) => first(&hash.0),
                Some(About::Payment(id)) => first(&id.0[8..]),
                None => 0,
            },
        }
    }
}

fn block_bytes(block: &UncheckedBlock) -> u64 {
    let payments: usize = block
        .transactions
        .iter()
        .map(Transaction::canonical_len)
        .sum();
    HEADER_BYTES as u64 + HASH_BYTES + payments as u64
}

/// The first 8 bytes as a number.
fn first(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_be_bytes(eight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Genesis, Hash, TxId};

    fn message(body: Body) -> Message {
        Message {
            stamp: 0,
            sequence: 1,
            body,
        }
    }

    #[test]
    fn kinds_sizes_and_subjects_of_honest_messages() {
        let block = Genesis::default().block().unwrap().to_unchecked();
        let payment = Transaction {
            id: TxId::from(7),
            ..block.transactions[0].clone()
        };
        let size = block_bytes(&block);
        let hash = block.hash.expect("a checked block has its hash");
        let about = first(&hash.0);
        let ask = Body::ReqChain(vec![hash, Hash::ZERO]);
        let answer = Body::Chain {
            answers: 1,
            blocks: vec![block.clone(), block.clone()],
        };
        let leaf = payment.canonical_len() as u64;
        for (kind, body, bytes, is_bulk, about) in [
            (
                "NEW_BLOCK",
                Body::NewBlock(Box::new(block)),
                size,
                true,
                about,
            ),
            ("NEW_TX", Body::NewTx(payment), leaf, false, 7),
            ("REQ_CHAIN", ask, 64, false, about),
            ("CHAIN", answer, 2 * size, true, about),
        ] {
            let message = message(body);
            assert_eq!(Message::KINDS[message.kind()], kind);
            assert_eq!(message.bytes(), bytes, "{kind}");
            assert_eq!(message.is_bulk(), is_bulk, "{kind}");
            assert_eq!(message.about(), about, "{kind}");
        }
        assert_eq!(message(Body::ReqChain(Vec::new())).about(), 0);
    }
}
