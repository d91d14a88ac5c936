//! Messages of the inbox as bytes: JSON, which peers speak, costs ten times as much, and a chain that is caught
//! up on is all messages.

use fjall::Slice;

use super::codec::Table;
use crate::ledger::{Hash, Transaction, UncheckedBlock};
use crate::node::{Body, Message, Name, SavedMessage};

/// What a message says; the byte before its body.
const NEW_BLOCK: u8 = 0;
const NEW_TX: u8 = 1;
const REQ_CHAIN: u8 = 2;
const CHAIN: u8 = 3;

/// Stamp and sequence number, and the name, which no peer's is when it is missing.
pub(super) fn key(from: &Option<Name>, stamp: u64, sequence: u64) -> Slice {
    let name = from.as_ref().map_or("", |name| name.as_str());
    let numbers = [stamp.to_be_bytes(), sequence.to_be_bytes()].concat();
    Table::Inbox.key(&[&numbers, name.as_bytes()].concat())
}

/// A message with its place in the order of arrival.
pub(super) fn value(
    arrival: u64,
    from: &Option<Name>,
    ready: u64,
    Message {
        stamp,
        sequence,
        body,
    }: &Message,
) -> Vec<u8> {
    let mut out = Vec::new();
    for number in [arrival, ready, *stamp, *sequence] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    let name = from.as_ref().map_or("", |name| name.as_str());
    out.push(u8::try_from(name.len()).expect("a name has at most 64 bytes"));
    out.extend_from_slice(name.as_bytes());
    match body {
        Body::NewBlock(block) => {
            out.push(NEW_BLOCK);
            write_block(block, &mut out);
        }
        Body::NewTx(transaction) => {
            out.push(NEW_TX);
            transaction.write_canonical(&mut out);
        }
        Body::ReqChain(locator) => {
            out.push(REQ_CHAIN);
            // As text: a crash may leave any part of what is written, and 2 KiB of a stranger's choice in a row
            // would be enough to look like something else.
            for hash in locator {
                out.extend_from_slice(hash.to_string().as_bytes());
            }
        }
        Body::Chain { answers, blocks } => {
            out.push(CHAIN);
            out.extend_from_slice(&answers.to_be_bytes());
            for block in blocks {
                write_block(block, &mut out);
            }
        }
    }
    out
}

/// The message of an entry, with its place in the order of arrival; `None` when it is none.
pub(super) fn read(key: &[u8], mut bytes: &[u8]) -> Option<(u64, SavedMessage)> {
    let bytes = &mut bytes;
    let [arrival, ready, stamp, sequence] = [(); 4].map(|()| read_number(bytes));
    let length = *bytes.split_off_first()?;
    let name = std::str::from_utf8(bytes.split_off(..length.into())?).ok()?;
    let from = match name {
        "" => None,
        name => Some(name.parse().ok()?),
    };
    let kind = *bytes.split_off_first()?;
    let body = match kind {
        NEW_BLOCK => Body::NewBlock(Box::new(read_block(bytes)?)),
        NEW_TX => Body::NewTx(Transaction::read_canonical(bytes)?),
        REQ_CHAIN => Body::ReqChain(read_all(bytes, read_text)?),
        CHAIN => Body::Chain {
            answers: read_number(bytes)?,
            blocks: read_all(bytes, read_block)?,
        },
        _ => return None,
    };
    let (stamp, sequence) = (stamp?, sequence?);
    if !bytes.is_empty() || *key != *self::key(&from, stamp, sequence) {
        return None;
    }
    let message = Message {
        stamp,
        sequence,
        body,
    };
    let saved = SavedMessage {
        from,
        ready: ready?,
        message,
    };
    Some((arrival?, saved))
}

