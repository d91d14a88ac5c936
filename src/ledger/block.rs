//! Blocks, unchecked and checked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::MAX_SAFE_INTEGER;
use super::draft::PaymentError;
use super::hash::Hash;
use super::header::{Difficulty, Header};
use super::merkle::merkle_root;
use super::rules::{Checker, Rules};
use super::timestamp::{self, MAX_TIMESTAMP};
use super::transaction::Transaction;

/// The most payments in a block. With [`MAX_BLOCK_BYTES`] it keeps the largest legal block within a
/// frame between peers, and the check of one block within milliseconds.
pub const MAX_BLOCK_TRANSACTIONS: usize = 4096;

/// The most canonical bytes all payments of a block have together, 512 KiB.
pub const MAX_BLOCK_BYTES: usize = 512 * 1024;

/// Why a block is refused whatever chain it might belong to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// Ids run from 1 (genesis, 0, is never received) to [`MAX_SAFE_INTEGER`].
    #[error("block id {id} is not between 1 and {MAX_SAFE_INTEGER}")]
    Id {
        /// The id given.
        id: u64,
    },
    /// Nonces stay below 2^53.
    #[error("nonce {nonce} is above {MAX_SAFE_INTEGER}")]
    Nonce {
        /// The nonce given.
        nonce: u64,
    },
    /// Timestamps lie between 1970 and [`MAX_TIMESTAMP`].
    #[error("timestamp {timestamp} is not between 0 and {MAX_TIMESTAMP} (9999/12/31 23:59:59)")]
    Timestamp {
        /// Seconds since 1970 UTC.
        timestamp: i64,
    },
    /// Too many payments.
    #[error("{count} transactions, a block holds at most {MAX_BLOCK_TRANSACTIONS}")]
    Count {
        /// Payments in the block.
        count: usize,
    },
    /// Too many bytes of payments.
    #[error("{bytes} bytes of transactions, a block holds at most {MAX_BLOCK_BYTES}")]
    Size {
        /// Canonical bytes of all payments.
        bytes: usize,
    },
    /// A payment without a sender would mint coins.
    #[error("transaction {index} has no sender: only the genesis block makes coins")]
    Minted {
        /// Its position in the block.
        index: usize,
    },
    /// The hash that came with the block is not that of its contents.
    #[error("the block says its hash is {claimed}, its contents hash to {actual}")]
    Hash {
        /// The hash it came with.
        claimed: Hash,
        /// The hash it has.
        actual: Hash,
    },
    /// A payment is not signed as the network asks for.
    #[error("transaction {index}: {error}")]
    Payment {
        /// Its position in the block.
        index: usize,
        /// What is wrong with it.
        error: PaymentError,
    },
    /// No proof of work.
    #[error("hash {hash} ends in {zeros} zero bits, {difficulty} are needed")]
    ProofOfWork {
        /// The block's hash.
        hash: Hash,
        /// Zero bits it ends in.
        zeros: u32,
        /// Zero bits asked for.
        difficulty: Difficulty,
    },
}

/// A block as it came from outside: nothing about it is known to be true.
///
/// This is the documented JSON. `hash` may be left out; where it is given it must be right. The
/// misspellings `previoud_block_hash` and `nonde` of older controllers are read too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncheckedBlock {
    /// The parent's id plus one.
    pub id: u64,
    /// The hash the block is said to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// Seconds since 1970 UTC; `YYYY/MM/DD HH:MM:SS` in JSON.
    #[serde(with = "timestamp::documented")]
    pub timestamp: i64,
    /// The payments, in the order they are paid.
    pub transactions: Arc<[Transaction]>,
    /// Hash of the parent.
    #[serde(alias = "previoud_block_hash")]
    pub previous_block_hash: Hash,
    /// The nonce.
    #[serde(alias = "nonde")]
    pub nonce: u64,
}

impl UncheckedBlock {
    /// Checks all that can be said of a block without its chain: ranges, caps, that nothing is
    /// minted, the hash, its proof of work, and that payments are signed as the network asks for.
    ///
    /// ```
    /// use tickchain::ledger::{Difficulty, Genesis, Rules, UncheckedBlock};
    /// let genesis = Genesis { difficulty: Difficulty::new(0).expect("it is below 64"), ..Genesis::default() };
    /// let block = UncheckedBlock {
    ///     id: 1,
    ///     hash: None,
    ///     timestamp: genesis.timestamp,
    ///     transactions: [].into(),
    ///     previous_block_hash: genesis.block()?.hash(),
    ///     nonce: 0,
    /// };
    /// assert!(block.check(&genesis.rules()?).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`BlockError`] with the first rule that is broken.
    pub fn check(self, rules: &Rules) -> Result<Block, BlockError> {
        self.check_by(rules.difficulty(), |payment| rules.check_payment(payment))
    }

