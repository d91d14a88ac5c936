//! What a network starts from: accounts, difficulty, timestamp.

use serde::{Deserialize, Serialize};

use super::account::{Account, MAX_SAFE_INTEGER, Value};
use super::block::{Block, UncheckedBlock};
use super::hash::{Hash, TxId};
use super::header::{Difficulty, HEADER_BYTES, Work};
use super::timestamp::{self, MAX_TIMESTAMP};
use super::transaction::Transaction;

/// The most accounts a genesis block may fund.
pub const MAX_GENESIS_ACCOUNTS: usize = 1_000_000;

/// Why a genesis block cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// More than [`MAX_GENESIS_ACCOUNTS`].
    #[error("{count} accounts, a genesis block funds at most {MAX_GENESIS_ACCOUNTS}")]
    Count {
        /// Accounts given.
        count: usize,
    },
    /// An account is there twice.
    #[error("account {account} is there twice: give each one balance")]
    Twice {
        /// The account.
        account: Account,
    },
    /// All balances together are more than JSON readers see exactly.
    #[error("the balances sum to more than {MAX_SAFE_INTEGER}")]
    Supply,
    /// A store holds the chain of another network.
    #[error("the store holds a chain whose genesis is {stored}, this network's is {expected}")]
    Other {
        /// This network's genesis.
        expected: Hash,
        /// The store's.
        stored: Hash,
    },
    /// A store holds a chain that was mined at another difficulty.
    #[error(
        "the store's {blocks} blocks stand for {work} hashes, which is not {difficulty} bits a block"
    )]
    OtherDifficulty {
        /// This network's difficulty.
        difficulty: Difficulty,
        /// Blocks of the store's main chain, genesis not counted.
        blocks: u64,
        /// Their work.
        work: Work,
    },
    /// The timestamp is not between 1970 and 9999.
    #[error("timestamp {timestamp} is not between 0 and {MAX_TIMESTAMP}")]
    Timestamp {
        /// Seconds since 1970 UTC.
        timestamp: i64,
    },
}

/// One account of a genesis block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// Its name.
    pub name: Account,
    /// What it starts with.
    pub balance: Value,
}

/// The parameters of a network. Nodes with different ones refuse each other.
///
/// ```
/// use tickchain::ledger::Genesis;
/// let block = Genesis::default().block()?;
/// assert_eq!(block.id(), 0);
/// assert_eq!(block.transactions().len(), 3);
/// # Ok::<(), tickchain::ledger::GenesisError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Proof of work asked of every block but genesis.
    #[serde(default)]
    pub difficulty: Difficulty,
    /// Seconds since 1970 UTC; `YYYY/MM/DD HH:MM:SS` in a file.
    #[serde(default = "document_timestamp", with = "timestamp::documented")]
    pub timestamp: i64,
    /// The funded accounts, in order; their payments have the ids 0, 1, 2, …
    pub accounts: Vec<GenesisAccount>,
}

/// 2009/01/03 18:15:05 UTC.
const DOCUMENT_TIMESTAMP: i64 = 1_231_006_505;

fn document_timestamp() -> i64 {
    DOCUMENT_TIMESTAMP
}

impl Default for Genesis {
    /// aki 2, so 7, satoshi 5, at 2009/01/03 18:15:05 and 12 bits.
    fn default() -> Self {
        let account = |name: &str, balance: u64| GenesisAccount {
            name: name.parse().expect("the document's names are names"),
            balance: balance
                .try_into()
                .expect("the document's values are values"),
        };
        Self {
            difficulty: Difficulty::default(),
            timestamp: DOCUMENT_TIMESTAMP,
            accounts: vec![account("aki", 2), account("so", 7), account("satoshi", 5)],
        }
    }
}

impl Genesis {
    /// The genesis block: id 0, nonce 0, no parent, a payment out of nothing for each account.
    ///
    /// # Errors
    /// A [`GenesisError`] when the parameters break a rule.
    pub fn block(&self) -> Result<Block, GenesisError> {
        self.check()?;
        let transactions = (0u128..)
            .zip(&self.accounts)
            .map(|(number, account)| Transaction {
                id: TxId::from(number),
                sender: None,
                recipient: account.name.clone(),
                value: account.balance,
            });
        let unchecked = UncheckedBlock {
            id: 0,
            hash: None,
            timestamp: self.timestamp,
            transactions: transactions.collect(),
            previous_block_hash: Hash::ZERO,
            nonce: 0,
        };
        Ok(unchecked.seal())
    }

