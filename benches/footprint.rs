//! How fast a node starts and how much memory it keeps: `cargo bench --bench footprint`.
//!
//! Starts `tickchain node` as a script would, waits for its line of JSON, and reads its resident memory
//! from /proc (so on Linux only) at the start and after 100,000 blocks, which come over the HTTP API.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tickchain::ledger::{Difficulty, Genesis, Transaction, TxId, UncheckedBlock};

const BLOCKS: u64 = 100_000;

/// Blocks that are added between two clocks; a node's inbox holds 16,384.
const BATCH: u64 = 1_000;

struct Daemon {
    child: Child,
    http: String,
    /// From its spawning to its line.
    took: Duration,
}

impl Daemon {
    fn spawn() -> Self {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tickchain"))
            .args(["node", "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"])
            .args(["--difficulty", "0", "--start", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let took = began.elapsed();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let http = ready["nodes"][0]["http"].as_str().unwrap().to_owned();
        Self { child, http, took }
    }

    /// Resident memory in MB of 10^6 bytes.
    fn resident(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024.0 / 1e6)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP connection that is kept.
struct Client(BufReader<TcpStream>, String);

impl Client {
    fn connect(http: &str) -> Self {
        let host = http.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream), host)
    }

    fn post(&mut self, path: &str, body: &str) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.1,
            body.len(),
        );
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let start = head.len();
            assert!(
                self.0.read_line(&mut head).unwrap() > 0,
                "closed after: {head}"
            );
            let line = head[start..].to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(head.starts_with("HTTP/1.1 2"), "{path}: {head}{answer}");
    }
}

/// Adds the blocks, each with so many payments of one coin from so to itself.
fn grow(daemon: &Daemon, payments: u64) {
    let difficulty = Difficulty::new(0).unwrap();
    let genesis = Genesis {
        difficulty,
        ..Genesis::default()
    };
    let mut client = Client::connect(&daemon.http);
    let mut tip = genesis.block().unwrap();
    for id in 1..=BLOCKS {
        let payment = |number: u64| Transaction {
            id: TxId::from(u128::from(1000 + id * payments + number)),
            sender: Some("so".parse().unwrap()),
            recipient: "so".parse().unwrap(),
            value: 1.try_into().unwrap(),
            signed: None,
        };
        let block = UncheckedBlock {
            id,
            hash: None,
            timestamp: tip.header().timestamp,
            transactions: (0..payments).map(payment).collect(),
            previous_block_hash: tip.hash(),
            nonce: 0,
        };
        client.post("/block/add", &serde_json::to_string(&block).unwrap());
        tip = block.check(&difficulty.into()).unwrap();
        if id % BATCH == 0 {
            client.post(&format!("/clock/{}", id / BATCH), "");
        }
    }
}

fn main() {
    let mut starts: Vec<Duration> = (0..21).map(|_| Daemon::spawn().took).collect();
    starts.sort_unstable();
    println!(
        "start-up, until every socket listens: median {:.1?}, of 21 from {:.1?} to {:.1?} (aim: 50 ms)",
        starts[10], starts[0], starts[20]
    );
    for payments in [0, 1] {
        let daemon = Daemon::spawn();
        let Some(before) = daemon.resident() else {
            println!("resident memory is read from /proc, which is not here");
            return;
        };
        println!("resident at the start: {before:.1} MB (aim: 10 MB)");
        grow(&daemon, payments);
        let after = daemon.resident().unwrap();
        println!(
            "resident after {BLOCKS} blocks of {payments} payments: {after:.1} MB, {:.0} bytes a block",
            (after - before) * 1e6 / BLOCKS as f64
        );
    }
}
