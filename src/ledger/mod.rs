//! What is true: accounts, payments, blocks, proof of work, balances, and the tree of blocks with its
//! best tip.
//!
//! # How a block is hashed
//! All that is needed stands in the block's JSON, so anyone can recompute it. Integers are big-endian.
//!
//! 1. A payment's **canonical bytes**: its id (16 bytes); one byte 0 for a null sender, else one byte 1
//!    (3 where the payment is signed), the length of the sender's name (1 byte) and the name in UTF-8; the
//!    length of the recipient's name (1 byte) and the name in UTF-8; the value (8 bytes); where it is signed,
//!    its sequence (8) and its signature (64).
//! 2. The **Merkle root** is [RFC 6962](https://www.rfc-editor.org/rfc/rfc6962#section-2.1)'s: a leaf is
//!    SHA-256 of one byte 0 and a payment's canonical bytes; a node is SHA-256 of one byte 1 and the two
//!    hashes below it; a list of n leaves is split after the largest power of two smaller than n; the
//!    root of no leaves is SHA-256 of nothing.
//! 3. The **header**: the parent's hash (32 bytes; for genesis zeros, or what
//!    [`Genesis::keys_hash`] says), the Merkle root (32), the block's
//!    id (8), its timestamp in seconds since 1970 UTC (8), its nonce (8). The nonce comes last so that
//!    a search hashes one changing chunk of 64 bytes.
//! 4. The **hash** is SHA-256 of SHA-256 of the header. At difficulty d it ends in d zero bits.
//!
//! # How a payment is signed
//! In a network with signatures ([`Genesis::signatures`]) every account is owned by an ed25519 key: those of
//! genesis by the key given there, every other one by the key that its name is, in hex. A payment then has a
//! sequence and a signature over [`signed_bytes`], and its id is [`signed_id`]'s. [`Rules`] are what a network
//! asks for; [`PrivateKey::pay`] makes a signed payment.
//!
//! A network's id, which nodes compare before they talk, is [`network_id`]'s.

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
mod listed;
mod merkle;
mod rules;
pub mod search;
mod side;
mod signature;
mod store;
mod timestamp;
mod transaction;
mod tree;

pub(crate) use account::name_type;
pub use account::{Account, AccountError, MAX_NAME_BYTES, MAX_SAFE_INTEGER, Value, check_name};
pub use block::{Block, BlockError, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, UncheckedBlock};
pub use draft::{Draft, PaymentError};
pub use genesis::{Genesis, GenesisAccount, GenesisError, MAX_GENESIS_ACCOUNTS, network_id};
pub use hash::{Hash, HexError, TxId};
pub use header::{Difficulty, HEADER_BYTES, Header, Work};
pub use merkle::merkle_root;
pub use rules::{Checker, MAX_CHECKED, Rules, SignatureError};
pub use side::{MAX_SIDE_BLOCKS, MAX_SIDE_TRANSACTIONS};
pub use signature::{
    HalfSigned, PrivateKey, PublicKey, Signature, Signed, signed_bytes, signed_id,
};
pub use store::{Changes, Entry, MemoryStore, Store, Undo};
pub use timestamp::{MAX_TIMESTAMP, format_timestamp, parse_timestamp};
pub use transaction::{MAX_TRANSACTION_BYTES, Transaction};
pub use tree::{ConnectError, Inserted, Insertion, Ledger};
