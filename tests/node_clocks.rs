//! How honest nodes live their clocks: the documented behaviour, clock by clock.

#![allow(clippy::unwrap_used)]

#[path = "common/network.rs"]
mod network;

use network::{Network, account, name, payment};
use tickchain::ledger::{PaymentError, TxId};
use tickchain::node::Status::{
    BroadcastingBlock, BroadcastingTx, Idle, Mining, ReceivingBlock, ReceivingTx,
};
use tickchain::node::{Event, Input, Node, Place, RequestError};

/// A payment and a block travel through three nodes, as the issue of the documented system says.
fn first_payment_to_first_block(network: &mut Network) {
    let id = network.pay(1, payment("aki", "so", 2)).unwrap();
    assert_eq!(network.node(1).pool_len(), 0);
    assert_eq!(network.node(1).place(&id), Some(Place::Waiting));

    assert_eq!(network.tick_all(1), [ReceivingTx, Idle, Idle]);
    assert_eq!(network.node(1).place(&id), Some(Place::Pool));
    assert_eq!(
        network.tick_all(2),
        [BroadcastingTx, ReceivingTx, ReceivingTx]
    );
    assert_eq!(network.tick_all(3), [Idle, BroadcastingTx, BroadcastingTx]);
    assert_eq!(network.tick_all(4), [Idle, Idle, Idle]);

    network.mine(1);
    assert_eq!(network.tick_all(5), [Mining, Idle, Idle]);
    assert_eq!(network.tick_all(6), [Mining, Idle, Idle]);
    assert_eq!(network.node(1).ledger().tip().id(), 0);
    assert_eq!(network.tick_all(7), [Mining, Idle, Idle]);
    assert_eq!(network.node(1).ledger().tip().id(), 1);
    assert_eq!(
        network.tick_all(8),
        [BroadcastingBlock, ReceivingBlock, ReceivingBlock]
    );
    assert_eq!(
        network.tick_all(9),
        [Idle, BroadcastingBlock, BroadcastingBlock]
    );
    assert_eq!(network.tick_all(10), [Idle, Idle, Idle]);

    let tips = network.tips();
    assert!(tips.iter().all(|tip| *tip == tips[0]));
    for number in 1..=3 {
        assert_eq!(network.node(number).pool_len(), 0);
        let balances = ["aki", "so", "satoshi"].map(|name| network.balance(number, name));
        assert_eq!(balances, [0, 9, 5]);
        assert_eq!(
            network.node(number).place(&id),
            Some(Place::Block { id: 1 })
        );
    }
}

#[test]
fn first_payment_to_first_block_fifty_times() {
    let mut network = Network::full_mesh(3);
    for _ in 0..50 {
        first_payment_to_first_block(&mut network);
        for number in 1..=3 {
            network
                .give(
                    number,
                    Input::Reset {
                        salt: number as u64,
                    },
                )
                .unwrap();
        }
    }
}

#[test]
fn two_nodes_behave_like_three() {
    let mut network = Network::full_mesh(2);
    network.pay(1, payment("so", "aki", 1)).unwrap();
    assert_eq!(network.tick_all(1), [ReceivingTx, Idle]);
    assert_eq!(network.tick_all(2), [BroadcastingTx, ReceivingTx]);
    assert_eq!(network.tick_all(3), [Idle, BroadcastingTx]);
    assert_eq!(network.tick_all(4), [Idle, Idle]);
}

#[test]
fn the_documents_own_payment_is_more_than_aki_has() {
    let mut network = Network::new(1);
    let refused = network.pay(1, payment("aki", "so", 3));
    let overdrawn = PaymentError::Overdrawn {
        account: account("aki"),
        balance: 2,
        value: 3,
    };
    assert_eq!(refused, Err(RequestError::Payment(overdrawn)));
}

#[test]
fn what_already_waits_counts_against_a_payment() {
    let mut network = Network::new(1);
    network.pay(1, payment("aki", "so", 2)).unwrap();
    assert!(network.pay(1, payment("aki", "so", 1)).is_err());
    // What waits can also be spent on.
    network.pay(1, payment("so", "satoshi", 9)).unwrap();
    network.tick(1, 1);
    assert!(network.pay(1, payment("aki", "so", 1)).is_err());
    assert_eq!(network.node(1).pool_len(), 2);
}

#[test]
fn mining_comes_after_the_work_that_came_before_it() {
    let mut network = Network::new(1);
    network.pay(1, payment("aki", "so", 1)).unwrap();
    network.mine(1);
    let statuses: Vec<_> = (1..=7).map(|clock| network.tick_all(clock)[0]).collect();
    let expected = [
        ReceivingTx,
        BroadcastingTx,
        Mining,
        Mining,
        Mining,
        BroadcastingBlock,
        Idle,
    ];
    assert_eq!(statuses, expected);
    assert_eq!(network.node(1).ledger().tip().transactions().len(), 1);
}

