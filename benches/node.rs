//! Clocks a second of one node, idle and busy: `cargo bench --bench node`.
//!
//! The busy node is linked to two peers, and always at work: one payment from a peer after the other is
//! taken in at one clock and sent on at the next.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tickchain::ledger::{Account, Transaction, TxId};
use tickchain::node::{Body, Config, HonestNode, Input, Message, Name, Node, Status};

const CLOCKS: u64 = 2_000;
const WALL: i64 = 1_700_000_000;

fn node() -> HonestNode {
    let name = "node1".parse().expect("a name");
    let mut node = HonestNode::new(Config::new(name)).expect("the document's network is one");
    node.handle(Input::Start { salt: 1 });
    for peer in ["node2", "node3"] {
        let peer = peer.parse().expect("a name");
        node.handle(Input::PeerUp { peer, latency: 0 });
    }
    node
}

/// Payments that go to and fro, so that each can be paid.
fn payments() -> Vec<Message> {
    let accounts: [Account; 2] = ["aki", "so"].map(|name| name.parse().expect("a name"));
    let payment = |number: u64| Transaction {
        id: TxId::from(u128::from(number) + 1000),
        sender: Some(accounts[number as usize % 2].clone()),
        recipient: accounts[(number as usize + 1) % 2].clone(),
        value: 1.try_into().expect("a value"),
        signed: None,
    };
    let message = |sequence| Message {
        stamp: 0,
        sequence,
        body: Body::NewTx(payment(sequence)),
    };
    (0..CLOCKS / 2).map(message).collect()
}

fn idle(node: &mut HonestNode) {
    for to in 1..=CLOCKS {
        black_box(node.handle(Input::Clock { to, wall: WALL }));
    }
    assert_eq!(node.status(), Status::Idle);
}

fn busy(node: &mut HonestNode, payments: Vec<Message>) {
    let from: Name = "node2".parse().expect("a name");
    for (to, message) in (1..).step_by(2).zip(payments) {
        black_box(node.handle(Input::Message {
            from: from.clone(),
            message,
        }));
        black_box(node.handle(Input::Clock { to, wall: WALL }));
        black_box(node.handle(Input::Clock {
            to: to + 1,
            wall: WALL,
        }));
    }
    assert_eq!(
        (node.status(), node.pool_len() as u64),
        (Status::BroadcastingTx, CLOCKS / 2)
    );
}

fn clocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("clocks");
    group.throughput(Throughput::Elements(CLOCKS));
    group.bench_function("idle", |bencher| {
        bencher.iter_batched_ref(node, idle, BatchSize::LargeInput);
    });
    let payments = payments();
    group.bench_function("busy", |bencher| {
        let setup = || (node(), payments.clone());
        bencher.iter_batched(
            setup,
            |(mut node, payments)| {
                busy(&mut node, payments);
                node
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, clocks);
criterion_main!(benches);
