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
    Body, CROWDED_INBOX, CROWDED_SHARE, Config, Costs, Effect, HonestNode, Input, MAX_INBOX,
    MAX_POOL, MAX_WAITING, Message, Name, Node, Place,
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
        signed: None,
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
    assert!(node.inbox_len() <= 2 * MAX_INBOX, "{}", node.inbox_len());
    // What the first of them said is still there.
    assert!(node.inbox_len() >= MAX_INBOX);
}

/// The last place in the pool goes to a payment under whose id another one waits.
#[test]
fn a_payment_is_in_one_place_when_the_pool_is_full_with_it() {
    let mut node = node();
    up(&mut node, peer(1));
    let waits = transaction(9, "nobody", "so", 1);
    say(&mut node, peer(1), 0, Body::NewTx(waits));
    (0..3).for_each(|_| drop(tick(&mut node)));
    assert_eq!(node.waiting().count(), 1);
    let others = (10..).take(MAX_POOL - 1).chain([9]);
    for (sequence, id) in (1..).zip(others) {
        let payment = transaction(id, "so", "so", 1);
        say(&mut node, peer(1), sequence, Body::NewTx(payment));
    }
    (0..3).for_each(|_| drop(tick(&mut node)));
    assert_eq!((node.pool_len(), node.waiting().count()), (MAX_POOL, 0));
}

#[test]
fn a_crowd_of_peers_fills_the_inbox_twice_and_keeps_no_honest_one_out() {
    let mut node = node();
    for number in 0..128 {
        up(&mut node, peer(number));
        for sequence in 0..1_000 {
            let id = (number * 1_000) as u128 + u128::from(sequence) + 10;
            let payment = transaction(id, "nobody", "so", 1);
            say(&mut node, peer(number), sequence, Body::NewTx(payment));
        }
    }
    assert!(node.inbox_len() >= CROWDED_INBOX, "{}", node.inbox_len());
    let honest = peer(128);
    up(&mut node, honest.clone());
    let payments = circling(1 << 80, CROWDED_SHARE - 1, "satoshi", 5);
    for (sequence, payment) in (0..).zip(payments) {
        say(&mut node, honest.clone(), sequence, Body::NewTx(payment));
    }
    let block = block(tip(&node), 0, Vec::new());
    let mined = (block.id, block.header().hash());
    // To whom too much is owed already a block is not acknowledged either.
    let shut = say(
        &mut node,
        peer(1),
        1_000,
        Body::NewBlock(Box::new(block.clone())),
    );
    let closes = |effect: &Effect<Message>| matches!(effect, Effect::Close { .. });
    assert!(shut.iter().any(closes));
    say(&mut node, honest, 1_000, Body::NewBlock(Box::new(block)));
    let most = CROWDED_INBOX + 129 * CROWDED_SHARE;
    assert!(node.inbox_len() <= most, "{}", node.inbox_len());
    (0..4).for_each(|_| drop(tick(&mut node)));
    assert_eq!((tip(&node), node.pool_len()), (mined, CROWDED_SHARE - 1));
}

#[test]
fn the_pools_of_many_peers_at_once_are_one_pool() {
    let mut node = node();
    let pool = circling(100, MAX_POOL, "satoshi", 5);
    (0..6).for_each(|number| drop(up(&mut node, peer(number))));
    for (sequence, payment) in (0..).zip(&pool) {
        for number in 0..6 {
            let body = Body::NewTx(payment.clone());
            say(&mut node, peer(number), sequence, body);
        }
    }
    assert_eq!(node.peers().count(), 6);
    assert!(node.inbox_len() < 2 * MAX_INBOX, "{}", node.inbox_len());
    tick(&mut node);
    assert!(node.pool().eq(&pool), "{}", node.pool_len());
}

#[test]
fn payments_of_peers_that_become_unpayable_do_not_pile_up() {
    let mut node = node();
    up(&mut node, peer(1));
    let mut sequence = 0;
    let rounds = [("satoshi", "so", 5), ("so", "aki", 8), ("aki", "so", 3)];
    for (round, (from, to, all)) in (1..).zip(rounds) {
        for payment in circling(round * 1_000_000, MAX_POOL, from, all) {
            sequence += 1;
            say(&mut node, peer(1), sequence, Body::NewTx(payment));
        }
        tick(&mut node);
        tick(&mut node);
        let breaking = transaction(10 + round, from, to, 1);
        let block = block(tip(&node), 0, vec![breaking]);
        take_in(&mut node, block);
        tick(&mut node);
    }
    let waiting = node.waiting().count();
    assert!(waiting <= MAX_WAITING, "{waiting}");
    let accepted = node.handle(Input::Pay(payment("satoshi", "so", 1)));
    assert!(
        accepted
            .iter()
            .any(|effect| matches!(effect, Effect::Answer(Ok(_)))),
        "{accepted:?}"
    );
}

