//! A node that is restored from its outline and the blocks it names goes on as the one it was taken
//! from.

#![allow(clippy::unwrap_used)]

#[path = "common/network.rs"]
mod network;

use std::collections::BTreeMap;

use network::{Network, name, payment};
use proptest::prelude::*;
use tickchain::ledger::{Difficulty, Genesis, Hash, TxId, UncheckedBlock};
use tickchain::node::{Costs, Effect, HonestNode, Message, Name, Node, Outline, RECENT_BLOCKS};

const NODES: usize = 3;
const ACCOUNTS: [&str; 4] = ["aki", "so", "satoshi", "new"];

#[derive(Debug, Clone)]
enum Step {
    Tick,
    TickOne(usize, u64),
    Mine(usize),
    Pay(usize, usize, usize, u64),
    Join(usize, usize, u64),
    Cut(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 1..=NODES;
    let pay = (node.clone(), 0..3usize, 0..4usize, 1..5u64);
    prop_oneof![
        8 => Just(Step::Tick),
        1 => (node.clone(), 1..6u64).prop_map(|(node, by)| Step::TickOne(node, by)),
        3 => node.clone().prop_map(Step::Mine),
        3 => pay.prop_map(|(at, from, to, value)| Step::Pay(at, from, to, value)),
        1 => (node.clone(), node.clone(), 0..3u64).prop_map(|(a, b, latency)| Step::Join(a, b, latency)),
        1 => (node.clone(), node).prop_map(|(a, b)| Step::Cut(a, b)),
    ]
}

fn fresh(latency: u64) -> Network {
    let genesis = Genesis {
        difficulty: Difficulty::new(1).unwrap(),
        ..Genesis::default()
    };
    let mut network = Network::with(NODES, &genesis, Costs::default());
    network.join_all(latency);
    network
}

fn take(network: &mut Network, step: &Step) {
    match *step {
        Step::Tick => (1..=NODES).for_each(|node| tick(network, node, 1)),
        Step::TickOne(node, by) => tick(network, node, by),
        Step::Mine(node) => network.mine(node),
        Step::Pay(at, from, to, value) => {
            // Refusals are part of the play.
            let _ = network.pay(at, payment(ACCOUNTS[from], ACCOUNTS[to], value));
        }
        Step::Join(a, b, latency) if a != b && !network.are_linked(&name(a), &name(b)) => {
            network.join(a, b, latency);
        }
        Step::Cut(a, b) if a != b => network.cut(a, b),
        Step::Join(..) | Step::Cut(..) => {}
    }
}

fn tick(network: &mut Network, node: usize, by: u64) {
    let clock = network.node(node).clock();
    network.tick(node, clock + by);
}

/// Every block that any node has, by hash.
fn blocks(network: &Network) -> BTreeMap<Hash, UncheckedBlock> {
    let states = network.nodes.values().map(HonestNode::state);
    let blocks = states.flat_map(|state| state.blocks.into_iter().chain(state.side));
    blocks.map(|block| (block.hash.unwrap(), block)).collect()
}

/// What a node said since the log was `from` long.
fn said(network: &Network, from: usize) -> Vec<(Name, Name, Message)> {
    let mut said = Vec::new();
    for (from, _, effects) in &network.log[from..] {
        for effect in effects {
            if let Effect::Send { to, message } = effect {
                said.push((from.clone(), to.clone(), message.clone()));
            }
        }
    }
    said
}

fn pools(network: &Network) -> Vec<Vec<TxId>> {
    let pool = |node: &HonestNode| node.pool().map(|payment| payment.id).collect();
    network.nodes.values().map(pool).collect()
}

/// The run goes on after `outlines` were taken and a second network was made of them: both say the
/// same and end in the same state.
fn goes_on_alike(mut first: Network, mut second: Network, after: &[Step]) {
    let blocks = blocks(&first);
    let outlines: Vec<Outline> = first.nodes.values().map(HonestNode::outline).collect();
    for outline in outlines {
        let json = serde_json::to_string(&outline).unwrap();
        let read: Outline = serde_json::from_str(&json).unwrap();
        assert_eq!(read, outline);
        let state = read.whole(|hash| blocks.get(hash).cloned()).unwrap();
        second.restore(state).unwrap();
        let node = &second.nodes[&outline.state.name];
        assert_eq!(node.outline(), outline);
    }
    let lengths = (first.log.len(), second.log.len());
    for step in after {
        take(&mut first, step);
        take(&mut second, step);
        let seen = |network: &Network| -> Vec<_> {
            let nodes = network.nodes.values();
            nodes.map(|node| (node.clock(), node.status())).collect()
        };
        assert_eq!(seen(&second), seen(&first), "{step:?}");
    }
    assert_eq!(second.tips(), first.tips());
    assert_eq!(pools(&second), pools(&first));
    assert_eq!(said(&second, lengths.1), said(&first, lengths.0));
}

proptest! {
    #[test]
    fn restored_from_outline_and_blocks_it_goes_on_alike(
        latency in 0..3u64,
        before in prop::collection::vec(step(), 1..70),
        after in prop::collection::vec(step(), 1..40),
    ) {
        let mut first = fresh(latency);
        before.iter().for_each(|step| take(&mut first, step));
        let mut second = fresh(latency);
        let links = before.iter().filter(|step| matches!(step, Step::Join(..) | Step::Cut(..)));
        links.for_each(|step| take(&mut second, step));
        goes_on_alike(first, second, &after);
    }
}

#[test]
fn an_outline_is_as_long_however_long_the_chain() {
    let mut network = fresh(0);
    let mut clock = 0;
    let mut mine = |network: &mut Network, blocks: u64| {
        for _ in 0..blocks {
            network.mine(1);
            network.run(clock + 1, clock + 6);
            clock += 6;
        }
        let outline = network.node(1).outline();
        let json = serde_json::to_value(&outline).unwrap();
        let known = json["state"]["links"][0]["known"].as_array().unwrap().len();
        (outline.height, known as u64)
    };
    assert_eq!(mine(&mut network, 20), (20, 20));
    assert_eq!(mine(&mut network, 60), (80, RECENT_BLOCKS));
    assert_eq!(mine(&mut network, 60), (140, RECENT_BLOCKS));
}
