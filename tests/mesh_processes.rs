//! Three real processes with real sockets, stepped by a controller.

#![cfg(feature = "daemon")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use process::{Node, agree, full_mesh, text, tick_all, tick_until, until};
use serde_json::json;

const IDLE: [&str; 3] = ["idle"; 3];

/// What the nodes do at clocks 1 to 10 of [`story`].
const STORY: [[&str; 3]; 10] = [
    ["receiving-tx", "idle", "idle"],
    ["broadcasting-tx", "receiving-tx", "receiving-tx"],
    ["idle", "broadcasting-tx", "broadcasting-tx"],
    IDLE,
    ["mining", "idle", "idle"],
    ["mining", "idle", "idle"],
    ["mining", "idle", "idle"],
    ["broadcasting-block", "receiving-block", "receiving-block"],
    ["idle", "broadcasting-block", "broadcasting-block"],
    IDLE,
];

/// A payment travels, a block is mined, the block travels; what the nodes did at each clock.
fn story(nodes: &mut [Node]) -> Vec<Vec<String>> {
    let refused = nodes[0].pay("aki", "so", 3, None);
    assert_eq!(refused["result"], "fail");
    assert!(text(&refused["reason"]).contains('3'), "{refused}");
    let paid = nodes[0].pay("aki", "so", 2, None);
    assert_eq!(paid["result"], "success");
    let id = text(&paid["id"]);
    assert!(nodes[0].pool().is_empty(), "it takes a clock to receive");

    let mut statuses = Vec::new();
    for clock in 1..=10 {
        statuses.push(tick_all(nodes));
        match clock {
            1 => assert_eq!(nodes[0].pool(), [id.as_str()]),
            4 => nodes[0].act("/mine"),
            6 => assert_eq!(nodes[0].tip().1, 0),
            7 => assert_eq!(nodes[0].tip().1, 1),
            _ => {}
        }
    }
    assert!(agree(nodes));
    for node in nodes {
        assert_eq!(node.tip().1, 1);
        assert!(node.pool().is_empty());
        let balances = json!({"aki": 0, "satoshi": 5, "so": 9});
        assert_eq!(node.get("/accounts"), balances);
    }
    statuses
}

#[test]
fn the_same_story_fifty_times() {
    let mut told = 0;
    for _ in 0..5 {
        let mut nodes = full_mesh(3, &[]);
        for _ in 0..10 {
            assert_eq!(story(&mut nodes), STORY, "story {told}");
            told += 1;
            for node in &mut nodes {
                node.act("/reset");
                assert_eq!(node.get("/status"), json!({"clock": 0, "status": "idle"}));
            }
        }
    }
    assert_eq!(told, 50);
}

#[test]
fn two_that_mine_at_once_fork_and_the_next_block_heals() {
    let mut nodes = full_mesh(3, &[]);
    let id = text(&nodes[2].pay("so", "satoshi", 1, None)["id"]);
    tick_until(&mut nodes, 6, "the payment is everywhere", |nodes| {
        nodes.iter_mut().all(|node| node.pool() == [id.as_str()])
    });
    tick_until(&mut nodes, 3, "all are idle", |nodes| {
        nodes.iter_mut().all(|node| node.status() == "idle")
    });
    nodes[0].act("/mine");
    nodes[1].act("/mine");
    for _ in 0..3 {
        tick_all(&mut nodes);
    }
    let (first, second) = (nodes[0].tip(), nodes[1].tip());
    assert_eq!((first.1, second.1), (1, 1));
    assert_ne!(first.0, second.0, "equal pools, different blocks");
    for _ in 0..4 {
        tick_all(&mut nodes);
    }
    assert_eq!(nodes[0].tip(), first, "of equals the one seen first stays");
    assert_eq!(nodes[1].tip(), second);

    nodes[1].act("/mine");
    tick_until(&mut nodes, 12, "one tip again", |nodes| {
        agree(nodes) && nodes[0].tip().1 == 2
    });
    for node in &mut nodes {
        let place = node.get(&format!("/tx/{id}"));
        assert_eq!(
            (&place["place"], &place["id"]),
            (&json!("block"), &json!(id))
        );
        let balances = json!({"aki": 2, "satoshi": 6, "so": 6});
        assert_eq!(node.get("/accounts"), balances);
        assert!(node.pool().is_empty());
    }
}

