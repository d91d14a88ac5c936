//! What a network starts from: accounts, difficulty, timestamp.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::account::{Account, MAX_SAFE_INTEGER, Value};
use super::block::{Block, UncheckedBlock};
use super::hash::{Hash, TxId};
use super::header::{Difficulty, HEADER_BYTES, Work};
use super::rules::Rules;
use super::signature::PublicKey;
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
    /// An account has no key in a network with signatures.
    #[error(
        "account {account} has no key, and in a network with signatures each account has one: make it \
         with `tickchain key account FILE` and give the key that it prints"
    )]
    KeyMissing {
        /// The account.
        account: Account,
    },
    /// An account has a key in a network without signatures.
    #[error(
        "account {account} has a key, and nothing is signed: set signatures = true, or leave the key out"
    )]
    KeyUnused {
        /// The account.
        account: Account,
    },
    /// A key is none that signatures can be checked with.
    #[error(
        "the key of account {account} is no ed25519 public key: give the one that `tickchain key show FILE` prints"
    )]
    KeyUnsound {
        /// The account.
        account: Account,
    },
    /// An account named after one key has another.
    #[error(
        "account {account} is named after a public key and has another one: give it that key, or another name"
    )]
    KeyOther {
        /// The account.
        account: Account,
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
    /// The key that owns it, in a network with signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
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
    /// Whether payments are signed. Then each account here has a key, and every other account is named after
    /// the one that owns it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signatures: bool,
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
            key: None,
        };
        Self {
            difficulty: Difficulty::default(),
            timestamp: DOCUMENT_TIMESTAMP,
            signatures: false,
            accounts: vec![account("aki", 2), account("so", 7), account("satoshi", 5)],
        }
    }
}

