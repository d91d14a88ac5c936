//! How a node that missed blocks gets them.

#![allow(clippy::unwrap_used)]

#[path = "common/network.rs"]
mod network;

use network::{Network, name};
use tickchain::ledger::{Difficulty, Genesis};
use tickchain::node::{Body, Costs, Effect, Event, HonestNode, Input, Kind, Message, Node, Status};

/// Node 1 mines `blocks` blocks before anybody hears of it.
fn with_chain(nodes: usize, blocks: u64) -> Network {
    let genesis = Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        ..Genesis::default()
    };
    let mut network = Network::with(nodes, &genesis, Costs::default());
    for _ in 0..blocks {
        network.mine(1);
        let clock = network.node(1).clock();
        network.tick(1, clock + 4);
    }
    network.events.clear();
    network.log.clear();
    network
}

fn asked(network: &Network) -> Vec<(String, String)> {
    let questions = network
        .events
        .iter()
        .filter_map(|(node, event)| match event {
            Event::CatchingUp { peer } => Some((node.to_string(), peer.to_string())),
            _ => None,
        });
    questions.collect()
}

#[test]
fn more_blocks_than_fit_an_answer_are_asked_for_until_level() {
    let mut network = with_chain(2, 25_000);
    let clock = network.node(1).clock();
    network.join(1, 2, 0);
    network.run(clock + 1, clock + 20);
    let tips = network.tips();
    assert_eq!(tips[0], tips[1]);
    let answers = network.events.iter().filter(|(_, event)| {
        matches!(
            event,
            Event::Sent {
                kind: Kind::Chain,
                ..
            }
        )
    });
    assert!((2..=4).contains(&answers.count()));
}

#[test]
fn asking_costs_nothing_answering_and_taking_in_cost_a_clock() {
    let mut network = with_chain(2, 3);
    let clock = network.node(1).clock();
    network.join(1, 2, 0);
    // Node 2 hears the tip, cannot connect it and asks; the next clocks answer and take in.
    assert_eq!(network.tick_all(clock + 1), [Status::Idle, Status::Idle]);
    assert_eq!(
        network.tick_all(clock + 2),
        [Status::BroadcastingBlock, Status::ReceivingBlock]
    );
    assert_eq!(network.node(2).ledger().tip().id(), 3);
    assert_eq!(
        network.tick_all(clock + 3),
        [Status::Idle, Status::BroadcastingBlock]
    );
    assert_eq!(network.tick_all(clock + 4), [Status::Idle, Status::Idle]);
}

#[test]
fn a_node_that_mines_asks_at_once() {
    let mut network = with_chain(2, 3);
    let clock = network.node(1).clock();
    network.tick(2, clock);
    network.mine(2);
    network.tick_all(clock + 1);
    network.join(1, 2, 0);
    network.tick_all(clock + 2);
    assert_eq!(network.node(2).status(), Status::Mining);
    assert_eq!(asked(&network), [("node2".to_owned(), "node1".to_owned())]);
    // The answer moves the tip: the work is dropped.
    network.tick_all(clock + 3);
    assert_eq!(network.node(2).status(), Status::ReceivingBlock);
    assert_eq!(network.node(2).ledger().tip().id(), 3);
}

#[test]
fn a_silent_peer_is_passed_over_for_another_announcer() {
    let mut network = with_chain(3, 3);
    let clock = network.node(1).clock();
    // Node 2 learns the chain and then falls silent, as does node 1 at first: only node 3 ticks.
    network.join(1, 2, 0);
    network.run(clock + 1, clock + 6);
    network.join(1, 3, 0);
    network.join(2, 3, 0);
    let start = network.node(3).clock();
    network.tick(3, start + 1);
    assert_eq!(asked(&network).last().unwrap().1, "node1");
    network.tick(3, start + 9);
    assert_eq!(asked(&network).len(), 2, "patience lasts");
    network.tick(3, start + 30);
    assert_eq!(asked(&network).last().unwrap().1, "node2");
    // Node 2 answers; node 1 never does.
    network.tick(2, start + 30);
    network.tick(3, start + 32);
    assert_eq!(network.node(3).ledger().tip().id(), 3);
}

#[test]
fn when_the_peer_that_was_asked_goes_another_one_is_asked() {
    let mut network = with_chain(3, 3);
    let clock = network.node(1).clock();
    network.join(1, 2, 0);
    network.run(clock + 1, clock + 6);
    network.join(1, 3, 0);
    network.join(2, 3, 0);
    network.tick(3, clock + 7);
    network.cut(1, 3);
    assert_eq!(
        asked(&network).last().unwrap(),
        &("node3".to_owned(), "node2".to_owned())
    );
}

#[test]
fn a_partition_heals_to_the_branch_with_more_work() {
    let mut network = with_chain(2, 2_000);
    for _ in 0..1_500 {
        network.mine(2);
        let clock = network.node(2).clock();
        network.tick(2, clock + 4);
    }
    network.join(1, 2, 0);
    let clock = network.node(1).clock().max(network.node(2).clock());
    network.run(clock + 1, clock + 12);
    assert_eq!(network.tips()[0], network.tips()[1]);
    assert_eq!(network.node(2).ledger().tip().id(), 2_000);
    assert_eq!(network.node(2).ledger().side_blocks().count(), 1_500);
}