/// As it was said: with the hash that it was said to have, if any, and how many payments follow.
fn write_block(block: &UncheckedBlock, out: &mut Vec<u8>) {
    for number in [block.id, block.timestamp as u64, block.nonce] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend_from_slice(&block.previous_block_hash.0);
    out.push(block.hash.is_some().into());
    out.extend(block.hash.iter().flat_map(|hash| hash.0));
    let payments = u32::try_from(block.transactions.len()).expect("a message holds fewer");
    out.extend_from_slice(&payments.to_be_bytes());
    for payment in &*block.transactions {
        payment.write_canonical(out);
    }
}

fn read_block(bytes: &mut &[u8]) -> Option<UncheckedBlock> {
    let [id, timestamp, nonce] = [(); 3].map(|()| read_number(bytes));
    let previous_block_hash = read_hash(bytes)?;
    let hash = match *bytes.split_off_first()? {
        0 => None,
        1 => Some(read_hash(bytes)?),
        _ => return None,
    };
    let payments = u32::from_be_bytes(*bytes.split_off(..4)?.first_chunk()?);
    let payments = (0..payments).map(|_| Transaction::read_canonical(bytes));
    Some(UncheckedBlock {
        transactions: payments.collect::<Option<Vec<_>>>()?.into(),
        id: id?,
        hash,
        timestamp: timestamp? as i64,
        previous_block_hash,
        nonce: nonce?,
    })
}

/// Reads one after the other until nothing is left.
fn read_all<T>(bytes: &mut &[u8], read: impl Fn(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(read(bytes)?);
    }
    Some(all)
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.split_off(..8)?.first_chunk()?))
}

fn read_text(bytes: &mut &[u8]) -> Option<Hash> {
    let text = bytes.split_off(..64)?;
    let hash: Hash = std::str::from_utf8(text).ok()?.parse().ok()?;
    (hash.to_string().as_bytes() == text).then_some(hash)
}

fn read_hash(bytes: &mut &[u8]) -> Option<Hash> {
    Some(Hash(*bytes.split_off(..32)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Genesis;

    fn messages() -> Vec<SavedMessage> {
        let genesis = Genesis::default().block().unwrap();
        let block = genesis.to_unchecked();
        let bare = UncheckedBlock {
            hash: None,
            timestamp: -1,
            transactions: Vec::new().into(),
            ..block.clone()
        };
        let bodies = [
            Body::NewBlock(Box::new(block.clone())),
            Body::NewBlock(Box::new(bare.clone())),
            Body::NewTx(genesis.transactions()[0].clone()),
            Body::ReqChain(vec![genesis.hash(); 3]),
            Body::ReqChain(Vec::new()),
            Body::Chain {
                answers: 7,
                blocks: vec![bare, block],
            },
        ];
        let message = |(number, body): (usize, Body)| SavedMessage {
            from: [None, Some("node1".parse().unwrap())][number % 2].clone(),
            ready: 11,
            message: Message {
                stamp: 5,
                sequence: number as u64,
                body,
            },
        };
        bodies.into_iter().enumerate().map(message).collect()
    }

    fn entry(arrival: u64, kept: &SavedMessage) -> (Slice, Vec<u8>) {
        let message = &kept.message;
        let key = key(&kept.from, message.stamp, message.sequence);
        (key, value(arrival, &kept.from, kept.ready, message))
    }

    #[test]
    fn a_message_is_read_as_it_was_written_and_under_its_key() {
        for kept in messages() {
            let (key, value) = entry(3, &kept);
            assert_eq!(read(&key[..key.len() - 1], &value), None);
            assert_eq!(read(&key, &value), Some((3, kept)));
        }
    }

    #[test]
    fn what_is_cut_or_goes_on_is_no_message() {
        for kept in messages() {
            let (key, value) = entry(3, &kept);
            assert_eq!(read(&key, &[&value[..], &[1]].concat()), None);
            for length in 0..value.len() {
                // A list that ends sooner is a list.
                let fewer = read(&key, &value[..length]);
                assert!(
                    fewer
                        .is_none_or(|(arrival, fewer)| entry(arrival, &fewer).1 == value[..length])
                );
            }
        }
    }
}
