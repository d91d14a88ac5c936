//! Keys and values as bytes. Integers are big-endian, so that keys sort by number.
//!
//! A key begins with the byte of its [`Table`]. What is behind it, and the value:
//!
//! | table | key | value |
//! |---|---|---|
//! | `Block` | hash | work (16), header (88), the payments' canonical bytes |
//! | `Main` | id (8) | hash of the main chain's block with this id; for each account that it changes the length of the name (1), the name, 1 and the balance before it (8), or 255 if there was none |
//! | `Side` | hash | the order in which side blocks came (8) |
//! | `Account` | name | balance (8) |
//! | `Paid` | payment id (16) | id of the main-chain block (8) |
//! | `Kept` | number (8) | of payments, one after the other: place (1), order (8), canonical bytes; or 4, id (16), the place (1) and the order (8) that it came to; or 5, id (16) of one that is no longer kept |
//! | `Accepted` | number (8) | payment ids (16 each) |
//! | `Inbox` | stamp (8), sequence number (8), sender's name, none of a controller | order of arrival (8), clock from which it is ready (8), the message, as in `message.rs` |
//! | `Node` | nothing | JSON of the node's counters |
//!
//! Byte 3 is not used again: under it schema 1 had what `Main` now says of balances. Until schema 2 `Kept` and
//! `Accepted` had the payment's id as their key, and `Accepted` no value; until schema 3 a row of `Kept` had one payment.

use std::sync::Arc;

use fjall::Slice;

use crate::ledger::{
    Account, Block, Entry, HEADER_BYTES, Hash, Header, Transaction, TxId, Undo, Work,
};

/// What a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Table {
    Block = 1,
    Main = 2,
    Side = 4,
    Account = 5,
    Paid = 6,
    Kept = 7,
    Accepted = 8,
    Inbox = 9,
    Node = 10,
}

/// The longest key is that of a message: stamp, sequence number and a name.
const MAX_KEY_BYTES: usize = 1 + 8 + 8 + 64;

/// The bytes of a block's work, which come first.
const WORK_BYTES: usize = 16;

/// Says that an account was not known before.
const NO_BALANCE: u8 = 255;

/// Says that a balance follows.
const BALANCE: u8 = 1;

impl Table {
    /// A key of this table. What is as short as most keys lies in the slice itself.
    pub(super) fn key(self, rest: &[u8]) -> Slice {
        let mut key = [self as u8; MAX_KEY_BYTES];
        key[1..=rest.len()].copy_from_slice(rest);
        Slice::from(&key[..=rest.len()])
    }

    pub(super) fn numbered(self, number: u64) -> Slice {
        self.key(&number.to_be_bytes())
    }
}

pub(super) fn account_key(account: &Account) -> Slice {
    Table::Account.key(account.as_str().as_bytes())
}

/// The account that a key of [`Table::Account`] names.
pub(super) fn read_account(key: &[u8]) -> Option<Account> {
    std::str::from_utf8(key.get(1..)?).ok()?.parse().ok()
}

/// The payment that a key of [`Table::Paid`] names.
pub(super) fn read_id(key: &[u8]) -> Option<TxId> {
    Some(TxId(key.get(1..)?.try_into().ok()?))
}

/// The hash that a key of [`Table::Block`] or [`Table::Side`] names.
pub(super) fn read_hash_key(key: &[u8]) -> Option<Hash> {
    Some(Hash(key.get(1..)?.try_into().ok()?))
}

pub(super) fn read_number(value: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(value.try_into().ok()?))
}

pub(super) fn block_value(block: &Block, work: Work) -> Vec<u8> {
    let payments = block.transactions();
    let bytes: usize = payments.iter().map(Transaction::canonical_len).sum();
    let mut value = Vec::with_capacity(WORK_BYTES + HEADER_BYTES + bytes);
    value.extend_from_slice(&work.to_be_bytes());
    value.extend_from_slice(&block.header().to_bytes());
    for payment in payments {
        payment.write_canonical(&mut value);
    }
    value
}

/// The block and the work of its branch, when the value is one and the header has this hash.
pub(super) fn read_block(hash: &Hash, value: &[u8]) -> Option<(Block, Work)> {
    let (Entry { header, work }, mut rest) = split_entry(value)?;
    let mut payments = Vec::new();
    while !rest.is_empty() {
        payments.push(Transaction::read_canonical(&mut rest)?);
    }
    let block = Block::stored(header, payments.into());
    (block.hash() == *hash).then_some((block, work))
}

/// The index entry of a block, as [`read_block`] without its payments.
pub(super) fn read_entry(hash: &Hash, value: &[u8]) -> Option<Entry> {
    let (entry, _) = split_entry(value)?;
    (entry.header.hash() == *hash).then_some(entry)
}

fn split_entry(value: &[u8]) -> Option<(Entry, &[u8])> {
    let (work, rest) = value.split_first_chunk::<WORK_BYTES>()?;
    let (header, rest) = rest.split_first_chunk::<HEADER_BYTES>()?;
    let work = Work::from_be_bytes(*work);
    let header = Header::from_bytes(header);
    Some((Entry { header, work }, rest))
}

/// A block of the main chain, with what takes it off again.
pub(super) fn main_value(hash: &Hash, undo: &Undo) -> Vec<u8> {
    let mut value = hash.0.to_vec();
    for (account, balance) in undo.iter() {
        let name = account.as_str().as_bytes();
        value.push(u8::try_from(name.len()).expect("an account name has at most 64 bytes"));
        value.extend_from_slice(name);
        match balance {
            Some(balance) => {
                value.push(BALANCE);
                value.extend_from_slice(&balance.to_be_bytes());
            }
            None => value.push(NO_BALANCE),
        }
    }
    value
}

/// The hash and the undo data of [`main_value`].
pub(super) fn read_main(value: &[u8]) -> Option<(Hash, Undo)> {
    let (hash, undo) = value.split_first_chunk()?;
    Some((Hash(*hash), read_undo(undo)?))
}

/// As [`read_main`], without a look at the undo data.
pub(super) fn read_main_hash(value: &[u8]) -> Option<Hash> {
    value.first_chunk().copied().map(Hash)
}

fn read_undo(mut value: &[u8]) -> Option<Undo> {
    let mut undo = Vec::new();
    while !value.is_empty() {
        let length = usize::from(*value.split_off_first()?);
        let name = value.split_off(..length)?;
        let account = std::str::from_utf8(name).ok()?.parse().ok()?;
        let balance = match *value.split_off_first()? {
            BALANCE => Some(read_number(value.split_off(..8)?)?),
            NO_BALANCE => None,
            _ => return None,
        };
        undo.push((account, balance));
    }
    Some(Arc::from(undo))
}