#[test]
fn an_idle_node_mines_at_the_very_next_clock_and_one_request_waits_at_most() {
    let mut network = Network::new(1);
    network.mine(1);
    network.mine(1);
    network.tick(1, 4);
    let node = network.node(1);
    assert_eq!(
        (node.status(), node.ledger().tip().id()),
        (BroadcastingBlock, 1)
    );
    network.tick(1, 20);
    assert_eq!(
        network.node(1).ledger().tip().id(),
        1,
        "the second request changed nothing"
    );
}

#[test]
fn equal_candidates_of_two_nodes_fork_and_the_next_block_heals() {
    let mut network = Network::full_mesh(3);
    network.pay(1, payment("aki", "so", 2)).unwrap();
    network.run(1, 4);
    network.mine(1);
    network.mine(2);
    network.run(5, 12);
    let tips = network.tips();
    assert_ne!(
        tips[0], tips[1],
        "two miners of one candidate make different blocks"
    );

    let late = network.pay(2, payment("satoshi", "so", 5)).unwrap();
    network.run(13, 16);
    network.mine(2);
    network.run(17, 24);
    let tips = network.tips();
    assert!(tips.iter().all(|tip| *tip == tips[0]), "{tips:?}");
    let reorganised = |(_, event): &&(_, Event)| matches!(event, Event::Reorganisation { .. });
    assert!(network.events.iter().any(|event| reorganised(&event)));
    for number in 1..=3 {
        assert_eq!(network.balance(number, "so"), 14);
        assert_eq!(network.node(number).pool_len(), 0);
        assert_eq!(
            network.node(number).place(&late),
            Some(Place::Block { id: 2 })
        );
    }
}

#[test]
fn payments_of_the_losing_branch_return_reach_others_and_are_mined_once() {
    let mut network = Network::full_mesh(3);
    // Cut in two, each side pays and mines; the side of nodes 2 and 3 gets more work.
    network.cut(1, 2);
    network.cut(1, 3);
    let lost = network.pay(1, payment("aki", "so", 1)).unwrap();
    network.run(1, 2);
    network.mine(1);
    network.mine(2);
    network.run(3, 8);
    network.mine(2);
    network.run(9, 14);
    assert_eq!(network.node(1).place(&lost), Some(Place::Block { id: 1 }));

    network.join(1, 2, 0);
    network.join(1, 3, 0);
    network.run(15, 24);
    let tips = network.tips();
    assert!(tips.iter().all(|tip| *tip == tips[0]), "{tips:?}");
    for number in 1..=3 {
        assert_eq!(
            network.node(number).place(&lost),
            Some(Place::Pool),
            "node{number}"
        );
    }
    network.mine(3);
    network.run(25, 34);
    for number in 1..=3 {
        assert_eq!(
            network.node(number).place(&lost),
            Some(Place::Block { id: 3 })
        );
        assert_eq!(network.balance(number, "aki"), 1);
    }
}

#[test]
fn the_same_id_is_one_payment_and_late_gossip_is_not_paid_again() {
    let mut network = Network::full_mesh(2);
    let mut again = payment("aki", "so", 1);
    again.id = Some(TxId::from(77));
    assert_eq!(network.pay(1, again.clone()), Ok(TxId::from(77)));
    assert_eq!(network.pay(1, again.clone()), Ok(TxId::from(77)));
    let mut other = payment("aki", "so", 2);
    other.id = Some(TxId::from(77));
    assert_eq!(
        network.pay(1, other),
        Err(RequestError::IdTaken { id: TxId::from(77) })
    );
    network.run(1, 4);
    network.mine(1);
    network.run(5, 10);
    // The other node hears of it from its own controller after it was mined.
    assert_eq!(network.pay(2, again), Ok(TxId::from(77)));
    network.run(11, 14);
    network.mine(2);
    network.run(15, 20);
    assert_eq!(network.balance(1, "aki"), 1);
    assert_eq!(network.balance(2, "aki"), 1);
    assert_eq!(network.node(2).ledger().tip().id(), 2);
}

#[test]
fn a_late_joiner_catches_up_without_a_new_block() {
    let mut network = Network::new(3);
    network.join(1, 2, 0);
    for _ in 0..2_000 {
        network.mine(1);
        let clock = network.node(1).clock();
        network.tick(1, clock + 4);
    }
    let clock = network.node(1).clock();
    network.join(1, 3, 0);
    network.run(clock + 1, clock + 12);
    assert_eq!(network.node(1).ledger().tip().id(), 2_000);
    let tips = network.tips();
    assert!(tips.iter().all(|tip| *tip == tips[0]));
}