/// A node's own payments are kept however many others wait, also after they were in a block that left
/// the chain.
#[test]
fn an_accepted_payment_outlasts_a_branch_and_a_crowd() {
    let mut node = node();
    up(&mut node, peer(1));
    let own = TxId::from(77);
    let mut wish = payment("aki", "so", 2);
    wish.id = Some(own);
    node.handle(Input::Pay(wish));
    tick(&mut node);
    let start = tip(&node);
    let mined = block(start, 1, vec![transaction(77, "aki", "so", 2)]);
    take_in(&mut node, mined);
    assert_eq!(node.place(&own), Some(Place::Block { id: 1 }));
    // A heavier branch pays aki's coins to another first.
    let first = take_in(
        &mut node,
        block(start, 2, vec![transaction(78, "aki", "satoshi", 2)]),
    );
    let second = take_in(&mut node, block(first, 3, Vec::new()));
    (0..3).for_each(|_| drop(tick(&mut node)));
    assert_eq!(tip(&node), second);
    assert_eq!(node.place(&own), Some(Place::Waiting));
    for sequence in 0..2 * MAX_WAITING as u64 {
        let bogus = transaction(1_000 + u128::from(sequence), "nobody", "so", 1);
        say(&mut node, peer(1), sequence, Body::NewTx(bogus));
    }
    tick(&mut node);
    assert_eq!(node.waiting().count(), MAX_WAITING + 1);
    let restored: tickchain::node::State =
        serde_json::from_value(serde_json::to_value(node.state()).unwrap()).unwrap();
    node.restore(restored).unwrap();
    take_in(
        &mut node,
        block(second, 4, vec![transaction(79, "satoshi", "aki", 2)]),
    );
    assert_eq!(node.place(&own), Some(Place::Pool));
}

/// A payment that was there already when it was accepted.
#[test]
fn what_a_peer_had_said_first_is_kept_once_it_is_accepted() {
    for waits in [true, false] {
        let mut node = node();
        up(&mut node, peer(1));
        let start = tip(&node);
        if waits {
            let first = transaction(76, "aki", "satoshi", 2);
            say(&mut node, peer(1), 1, Body::NewTx(first));
        }
        let payment = transaction(77, "aki", "so", 2);
        say(&mut node, peer(1), 2, Body::NewTx(payment));
        (0..3).for_each(|_| drop(tick(&mut node)));
        let place = if waits { Place::Waiting } else { Place::Pool };
        assert_eq!(node.place(&TxId::from(77)), Some(place));
        let mut wish = network::payment("aki", "so", 2);
        wish.id = Some(TxId::from(77));
        node.handle(Input::Pay(wish));
        // aki's coins go to another.
        let other = block(start, 2, vec![transaction(78, "aki", "satoshi", 2)]);
        let paid = take_in(&mut node, other);
        for sequence in 0..2 * MAX_WAITING as u64 {
            let bogus = transaction(1_000 + u128::from(sequence), "nobody", "so", 1);
            say(&mut node, peer(1), 10 + sequence, Body::NewTx(bogus));
        }
        (0..3).for_each(|_| drop(tick(&mut node)));
        assert_eq!(tip(&node), paid);
        assert_eq!(node.place(&TxId::from(77)), Some(Place::Waiting));
    }
}

#[test]
fn a_deep_reorganisation_leaves_a_pool_that_fits_a_link() {
    let mut node = node();
    let start = tip(&node);
    let mut at = start;
    let own = TxId::from(77);
    let mut wish = payment("aki", "so", 2);
    wish.id = Some(own);
    node.handle(Input::Pay(wish));
    tick(&mut node);
    for number in 0..5 {
        let payments = circling(
            number * 1_000_000 + 100,
            MAX_BLOCK_TRANSACTIONS,
            "satoshi",
            5,
        );
        at = take_in(&mut node, block(at, 1, payments));
        tick(&mut node);
    }
    let mut branch = start;
    for _ in 0..6 {
        branch = take_in(&mut node, block(branch, 2, Vec::new()));
        (0..3).for_each(|_| drop(tick(&mut node)));
    }
    assert_eq!(tip(&node), branch);
    assert!(node.pool_len() <= MAX_POOL, "{}", node.pool_len());
    let sent = up(&mut node, peer(1));
    let sends = sent
        .iter()
        .filter(|effect| matches!(effect, Effect::Send { .. }));
    assert!(sends.count() <= OUTGOING_QUEUE);
    // What did not fit comes when there is room, the node's own payment among it.
    let payments: Vec<Transaction> = node.pool().take(4_000).cloned().collect();
    take_in(&mut node, block(branch, 3, payments));
    tick(&mut node);
    assert!(node.pool_len() > MAX_POOL - 4_000);
    assert_ne!(node.place(&own), None);
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
        say(
            &mut node,
            peer(1),
            sequence,
            Body::NewBlock(Box::new(block)),
        );
    }
    let began = Instant::now();
    tick(&mut node);
    assert_eq!(tip(&node), parent);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// A node that mines, and its state as a controller reads it.
