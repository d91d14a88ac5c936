//! Costs other than the document's.

#![allow(clippy::unwrap_used)]

#[path = "common/network.rs"]
mod network;

use network::{Network, name, payment};
use tickchain::ledger::{Difficulty, Genesis};
use tickchain::node::Status::{
    BroadcastingBlock, BroadcastingTx, Idle, Mining, ReceivingBlock, ReceivingTx,
};
use tickchain::node::{Costs, Effect, Event, Input, MiningCost, Node};

fn network(count: usize, costs: Costs) -> Network {
    let genesis = Genesis {
        difficulty: Difficulty::new(4).unwrap(),
        ..Genesis::default()
    };
    let mut network = Network::with(count, &genesis, costs);
    network.join_all(0);
    network
}

const FREE: Costs = Costs {
    mining: MiningCost::Clocks(0),
    broadcasting_block: 0,
    broadcasting_tx: 0,
    receiving_block: 0,
    receiving_tx: 0,
};

#[test]
fn what_costs_nothing_happens_within_one_clock() {
    let mut network = network(2, FREE);
    network.pay(1, payment("aki", "so", 2)).unwrap();
    network.mine(1);
    // Node 1 takes the payment, sends it on, mines and sends the block; node 2 takes in both.
    assert_eq!(network.tick_all(1), [Idle, Idle]);
    for number in [1, 2] {
        assert_eq!(network.node(number).ledger().tip().id(), 1);
        assert_eq!(network.node(number).ledger().tip().transactions().len(), 1);
        assert_eq!(network.node(number).next_clock(), None);
    }
}

#[test]
fn an_activity_lasts_as_many_clocks_as_it_costs() {
    let costs = Costs {
        mining: MiningCost::Clocks(2),
        broadcasting_block: 2,
        broadcasting_tx: 3,
        receiving_block: 2,
        receiving_tx: 2,
    };
    let mut network = network(2, costs);
    network.pay(1, payment("aki", "so", 2)).unwrap();
    let mut first = Vec::new();
    for clock in 1..=7 {
        first.push(network.tick_all(clock)[0]);
    }
    let sent = [BroadcastingTx; 3];
    assert_eq!(
        first,
        [[ReceivingTx; 2].as_slice(), &sent, &[Idle; 2]].concat()
    );
    network.mine(1);
    let mut both = Vec::new();
    for clock in 8..=14 {
        both.push(network.tick_all(clock));
    }
    assert_eq!(both[..2], [[Mining, Idle], [Mining, Idle]]);
    assert_eq!(both[2..4], [[BroadcastingBlock, ReceivingBlock]; 2]);
    assert_eq!(both[4..6], [[Idle, BroadcastingBlock]; 2]);
    assert_eq!(both[6], [Idle, Idle]);
}

#[test]
fn mining_until_found_goes_on_alongside_everything_else() {
    let costs = Costs {
        mining: MiningCost::UntilFound { continuous: true },
        ..FREE
    };
    let mut network = network(1, costs);
    let name = name(1);
    let node = network.nodes.get_mut(&name).unwrap();
    assert_eq!(node.next_clock(), Some(1));
    let effects = node.handle(Input::Clock { to: 1, wall: 0 });
    let search = |effects: &[Effect<_>]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Search(search) => Some(search.clone()),
            _ => None,
        })
    };
    let first = search(&effects).expect("it mines without being asked");
    assert_eq!((node.status(), node.next_clock()), (Mining, None));
    // Clocks pass and payments are taken while the nonce is searched.
    node.handle(Input::Pay(payment("aki", "so", 1)));
    let effects = node.handle(Input::Clock { to: 50, wall: 0 });
    assert!(effects.contains(&Effect::Reached { clock: 50 }));
    assert_eq!(node.pool_len(), 1);
    let nonce = (0..).find(|nonce| {
        let header = tickchain::ledger::Header {
            nonce: *nonce,
            ..first.header
        };
        first.difficulty.is_met_by(&header.hash())
    });
    let effects = node.handle(Input::NonceFound {
        search: first.id,
        nonce: nonce.unwrap(),
    });
    assert_eq!(node.ledger().tip().id(), 1);
    let second = search(&effects).expect("and goes on by itself");
    assert_eq!(second.header.id, 2);
    assert_ne!(
        second.header.merkle_root, first.header.merkle_root,
        "with the payment now"
    );
}

#[test]
fn a_peers_block_restarts_mining_until_found() {
    let costs = Costs {
        mining: MiningCost::UntilFound { continuous: false },
        ..FREE
    };
    let mut network = network(2, costs);
    let two = name(2);
    network.nodes.get_mut(&two).unwrap().handle(Input::Mine);
    let effects = network
        .nodes
        .get_mut(&two)
        .unwrap()
        .handle(Input::Clock { to: 1, wall: 0 });
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Search(_)))
    );
    network.mine(1);
    network.tick(1, 1);
    network.tick(2, 2);
    let dropped = |(_, event): &(_, Event)| matches!(event, Event::MiningDropped { id: 1 });
    assert!(network.events.iter().any(dropped));
    assert_eq!(network.node(2).ledger().tip().id(), 1);
    assert_eq!(network.node(2).status(), Idle, "the request is spent");
}
