//! Whoever connects to a node's peer socket: it is refused with a reason, the node goes on, and what it
//! keeps is bounded.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use http::Client;
use process::{Node, Process, tickchain, until};
use serde_json::json;
use tickchain::daemon::links::{ACKNOWLEDGEMENT_TIMEOUT, GREETING_TIMEOUT, MAX_GREETINGS};
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{Difficulty, Genesis, Hash, Transaction, UncheckedBlock, network_id};
use tickchain::node::{Body, Message};
use tickchain::wire::{Decoder, Frame, Hello, MAX_FRAME_BYTES, PROTOCOL_VERSION, encode};

/// The memory a node may take on top of what it took before, whatever is sent to it.
const MEMORY_KIB: u64 = 48 * 1024;

/// A connection that speaks as it likes.
struct Raw {
    stream: TcpStream,
    decoder: Decoder,
}

impl Raw {
    fn new(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(process::PATIENCE)).unwrap();
        stream.set_write_timeout(Some(process::PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            decoder: Decoder::new(MAX_FRAME_BYTES),
        }
    }

    /// A link that is up.
    fn linked(to: SocketAddr, name: &str) -> Self {
        let mut raw = Self::new(to);
        raw.send(&Frame::Hello(hello(name)));
        raw.send(&Frame::Ack { sequence: 0 });
        assert!(matches!(raw.next(), Some(Frame::Hello(_))));
        assert_eq!(raw.next(), Some(Frame::Ack { sequence: 0 }));
        raw
    }

    /// The node may have hung up already: what it said shows in [`Raw::bye`].
    fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    fn send(&mut self, frame: &Frame) {
        self.write(&encode(frame));
    }

    /// The next frame, `None` at the end.
    fn next(&mut self) -> Option<Frame> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().expect("the node sends frames") {
                return Some(frame);
            }
            match self.stream.read(&mut buffer) {
                Ok(count @ 1..) => self.decoder.feed(&buffer[..count]),
                Ok(0) => return None,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("the node does not hang up: {error}"),
            }
        }
    }

    /// Reads on to the end; the reason the node gave.
    #[track_caller]
    fn bye(&mut self) -> String {
        let mut said = None;
        while let Some(frame) = self.next() {
            if let Frame::Bye { reason } = frame {
                said = Some(reason);
            }
        }
        said.expect("the node says why it hangs up")
    }
}

fn hello(name: &str) -> Hello {
    let genesis = Genesis::default();
    Hello {
        version: PROTOCOL_VERSION,
        network: network_id(&genesis.block().unwrap(), genesis.difficulty),
        name: name.parse().unwrap(),
        listen: ([127, 0, 0, 1], 1).into(),
        latency: 0,
    }
}

fn message(sequence: u64, body: Body) -> Frame {
    Frame::Message(Message {
        stamp: 0,
        sequence,
        body,
    })
}

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
        let mut hello = self::hello("liar");
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

fn payment(id: u128, sender: Option<&str>, value: u64) -> Transaction {
    Transaction {
        id: id.into(),
        sender: sender.map(|name| name.parse().unwrap()),
        recipient: "so".parse().unwrap(),
        value: value.try_into().unwrap(),
        signed: None,
    }
}

/// A block on genesis with proof of work.
fn mined(id: u64, previous_block_hash: Hash, transactions: Vec<Transaction>) -> UncheckedBlock {
    let mut block = UncheckedBlock {
        id,
        hash: None,
        timestamp: 1_700_000_000,
        transactions: transactions.into(),
        previous_block_hash,
        nonce: 0,
    };
    let outcome = search_from(&block.header(), Difficulty::default(), 0, || false);
    let Outcome::Found(nonce) = outcome else {
        panic!("{outcome:?}")
    };
    block.nonce = nonce;
    block
}

#[test]
fn forged_blocks_change_nothing() {
    let mut node = Node::start("node1", &[]);
    let genesis = Genesis::default().block().unwrap().hash();
    let good = mined(1, genesis, vec![payment(99, Some("aki"), 2)]);
    let forge = |change: fn(&mut UncheckedBlock)| {
        let mut block = good.clone();
        change(&mut block);
        block
    };
    let cases = [
        ("no work", forge(|block| block.nonce += 1), "zero bits"),
        (
            "a huge id",
            forge(|block| block.id = u64::MAX),
            "18446744073709551615",
        ),
        (
            "a huge nonce",
            forge(|block| block.nonce = u64::MAX),
            "18446744073709551615",
        ),
        (
            "another hash",
            forge(|block| block.hash = Some(Hash([0; 32]))),
            "hash",
        ),
        (
            "minted coins",
            mined(1, genesis, vec![payment(11, None, 5)]),
            "no sender",
        ),
        (
            "more than there is",
            mined(1, genesis, vec![payment(12, Some("aki"), 3)]),
            "aki",
        ),
        ("a wrong place", mined(7, genesis, Vec::new()), "7"),
    ];
    for ((what, block, words), sequence) in cases.into_iter().zip(1..) {
        // Whoever does this twice is banned.
        let mut raw = Raw::linked(node.p2p, &format!("liar{sequence}"));
        raw.send(&message(sequence, Body::NewBlock(block)));
        assert_eq!(raw.next(), Some(Frame::Ack { sequence }), "{what}");
        node.tick();
        assert_eq!(node.tip(), (genesis.to_string(), 0), "{what}");
        wait_for_refusal(&node, words);
    }
    // A parent that nobody knows is asked for, and nothing more.
    let mut raw = Raw::linked(node.p2p, "liar");
    raw.send(&message(
        8,
        Body::NewBlock(mined(2, Hash([9; 32]), Vec::new())),
    ));
    assert_eq!(raw.next(), Some(Frame::Ack { sequence: 8 }));
    std::thread::scope(|scope| {
        // It answers when the question was acknowledged.
        scope.spawn(|| node.tick());
        let Some(Frame::Message(Message { sequence, body, .. })) = raw.next() else {
            panic!("it asks for the parent");
        };
        assert!(matches!(body, Body::ReqChain(_)));
        raw.send(&Frame::Ack { sequence });
    });
    assert_eq!(node.tip().1, 0);

    raw.send(&message(9, Body::NewBlock(good)));
    assert_eq!(raw.next(), Some(Frame::Ack { sequence: 9 }));
    for _ in 0..2 {
        node.tick();
    }
    assert_eq!(
        node.get("/accounts"),
        json!({"aki": 0, "satoshi": 5, "so": 9})
    );
}

