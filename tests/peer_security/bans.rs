//! What peers do that no honest one does, and what becomes of them.

use std::net::SocketAddr;

use serde_json::json;
use tickchain::ledger::{Genesis, UncheckedBlock};
use tickchain::node::{Body, Message};
use tickchain::wire::Frame;

use crate::process::{Node, full_mesh, text, tick_all, until};
use crate::raw::{Raw, hello};
use crate::sealed::{NETWORK_BYTE, Sealed};
use crate::{Keys, Logged};

/// A block without proof of work.
fn forged(sequence: u64) -> Frame {
    let genesis = Genesis::default().block().unwrap();
    Frame::Message(Message {
        stamp: 0,
        sequence,
        body: Body::NewBlock(Box::new(UncheckedBlock {
            id: 1,
            hash: None,
            timestamp: 1_700_000_000,
            transactions: Vec::new().into(),
            previous_block_hash: genesis.hash(),
            nonce: sequence,
        })),
    })
}

/// A number of the node's metrics; 0 where it is not there.
fn metric(node: &mut Node, name: &str) -> u64 {
    let answer = node.call("GET", "/metrics", "").expect(200);
    let lines = answer.text().lines().filter(|line| line.starts_with(name));
    let number = |line: &str| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    lines.map(number).sum()
}

#[test]
fn who_forges_blocks_is_banned_by_name_on_this_machine_until_it_is_added_again() {
    let mut node = Logged::start("node1", &[]);
    let to = node.node.p2p;
    let mut liar = Raw::linked(to, "liar");
    liar.send(&forged(1));
    assert_eq!(liar.next(), Some(Frame::Ack { sequence: 1 }));
    assert_eq!(node.node.connected(), 1, "one lie is no ban");
    liar.send(&forged(2));
    assert!(
        liar.bye()
            .contains("banned for 600 seconds, last for forged_block")
    );
    let reason = Raw::greeted(to, "liar").bye();
    assert!(reason.contains("liar is banned for another"), "{reason}");
    let honest = Raw::linked(to, "honest");

    let peers = node.node.get("/peer");
    let liar = peers
        .as_array()
        .unwrap()
        .iter()
        .find(|peer| peer["name"] == "liar");
    let liar = liar.expect("who is banned is shown");
    assert_eq!(liar["connected"], false);
    let until_when = text(&liar["banned_until"]);
    assert!(
        tickchain::ledger::parse_timestamp(&until_when).is_some(),
        "{until_when}"
    );
    let offences = "tickchain_peer_offences_total{offence=\"forged_block\"}";
    assert_eq!(metric(&mut node.node, offences), 2);
    assert_eq!(metric(&mut node.node, "tickchain_peer_bans_total"), 1);
    assert_eq!(metric(&mut node.node, "tickchain_peers_banned"), 1);
    node.waits_for("liar (liar at 127.0.0.1:1) is banned for 600 seconds");

    drop(honest);
    let address: SocketAddr = ([127, 0, 0, 1], 1).into();
    node.node.add_peer(address);
    Raw::linked(to, "liar");
    assert_eq!(metric(&mut node.node, "tickchain_peers_banned"), 0);
}

#[test]
fn with_keys_a_ban_is_the_keys_and_another_name_does_not_help() {
    let keys = Keys::new();
    let node = Node::start("node1", &["--network-key", &keys.network(NETWORK_BYTE)]);
    let mut liar = Sealed::linked(node.p2p, "liar", 1);
    let mut twin = Sealed::linked(node.p2p, "twin", 1);
    let mut honest = Sealed::linked(node.p2p, "honest", 2);
    liar.send(&forged(1));
    liar.send(&forged(2));
    assert!(liar.bye().contains("banned"));
    assert!(twin.bye().contains("banned"), "it has the same key");
    for name in ["liar", "twin", "somebody"] {
        let mut again = Sealed::new(node.p2p, NETWORK_BYTE, 1).unwrap();
        again.send(&Frame::Hello(hello(name)));
        assert!(again.bye().contains("is banned for another"), "{name}");
    }
    honest.send(&forged(1));
    assert_eq!(
        honest.next(),
        Some(Frame::Ack { sequence: 1 }),
        "it is let be"
    );
}

#[test]
fn what_breaks_the_protocol_counts_too() {
    let mut node = Node::start("node1", &[]);
    let ask = |count: usize| {
        Frame::Message(Message {
            stamp: 0,
            sequence: 1,
            body: Body::ReqChain(vec![tickchain::ledger::Hash::ZERO; count]),
        })
    };
    // Three frames out of order, or two questions that are too long.
    for (name, frame, times) in [("a", Frame::Ack { sequence: 9 }, 3), ("b", ask(65), 2)] {
        for _ in 0..times {
            let mut raw = Raw::linked(node.p2p, name);
            raw.send(&frame);
            // Its place is free before it is told why.
            raw.bye();
        }
        let reason = Raw::greeted(node.p2p, name).bye();
        assert!(reason.contains("is banned for another"), "{name}: {reason}");
    }
    let offences = |node: &mut Node, kind: &str| {
        metric(
            node,
            &format!("tickchain_peer_offences_total{{offence=\"{kind}\"}}"),
        )
    };
    assert_eq!(offences(&mut node, "out_of_order"), 3);
    assert_eq!(offences(&mut node, "oversized_locator"), 2);
    Raw::linked(node.p2p, "c");
}

/// Forks, resets, cut links and restarts: whole meshes of honest nodes blame nobody.
#[test]
fn honest_nodes_are_never_blamed() {
    for more in [&[][..], &["--latency", "1"]] {
        let mut nodes = full_mesh(3, more);
        let sockets: Vec<SocketAddr> = nodes.iter().map(|node| node.p2p).collect();
        for round in 0..6 {
            for node in &mut nodes {
                node.pay("aki", "so", 1, None);
                node.act("/mine");
            }
            for _ in 0..5 {
                tick_all(&mut nodes);
            }
            match round {
                // One forgets all while the others answer it.
                0 | 3 => nodes[1].act("/reset"),
                1 => {
                    nodes[0].drop_peer(sockets[2]);
                    nodes[2].drop_peer(sockets[0]);
                }
                2 => {
                    nodes[0].add_peer(sockets[2]);
                    nodes[2].add_peer(sockets[0]);
                    until("the link is back", || nodes[2].is_linked());
                }
                4 => {
                    let p2p = sockets[2].to_string();
                    nodes.pop();
                    let peers = [sockets[0], sockets[1]].map(|peer| peer.to_string());
                    let again = ["--p2p", &p2p, "--peer", &peers[0], "--peer", &peers[1]];
                    let again: Vec<&str> = again.iter().chain(more).copied().collect();
                    nodes.push(Node::again("node3", &again));
                    until("it is back", || nodes[2].is_linked());
                    // It comes from clock 0 to where the others are.
                    let clock = nodes[0].clock();
                    nodes[2].act(&format!("/clock/{clock}"));
                }
                _ => {}
            }
        }
        for node in &mut nodes {
            let answer = node.call("GET", "/metrics", "").expect(200);
            let text = answer.text();
            assert!(!text.contains("tickchain_peer_offences_total{"), "{text}");
            assert_eq!(metric(node, "tickchain_peer_bans_total"), 0);
            let peers = node.get("/peer");
            let banned = |peer: &serde_json::Value| peer.get("banned_until").is_some();
            assert!(!peers.as_array().unwrap().iter().any(banned), "{peers}");
        }
        let balance = nodes[0].get("/accounts")["so"].clone();
        assert_ne!(balance, json!(7), "something happened");
    }
}