    /// As [`UncheckedBlock::check`], but for signatures that `checker` saw before: they are not checked
    /// again.
    ///
    /// # Errors
    /// The same.
    pub fn check_with(self, checker: &mut Checker) -> Result<Block, BlockError> {
        let difficulty = checker.rules().difficulty();
        self.check_by(difficulty, |payment| checker.check_payment(payment))
    }

    /// Work is checked before any payment: who wants signatures checked has to work for it.
    fn check_by(
        self,
        difficulty: Difficulty,
        mut check_payment: impl FnMut(&Transaction) -> Result<(), PaymentError>,
    ) -> Result<Block, BlockError> {
        self.check_ranges()?;
        self.check_transactions()?;
        let claimed = self.hash;
        let block = self.seal();
        let actual = block.hash;
        if let Some(claimed) = claimed.filter(|claimed| *claimed != actual) {
            return Err(BlockError::Hash { claimed, actual });
        }
        if !difficulty.is_met_by(&actual) {
            let zeros = actual.trailing_zeros();
            return Err(BlockError::ProofOfWork {
                hash: actual,
                zeros,
                difficulty,
            });
        }
        for (index, payment) in block.transactions.iter().enumerate() {
            check_payment(payment).map_err(|error| BlockError::Payment { index, error })?;
        }
        Ok(block)
    }

    fn check_ranges(&self) -> Result<(), BlockError> {
        if !(1..=MAX_SAFE_INTEGER).contains(&self.id) {
            return Err(BlockError::Id { id: self.id });
        }
        if self.nonce > MAX_SAFE_INTEGER {
            return Err(BlockError::Nonce { nonce: self.nonce });
        }
        if !(0..=MAX_TIMESTAMP).contains(&self.timestamp) {
            return Err(BlockError::Timestamp {
                timestamp: self.timestamp,
            });
        }
        Ok(())
    }

    fn check_transactions(&self) -> Result<(), BlockError> {
        let count = self.transactions.len();
        if count > MAX_BLOCK_TRANSACTIONS {
            return Err(BlockError::Count { count });
        }
        let sizes = self.transactions.iter().map(Transaction::canonical_len);
        let bytes = sizes.sum();
        if bytes > MAX_BLOCK_BYTES {
            return Err(BlockError::Size { bytes });
        }
        let mut senders = self.transactions.iter().map(|payment| &payment.sender);
        match senders.position(Option::is_none) {
            Some(index) => Err(BlockError::Minted { index }),
            None => Ok(()),
        }
    }

    /// Hashes the block without checking it: for genesis and for a miner's own blocks.
    pub(crate) fn seal(self) -> Block {
        Block::stored(self.header(), self.transactions)
    }

    /// An upper bound of the bytes this block takes as JSON: what a name needs when every byte of it
    /// is escaped.
    pub fn json_bound(&self) -> usize {
        const BLOCK: usize = 400;
        const TRANSACTION: usize = 120;
        const SIGNED: usize = 180;
        let bound = |transaction: &Transaction| {
            let sender = transaction
                .sender
                .as_ref()
                .map_or(0, |name| name.as_str().len());
            let signed = transaction.signed.as_ref().map_or(0, |_| SIGNED);
            TRANSACTION + signed + 2 * (sender + transaction.recipient.as_str().len())
        };
        BLOCK + self.transactions.iter().map(bound).sum::<usize>()
    }

    /// The header of these contents.
    pub fn header(&self) -> Header {
        Header {
            previous_block_hash: self.previous_block_hash,
            merkle_root: merkle_root(&self.transactions),
            id: self.id,
            timestamp: self.timestamp,
            nonce: self.nonce,
        }
    }
}

/// A block that keeps every rule that can be checked without its chain. Cheap to clone: payments are
/// shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    header: Header,
    hash: Hash,
    transactions: Arc<[Transaction]>,
}

