//! Blocks that are changed after they were mined, to see what honest nodes make of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::action::Change;
use crate::ledger::search::{Outcome, search_from};
use crate::ledger::{Difficulty, MAX_SAFE_INTEGER, Transaction, UncheckedBlock, parse_timestamp};

/// The highest difficulty at which a nonce is searched for a forged block: some ten seconds.
pub const MAX_FORGE_BITS: u8 = 28;

/// Why a block cannot be forged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForgeError {
    /// There is no payment to change.
    #[error(
        "block {id} has no payment to change: change its timestamp or nonce, or take another block"
    )]
    NoPayment {
        /// The block's id.
        id: u64,
    },
    /// The timestamp is none.
    #[error("{text:?} is no timestamp: write YYYY/MM/DD HH:MM:SS")]
    Timestamp {
        /// What was given.
        text: String,
    },
    /// A nonce would not be found in any reasonable time.
    #[error(
        "a nonce for {difficulty} bits takes too long: it is searched up to {MAX_FORGE_BITS} bits; \
         leave remine out"
    )]
    TooHard {
        /// The network's difficulty.
        difficulty: Difficulty,
    },
}

/// The block with these changes. With a difficulty a nonce is searched and the hash made right;
/// without, the block goes on saying the hash it had. Dropping the future ends the search.
///
/// # Errors
/// A [`ForgeError`].
pub(super) async fn forge(
    block: &UncheckedBlock,
    change: &Change,
    remine: Option<Difficulty>,
) -> Result<UncheckedBlock, ForgeError> {
    let mut block = changed(block, change)?;
    let Some(difficulty) = remine else {
        return Ok(block);
    };
    if difficulty.bits() > MAX_FORGE_BITS {
        return Err(ForgeError::TooHard { difficulty });
    }
    let stop = StopOnDrop::default();
    let stopped = Arc::clone(&stop.0);
    let (header, start) = (block.header(), block.nonce.min(MAX_SAFE_INTEGER));
    let search = move || {
        search_from(&header, difficulty, start, || {
            stopped.load(Ordering::Relaxed)
        })
    };
    let Outcome::Found(nonce) = smol::unblock(search).await else {
        unreachable!(
            "one of 2^53 nonces fits 28 bits, and the search ends early with this future only"
        );
    };
    block.nonce = nonce;
    block.hash = Some(block.header().hash());
    Ok(block)
}

#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn changed(block: &UncheckedBlock, change: &Change) -> Result<UncheckedBlock, ForgeError> {
    let mut block = block.clone();
    if change.sender.is_some() || change.recipient.is_some() || change.value.is_some() {
        let mut payments: Vec<Transaction> = block.transactions.to_vec();
        let first = payments.first_mut();
        let payment = first.ok_or(ForgeError::NoPayment { id: block.id })?;
        payment.sender = change.sender.clone().or(payment.sender.take());
        payment.value = change.value.unwrap_or(payment.value);
        if let Some(recipient) = &change.recipient {
            payment.recipient = recipient.clone();
        }
        block.transactions = payments.into();
    }
    if let Some(text) = &change.timestamp {
        let none = || ForgeError::Timestamp { text: text.clone() };
        block.timestamp = parse_timestamp(text).ok_or_else(none)?;
    }
    block.nonce = change.nonce.unwrap_or(block.nonce);
    block.previous_block_hash = change
        .previous_block_hash
        .unwrap_or(block.previous_block_hash);
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{BlockError, Genesis, Hash};

    fn difficulty() -> Difficulty {
        Difficulty::new(8).unwrap()
    }

    /// Block 1 of a network of 8 bits, mined.
    fn mined() -> UncheckedBlock {
        let plain = UncheckedBlock {
            id: 1,
            hash: None,
            timestamp: 1_700_000_000,
            transactions: [Transaction {
                id: 7.into(),
                sender: Some("aki".parse().unwrap()),
                recipient: "so".parse().unwrap(),
                value: 2.try_into().unwrap(),
                signed: None,
            }]
            .into(),
            previous_block_hash: Genesis::default().block().unwrap().hash(),
            nonce: 0,
        };
        run(&plain, Change::default(), true).unwrap()
    }

    fn run(
        block: &UncheckedBlock,
        change: Change,
        remine: bool,
    ) -> Result<UncheckedBlock, ForgeError> {
        smol::block_on(forge(block, &change, remine.then(difficulty)))
    }

    #[test]
    fn a_changed_block_is_found_out_by_its_hash() {
        let block = mined();
        assert!(block.clone().check(&difficulty().into()).is_ok());
        let change = Change {
            value: Some(9.try_into().unwrap()),
            ..Change::default()
        };
        let forged = run(&block, change, false).unwrap();
        assert_eq!(forged.transactions[0].value.get(), 9);
        assert_eq!(forged.transactions[0].sender, block.transactions[0].sender);
        assert_eq!(forged.hash, block.hash);
        assert!(matches!(
            forged.check(&difficulty().into()),
            Err(BlockError::Hash { .. })
        ));
    }

    #[test]
    fn a_nonce_makes_every_change_look_right() {
        let block = mined();
        let change = Change {
            sender: Some("so".parse().unwrap()),
            recipient: Some("satoshi".parse().unwrap()),
            timestamp: Some("2024/02/29 12:00:00".to_owned()),
            nonce: Some(5),
            previous_block_hash: Some(Hash([1; 32])),
            ..Change::default()
        };
        let forged = run(&block, change.clone(), true).unwrap();
        let checked = forged.check(&difficulty().into()).unwrap();
        assert_eq!(checked.transactions()[0].recipient.as_str(), "satoshi");
        assert_eq!(checked.transactions()[0].value.get(), 2);
        assert_eq!(checked.header().previous_block_hash, Hash([1; 32]));
        assert_eq!(checked.header().timestamp, 1_709_208_000);
        let plain = run(&block, change, false).unwrap();
        assert_eq!(plain.nonce, 5);
    }

    #[test]
    fn what_cannot_be_forged_is_refused() {
        let empty = UncheckedBlock {
            transactions: [].into(),
            ..mined()
        };
        let value = Change {
            value: Some(9.try_into().unwrap()),
            ..Change::default()
        };
        assert_eq!(
            run(&empty, value, true),
            Err(ForgeError::NoPayment { id: 1 })
        );
        let text = "yesterday".to_owned();
        let timestamp = Change {
            timestamp: Some(text.clone()),
            ..Change::default()
        };
        assert_eq!(
            run(&empty, timestamp, false),
            Err(ForgeError::Timestamp { text })
        );
        let difficulty = Difficulty::new(MAX_FORGE_BITS + 1).unwrap();
        let hard = smol::block_on(forge(&empty, &Change::default(), Some(difficulty)));
        assert_eq!(hard, Err(ForgeError::TooHard { difficulty }));
    }
}
