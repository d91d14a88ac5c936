//! Those without the right network key.

use std::io::{Read, Write};
use std::time::Instant;

use tickchain::daemon::links::GREETING_TIMEOUT;
use tickchain::wire::{Frame, encode};

use crate::process::{Node, full_mesh, text, tick_until, until};
use crate::raw::{connect, hello};
use crate::sealed::{NETWORK_BYTE, Sealed};
use crate::{Keys, Logged, public_key};

/// What a node answers to these bytes before it hangs up.
fn answer_to(node: &Node, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(node.p2p);
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn nodes_with_one_key_are_a_network_and_know_each_others_keys() {
    let keys = Keys::new();
    let mut nodes = full_mesh(3, &["--network-key", &keys.network(1)]);
    let shown: Vec<String> = nodes.iter().map(public_key).collect();
    for node in &mut nodes {
        let peers = node.get("/peer");
        for peer in peers.as_array().unwrap() {
            let number: usize = text(&peer["name"])[4..].parse().unwrap();
            assert_eq!(peer["key"], shown[number - 1].as_str(), "{peer}");
        }
    }
    nodes[0].pay("aki", "so", 2, None);
    tick_until(&mut nodes, 5, "the payment is everywhere", |nodes| {
        nodes.iter_mut().all(|node| node.pool().len() == 1)
    });
    nodes[1].act("/mine");
    tick_until(&mut nodes, 10, "the block is everywhere", |nodes| {
        nodes.iter_mut().all(|node| node.tip().1 == 1)
    });
}

#[test]
fn a_stranger_gets_no_byte_whatever_it_says() {
    let keys = Keys::new();
    let mut node = Logged::start("node1", &["--network-key", &keys.network(1)]);
    let first = |length: u16| [&length.to_be_bytes()[..], &[5; 96][..usize::from(length)]].concat();
    for said in [
        encode(&Frame::Hello(hello("liar"))),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        first(48),
        first(47),
        first(96),
        vec![0; 4],
        vec![255; 70_000],
    ] {
        assert_eq!(answer_to(&node.node, &said), b"");
    }
    assert!(Sealed::new(node.node.p2p, 2, 1).is_none(), "another key");
    let began = Instant::now();
    assert_eq!(answer_to(&node.node, &first(48)[..20]), b"");
    assert!(began.elapsed() >= GREETING_TIMEOUT);
    assert_eq!(node.node.connected(), 0);
    assert!(!node.log().contains("no frame"), "nothing was read as one");
    node.node.act("/clock/1");
    Sealed::new(node.node.p2p, 1, 1).expect("the right key is let in");
}

#[test]
fn who_dials_with_another_key_or_none_is_told_by_its_own_log() {
    let keys = Keys::new();
    let network = keys.network(NETWORK_BYTE);
    let key = ["--network-key", &network];
    let mut keyed = Node::start("keyed", &key);
    let mut plain = Node::start("plain", &[]);
    let (to_keyed, to_plain) = (keyed.p2p.to_string(), plain.p2p.to_string());
    let other = keys.network(8);

    let differs = "its network key or its genesis differs, or it has no network key";
    let cases = [
        (vec!["--network-key", &other, "--peer", &to_keyed], differs),
        (vec![key[0], key[1], "--peer", &to_plain], differs),
        (vec!["--peer", &to_keyed], "give it with --network-key"),
        // The same key in another network.
        (
            vec![key[0], key[1], "--difficulty", "3", "--peer", &to_keyed],
            differs,
        ),
    ];
    for (arguments, words) in cases {
        let mut dialler = Logged::start("dialler", &arguments);
        dialler.waits_for(words);
        assert_eq!(dialler.node.connected(), 0, "{arguments:?}");
    }
    assert_eq!((keyed.connected(), plain.connected()), (0, 0));
    let mut right = Node::start("right", &[key[0], key[1], "--peer", &to_keyed]);
    until("the right key gets a link", || right.is_linked());
}
