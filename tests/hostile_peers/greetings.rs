//! HELLO, and who is let in.

use std::time::Instant;

use serde_json::json;
use tickchain::daemon::links::GREETING_TIMEOUT;
use tickchain::ledger::Hash;
use tickchain::node::Body;
use tickchain::wire::{Frame, Hello, encode};

use crate::message;
use crate::process::{Node, until};
use crate::raw::{self, Raw, hello};

#[test]
fn who_does_not_greet_properly_is_told_why() {
    let mut node = Node::start("node1", &[]);
    let other = Hash([7; 32]);
    let hello = |change: fn(&mut Hello)| {
        let mut hello = hello("liar");
        change(&mut hello);
        encode(&Frame::Hello(hello))
    };
    let other_network = {
        let mut hello = raw::hello("liar");
        hello.network = other;
        encode(&Frame::Hello(hello))
    };
    let second_hello = [hello(|_| {}), hello(|_| {})].concat();
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("not JSON", b"GET / HTTP/1.1\r\n".to_vec(), "not a frame"),
        ("not UTF-8", b"\xff\xfe\x00\n".to_vec(), "not a frame"),
        ("an empty line", b"\n".to_vec(), "not a frame"),
        ("an unknown frame", b"{\"SHOUT\":{}}\n".to_vec(), "SHOUT"),
        (
            "an endless line",
            vec![b'x'; 64 * 1024],
            "at most 4096 bytes",
        ),
        (
            "a deep line",
            [vec![b'['; 4000], vec![b'\n']].concat(),
            "not a frame",
        ),
        ("another network", other_network, "their genesis differs"),
        (
            "another version",
            hello(|hello| hello.version = 2),
            "version 2",
        ),
        (
            "the node's name",
            hello(|hello| hello.name = "node1".parse().unwrap()),
            "node1",
        ),
        (
            "a huge latency",
            hello(|hello| hello.latency = u64::MAX),
            "latency",
        ),
        (
            "no HELLO",
            encode(&Frame::Ack { sequence: 0 }),
            "has to be HELLO",
        ),
        ("HELLO twice", second_hello, "second frame has to be ACK"),
        (
            "a payment first",
            encode(&message(1, Body::ReqChain(Vec::new()))),
            "has to be HELLO",
        ),
    ];
    for (what, bytes, words) in cases {
        let mut raw = Raw::new(node.p2p);
        raw.write(&bytes);
        let reason = raw.bye();
        assert!(reason.contains(words), "{what}: {reason}");
        assert_eq!(node.connected(), 0, "{what}");
    }
    node.act("/clock/1");
}

#[test]
fn half_a_line_and_silence_is_cut() {
    let node = Node::start("node1", &[]);
    let began = Instant::now();
    let mut raw = Raw::new(node.p2p);
    raw.write(b"{\"HELLO\":{\"vers");
    assert!(raw.bye().contains("within 5 seconds"));
    assert!(began.elapsed() >= GREETING_TIMEOUT);
    // One that says HELLO and then nothing holds no name for longer.
    let mut raw = Raw::new(node.p2p);
    raw.send(&Frame::Hello(hello("liar")));
    assert!(raw.bye().contains("within 5 seconds"));
    Raw::linked(node.p2p, "liar");
}

#[test]
fn names_are_unique_and_a_pair_has_one_link() {
    let mut node = Node::start("node1", &[]);
    let mut first = Raw::linked(node.p2p, "liar");
    let mut again = Raw::new(node.p2p);
    again.send(&Frame::Hello(hello("liar")));
    assert!(again.bye().contains("another link to liar"));
    let mut second = Raw::new(node.p2p);
    let listen = ([127, 0, 0, 1], 2).into();
    let same_name = hello("liar");
    second.send(&Frame::Hello(Hello {
        listen,
        ..same_name
    }));
    let reason = second.bye();
    assert!(
        reason.contains("unique") && reason.contains("127.0.0.1:1"),
        "{reason}"
    );
    first.send(&message(5, Body::ReqChain(Vec::new())));
    assert_eq!(
        first.next(),
        Some(Frame::Ack { sequence: 5 }),
        "the first one stays"
    );
    assert_eq!(node.connected(), 1);

    // With real nodes: neither a namesake nor the node itself is linked.
    let namesake = Node::start("node1", &["--peer", &node.p2p.to_string()]);
    let mut other = Node::start("node2", &["--peer", &node.p2p.to_string()]);
    until("the link is up", || other.is_linked());
    let port = node.p2p.port();
    let body = json!({"addr": "localhost", "port": port}).to_string();
    node.call("POST", "/peer/add", &body).expect(200);
    let again = node.call(
        "POST",
        "/peer/add",
        &json!({"addr": "127.0.0.1", "port": port}).to_string(),
    );
    assert!(again.problem(409).contains("own address"));
    until("the peers are right", || {
        let peers = node.get("/peer");
        let mut names: Vec<_> = (peers.as_array().unwrap().iter())
            .filter(|peer| peer["connected"] == true)
            .map(|peer| peer["name"].clone())
            .collect();
        names.sort_by_key(ToString::to_string);
        names == [json!("liar"), json!("node2")]
    });
    drop(namesake);
}
