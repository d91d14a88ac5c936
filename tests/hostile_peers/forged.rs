//! Blocks that break a rule.

use std::time::Instant;

use serde_json::json;
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{Difficulty, Genesis, Hash, Transaction, UncheckedBlock};
use tickchain::node::{Body, Message};
use tickchain::wire::Frame;

use crate::http::Client;
use crate::process::{self, Node};
use crate::raw::Raw;
use crate::{message, payment};

/// A block on genesis with proof of work.
fn mined(id: u64, previous_block_hash: Hash, transactions: Vec<Transaction>) -> UncheckedBlock {
    let mut block = UncheckedBlock {
        id,
        hash: None,
        timestamp: 1_700_000_000,
        transactions: transactions.into(),
        previous_block_hash,
        nonce: 0,
    };
    let outcome = search_from(&block.header(), Difficulty::default(), 0, || false);
    let Outcome::Found(nonce) = outcome else {
        panic!("{outcome:?}")
    };
    block.nonce = nonce;
    block
}

#[test]
fn forged_blocks_change_nothing() {
    let mut node = Node::start("node1", &[]);
    let genesis = Genesis::default().block().unwrap().hash();
    let good = mined(1, genesis, vec![payment(99, Some("aki"), 2)]);
    let forge = |change: fn(&mut UncheckedBlock)| {
        let mut block = good.clone();
        change(&mut block);
        block
    };
    let cases = [
        ("no work", forge(|block| block.nonce += 1), "zero bits"),
        (
            "a huge id",
            forge(|block| block.id = u64::MAX),
            "18446744073709551615",
        ),
        (
            "a huge nonce",
            forge(|block| block.nonce = u64::MAX),
            "18446744073709551615",
        ),
        (
            "another hash",
            forge(|block| block.hash = Some(Hash([0; 32]))),
            "hash",
        ),
        (
            "minted coins",
            mined(1, genesis, vec![payment(11, None, 5)]),
            "no sender",
        ),
        (
            "more than there is",
            mined(1, genesis, vec![payment(12, Some("aki"), 3)]),
            "aki",
        ),
        ("a wrong place", mined(7, genesis, Vec::new()), "7"),
    ];
    for ((what, block, words), sequence) in cases.into_iter().zip(1..) {
        // Whoever does this twice is banned.
        let mut raw = Raw::linked(node.p2p, &format!("liar{sequence}"));
        raw.send(&message(sequence, Body::NewBlock(Box::new(block))));
        assert_eq!(raw.next(), Some(Frame::Ack { sequence }), "{what}");
        node.tick();
        assert_eq!(node.tip(), (genesis.to_string(), 0), "{what}");
        wait_for_refusal(&node, words);
    }
    // A parent that nobody knows is asked for, and nothing more.
    let mut raw = Raw::linked(node.p2p, "liar");
    raw.send(&message(
        8,
        Body::NewBlock(Box::new(mined(2, Hash([9; 32]), Vec::new()))),
    ));
    assert_eq!(raw.next(), Some(Frame::Ack { sequence: 8 }));
    std::thread::scope(|scope| {
        // It answers when the question was acknowledged.
        scope.spawn(|| node.tick());
        let Some(Frame::Message(Message { sequence, body, .. })) = raw.next() else {
            panic!("it asks for the parent");
        };
        assert!(matches!(body, Body::ReqChain(_)));
        raw.send(&Frame::Ack { sequence });
    });
    assert_eq!(node.tip().1, 0);

    raw.send(&message(9, Body::NewBlock(Box::new(good))));
    assert_eq!(raw.next(), Some(Frame::Ack { sequence: 9 }));
    for _ in 0..2 {
        node.tick();
    }
    assert_eq!(
        node.get("/accounts"),
        json!({"aki": 0, "satoshi": 5, "so": 9})
    );
}

/// Reads the node's events until one says that such a thing from the liar was refused.
fn wait_for_refusal(node: &Node, words: &str) {
    let mut client = Client::new(node.process.socket(0, "http"));
    client.send("GET", "/events", &[("Last-Event-ID", "0")], b"");
    assert_eq!(client.header().status, 200);
    let mut events = String::new();
    let is_it = |line: &str| line.contains(r#""refused","from":"liar"#) && line.contains(words);
    let deadline = Instant::now() + process::PATIENCE;
    while !events.lines().any(is_it) {
        assert!(Instant::now() < deadline, "no {words:?} in {events}");
        events += &String::from_utf8(client.chunk()).unwrap();
    }
}
