//! What must hold of honest nodes whatever is asked of them and however their links come and go.

#![allow(clippy::unwrap_used)]

#[path = "common/network.rs"]
mod network;

use std::collections::BTreeSet;

use network::{Network, WALL, name, payment};
use proptest::prelude::*;
use tickchain::ledger::{Difficulty, Genesis, TxId};
use tickchain::node::{Config, Costs, HonestNode, Input, Node, Place, State};

const NODES: usize = 4;
const SUPPLY: u64 = 14;
const ACCOUNTS: [&str; 4] = ["aki", "so", "satoshi", "new"];

#[derive(Debug, Clone)]
enum Step {
    Tick,
    TickOne(usize, u64),
    Mine(usize),
    Pay {
        at: usize,
        from: usize,
        to: usize,
        value: u64,
        id: Option<u128>,
    },
    Join(usize, usize, u64),
    Cut(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 1..=NODES;
    let pay = (
        node.clone(),
        0..4usize,
        0..4usize,
        1..5u64,
        prop::option::of(100..110u128),
    );
    prop_oneof![
        6 => Just(Step::Tick),
        2 => (node.clone(), 1..6u64).prop_map(|(node, by)| Step::TickOne(node, by)),
        2 => node.clone().prop_map(Step::Mine),
        3 => pay.prop_map(|(at, from, to, value, id)| Step::Pay { at, from, to, value, id }),
        1 => (node.clone(), node.clone(), 0..3u64).prop_map(|(a, b, latency)| Step::Join(a, b, latency)),
        1 => (node.clone(), node).prop_map(|(a, b)| Step::Cut(a, b)),
    ]
}

/// A network at work, and the payments its nodes accepted.
struct Play {
    network: Network,
    accepted: BTreeSet<TxId>,
}

impl Play {
    fn new() -> Self {
        let genesis = Genesis {
            difficulty: Difficulty::new(1).unwrap(),
            ..Genesis::default()
        };
        let mut network = Network::with(NODES, &genesis, Costs::default());
        network.join_all(0);
        Self {
            network,
            accepted: BTreeSet::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Tick => self.tick_each(1),
            Step::TickOne(node, by) => self.tick_one(node, by),
            Step::Mine(node) => self.network.mine(node),
            Step::Pay {
                at,
                from,
                to,
                value,
                id,
            } => {
                // What an id stands for is the same wherever it is used.
                let (from, to) = id.map_or((from, to), |id| (id as usize % 3, id as usize % 4));
                let value = id.map_or(value, |id| id as u64 % 5 + 1);
                let mut payment = payment(ACCOUNTS[from], ACCOUNTS[to], value);
                payment.id = id.map(TxId::from);
                self.accepted.extend(self.network.pay(at, payment));
            }
            Step::Join(a, b, latency) => {
                if a != b && !self.network.are_linked(&name(a), &name(b)) {
                    self.network.join(a, b, latency);
                }
            }
            Step::Cut(a, b) => {
                if a != b {
                    self.network.cut(a, b);
                }
            }
        }
    }

    fn tick_one(&mut self, node: usize, by: u64) {
        let clock = self.network.node(node).clock();
        self.network.tick(node, clock + by);
    }

    fn tick_each(&mut self, times: usize) {
        for _ in 0..times {
            (1..=NODES).for_each(|node| self.tick_one(node, 1));
        }
    }

    /// Supply, balances and payments are safe at every node.
    fn check_safety(&self) {
        for node in self.network.nodes.values() {
            let accounts = node.ledger().accounts();
            assert_eq!(
                accounts.iter().map(|(_, balance)| balance).sum::<u64>(),
                SUPPLY
            );
        }
        for id in &self.accepted {
            let places: Vec<_> = self
                .network
                .nodes
                .values()
                .map(|node| node.place(id))
                .collect();
            let kept = |place: &Option<Place>| {
                matches!(
                    place,
                    Some(Place::Waiting | Place::Pool | Place::Block { .. })
                )
            };
            assert!(places.iter().any(kept), "{id} vanished: {places:?}");
        }
    }

