//! What a node keeps and does is bounded, whoever speaks to it and whatever state it is given.

#![allow(clippy::unwrap_used)]

#[path = "common/network.rs"]
mod network;

use std::time::{Duration, Instant};

use network::{Network, account, payment};
use serde_json::{Value as Json, json};
use tickchain::driver::OUTGOING_QUEUE;
use tickchain::ledger::{
    Difficulty, Genesis, Hash, MAX_BLOCK_TRANSACTIONS, Transaction, TxId, UncheckedBlock,
};
use tickchain::node::{
    Body, Config, Costs, Effect, HonestNode, Input, MAX_INBOX, MAX_POOL, MAX_WAITING, Message,
    Name, Node, Place,
};

fn genesis() -> Genesis {
    Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        ..Genesis::default()
    }
}

fn node() -> HonestNode {
    let config = Config {
        genesis: genesis(),
        ..Config::new("node1".parse().unwrap())
    };
    let mut node = HonestNode::new(config).unwrap();
    node.handle(Input::Start { salt: 1 });
    node
}

fn peer(number: usize) -> Name {
    format!("peer{number}").parse().unwrap()
}

fn up(node: &mut HonestNode, peer: Name) -> Vec<Effect<Message>> {
    node.handle(Input::PeerUp { peer, latency: 0 })
}

fn say(node: &mut HonestNode, from: Name, sequence: u64, body: Body) -> Vec<Effect<Message>> {
    let message = Message {
        stamp: 0,
        sequence,
        body,
    };
    node.handle(Input::Message { from, message })
}

fn tick(node: &mut HonestNode) -> Vec<Effect<Message>> {
    let (to, wall) = (node.clock() + 1, 1_700_000_000);
    node.handle(Input::Clock { to, wall })
}

fn transaction(id: u128, sender: &str, recipient: &str, value: u64) -> Transaction {
    Transaction {
        id: TxId::from(id),
        sender: Some(account(sender)),
        recipient: account(recipient),
        value: value.try_into().unwrap(),
    }
}

/// `count` payments of all an account has, to itself.
fn circling(first: u128, count: usize, account: &str, value: u64) -> Vec<Transaction> {
    (first..)
        .take(count)
        .map(|id| transaction(id, account, account, value))
        .collect()
}

fn block(parent: (u64, Hash), nonce: u64, transactions: Vec<Transaction>) -> UncheckedBlock {
    UncheckedBlock {
        id: parent.0 + 1,
        hash: None,
        timestamp: 1_700_000_000,
        transactions: transactions.into(),
        previous_block_hash: parent.1,
        nonce,
    }
}

fn tip(node: &HonestNode) -> (u64, Hash) {
    (node.ledger().tip().id(), node.ledger().tip().hash())
}

fn take_in(node: &mut HonestNode, block: UncheckedBlock) -> (u64, Hash) {
    let tip = (block.id, block.header().hash());
    node.handle(Input::AddBlock(block));
    (0..3).for_each(|_| drop(tick(node)));
    tip
}

#[test]
fn peers_that_come_and_go_under_new_names_do_not_fill_the_inbox() {
    let mut node = node();
    for number in 0..40 {
        up(&mut node, peer(number));
        for sequence in 0..5_000 {
            let id = (number * 5_000) as u128 + u128::from(sequence) + 10;
            let payment = transaction(id, "nobody", "so", 1);
            say(&mut node, peer(number), sequence, Body::NewTx(payment));
        }
        node.handle(Input::PeerDown { peer: peer(number) });
    }
    assert!(node.inbox_len() <= 5 * MAX_INBOX, "{}", node.inbox_len());
    // What the first of them said is still there.
    assert!(node.inbox_len() >= MAX_INBOX);
}

#[test]
fn blocks_that_come_children_first_cost_no_more() {
    let mut node = node();
    up(&mut node, peer(1));
    let mut parent = tip(&node);
    let mut blocks = Vec::new();
    for _ in 0..MAX_INBOX {
        let block = block(parent, 0, Vec::new());
        parent = (block.id, block.header().hash());
        blocks.push(block);
    }
    for (sequence, block) in (0..).zip(blocks.into_iter().rev()) {
        say(&mut node, peer(1), sequence, Body::NewBlock(block));
    }
    let began = Instant::now();
    tick(&mut node);
    assert_eq!(tip(&node), parent);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
}
