//! A peer that asks as fast as it can.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tickchain::daemon::links::{ANSWER_BYTES_BURST, ANSWER_BYTES_PER_SECOND};
use tickchain::ledger::{Difficulty, Genesis, Hash, Transaction, UncheckedBlock, network_id};
use tickchain::node::{Body, Message};
use tickchain::wire::{Frame, Hello, MAX_FRAME_BYTES, encode};

use crate::process::{Node, Process, until};
use crate::raw::{connect, hello};

/// How long it asks after all else is done.
const ATTACK: Duration = Duration::from_secs(3);

fn genesis() -> Genesis {
    Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        ..Genesis::default()
    }
}

/// Blocks that fill the largest answer.
fn long_chain() -> Vec<UncheckedBlock> {
    let mut parent = genesis().block().unwrap().hash();
    let mut next = 1_000_000_u128;
    let mut chain = Vec::new();
    for id in 1..=12 {
        let mut payments = Vec::new();
        for _ in 0..4_000 {
            next += 1;
            payments.push(Transaction {
                id: next.into(),
                sender: Some("aki".parse().unwrap()),
                recipient: "aki".parse().unwrap(),
                value: 1.try_into().unwrap(),
                signed: None,
            });
        }
        let block = UncheckedBlock {
            id,
            hash: None,
            timestamp: 1_700_000_000,
            transactions: payments.into(),
            previous_block_hash: parent,
            nonce: 0,
        };
        parent = block
            .clone()
            .check(&genesis().rules().unwrap())
            .unwrap()
            .hash();
        chain.push(block);
    }
    chain
}

fn question(sequence: u64) -> Frame {
    Frame::Message(Message {
        stamp: 0,
        sequence,
        body: Body::ReqChain(vec![Hash::ZERO]),
    })
}

/// Questions that are under way at once: one more as soon as one was taken.
const AT_ONCE: u64 = 4;

/// Asks until the node is gone, and acknowledges all it gets.
fn ask(to: SocketAddr, got: &AtomicU64) {
    let genesis = genesis();
    let mut stream = connect(to);
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    // The node's end is this one's.
    let mut write = |frame: &Frame| drop(stream.write_all(&encode(frame)));
    write(&Frame::Hello(Hello {
        network: network_id(&genesis.block().unwrap(), genesis.difficulty),
        ..hello("asker")
    }));
    write(&Frame::Ack { sequence: 0 });
    (1..=AT_ONCE).for_each(|sequence| write(&question(sequence)));
    let mut asked = AT_ONCE;
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(count) => got.fetch_add(count as u64, Ordering::Relaxed),
        };
        let head = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        assert!(!head.starts_with("{\"BYE\""), "{head}");
        let Some(sequence) = head.split("\"sequence\":").nth(1) else {
            continue;
        };
        let digits: String = sequence.chars().take_while(char::is_ascii_digit).collect();
        match (head.starts_with("{\"ACK\""), digits.parse().unwrap()) {
            (true, 0) => {}
            (true, _) => {
                asked += 1;
                write(&question(asked));
            }
            (false, sequence) => write(&Frame::Ack { sequence }),
        }
    }
}

/// A process that ends with the test, however that ends.
struct Killed<'a>(&'a Process);

impl Drop for Killed<'_> {
    fn drop(&mut self) {
        self.0.signal(rustix::process::Signal::KILL);
    }
}

#[test]
fn who_asks_without_end_gets_the_documented_rate_and_others_are_served() {
    let own = ["--difficulty", "0", "--tick", "1ms"];
    let mut node1 = Node::start("node1", &own);
    for block in long_chain() {
        let body = serde_json::to_string(&block).unwrap();
        node1.call("POST", "/block/add", &body).expect(200);
    }
    until("it has the chain", || node1.tip().1 == 12);
    let got = AtomicU64::new(0);
    let (node1_http, began) = (node1.process.socket(0, "http"), Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| ask(node1.p2p, &got));
        let _end = Killed(&node1.process);
        until("it is answered", || {
            got.load(Ordering::Relaxed) > MAX_FRAME_BYTES as u64 / 2
        });
        // An honest peer comes, gets the chain and a payment; calls are answered.
        let mut node2 = Node::start("node2", &own);
        node2.add_peer(node1.p2p);
        until("the chain arrives", || node2.tip().1 == 12);
        let mut client = crate::http::Client::new(node1_http);
        let payment = r#"{"sender":"aki","recipient":"so","value":1}"#;
        client.json("POST", "/tx/add", payment).expect(200);
        until("the payment arrives", || node2.pool().len() == 1);
        let mut slowest = Duration::ZERO;
        let calm = Instant::now();
        while calm.elapsed() < ATTACK {
            let asked = Instant::now();
            client.json("GET", "/status", "").expect(200);
            slowest = slowest.max(asked.elapsed());
        }
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        let elapsed = began.elapsed().as_secs_f64();
        let got = got.load(Ordering::Relaxed);
        println!("{got} bytes in {elapsed:.1} s, a call took at most {slowest:?}");
        let most = ANSWER_BYTES_BURST + 2 * MAX_FRAME_BYTES as u64;
        let most = most as f64 + elapsed * ANSWER_BYTES_PER_SECOND as f64;
        assert!(
            (got as f64) < most,
            "{got} bytes in {elapsed} s, at most {most}"
        );
        assert!(got > MAX_FRAME_BYTES as u64, "{got} bytes: it hardly asked");
    });
}