    /// After healing, what can be paid is paid: one tip, equal balances, pools that agree.
    fn check_liveness(&mut self) {
        for a in 1..=NODES {
            for b in a + 1..=NODES {
                if !self.network.are_linked(&name(a), &name(b)) {
                    self.network.join(a, b, 0);
                }
            }
        }
        self.tick_each(40);
        // Forks of equal work: the next blocks by one node heal them.
        for _ in 0..3 {
            self.network.mine(1);
            self.tick_each(30);
        }
        let tips = self.network.tips();
        assert!(tips.iter().all(|tip| *tip == tips[0]), "{tips:?}");
        let pools: Vec<BTreeSet<TxId>> = self
            .network
            .nodes
            .values()
            .map(|node| node.pool().map(|tx| tx.id).collect())
            .collect();
        assert!(pools.iter().all(|pool| *pool == pools[0]), "{pools:?}");
        assert_eq!(pools[0].len(), 0, "everything payable was mined");
    }
}

proptest! {
    #[test]
    fn nothing_accepted_is_lost_and_networks_converge(steps in prop::collection::vec(step(), 1..80)) {
        let mut play = Play::new();
        for step in &steps {
            play.step(step);
            play.check_safety();
        }
        play.check_liveness();
        play.check_safety();
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(steps in prop::collection::vec(step(), 1..60)) {
        let mut play = Play::new();
        steps.iter().for_each(|step| play.step(step));
        let fresh = Play::new().network.nodes;
        let mut replayed: std::collections::BTreeMap<_, _> = fresh.keys().map(|name| {
            let genesis = Genesis { difficulty: Difficulty::new(1).unwrap(), ..Genesis::default() };
            let config = Config { name: name.clone(), genesis, costs: Costs::default() };
            (name.clone(), HonestNode::new(config).unwrap())
        }).collect();
        for (name, input, effects) in &play.network.log {
            let again = replayed.get_mut(name).unwrap().handle(input.clone());
            prop_assert_eq!(&again, effects);
        }
    }

    #[test]
    fn a_state_restored_is_the_state_and_goes_on_alike(
        before in prop::collection::vec(step(), 1..50),
        after in prop::collection::vec(step(), 1..20),
    ) {
        let mut play = Play::new();
        before.iter().for_each(|step| play.step(step));
        let states: Vec<State> = play.network.nodes.values().map(HonestNode::state).collect();
        after.iter().for_each(|step| play.step(step));
        let expected: Vec<_> = play.network.nodes.values().map(|n| (n.clock(), n.status(), n.ledger().tip().hash())).collect();

        let mut again = Play::new();
        // The same links first, then the states as they were.
        before.iter().filter(|s| matches!(s, Step::Join(..) | Step::Cut(..))).for_each(|s| again.step(s));
        for state in states {
            let json = serde_json::to_string(&state).unwrap();
            let read: State = serde_json::from_str(&json).unwrap();
            again.network.restore(read).unwrap();
            let node = &again.network.nodes[&state.name];
            prop_assert_eq!(node.state().blocks, state.blocks.clone());
            prop_assert_eq!(serde_json::to_value(node.state().pool).unwrap(), serde_json::to_value(&state.pool).unwrap());
        }
        after.iter().for_each(|step| again.step(step));
        let actual: Vec<_> = again.network.nodes.values().map(|n| (n.clock(), n.status(), n.ledger().tip().hash())).collect();
        prop_assert_eq!(actual, expected);
    }
}

#[test]
fn a_damaged_state_changes_nothing() {
    let mut network = Network::full_mesh(2);
    network.pay(1, payment("aki", "so", 1)).unwrap();
    network.run(1, 4);
    network.mine(1);
    network.run(5, 6);
    let good = serde_json::to_value(network.node(1).state()).unwrap();
    let damaged = [
        ("/version", 9.into()),
        ("/name", "node2".into()),
        ("/network", "00".repeat(32).into()),
        ("/work/candidate/id", 7.into()),
        ("/work", serde_json::Value::Null),
        ("/clock", (1u64 << 60).into()),
        ("/pool/0/value", 3.into()),
    ];
    for (pointer, value) in damaged {
        let mut state = good.clone();
        *state.pointer_mut(pointer).unwrap() = value;
        let state: State = serde_json::from_value(state).unwrap();
        let node = network.nodes.get_mut(&name(1)).unwrap();
        node.restore(state).unwrap_err();
        assert_eq!(
            serde_json::to_value(node.state()).unwrap(),
            good,
            "{pointer}"
        );
    }
    // Untouched, it still mines its block.
    network.feed(&name(1), Input::Clock { to: 7, wall: WALL });
    assert_eq!(network.node(1).ledger().tip().id(), 1);
}