#[test]
fn a_node_that_is_reset_or_jumps_ahead_goes_on_hearing_its_peers() {
    let mut network = Network::full_mesh(3);
    first_payment_to_first_block(&mut network);
    network.give(3, Input::Reset { salt: 9 }).unwrap();
    network.tick(2, 110);
    network.mine(1);
    for step in 1..=12 {
        network.tick(1, 10 + step);
        network.tick(2, 110 + step);
        network.tick(3, step);
    }
    let tips = network.tips();
    assert_eq!(network.node(1).ledger().tip().id(), 2);
    assert!(tips.iter().all(|tip| *tip == tips[0]), "{tips:?}");
}

#[test]
fn with_latency_the_order_of_ticks_does_not_matter() {
    let play = |order: [usize; 3]| {
        let mut network = Network::new(3);
        network.join_all(1);
        let mut seen = Vec::new();
        for clock in 1..=40 {
            match clock {
                1 => drop(network.pay(1, payment("aki", "so", 2)).unwrap()),
                3 => drop(network.pay(2, payment("so", "satoshi", 4)).unwrap()),
                8 | 16 => network.mine(1),
                9 | 24 => network.mine(2),
                _ => {}
            }
            for number in order {
                network.tick(number, clock);
            }
            let statuses: Vec<_> = network.nodes.values().map(|node| node.status()).collect();
            seen.push((statuses, network.tips()));
        }
        seen
    };
    let reference = play([1, 2, 3]);
    for order in [[3, 2, 1], [2, 3, 1], [1, 3, 2]] {
        assert_eq!(play(order), reference, "order {order:?}");
    }
}

#[test]
fn a_clock_never_goes_back_and_the_same_clock_again_changes_nothing() {
    let mut network = Network::new(1);
    network.tick(1, 5);
    let before = network.node(1).state();
    network.tick(1, 5);
    assert_eq!(network.node(1).state(), before);
    let behind = network.give(1, Input::Clock { to: 4, wall: 0 });
    assert_eq!(
        behind,
        Err(RequestError::ClockBehind { clock: 5, asked: 4 })
    );
    let high = network.give(
        1,
        Input::Clock {
            to: 1 << 53,
            wall: 0,
        },
    );
    assert_eq!(high, Err(RequestError::ClockTooHigh { asked: 1 << 53 }));
}

#[test]
fn idle_clocks_are_skipped() {
    let mut network = Network::new(1);
    let far = (1 << 53) - 1;
    network.tick(1, far);
    assert_eq!(
        (network.node(1).clock(), network.node(1).status()),
        (far, Idle)
    );
    assert_eq!(network.node(1).next_clock(), None);
}

#[test]
fn a_node_not_started_refuses_requests_and_hears_its_peers() {
    let mut network = Network::new(1);
    let config = tickchain::node::Config {
        genesis: tickchain::ledger::Genesis {
            difficulty: network.node(1).ledger().difficulty(),
            ..Default::default()
        },
        ..tickchain::node::Config::new(name(2))
    };
    network
        .nodes
        .insert(name(2), tickchain::node::HonestNode::new(config).unwrap());
    network.join(1, 2, 0);
    for request in [
        Input::Mine,
        Input::Reset { salt: 0 },
        Input::Clock { to: 1, wall: 0 },
        Input::Pay(payment("aki", "so", 1)),
    ] {
        assert_eq!(network.give(2, request), Err(RequestError::NotStarted));
    }
    network.pay(1, payment("aki", "so", 1)).unwrap();
    network.tick(1, 2);
    network.give(2, Input::Start { salt: 2 }).unwrap();
    network.tick(2, 1);
    assert_eq!(network.node(2).pool_len(), 1);
}

#[test]
fn an_id_taken_for_what_nobody_can_pay_keeps_no_payment_out() {
    let mut network = Network::full_mesh(2);
    let squatter = tickchain::ledger::Transaction {
        id: TxId::from(7),
        sender: Some(account("nobody")),
        recipient: account("so"),
        value: 1.try_into().unwrap(),
        signed: None,
    };
    let body = tickchain::node::Body::NewTx(squatter);
    let message = tickchain::node::Message {
        stamp: 0,
        sequence: 1,
        body,
    };
    network.feed(
        &name(2),
        Input::Message {
            from: name(1),
            message,
        },
    );
    network.run(1, 1);
    assert_eq!(network.node(2).place(&TxId::from(7)), Some(Place::Waiting));
    let mut honest = payment("aki", "so", 1);
    honest.id = Some(TxId::from(7));
    network.pay(1, honest).unwrap();
    network.run(2, 5);
    assert_eq!(network.node(2).place(&TxId::from(7)), Some(Place::Pool));
    assert_eq!(network.node(2).waiting().count(), 0);
}
