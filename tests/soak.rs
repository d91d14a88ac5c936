//! Hostile traffic for as long as one likes: `SOAK_SECONDS=1200 cargo test --release --test soak -- --ignored
//! --nocapture`. It tells what was sent, the slowest answer to an honest client, and the most memory. With
//! SOAK_DATA=1 the node has a data directory.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use process::Node;
use tickchain::ledger::{Genesis, Transaction};
use tickchain::node::{Body, Message};
use tickchain::sim::{Purpose, Random};
use tickchain::wire::{Frame, Hello, PROTOCOL_VERSION, encode};

/// The longest an honest client may wait.
const HANG: Duration = Duration::from_secs(1);

/// How often the memory of an idle node one under attack may take. SECURITY.md has the figures.
const MEMORY: u64 = 2;

/// What a data directory may take besides, in KiB: what is written and waits to be written out, five times 8 MiB,
/// and 16 MiB of cached tables.
const DATABASE: u64 = 56 * 1024;

/// What is counted, for the report.
#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    bytes: AtomicU64,
    answers: AtomicU64,
}

/// A hostile connection's script: it draws, and sends what it likes.
type Script = fn(&mut Random, &mut Hostile<'_>);

/// Who attacks: scripts, each by a thread of its own.
const SCRIPTS: [(&str, bool, Script); 8] = [
    ("random bytes to the peer socket", false, random_bytes),
    ("changed frames", false, changed_frames),
    ("links that flood", false, flood),
    ("payments under ever new names", false, pay_in_vain),
    ("random bytes to the API", true, random_bytes),
    ("changed requests", true, changed_requests),
    ("half requests", true, half_request),
    ("bodies byte by byte", true, trickling_body),
];

struct Hostile<'a> {
    stream: TcpStream,
    counts: &'a Counts,
    number: u64,
}

