//! What is said on a link that is up.

use std::time::{Duration, Instant};

use tickchain::daemon::links::ACKNOWLEDGEMENT_TIMEOUT;
use tickchain::ledger::Hash;
use tickchain::node::Body;
use tickchain::wire::{Frame, MAX_FRAME_BYTES, encode};

use crate::message;
use crate::process::{Node, until};
use crate::raw::{Raw, hello};

#[test]
fn who_breaks_the_order_on_a_link_is_told_why() {
    let mut node = Node::start("node1", &[]);
    let huge_sequence =
        br#"{"REQ_CHAIN":{"stamp":0,"sequence":18446744073709551615,"locator":[]}}"#;
    let huge_stamp = br#"{"REQ_CHAIN":{"stamp":18446744073709551615,"sequence":1,"locator":[]}}"#;
    let line = |bytes: &[u8]| [bytes, b"\n"].concat();
    let locator = vec![Hash::ZERO; 65];
    let cases = [
        (
            "HELLO again",
            encode(&Frame::Hello(hello("liar"))),
            "HELLO comes once",
        ),
        (
            "ACK of nothing",
            encode(&Frame::Ack { sequence: 9 }),
            "ACK 9",
        ),
        (
            "an endless line",
            vec![b'x'; MAX_FRAME_BYTES + 1],
            "at most 4194304 bytes",
        ),
        (
            "a huge sequence",
            line(huge_sequence),
            "sequence 18446744073709551615",
        ),
        (
            "a huge stamp",
            line(huge_stamp),
            "stamp 18446744073709551615",
        ),
        (
            "a long locator",
            encode(&message(1, Body::ReqChain(locator))),
            "at most 64",
        ),
    ];
    for (what, bytes, words) in cases {
        // Whoever does such things more than once is banned.
        let mut raw = Raw::linked(node.p2p, what);
        raw.write(&bytes);
        let reason = raw.bye();
        assert!(reason.contains(words), "{what}: {reason}");
        until("the link is gone", || node.connected() == 0);
    }
    node.act("/clock/1");
}

#[test]
fn who_acknowledges_nothing_holds_a_clock_up_for_so_long_and_no_longer() {
    let mut node = Node::start("node1", &[]);
    let mut raw = Raw::linked(node.p2p, "liar");
    node.pay("aki", "so", 1, None);
    node.act("/clock/1");
    let began = Instant::now();
    node.act("/clock/2");
    assert!(began.elapsed() >= ACKNOWLEDGEMENT_TIMEOUT);
    assert!(began.elapsed() < 2 * ACKNOWLEDGEMENT_TIMEOUT);
    assert!(raw.bye().contains("not acknowledged within"));
    let began = Instant::now();
    node.act("/clock/3");
    assert!(began.elapsed() < Duration::from_secs(1));
}