/// Reads the node's events until one says that such a thing from the liar was refused.
fn wait_for_refusal(node: &Node, words: &str) {
    let mut client = Client::new(node.process.socket(0, "http"));
    client.send("GET", "/events", &[("Last-Event-ID", "0")], b"");
    assert_eq!(client.header().status, 200);
    let mut events = String::new();
    let is_it = |line: &str| line.contains(r#""refused","from":"liar"#) && line.contains(words);
    let deadline = Instant::now() + process::PATIENCE;
    while !events.lines().any(is_it) {
        assert!(Instant::now() < deadline, "no {words:?} in {events}");
        events += &String::from_utf8(client.chunk()).unwrap();
    }
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

#[test]
fn ten_thousand_connections_leave_room_for_an_honest_one() {
    const CONNECTIONS: usize = 10_000;
    const BATCH: usize = 200;
    let mut node = Node::start("node1", &[]);
    let before = node.process.memory_kib();
    let descriptors = descriptors(&node.process);
    for batch in 0..CONNECTIONS / BATCH {
        let mut held: Vec<Raw> = (0..BATCH).map(|_| Raw::new(node.p2p)).collect();
        for raw in &mut held {
            raw.write(b"{\"HELLO\":");
        }
        if batch == 0 {
            assert!(held[0].bye().contains("newest ones are kept"));
            let mut honest = Node::start("node2", &["--peer", &node.p2p.to_string()]);
            until("an honest peer is linked", || honest.is_linked());
        }
        let now = self::descriptors(&node.process);
        assert!(
            now < descriptors + 2 * MAX_GREETINGS + BATCH,
            "{now} descriptors"
        );
    }
    let grown = node.process.memory_kib().saturating_sub(before);
    assert!(grown < MEMORY_KIB, "{grown} KiB more");
    node.act("/clock/1");
    until("nothing is left of them", || {
        self::descriptors(&node.process) < descriptors + MAX_GREETINGS + 8
    });
}

fn descriptors(process: &Process) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", process.id()));
    open.unwrap().count()
}

#[test]
fn a_node_out_of_descriptors_waits_and_goes_on() {
    // A shell sets the limit, then becomes the program.
    let program = tickchain(&[]);
    let script = format!(
        "ulimit -n 40; exec '{}' node --http 127.0.0.1:0 --p2p 127.0.0.1:0 --start --json",
        program.get_program().to_str().unwrap()
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]);
    let mut process = Process::of(shell);
    let p2p = process.socket(0, "p2p");
    let held: Vec<Raw> = (0..100).map(|_| Raw::new(p2p)).collect();
    let used = cpu_ticks(&process);
    std::thread::sleep(Duration::from_secs(1));
    let used = cpu_ticks(&process) - used;
    assert!(used < 50, "{used} of 100 ticks of a second: a busy loop");
    assert!(process.is_running());
    drop(held);
    until("it takes connections again", || {
        let Ok(mut stream) = TcpStream::connect(process.socket(0, "http")) else {
            return false;
        };
        stream
            .set_read_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        let request = b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        let _ = stream.write_all(request);
        let _ = stream.read_to_string(&mut answer);
        answer.starts_with("HTTP/1.1 200")
    });
}

/// Hundredths of a second of processor time that it took.
fn cpu_ticks(process: &Process) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn memory_is_bounded_whatever_is_sent() {
    let mut node = Node::start("node1", &[]);
    let before = node.process.memory_kib();
    // Long frames that never end, on many links.
    let half = vec![b'x'; MAX_FRAME_BYTES - 1];
    let mut links: Vec<Raw> = (0..30)
        .map(|number| Raw::linked(node.p2p, &format!("liar{number}")))
        .collect();
    let mut cut = 0;
    for raw in &mut links {
        raw.write(&half);
    }
    until("most are refused", || node.connected() <= 8);
    for raw in links.iter_mut().skip(9) {
        cut += usize::from(raw.bye().contains("no more are kept"));
    }
    assert!(cut > 15, "{cut} were told why");
    let grown = node.process.memory_kib().saturating_sub(before);
    assert!(grown < 2 * MEMORY_KIB, "{grown} KiB more");
    drop(links);
    until("all are gone", || node.connected() == 0);

    // Questions without end from one who reads no acknowledgement.
    let mut raw = Raw::linked(node.p2p, "liar");
    let stream = raw.stream.try_clone().unwrap();
    stream
        .set_write_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    for number in 1..200_000u128 {
        let body = Body::NewTx(payment(number, Some("nobody"), 1));
        let bytes = encode(&message(number as u64, body));
        if raw.stream.write_all(&bytes).is_err() {
            break;
        }
    }
    until("the link is gone", || node.connected() == 0);
    let grown = node.process.memory_kib().saturating_sub(before);
    assert!(grown < 3 * MEMORY_KIB, "{grown} KiB more");
    node.act("/clock/1");
}