impl Block {
    /// A block that was checked before: its payments are taken for those of the header.
    pub(crate) fn stored(header: Header, transactions: Arc<[Transaction]>) -> Self {
        Self {
            hash: header.hash(),
            header,
            transactions,
        }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The hash of the header.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The block's place in its chain, 0 for genesis.
    pub fn id(&self) -> u64 {
        self.header.id
    }

    /// The payments, in the order they are paid.
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// The block as it is sent to others.
    pub fn to_unchecked(&self) -> UncheckedBlock {
        UncheckedBlock {
            id: self.header.id,
            hash: Some(self.hash),
            timestamp: self.header.timestamp,
            transactions: Arc::clone(&self.transactions),
            previous_block_hash: self.header.previous_block_hash,
            nonce: self.header.nonce,
        }
    }
}

impl Serialize for Block {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.to_unchecked().serialize(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::TxId;

    fn payment(name: &str) -> Transaction {
        Transaction {
            id: TxId::from(5),
            sender: Some(name.parse().unwrap()),
            recipient: name.parse().unwrap(),
            value: MAX_SAFE_INTEGER.try_into().unwrap(),
            signed: None,
        }
    }

    fn block() -> UncheckedBlock {
        UncheckedBlock {
            id: 1,
            hash: None,
            timestamp: 0,
            transactions: [payment("aki")].into(),
            previous_block_hash: Hash([1; 32]),
            nonce: 0,
        }
    }

    fn check(block: UncheckedBlock) -> Option<BlockError> {
        block.check(&Difficulty::new(0).unwrap().into()).err()
    }

    #[test]
    fn ids_nonces_and_timestamps_are_bounded() {
        for id in [0, MAX_SAFE_INTEGER + 1, u64::MAX] {
            assert_eq!(
                check(UncheckedBlock { id, ..block() }),
                Some(BlockError::Id { id })
            );
        }
        let nonce = MAX_SAFE_INTEGER + 1;
        let refused = check(UncheckedBlock { nonce, ..block() });
        assert_eq!(refused, Some(BlockError::Nonce { nonce }));
        for timestamp in [-1, MAX_TIMESTAMP + 1, i64::MIN] {
            let refused = check(UncheckedBlock {
                timestamp,
                ..block()
            });
            assert_eq!(refused, Some(BlockError::Timestamp { timestamp }));
        }
        let highest = UncheckedBlock {
            id: MAX_SAFE_INTEGER,
            nonce: MAX_SAFE_INTEGER,
            timestamp: MAX_TIMESTAMP,
            ..block()
        };
        assert_eq!(check(highest), None);
    }

    #[test]
    fn payments_are_bounded_in_number_and_size() {
        let with = |count: usize, name: &str| UncheckedBlock {
            transactions: vec![payment(name); count].into(),
            ..block()
        };
        assert_eq!(check(with(MAX_BLOCK_TRANSACTIONS, "a")), None);
        let count = MAX_BLOCK_TRANSACTIONS + 1;
        assert_eq!(check(with(count, "a")), Some(BlockError::Count { count }));
        let name = "x".repeat(64);
        let most = MAX_BLOCK_BYTES / payment(&name).canonical_len();
        assert_eq!(check(with(most, &name)), None);
        let bytes = (most + 1) * payment(&name).canonical_len();
        assert_eq!(
            check(with(most + 1, &name)),
            Some(BlockError::Size { bytes })
        );
    }

    #[test]
    fn minted_coins_are_refused() {
        let minted = Transaction {
            sender: None,
            ..payment("aki")
        };
        let block = UncheckedBlock {
            transactions: [payment("so"), minted].into(),
            ..block()
        };
        assert_eq!(check(block), Some(BlockError::Minted { index: 1 }));
    }

    #[test]
    fn a_claimed_hash_must_be_right() {
        let actual = block().header().hash();
        let with = |hash| UncheckedBlock { hash, ..block() };
        assert_eq!(check(with(Some(actual))), None);
        let claimed = Hash([9; 32]);
        let refused = check(with(Some(claimed)));
        assert_eq!(refused, Some(BlockError::Hash { claimed, actual }));
    }

    #[test]
    fn proof_of_work_is_as_many_zero_bits_as_asked() {
        let difficulty = |bits: u32| Difficulty::new(u8::try_from(bits).unwrap()).unwrap();
        let found = (0..64).map(|nonce| UncheckedBlock { nonce, ..block() });
        let found = found.max_by_key(|block| block.header().hash().trailing_zeros());
        let found = found.unwrap();
        let hash = found.header().hash();
        let zeros = hash.trailing_zeros();
        assert!(found.clone().check(&difficulty(zeros).into()).is_ok());
        let difficulty = difficulty(zeros + 1);
        let expected = BlockError::ProofOfWork {
            hash,
            zeros,
            difficulty,
        };
        assert_eq!(found.check(&difficulty.into()), Err(expected));
    }

    #[test]
    fn the_documents_spelling_is_read_and_never_written() {
        let json = serde_json::to_string(&block()).unwrap();
        let documented = json
            .replace("previous_block_hash", "previoud_block_hash")
            .replace("nonce", "nonde");
        assert_ne!(json, documented);
        assert_eq!(
            serde_json::from_str::<UncheckedBlock>(&documented).unwrap(),
            block()
        );
        let both = json.replace("\"nonce\":0", "\"nonce\":0,\"nonde\":1");
        assert!(serde_json::from_str::<UncheckedBlock>(&both).is_err());
    }

    proptest! {
        #[test]
        fn json_is_never_longer_than_its_bound(
            names in prop::collection::vec("[\"\\\\é\u{202e}a-c]{1,21}", 0..6),
            id in any::<u64>(),
            timestamp in any::<i64>(),
        ) {
            let block = UncheckedBlock {
                id,
                hash: Some(Hash([255; 32])),
                timestamp,
                transactions: names.iter().map(|name| payment(name)).collect(),
                nonce: u64::MAX,
                ..block()
            };
            prop_assert!(serde_json::to_string(&block).unwrap().len() <= block.json_bound());
        }
    }
}