fn mining() -> (HonestNode, Json) {
    let mut node = node();
    node.handle(Input::Mine);
    tick(&mut node);
    let state = serde_json::to_value(node.state()).unwrap();
    (node, state)
}

#[test]
fn a_state_that_would_break_the_node_is_refused() {
    let null = json!({"id": "00000000000000000000000000000063", "sender": null, "recipient": "so", "value": 9});
    let many = serde_json::to_value(circling(100, MAX_BLOCK_TRANSACTIONS + 1, "satoshi", 5));
    let item = |body: Json| {
        json!({"from": "peer1", "ready": 2, "arrival": 9,
        "message": {"stamp": 1, "sequence": 1, "body": body}})
    };
    let cases = [
        ("counters", "/counters/issued", json!(u64::MAX)),
        ("salt", "/counters/salt", json!(u64::MAX)),
        ("endless", "/busy/left", json!(1_u64 << 53)),
        ("idle", "/busy", json!({"status": "idle", "left": 1})),
        ("hash", "/work/candidate/hash", json!("00".repeat(32))),
        ("caps", "/work/candidate/transactions", many.unwrap()),
        ("work for nothing", "/busy", Json::Null),
        ("found, standing", "/standing", json!(true)),
        (
            "queue",
            "/queue",
            json!([{"transaction": null, "since": [2, 1]}]),
        ),
        ("waiting", "/waiting", json!([[null, true]])),
        ("relay", "/relay", json!([null])),
        ("inbox", "/inbox", json!([item(json!({"NEW_TX": null}))])),
    ];
    for (case, path, mut value) in cases {
        let mut text = value.to_string();
        if matches!(case, "queue" | "waiting" | "relay" | "inbox") {
            let before = text.clone();
            text = text.replacen("null", &null.to_string(), 1);
            assert_ne!(text, before);
            value = serde_json::from_str(&text).unwrap();
        }
        let (mut node, mut state) = mining();
        state["work"]["candidate"]["hash"] = Json::Null;
        *state.pointer_mut(path).unwrap() = value;
        let before = node.state();
        let state = serde_json::from_value(state).unwrap();
        assert!(node.restore(state).is_err(), "{case}");
        assert_eq!(node.state(), before, "{case}");
    }
    let (mut node, state) = mining();
    node.restore(serde_json::from_value(state).unwrap())
        .unwrap();
}

/// Two nodes, of which node 1 has `blocks` blocks and node 2 has just asked for them.
fn asking(blocks: u64) -> Network {
    let mut network = Network::with(2, &genesis(), Costs::default());
    for _ in 0..blocks {
        network.mine(1);
        let clock = network.node(1).clock();
        network.tick(1, clock + 4);
    }
    network.join(1, 2, 0);
    let clock = network.node(1).clock();
    network.tick(2, clock + 1);
    network
}

#[test]
fn a_restored_node_asks_anew_for_what_it_had_asked() {
    for cut in [true, false] {
        let mut network = asking(3);
        let clock = network.node(1).clock();
        let state = network.node(2).state();
        if cut {
            network.cut(1, 2);
        } else {
            // The answer comes, and the state goes back to before it.
            network.run(clock + 2, clock + 6);
            assert_eq!(network.node(2).ledger().tip().id(), 3);
        }
        let name = network::name(2);
        let node = network.nodes.get_mut(&name).unwrap();
        node.restore(state).unwrap();
        assert_eq!(network.node(2).ledger().tip().id(), 0);
        if cut {
            network.join(1, 2, 0);
        }
        network.run(clock + 7, clock + 12);
        if !cut {
            // All was told on this link: the next block is what it hears.
            network.mine(1);
            network.run(clock + 13, clock + 24);
        }
        assert_eq!(network.tips()[0], network.tips()[1], "cut: {cut}");
    }
}

#[test]
fn a_question_that_a_reset_took_is_asked_again() {
    let mut network = asking(3);
    let blocks = network.node(1).state().blocks;
    let clock = network.node(2).clock();
    network.give(1, Input::Reset { salt: 9 }).unwrap();
    network.run(clock, clock + 30);
    assert_eq!(network.node(2).ledger().tip().id(), 0);
    for block in blocks {
        network.give(1, Input::AddBlock(block)).unwrap();
    }
    network.run(clock + 31, clock + 40);
    assert_eq!(network.node(1).ledger().tip().id(), 3);
    assert_eq!(network.node(2).ledger().tip().id(), 3);
}