impl Genesis {
    /// The genesis block: id 0, nonce 0, no parent, a payment out of nothing for each account. In a network
    /// with signatures the hash of [`Genesis::keys_hash`] stands in the parent's place.
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
                signed: None,
            });
        let unchecked = UncheckedBlock {
            id: 0,
            hash: None,
            timestamp: self.timestamp,
            transactions: transactions.collect(),
            previous_block_hash: self.keys_hash(),
            nonce: 0,
        };
        Ok(unchecked.seal())
    }

    /// What stands in the genesis block in the place of a parent's hash: zeros; in a network with signatures
    /// SHA-256 of `tickchain keys` in ASCII and the public keys of all accounts, 32 bytes each, in order. So
    /// networks that differ in a key differ in their first block, and in all above it.
    pub fn keys_hash(&self) -> Hash {
        if !self.signatures {
            return Hash::ZERO;
        }
        let mut hasher = Sha256::new_with_prefix(b"tickchain keys");
        for key in self.accounts.iter().filter_map(|account| account.key) {
            hasher.update(key.0);
        }
        Hash(hasher.finalize().into())
    }

    /// What the network asks of blocks and payments.
    ///
    /// # Errors
    /// A [`GenesisError`] when no genesis block can be made.
    pub fn rules(&self) -> Result<Rules, GenesisError> {
        Ok(self.rules_above(&self.block()?))
    }

    /// [`Genesis::rules`], where the genesis block is at hand.
    pub(super) fn rules_above(&self, genesis: &Block) -> Rules {
        if !self.signatures {
            return self.difficulty.into();
        }
        let keys =
            (self.accounts.iter()).filter_map(|account| Some((account.name.clone(), account.key?)));
        let network = network_id(genesis, self.difficulty);
        Rules::signed(self.difficulty, network, keys.collect())
    }

    /// What tells this network from others.
    ///
    /// # Errors
    /// A [`GenesisError`] when no genesis block can be made.
    pub fn network_id(&self) -> Result<Hash, GenesisError> {
        Ok(network_id(&self.block()?, self.difficulty))
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
            self.check_key(account)?;
        }
        Ok(())
    }

    fn check_key(&self, account: &GenesisAccount) -> Result<(), GenesisError> {
        let name = || account.name.clone();
        match account.key {
            None if self.signatures => Err(GenesisError::KeyMissing { account: name() }),
            None => Ok(()),
            Some(_) if !self.signatures => Err(GenesisError::KeyUnused { account: name() }),
            Some(key) if !key.is_sound() => Err(GenesisError::KeyUnsound { account: name() }),
            Some(key) if PublicKey::named(&account.name).is_some_and(|named| named != key) => {
                Err(GenesisError::KeyOther { account: name() })
            }
            Some(_) => Ok(()),
        }
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
    use crate::ledger::{Ledger, MemoryStore, PrivateKey};

    fn genesis(accounts: &[(&str, u64)]) -> Genesis {
        let account = |&(name, balance): &(&str, u64)| GenesisAccount {
            name: name.parse().unwrap(),
            balance: balance.try_into().unwrap(),
            key: None,
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
        networks.extend([signed(&[1, 2]), signed(&[2, 1]), signed(&[1, 3])]);
        networks[1].timestamp += 1;
        networks[2].difficulty = Difficulty::new(11).unwrap();
        networks[3].accounts.swap(0, 1);
        networks[4].accounts.pop();
        let ids: std::collections::BTreeSet<Hash> = networks
            .iter()
            .map(|genesis| genesis.network_id().unwrap())
            .collect();
        assert_eq!(ids.len(), networks.len());
        // All but the one with another difficulty begin with a block of their own.
        let blocks = networks
            .iter()
            .map(|genesis| genesis.block().unwrap().hash());
        let blocks: std::collections::BTreeSet<Hash> = blocks.collect();
        assert_eq!(blocks.len(), networks.len() - 1);
    }

    /// aki and so, with keys made of these numbers.
    fn signed(keys: &[u8]) -> Genesis {
        let mut genesis = genesis(&[("aki", 2), ("so", 7)]);
        genesis.signatures = true;
        for (account, key) in genesis.accounts.iter_mut().zip(keys) {
            account.key = Some(PrivateKey::from_bytes([*key; 32]).public());
        }
        genesis
    }

    #[test]
    fn every_account_has_a_key_or_none_has() {
        let account: Account = "so".parse().unwrap();
        let refused = |genesis: Genesis| genesis.block().unwrap_err();
        let missing = GenesisError::KeyMissing {
            account: account.clone(),
        };
        assert_eq!(refused(signed(&[1])), missing);
        let mut unused = signed(&[1, 2]);
        unused.signatures = false;
        unused.accounts[0].key = None;
        assert_eq!(refused(unused), GenesisError::KeyUnused { account });

        let mut odd = signed(&[1, 2]);
        odd.accounts[0].key = Some(PublicKey([2; 32]));
        let account = "aki".parse().unwrap();
        assert_eq!(refused(odd), GenesisError::KeyUnsound { account });
        let mut named = signed(&[1, 2]);
        named.accounts[0].name = PrivateKey::from_bytes([1; 32]).public().account();
        assert!(named.block().is_ok());
        named.accounts[0].name = PrivateKey::from_bytes([3; 32]).public().account();
        let account = named.accounts[0].name.clone();
        assert_eq!(refused(named), GenesisError::KeyOther { account });
    }

    #[test]
    fn keys_are_read_and_written_and_an_unsigned_genesis_is_as_it_was() {
        let genesis = signed(&[1, 2]);
        let json = serde_json::to_string(&genesis).unwrap();
        assert!(json.contains(r#""signatures":true"#), "{json}");
        assert_eq!(serde_json::from_str::<Genesis>(&json).unwrap(), genesis);
        let json = serde_json::to_string(&Genesis::default()).unwrap();
        let expected = r#"{"difficulty":12,"timestamp":"2009/01/03 18:15:05","accounts":[{"name":"aki","balance":2},{"name":"so","balance":7},{"name":"satoshi","balance":5}]}"#;
        assert_eq!(json, expected);
    }
}
