//! States of a node as `PUT state` takes them: refused, and nothing has changed, or a node that keeps
//! every rule.

use tickchain::ledger::{Difficulty, Genesis};
use tickchain::node::{Config, HonestNode, Input, Node, State};

pub fn run(bytes: &[u8]) {
    let Ok(state) = serde_json::from_slice::<State>(bytes) else {
        return;
    };
    let config = Config {
        genesis: Genesis {
            difficulty: Difficulty::new(1).expect("one bit is allowed"),
            ..Genesis::default()
        },
        ..Config::new("node1".parse().expect("a short name"))
    };
    let mut node = HonestNode::new(config).expect("the document's network");
    let peer = |number: u8| format!("node{number}").parse().expect("a short name");
    for number in 2..4 {
        node.handle(Input::PeerUp {
            peer: peer(number),
            latency: 0,
        });
    }
    let before = node.state();
    if node.restore(state).is_err() {
        assert_eq!(node.state(), before, "refused, and something has changed");
        return;
    }
    let written = node.state();
    node.restore(written.clone())
        .expect("a state of its own is sound");
    assert_eq!(but_searches(&node.state()), but_searches(&written));
    for by in [1, 1, 3, 100] {
        let to = node.clock().saturating_add(by);
        node.handle(Input::Clock { to, wall: 0 });
        node.handle(Input::Mine);
        let balances = node.ledger().accounts();
        assert_eq!(balances.iter().map(|(_, balance)| balance).sum::<u64>(), 14);
    }
    node.handle(Input::PeerDown { peer: peer(2) });
    node.handle(Input::Reset { salt: 0 });
}

/// The state as JSON without the count of searches: one that had not ended begins anew.
fn but_searches(state: &State) -> serde_json::Value {
    let mut json = serde_json::to_value(state).expect("it has string keys only");
    json["counters"]["searches"].take();
    json
}