    fn check(&self) -> Result<(), GenesisError> {
        let count = self.accounts.len();
        if count > MAX_GENESIS_ACCOUNTS {
            return Err(GenesisError::Count { count });
        }
        if !(0..=MAX_TIMESTAMP).contains(&self.timestamp) {
            return Err(GenesisError::Timestamp {
                timestamp: self.timestamp,
            });
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut supply: u64 = 0;
        for account in &self.accounts {
            if !seen.insert(&account.name) {
                return Err(GenesisError::Twice {
                    account: account.name.clone(),
                });
            }
            // Each value is at most 2^53 − 1, so one step above the cap cannot wrap.
            supply += account.balance.get();
            if supply > MAX_SAFE_INTEGER {
                return Err(GenesisError::Supply);
            }
        }
        Ok(())
    }
}

/// What tells one network from another: SHA-256 of
///
/// | bytes | what |
/// |---|---|
/// | 17 | `tickchain network` in ASCII |
/// | 88 | the genesis header |
/// | 1 | the difficulty in bits |
pub fn network_id(genesis: &Block, difficulty: Difficulty) -> Hash {
    const TAG: &[u8] = b"tickchain network";
    let mut bytes = Vec::with_capacity(TAG.len() + HEADER_BYTES + 1);
    bytes.extend_from_slice(TAG);
    bytes.extend_from_slice(&genesis.header().to_bytes());
    bytes.push(difficulty.bits());
    Hash::sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, MemoryStore};

    fn genesis(accounts: &[(&str, u64)]) -> Genesis {
        let account = |&(name, balance): &(&str, u64)| GenesisAccount {
            name: name.parse().unwrap(),
            balance: balance.try_into().unwrap(),
        };
        Genesis {
            accounts: accounts.iter().map(account).collect(),
            ..Genesis::default()
        }
    }

    #[test]
    fn what_a_file_leaves_out_is_the_documents() {
        let json = r#"{"accounts": [{"name": "aki", "balance": 2}, {"name": "so", "balance": 7},
            {"name": "satoshi", "balance": 5}]}"#;
        assert_eq!(
            serde_json::from_str::<Genesis>(json).unwrap(),
            Genesis::default()
        );
        let unknown = r#"{"accounts": [], "dificulty": 3}"#;
        assert!(serde_json::from_str::<Genesis>(unknown).is_err());
        let empty = r#"{"accounts": [], "difficulty": 0, "timestamp": "1970/01/01 00:00:00"}"#;
        let empty: Genesis = serde_json::from_str(empty).unwrap();
        assert!(Ledger::new(&empty).unwrap().accounts().is_empty());
    }

    #[test]
    fn balances_are_bounded_and_named_once() {
        let twice = genesis(&[("aki", 1), ("so", 1), ("aki", 2)]);
        let account = "aki".parse().unwrap();
        assert_eq!(twice.block(), Err(GenesisError::Twice { account }));
        let most = genesis(&[("aki", MAX_SAFE_INTEGER - 1), ("so", 1)]);
        assert!(most.block().is_ok());
        let more = genesis(&[("aki", MAX_SAFE_INTEGER), ("so", 1)]);
        assert_eq!(more.block(), Err(GenesisError::Supply));
        let mut many = genesis(&[("aki", 1)]);
        let count = MAX_GENESIS_ACCOUNTS + 1;
        many.accounts = vec![many.accounts[0].clone(); count];
        assert_eq!(many.block(), Err(GenesisError::Count { count }));
    }

    #[test]
    fn timestamps_are_bounded() {
        for timestamp in [-1, MAX_TIMESTAMP + 1] {
            let outside = Genesis {
                timestamp,
                ..Genesis::default()
            };
            assert_eq!(outside.block(), Err(GenesisError::Timestamp { timestamp }));
        }
    }

    #[test]
    fn a_store_of_another_network_is_refused() {
        let store = Ledger::new(&genesis(&[("aki", 1)]))
            .unwrap()
            .store()
            .clone();
        let stored = genesis(&[("aki", 1)]).block().unwrap().hash();
        let expected = Genesis::default().block().unwrap().hash();
        let refused = Ledger::open(&Genesis::default(), store).err();
        assert_eq!(refused, Some(GenesisError::Other { expected, stored }));
    }

    #[test]
    fn a_store_mined_at_another_difficulty_is_refused() {
        let easy = Genesis {
            difficulty: Difficulty::new(0).unwrap(),
            ..Genesis::default()
        };
        let mut ledger = Ledger::open(&easy, MemoryStore::default()).unwrap();
        let block = UncheckedBlock {
            id: 1,
            hash: None,
            timestamp: easy.timestamp,
            transactions: [].into(),
            previous_block_hash: ledger.tip().hash(),
            nonce: 0,
        };
        ledger.insert(block.seal()).outcome.unwrap();
        let refused = Ledger::open(&Genesis::default(), ledger.store().clone()).err();
        let expected = GenesisError::OtherDifficulty {
            difficulty: Difficulty::default(),
            blocks: 1,
            work: 1,
        };
        assert_eq!(refused, Some(expected));
    }

    #[test]
    fn every_parameter_makes_another_network() {
        let mut networks = vec![Genesis::default(); 5];
        networks[1].timestamp += 1;
        networks[2].difficulty = Difficulty::new(11).unwrap();
        networks[3].accounts.swap(0, 1);
        networks[4].accounts.pop();
        let ids: std::collections::BTreeSet<Hash> = networks
            .iter()
            .map(|genesis| network_id(&genesis.block().unwrap(), genesis.difficulty))
            .collect();
        assert_eq!(ids.len(), networks.len());
    }
}
