//! Frames of every kind, for properties; and the largest.

use proptest::collection::vec;
use proptest::prelude::*;
use tickchain::ledger::{
    Account, Hash, MAX_BLOCK_BYTES, MAX_NAME_BYTES, MAX_SAFE_INTEGER, MAX_TIMESTAMP,
    MAX_TRANSACTION_BYTES, Transaction, TxId, UncheckedBlock,
};
use tickchain::node::{Body, MAX_LOCATOR, Message};
use tickchain::wire::{Frame, Hello, PROTOCOL_VERSION};

/// Names with what JSON has to escape, and with what takes several bytes.
fn name() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            Just('"'),
            Just('\\'),
            Just('/'),
            Just('\u{2028}'),
            any::<char>(),
            proptest::char::range('a', 'z'),
        ],
        1..=MAX_NAME_BYTES,
    )
    .prop_map(|chars| {
        let mut name = String::new();
        for c in chars.into_iter().filter(|c| !c.is_control()) {
            if name.len() + c.len_utf8() <= MAX_NAME_BYTES {
                name.push(c);
            }
        }
        if name.is_empty() {
            "x".to_owned()
        } else {
            name
        }
    })
}

fn account() -> impl Strategy<Value = Account> {
    name().prop_map(|name| name.parse().unwrap())
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let value = 1..=MAX_SAFE_INTEGER;
    let sender = proptest::option::weighted(0.9, account());
    (any::<u128>(), sender, account(), value).prop_map(|(id, sender, recipient, value)| {
        Transaction {
            id: TxId::from(id),
            sender,
            recipient,
            value: value.try_into().unwrap(),
            signed: None,
        }
    })
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

pub(crate) fn block() -> impl Strategy<Value = UncheckedBlock> {
    (
        any::<u64>(),
        proptest::option::of(hash()),
        0..=MAX_TIMESTAMP,
        vec(transaction(), 0..8),
        hash(),
        any::<u64>(),
    )
        .prop_map(
            |(id, hash, timestamp, transactions, previous_block_hash, nonce)| UncheckedBlock {
                id,
                hash,
                timestamp,
                transactions: transactions.into(),
                previous_block_hash,
                nonce,
            },
        )
}

fn message() -> impl Strategy<Value = Message> {
    let body = prop_oneof![
        block().prop_map(|block| Body::NewBlock(Box::new(block))),
        transaction().prop_map(Body::NewTx),
        vec(hash(), 0..MAX_LOCATOR).prop_map(Body::ReqChain),
        (0..=MAX_SAFE_INTEGER, vec(block(), 0..4))
            .prop_map(|(answers, blocks)| Body::Chain { answers, blocks }),
    ];
    let number = || 0..=MAX_SAFE_INTEGER;
    (number(), number(), body).prop_map(|(stamp, sequence, body)| Message {
        stamp,
        sequence,
        body,
    })
}

pub(crate) fn frame() -> impl Strategy<Value = Frame> {
    let hello = (hash(), name(), any::<std::net::SocketAddr>(), 0..1000u64).prop_map(
        |(network, name, listen, latency)| {
            Frame::Hello(Hello {
                version: PROTOCOL_VERSION,
                network,
                name: name.parse().unwrap(),
                // A flow label is not part of an address as text.
                listen: (listen.ip(), listen.port()).into(),
                latency,
            })
        },
    );
    prop_oneof![
        hello,
        message().prop_map(Frame::Message),
        (0..=MAX_SAFE_INTEGER).prop_map(|sequence| Frame::Ack { sequence }),
        any::<String>().prop_map(|reason| Frame::bye(&reason)),
    ]
}

/// With the longest numbers there are around it.
pub(crate) fn chain(blocks: Vec<UncheckedBlock>) -> Frame {
    Frame::Message(Message {
        stamp: u64::MAX,
        sequence: u64::MAX,
        body: Body::Chain {
            answers: u64::MAX,
            blocks,
        },
    })
}

/// As large as the rules allow: `count` payments, and names of nothing but escapes.
pub(crate) fn largest_block(count: usize) -> UncheckedBlock {
    let per_payment = (MAX_BLOCK_BYTES / count).min(MAX_TRANSACTION_BYTES);
    let name_bytes = ((per_payment - 16 - 1 - 1 - 1 - 8) / 2).min(MAX_NAME_BYTES);
    let name: Account = "\"".repeat(name_bytes).parse().unwrap();
    let payment = |number: usize| Transaction {
        id: TxId::from(u128::MAX - number as u128),
        sender: Some(name.clone()),
        recipient: name.clone(),
        value: MAX_SAFE_INTEGER.try_into().unwrap(),
        signed: None,
    };
    UncheckedBlock {
        id: MAX_SAFE_INTEGER,
        hash: Some(Hash([0xff; 32])),
        timestamp: MAX_TIMESTAMP,
        transactions: (0..count).map(payment).collect(),
        previous_block_hash: Hash([0xff; 32]),
        nonce: MAX_SAFE_INTEGER,
    }
}
