//! Few descriptors, and clocks that disagree.

use std::io;
use std::net::{SocketAddr, TcpStream};

use rustix::net::{self, AddressFamily, SocketType};
use tickchain::ledger::UncheckedBlock;

use super::mined::mined;
use super::network::Network;
use super::rig::{Rig, Setup};

/// More connections to each of its sockets than a node has descriptors.
const CONNECTIONS: usize = 700;

/// So many at once wait to be accepted.
const BACKLOG: usize = 32;

/// From how many addresses they come.
const ADDRESSES: usize = 3;

#[test]
fn five_hundred_descriptors_are_enough_whoever_connects() {
    let mut rig = Rig::new(Setup {
        limits: Some("-n 500"),
        keep: true,
        ..Setup::new(Network::streams)
    });
    let load = rig.load();
    rig.grow(2);
    let node = &rig.nodes[0];
    let (_, http) = node.door.at().expect("it runs");
    // Each address may hold so many connections, but not all of them together.
    let mut held: Vec<TcpStream> = Vec::new();
    for to in [node.listens(), http] {
        for number in 0..CONNECTIONS {
            let connection = connect(number % ADDRESSES, to);
            held.push(connection.expect("the system accepts connections for it"));
            // What the system holds for a socket that is not accepted yet is no matter of descriptors.
            if number % BACKLOG == 0 {
                node.clock();
            }
        }
    }
    rig.grow(5);
    let node = &rig.nodes[0];
    let open = std::fs::read_dir(format!("/proc/{}/fd", node.pid().as_raw_nonzero()));
    println!(
        "{} descriptors are open",
        open.expect("it is a child").count()
    );
    drop(held);
    load.end();
    rig.check();
}

/// A connection from one of loopback's addresses.
fn connect(number: usize, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
    let from = SocketAddr::from(([127, 0, 0, 10 + number as u8], 0));
    net::bind(&socket, &from)?;
    net::connect(&socket, &to)?;
    Ok(socket.into())
}

#[test]
fn clocks_that_jump_ahead() {
    let mut rig = Rig::new(Setup::new(Network::streams));
    let load = rig.load();
    rig.grow(2);
    for (node, ahead) in [(0, 1_000), (1, 1_000_000_000), (0, 1 << 40)] {
        rig.nodes[node].post("/tick", r#"{"interval_ms": null}"#);
        let clock = rig.nodes[node].clock() + ahead;
        rig.nodes[node].post(&format!("/clock/{clock}"), "");
        rig.nodes[node].post("/tick", r#"{"interval_ms": 10}"#);
        rig.grow(3);
        assert!(rig.nodes[node].clock() >= clock);
    }
    load.end();
    rig.check();
}

/// What a miner mines whose wall clock is wrong.
#[test]
fn blocks_from_another_time() {
    let mut rig = Rig::new(Setup::new(Network::streams));
    let load = rig.load();
    rig.grow(2);
    let mut stamped = 0;
    for ahead in [0, 3_600, 30 * 365 * 86_400, 0] {
        rig.within("a block from another time is the tip", |rig| {
            let tip = rig.nodes[1].get("/block/latest");
            let tip: UncheckedBlock = serde_json::from_value(tip).expect("a block");
            let block = mined(&tip, tip.timestamp + ahead);
            let json = serde_json::to_string(&block).expect("a block");
            rig.nodes[1].post("/block/add", &json);
            let hash = block.header().hash().to_string();
            rig.within("it is taken in", |rig| {
                rig.nodes[1]
                    .call("GET", &format!("/block/{hash}"), "")
                    .status
                    == 200
            });
            stamped = block.timestamp;
            rig.nodes[1].get(&format!("/block/{}", block.id))["hash"] == hash
        });
        rig.grow(3);
    }
    load.end();
    rig.check();
    let tip = rig.nodes[0].get("/block/latest");
    let tip: UncheckedBlock = serde_json::from_value(tip).expect("a block");
    assert!(tip.timestamp >= stamped, "time never goes back on a branch");
}
