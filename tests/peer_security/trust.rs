//! Whose key may bear which name.

use crate::process::{Node, fails, output, until};
use crate::raw::hello;
use crate::sealed::{NETWORK_BYTE, Sealed};
use crate::{Keys, Logged, public_key};
use tickchain::wire::Frame;

/// A key file, and the public half.
fn node_key(keys: &Keys, name: &str) -> (String, String) {
    let path = keys.path(name);
    let public = String::from_utf8(output(&["key", "node", &path]).stdout).unwrap();
    (path, public.trim().to_owned())
}

#[test]
fn a_list_lets_in_its_peers_only_and_each_under_its_name() {
    let keys = Keys::new();
    let network = keys.network(NETWORK_BYTE);
    let (key2, public2) = node_key(&keys, "node2");
    let (key3, public3) = node_key(&keys, "node3");
    let list = format!("# the lab\nnode2 {public2}\nnode3 {public3}\n");
    let list = keys.file("peers", &list);
    let key1 = keys.path("node1");
    let security = ["--network-key", &network, "--allow-peers", &list];
    let mut node1 = Node::start("node1", &[&security[..], &["--node-key", &key1]].concat());
    let to = node1.p2p.to_string();
    let dial = |name: &str, key: &str| {
        let more = ["--network-key", &network, "--peer", &to, "--node-key", key];
        Logged::start(name, &more)
    };

    let mut node2 = dial("node2", &key2);
    assert_eq!(public_key(&node2.node), public2);
    until("node2 is linked", || node2.node.is_linked());
    let stranger = dial("node4", &keys.path("node4"));
    stranger.waits_for("not on the list of peers that are let in");
    let impostor = dial("node3", &keys.path("node4"));
    impostor.waits_for("not on the list of peers that are let in");
    let borrowed = dial("node5", &key3);
    borrowed.waits_for("not on the list of peers that are let in");
    assert_eq!(node1.connected(), 1);
    let mut node3 = dial("node3", &key3);
    until("node3 is linked", || node3.node.is_linked());
    assert_eq!(node1.connected(), 2);
}

#[test]
fn without_a_list_a_name_stays_with_its_first_key() {
    let keys = Keys::new();
    let network = keys.network(NETWORK_BYTE);
    let security = ["--network-key", &network];
    let mut node1 = Node::start("node1", &security);
    let to = node1.p2p.to_string();
    let first = Sealed::linked(node1.p2p, "node2", 1);
    drop(first);
    until("it is gone", || node1.connected() == 0);
    let mut second = Sealed::new(node1.p2p, NETWORK_BYTE, 2).unwrap();
    second.send(&Frame::Hello(hello("node2")));
    assert!(second.bye().contains("came with another key before"));
    drop(Sealed::linked(node1.p2p, "node2", 1));

    // An operator's word counts for more.
    let more = [&security[..], &["--peer", &to]].concat();
    let mut real = Logged::start("node2", &more);
    real.waits_for("came with another key before");
    node1.add_peer(real.node.p2p);
    until("it is linked", || real.node.is_linked());
    assert_eq!(node1.connected(), 1);
}

#[test]
fn a_node_keeps_its_key_in_its_file() {
    let keys = Keys::new();
    let (network, key) = (keys.network(1), keys.path("node1"));
    let security = ["--network-key", &network, "--node-key", &key];
    let first = public_key(&Node::start("node1", &security));
    assert_eq!(public_key(&Node::start("node1", &security)), first);
    let fresh = || public_key(&Node::start("node1", &security[..2]));
    assert_ne!(fresh(), fresh());

    fails(&["node", "--node-key", &key], 2, &["--network-key"]);
    fails(&["node", "--allow-peers", &key], 2, &["--network-key"]);
    let wrong_way = ["node", "--network-key", &key, "--node-key", &network];
    fails(&wrong_way, 1, &["holds a network key", "key node FILE"]);
    let list = keys.file("peers", "node1 abc\n");
    let bad_list = [&["node"], &security[..], &["--allow-peers", &list]].concat();
    fails(&bad_list, 1, &["line 1", "64 hex digits"]);
}