#[test]
fn an_answer_to_a_question_from_before_a_reset_is_dropped() {
    let mut network = with_chain(2, 3);
    let clock = network.node(1).clock();
    network.join(1, 2, 0);
    network.tick_all(clock + 1);
    network.give(2, Input::Reset { salt: 5 }).unwrap();
    network.tick_all(clock + 2);
    network.run(clock + 3, clock + 6);
    assert_eq!(
        network.node(2).ledger().tip().id(),
        0,
        "a node that was reset is clean"
    );
    let closes = |effect: &Effect<_>| matches!(effect, Effect::Close { .. });
    assert!(
        !network
            .log
            .iter()
            .any(|(_, _, effects)| effects.iter().any(closes))
    );
    // It hears what comes next.
    network.mine(1);
    network.run(clock + 7, clock + 16);
    assert_eq!(network.tips()[0], network.tips()[1]);
    assert_eq!(network.node(2).name(), &name(2));
}

#[test]
fn an_answer_without_news_does_not_hide_what_was_announced_since_the_question() {
    let network = with_chain(1, 3);
    let block = |id| {
        network
            .node(1)
            .ledger()
            .block_at(id)
            .unwrap()
            .to_unchecked()
    };
    let mut late = with_chain(1, 0).nodes.remove(&name(1)).unwrap();
    let peer = name(9);
    late.handle(Input::PeerUp {
        peer: peer.clone(),
        latency: 0,
    });
    let mut sequence = 0;
    let mut says = |late: &mut HonestNode, body| {
        sequence += 1;
        let message = Message {
            stamp: 0,
            sequence,
            body,
        };
        let from = peer.clone();
        late.handle(Input::Message { from, message });
    };
    let asks = |effects: Vec<Effect<Message>>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Send { message, .. } => {
                matches!(message.body, Body::ReqChain(_)).then_some(message.sequence)
            }
            _ => None,
        })
    };
    let tick = |late: &mut HonestNode, to| late.handle(Input::Clock { to, wall: 0 });
    says(&mut late, Body::NewBlock(Box::new(block(2))));
    let answers = asks(tick(&mut late, 1)).expect("the parent is not known");
    // What the peer had when it answered is not what it announces next.
    let blocks = Vec::new();
    says(&mut late, Body::Chain { answers, blocks });
    says(&mut late, Body::NewBlock(Box::new(block(3))));
    let answers = asks(tick(&mut late, 2)).expect("it announced more");
    let blocks = Vec::new();
    says(&mut late, Body::Chain { answers, blocks });
    assert_eq!(asks(tick(&mut late, 3)), None, "it brings nothing");
}

#[test]
fn what_a_peer_said_on_an_earlier_link_it_may_have_lost_since() {
    let mut node = HonestNode::new(tickchain::node::Config::new(name(1))).unwrap();
    node.handle(Input::Start { salt: 1 });
    let up = || Input::PeerUp {
        peer: name(2),
        latency: 0,
    };
    node.handle(up());
    let body = Body::NewTx(tickchain::ledger::Transaction {
        id: 77.into(),
        sender: Some(network::account("so")),
        recipient: network::account("aki"),
        value: 1.try_into().unwrap(),
        signed: None,
    });
    let message = Message {
        stamp: 0,
        sequence: 1,
        body,
    };
    let from = name(2);
    node.handle(Input::Message { from, message });
    // The peer crashes before this node's next clock, and comes back with nothing.
    node.handle(Input::PeerDown { peer: name(2) });
    node.handle(up());
    let effects: Vec<Effect<Message>> = (1..=2)
        .flat_map(|to| node.handle(Input::Clock { to, wall: 0 }))
        .collect();
    let told = effects.iter().any(|effect| {
        matches!(effect, Effect::Send { message, .. } if matches!(message.body, Body::NewTx(_)))
    });
    assert!(told, "{effects:?}");
}

#[test]
fn a_question_is_answered_on_its_own_link_alone() {
    let mut node = with_chain(1, 2).nodes.remove(&name(1)).unwrap();
    let up = || Input::PeerUp {
        peer: name(2),
        latency: 0,
    };
    let asks = |sequence| Input::Message {
        from: name(2),
        message: Message {
            stamp: 0,
            sequence,
            body: Body::ReqChain(Vec::new()),
        },
    };
    let answers = |node: &mut HonestNode| {
        let to = node.clock() + 1;
        let effects = node.handle(Input::Clock { to, wall: 0 });
        let answer = |effect: &&Effect<Message>| {
            let Effect::Send { message, .. } = effect else {
                return false;
            };
            matches!(message.body, Body::Chain { .. })
        };
        effects.iter().filter(answer).count()
    };
    node.handle(up());
    node.handle(asks(1));
    node.handle(Input::PeerDown { peer: name(2) });
    let alone = node.state();
    node.handle(up());
    assert_eq!(answers(&mut node), 0, "it asked on the link before");
    node.handle(asks(2));
    let asked = node.state();
    assert_eq!(answers(&mut node), 1);
    node.restore(alone).unwrap();
    assert_eq!(answers(&mut node), 0, "it had no link then");
    node.restore(asked).unwrap();
    assert_eq!(answers(&mut node), 1, "it had asked on this link");
}
