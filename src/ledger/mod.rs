//! What is true: accounts, payments, blocks, proof of work, balances, and the tree of blocks with its
//! best tip.

#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod account;
mod block;
mod draft;
mod genesis;
mod hash;
mod header;
mod merkle;
pub mod search;
mod side;
mod store;
mod timestamp;
mod transaction;
mod tree;

pub use account::{Account, AccountError, MAX_NAME_BYTES, MAX_SAFE_INTEGER, Value, check_name};
pub use block::{Block, BlockError, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, UncheckedBlock};
pub use draft::{Draft, PaymentError};
pub use genesis::{Genesis, GenesisAccount, GenesisError, MAX_GENESIS_ACCOUNTS, network_id};
pub use hash::{Hash, HexError, TxId};
pub use header::{Difficulty, HEADER_BYTES, Header, Work};
pub use merkle::merkle_root;
pub use side::{MAX_SIDE_BLOCKS, MAX_SIDE_TRANSACTIONS};
pub use store::{Changes, Entry, MemoryStore, Store, Undo};
pub use timestamp::{MAX_TIMESTAMP, format_timestamp, parse_timestamp};
pub use transaction::{MAX_TRANSACTION_BYTES, Transaction};
pub use tree::{ConnectError, Inserted, Insertion, Ledger};