#[test]
fn payments_of_a_branch_that_loses_are_mined_once() {
    let mut nodes = full_mesh(3, &[]);
    cut_off(&mut nodes);
    let id = "00000000000000000000000000abcdef";
    assert_eq!(nodes[2].pay("so", "aki", 4, Some(id))["id"], id);
    nodes[2].tick();
    nodes[2].tick();
    mine(&mut nodes[2]);
    assert_eq!(nodes[2].get(&format!("/tx/{id}"))["place"], "block");
    mine(&mut nodes[0]);
    mine(&mut nodes[0]);

    reconnect(&mut nodes);
    tick_until(
        &mut nodes,
        30,
        "one tip, the payment in every pool",
        |nodes| agree(nodes) && nodes.iter_mut().all(|node| node.pool() == [id]),
    );
    assert_eq!(nodes[0].tip().1, 2);
    // The same payment again is the same payment, before it is mined and after.
    nodes[1].pay("so", "aki", 4, Some(id));
    nodes[0].act("/mine");
    tick_until(&mut nodes, 12, "the next block is everywhere", |nodes| {
        agree(nodes) && nodes[0].tip().1 == 3
    });
    nodes[1].pay("so", "aki", 4, Some(id));
    nodes[1].act("/mine");
    tick_until(&mut nodes, 12, "one more block is everywhere", |nodes| {
        agree(nodes) && nodes[0].tip().1 == 4
    });
    for node in &mut nodes {
        let balances = json!({"aki": 6, "satoshi": 5, "so": 3});
        assert_eq!(node.get("/accounts"), balances);
    }
}

#[test]
fn one_that_joins_late_catches_up_without_a_new_block() {
    let mut nodes = full_mesh(2, &[]);
    for _ in 0..5 {
        mine(&mut nodes[0]);
    }
    let pending = text(&nodes[0].pay("so", "aki", 1, None)["id"]);
    tick_until(&mut nodes, 10, "the two agree", |nodes| {
        agree(nodes) && nodes[1].pool() == [pending.as_str()]
    });
    let peer = nodes[1].p2p.to_string();
    nodes.push(Node::start("node3", &["--peer", &peer]));
    until("the link is up", || nodes[2].is_linked());
    tick_until(&mut nodes, 20, "the three agree", |nodes| {
        agree(nodes) && nodes[2].pool() == [pending.as_str()]
    });
    assert_eq!(nodes[2].tip().1, 5);
}

#[test]
fn one_that_was_cut_off_for_two_thousand_blocks_catches_up() {
    const BLOCKS: u64 = 2000;
    let mut nodes = full_mesh(3, &["--difficulty", "1"]);
    cut_off(&mut nodes);
    for _ in 0..BLOCKS {
        mine(&mut nodes[0]);
    }
    assert_eq!(nodes[0].tip().1, BLOCKS);
    assert_eq!(nodes[2].tip().1, 0, "it was cut off");
    reconnect(&mut nodes);
    let clocks = tick_until(&mut nodes, 60, "all have the chain", agree);
    assert_eq!(nodes[2].tip().1, BLOCKS, "after {clocks} clocks");
}

#[test]
fn one_that_is_reset_goes_on_hearing_its_peers() {
    let mut nodes = full_mesh(3, &[]);
    mine(&mut nodes[0]);
    tick_until(&mut nodes, 10, "one tip", agree);
    for _ in 0..20 {
        tick_all(&mut nodes);
    }
    nodes[1].act("/reset");
    assert_eq!((nodes[1].clock(), nodes[1].tip().1), (0, 0));
    assert_eq!(nodes[1].connected(), 2, "links stay");
    let id = text(&nodes[0].pay("so", "aki", 1, None)["id"]);
    tick_until(&mut nodes, 6, "it hears of the payment", |nodes| {
        nodes[1].pool() == [id.as_str()]
    });
    mine(&mut nodes[0]);
    tick_until(&mut nodes, 20, "it hears of the block", agree);
    assert_eq!(nodes[1].tip().1, 2);
    // And is heard, though its clock is far behind.
    mine(&mut nodes[1]);
    tick_until(&mut nodes, 10, "its block is heard of", agree);
    assert_eq!(nodes[0].tip().1, 3);
}

#[test]
fn one_that_jumps_a_hundred_clocks_ahead_goes_on_hearing_its_peers() {
    let mut nodes = full_mesh(3, &[]);
    tick_all(&mut nodes);
    let ahead = nodes[1].clock() + 100;
    nodes[1].act(&format!("/clock/{ahead}"));
    let id = text(&nodes[0].pay("so", "aki", 1, None)["id"]);
    tick_until(&mut nodes, 6, "it hears of the payment", |nodes| {
        nodes[1].pool() == [id.as_str()]
    });
    mine(&mut nodes[1]);
    tick_until(&mut nodes, 10, "its block is heard of", |nodes| {
        agree(nodes) && nodes[0].tip().1 == 1
    });
    assert!(nodes[0].clock() + 90 < nodes[1].clock());
}

/// Mines a block on one node alone.
fn mine(node: &mut Node) {
    let height = node.tip().1;
    node.act("/mine");
    for _ in 0..8 {
        node.tick();
        if node.tip().1 > height {
            return;
        }
    }
    panic!("no block after eight clocks");
}

/// Cuts the third node off.
fn cut_off(nodes: &mut [Node]) {
    for other in 0..2 {
        let socket = nodes[other].p2p;
        nodes[2].drop_peer(socket);
        until("the link is gone", || nodes[other].connected() == 1);
    }
    assert_eq!(nodes[2].connected(), 0);
}

/// Undoes [`cut_off`].
fn reconnect(nodes: &mut [Node]) {
    for other in 0..2 {
        let socket = nodes[other].p2p;
        nodes[2].add_peer(socket);
    }
    for node in nodes {
        until("all links are up", || node.connected() == 2);
    }
}
