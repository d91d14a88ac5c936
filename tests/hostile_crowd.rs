//! Thousands of clients and peers at once that take their time: whoever is honest is served, in as much
//! memory as before, twice that at most.
//!
//! How fast is measured by `cargo test --release --test hostile_crowd -- --ignored --nocapture`.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/crowd.rs"]
mod crowd;
#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crowd::{Crowd, allow_descriptors};
use process::Node;

/// How many there are of each kind.
const CROWD: usize = 2000;

/// Descriptors for both crowds at both ends, with room for what else is open.
const DESCRIPTORS: u64 = 10_000;

/// How often the memory of an idle node one in a crowd may take. An unoptimised build takes more for each
/// connection than what is measured below.
const MEMORY: u64 = 4;

/// A node, and the memory it takes while it has nothing to do.
fn idle_node() -> (Node, u64) {
    let mut node = Node::start("node1", &[]);
    let idle = node.idle_memory_kib();
    (node, idle)
}

/// How long each of so many requests took, shortest first, half of them on connections of their own.
#[derive(Debug)]
struct Asked {
    took: Vec<Duration>,
    /// How often a connection was gone before its answer, so that it was asked again.
    cut: usize,
}

impl Asked {
    fn status(node: &Node, times: usize) -> Self {
        let address = node.process.socket(0, "http");
        let mut stays = connect(address);
        let mut asked = Self {
            took: Vec::new(),
            cut: 0,
        };
        while asked.took.len() < times {
            let began = Instant::now();
            let own = asked.took.len() % 2 == 1;
            let is_answered = match own {
                true => ask(&mut connect(address)),
                false => ask(&mut stays),
            };
            if is_answered {
                asked.took.push(began.elapsed());
                continue;
            }
            asked.cut += 1;
            if !own {
                stays = connect(address);
            }
        }
        asked.took.sort_unstable();
        asked
    }

    fn p99(&self) -> Duration {
        self.took[self.took.len() * 99 / 100]
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(process::PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Whether the server answers, well.
fn ask(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 1024];
    let request = b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if stream.write_all(request).is_err() {
        return false;
    }
    // A small answer leaves in one write.
    match stream.read(&mut answer) {
        Ok(1..) => {
            let text = String::from_utf8_lossy(&answer);
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            true
        }
        _ => false,
    }
}

#[test]
fn a_crowd_keeps_nobody_from_being_served() {
    if !allow_descriptors(DESCRIPTORS) {
        return;
    }
    let (mut node, idle) = idle_node();
    let clients = Crowd::of_clients(node.process.socket(0, "http"), CROWD);
    let peers = Crowd::of_peers(node.p2p, CROWD);
    let asked = Asked::status(&node, 200);
    assert!(asked.cut < 20, "{asked:?}");
    assert!(asked.p99() < Duration::from_secs(5), "{asked:?}");
    let mut honest = Node::start("node2", &["--peer", &node.p2p.to_string()]);
    process::until("an honest peer is linked", || honest.is_linked());
    let memory = node.process.memory_kib();
    assert!(
        memory < MEMORY * idle,
        "{idle} KiB idle, {memory} in a crowd"
    );
    drop((clients, peers));
    // The connection that was there before the crowd has made way.
    node.reconnect();
    process::until("the crowd is gone", || node.connected() == 1);
    node.pay("aki", "so", 1, None);
    node.tick();
    assert_eq!(Asked::status(&node, 200).cut, 0);
}

/// How many bodies are on their way at once, and of how many pieces, each of one byte.
const BODIES: usize = 40;
const PIECES: usize = 4_000;

/// What one of them may take, its connection and the buffers of both included. Piece by piece it would be five
/// times that.
const BODY_KIB: u64 = 64;

#[test]
fn a_body_in_small_pieces_takes_no_more_room() {
    let (node, idle) = idle_node();
    let request = b"POST /tx/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
    let pieces = b"1\r\n \r\n".repeat(PIECES);
    let begun = |_| {
        let mut client = connect(node.process.socket(0, "http"));
        client
            .write_all(&[request, pieces.as_slice()].concat())
            .unwrap();
        client
    };
    let clients: Vec<TcpStream> = (0..BODIES).map(begun).collect();
    for mut client in clients {
        client.write_all(b"0\r\n\r\n").unwrap();
        let mut status = [0; 12];
        client.read_exact(&mut status).unwrap();
        assert_eq!(status.escape_ascii().to_string(), "HTTP/1.1 400");
    }
    let (most, room) = (node.process.most_memory_kib(), BODIES as u64 * BODY_KIB);
    assert!(most < idle + room, "{idle} KiB idle, {most} at most");
}

#[test]
#[ignore = "a measurement: wants a release build and a machine with nothing else to do"]
fn an_honest_client_waits_no_50_milliseconds() {
    assert!(
        allow_descriptors(DESCRIPTORS),
        "this needs {DESCRIPTORS} descriptors"
    );
    let (node, idle) = idle_node();
    let before = Asked::status(&node, 2000);
    let clients = Crowd::of_clients(node.process.socket(0, "http"), CROWD);
    let with_clients = node.process.memory_kib();
    let peers = Crowd::of_peers(node.p2p, CROWD);
    let during = Asked::status(&node, 2000);
    let memory = node.process.memory_kib();
    drop((clients, peers));
    let after = Asked::status(&node, 2000);
    for (when, asked) in [("alone", &before), ("crowd", &during), ("after", &after)] {
        println!(
            "{when}: median {:?}, p99 {:?}, longest {:?}, {} cut",
            asked.took[asked.took.len() / 2],
            asked.p99(),
            asked.took[asked.took.len() - 1],
            asked.cut,
        );
    }
    println!("memory: {idle} KiB idle, {with_clients} with the clients, {memory} in the crowd");
    assert!(during.p99() < Duration::from_millis(50));
    assert!(memory < 2 * idle, "{idle} KiB idle, {memory} in a crowd");
}