impl Hostile<'_> {
    /// Whether the other side still takes it.
    fn send(&mut self, bytes: &[u8]) -> bool {
        self.counts
            .bytes
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.stream.write_all(bytes).is_ok()
    }

    /// Reads a little of what comes, if anything does.
    fn read(&mut self) {
        let mut bytes = [0; 4096];
        if let Ok(1..) = self.stream.read(&mut bytes) {
            self.counts.answers.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn random_bytes(random: &mut Random, hostile: &mut Hostile<'_>) {
    for _ in 0..random.below(8) {
        let bytes: Vec<u8> = (0..random.below(3000))
            .map(|_| random.below(256) as u8)
            .collect();
        if !hostile.send(&bytes) {
            return;
        }
    }
    hostile.read();
}

/// Changes a few bytes of something that was right.
fn changed(random: &mut Random, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.below(3) {
        let at = random.index(bytes.len());
        match random.below(3) {
            0 => bytes[at] = random.below(256) as u8,
            1 => drop(bytes.drain(at..(at + 5).min(bytes.len()))),
            _ => bytes.extend_from_within(at..),
        }
        if bytes.is_empty() {
            bytes.push(b'\n');
        }
    }
    bytes
}

fn hello(name: &str) -> Vec<u8> {
    let hello = Frame::Hello(Hello {
        version: PROTOCOL_VERSION,
        network: Genesis::default().network_id().unwrap(),
        name: name.parse().unwrap(),
        listen: ([127, 0, 0, 1], 1).into(),
        latency: name.len() as u64 % 3,
    });
    [encode(&hello), encode(&Frame::Ack { sequence: 0 })].concat()
}

fn said(random: &mut Random, sequence: u64) -> Vec<u8> {
    let body = match random.below(3) {
        0 => Body::ReqChain(vec![Genesis::default().block().unwrap().hash()]),
        1 => Body::Chain {
            answers: random.below(10),
            blocks: Vec::new(),
        },
        _ => vain_payment(random),
    };
    message(random.below(100), sequence, body)
}

/// One that nobody can pay, and nobody has seen before.
fn vain_payment(random: &mut Random) -> Body {
    Body::NewTx(Transaction {
        id: u128::from(random.bits()).into(),
        sender: Some("nobody".parse().unwrap()),
        recipient: "so".parse().unwrap(),
        value: 1.try_into().unwrap(),
        signed: None,
    })
}

fn message(stamp: u64, sequence: u64, body: Body) -> Vec<u8> {
    encode(&Frame::Message(Message {
        stamp,
        sequence,
        body,
    }))
}

fn changed_frames(random: &mut Random, hostile: &mut Hostile<'_>) {
    // One that comes back under its name is soon banned.
    let greeting = hello(&format!("liar{}", hostile.number % 40));
    let greeting = if random.chance(0.3) {
        changed(random, greeting)
    } else {
        greeting
    };
    hostile.send(&greeting);
    hostile.read();
    for sequence in 1..random.below(200) {
        let frame = said(random, sequence);
        let frame = if random.chance(0.02) {
            changed(random, frame)
        } else {
            frame
        };
        if !hostile.send(&frame) {
            return;
        }
    }
    hostile.read();
}

fn flood(random: &mut Random, hostile: &mut Hostile<'_>) {
    hostile.send(&hello(&format!("flood{}", hostile.number)));
    for sequence in 1..20_000 {
        if !hostile.send(&said(random, sequence)) {
            return;
        }
        if sequence % 500 == 0 {
            hostile.read();
        }
    }
}

/// Acknowledges nothing, but reads, so that nothing of it is held back.
fn pay_in_vain(random: &mut Random, hostile: &mut Hostile<'_>) {
    hostile.send(&hello(&format!("spender{}", hostile.number)));
    for sequence in 1..40_000 {
        let payment = vain_payment(random);
        if !hostile.send(&message(0, sequence, payment)) {
            return;
        }
        if sequence % 200 == 0 {
            hostile.read();
        }
    }
}

/// Not among them is GET /state: it answers all that a node holds, to whoever is a controller.
const REQUESTS: [&str; 5] = [
    "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST /tx/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 41\r\n\r\n\
     {\"sender\":\"aki\",\"recipient\":\"so\",\"value\":1}",
    "GET /txPool/all HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /tree?from=0&limit=9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "PUT /state HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
];

fn changed_requests(random: &mut Random, hostile: &mut Hostile<'_>) {
    for _ in 0..random.below(20) {
        let request = REQUESTS[random.index(REQUESTS.len())].as_bytes().to_vec();
        if !hostile.send(&changed(random, request)) {
            return;
        }
    }
    hostile.read();
}

fn half_request(random: &mut Random, hostile: &mut Hostile<'_>) {
    let request = REQUESTS[random.index(REQUESTS.len())].as_bytes();
    hostile.send(&request[..random.index(request.len())]);
    hostile.read();
}

/// Each of its bytes is a piece of its own; the last never comes.
fn trickling_body(random: &mut Random, hostile: &mut Hostile<'_>) {
    let header = b"POST /tx/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                   Transfer-Encoding: chunked\r\n\r\n";
    let pieces = b"1\r\nx\r\n".repeat(random.index(65_000));
    hostile.send(header);
    hostile.send(&pieces);
    hostile.read();
}

#[test]
#[ignore = "runs for a minute, or SOAK_SECONDS"]
fn hostile_traffic_stops_nothing() {
    let seconds = std::env::var("SOAK_SECONDS").map_or(60, |text| text.parse().unwrap());
    let seed = std::env::var("SOAK_SEED").map_or(1, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let data = ["--data-dir", directory.path().to_str().unwrap()];
    let lasts = std::env::var_os("SOAK_DATA").is_some();
    let mut node = Node::start("node1", if lasts { &data } else { &[] });
    let (api, p2p) = (node.process.socket(0, "http"), node.p2p);
    let idle = node.idle_memory_kib();
    let (counts, over) = (Counts::default(), AtomicBool::new(false));
    println!(
        "seed {seed}, {seconds} s: {:?}",
        SCRIPTS.map(|(what, ..)| what)
    );
    let (slowest, most) = std::thread::scope(|scope| {
        for (thread, (_, is_http, script)) in SCRIPTS.into_iter().enumerate() {
            let (counts, over) = (&counts, &over);
            let to = if is_http { api } else { p2p };
            scope.spawn(move || attack(to, script, seed, thread as u64, counts, over));
        }
        scope.spawn(|| tick(api, &over));
        let watched = watch(&mut node, api, Duration::from_secs(seconds));
        over.store(true, Ordering::Relaxed);
        watched
    });
    assert!(node.process.is_running());
    node.reconnect();
    let after = node.process.memory_kib();
    println!(
        "{} connections, {} bytes, {} answers; slowest honest answer {slowest:?}; memory {idle} KiB \
         idle, {most} at most, {after} after",
        counts.connections.load(Ordering::Relaxed),
        counts.bytes.load(Ordering::Relaxed),
        counts.answers.load(Ordering::Relaxed),
    );
    assert!(slowest < HANG, "an honest client waited {slowest:?}");
    let database = if lasts { DATABASE } else { 0 };
    assert!(
        most < MEMORY * idle + database,
        "{idle} KiB idle, {most} under attack"
    );
    let supply: u64 = node
        .get("/accounts")
        .as_object()
        .unwrap()
        .values()
        .map(|v| v.as_u64().unwrap())
        .sum();
    assert_eq!(supply, 14);
}

fn attack(
    to: SocketAddr,
    script: Script,
    seed: u64,
    thread: u64,
    counts: &Counts,
    over: &AtomicBool,
) {
    let random = &mut Random::new(seed, Purpose::Nodes, thread);
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let stream = TcpStream::connect(to).unwrap();
        let patience = Some(Duration::from_millis(50));
        stream.set_read_timeout(patience).unwrap();
        stream.set_write_timeout(patience).unwrap();
        counts.connections.fetch_add(1, Ordering::Relaxed);
        script(
            random,
            &mut Hostile {
                stream,
                counts,
                number,
            },
        );
    }
}

/// Moves the clock on, so that what comes is taken in.
fn tick(api: SocketAddr, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let clock = http::Client::new(api)
            .call("GET", "/status", &[], b"")
            .json()["clock"]
            .as_u64();
        let next = format!("/clock/{}", clock.unwrap() + 1);
        http::Client::new(api).call("GET", &next, &[], b"");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks as an honest client does, on connections of its own; the slowest answer and the most memory.
fn watch(node: &mut Node, api: SocketAddr, time: Duration) -> (Duration, u64) {
    let until = Instant::now() + time;
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    while Instant::now() < until {
        let began = Instant::now();
        http::Client::new(api)
            .call("GET", "/status", &[], b"")
            .expect(200);
        slowest = slowest.max(began.elapsed());
        most = most.max(node.process.memory_kib());
        assert!(node.process.is_running(), "it has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    (slowest, most)
}
