//! How much whoever connects can make a node keep.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tickchain::daemon::links::MAX_GREETINGS;
use tickchain::node::Body;
use tickchain::wire::{MAX_FRAME_BYTES, encode};

use crate::process::{Node, Process, tickchain, until};
use crate::raw::Raw;
use crate::{message, payment};

/// The memory a node may take on top of what it took before, whatever is sent to it.
const MEMORY_KIB: u64 = 48 * 1024;

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
        // Those of this batch that made way may not have gone yet.
        let most = descriptors + MAX_GREETINGS + BATCH;
        assert!(now < most, "{now} descriptors");
        drop(held);
        until("the batch is gone", || {
            self::descriptors(&node.process) < descriptors + 8
        });
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
