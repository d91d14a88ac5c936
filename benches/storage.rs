//! What it costs that a node's writes last: `cargo bench --bench storage`.
//!
//! Each line is measured in memory and with a data directory in one run. TICKCHAIN_BENCH_DIR says on which
//! disk; else it is that of temporary files. `-- payments`, `-- catching` or `-- lone` measures that alone.

#[path = "common/answer.rs"]
mod answer;

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use answer::read_answer;
use smol::future::block_on;
use tempfile::TempDir;
use tickchain::daemon::node::{RunningNode, Setup, Sockets};
use tickchain::daemon::storage::DaemonNode;
use tickchain::driver::Handle;
use tickchain::ledger::{Difficulty, Genesis, GenesisAccount};
use tickchain::node::Payment;

/// Payments that are under way at once.
const IN_FLIGHT: usize = 64;

/// Payments of one measurement.
const PAYMENTS: usize = 40_000;

/// Payments from a tick to the next, and ticks from a block to the next.
const PAYMENTS_A_TICK: usize = 64;
const TICKS_A_BLOCK: usize = 10;

/// Chains that are caught up on: the payments in each block and the blocks. They are no more than a
/// link is answered at once, 16 MiB: of longer ones that rate would be measured, which is the same on a disk.
const CHAINS: [(u64, u64); 2] = [(1, 40_000), (20, 4_000)];

/// How often everything is measured.
const ROUNDS: u32 = 3;

/// Lone payments.
const LONE: u32 = 500;

/// How often a node that catches up lives a clock.
const CLOCK: Duration = Duration::from_millis(1);

const PAY: &[u8] =
    b"POST /tx/add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
    Content-Length: 45\r\n\r\n{\"sender\":\"aki\", \"recipient\":\"so\", \"value\":1}";

fn genesis() -> Genesis {
    let account = |name: &str| GenesisAccount {
        name: name.parse().expect("a name"),
        balance: (1 << 40).try_into().expect("a value"),
        key: None,
    };
    Genesis {
        difficulty: Difficulty::new(0).expect("no bits"),
        accounts: vec![account("aki"), account("so")],
        ..Genesis::default()
    }
}

fn directory() -> TempDir {
    let made = match std::env::var_os("TICKCHAIN_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(PathBuf::from(parent)),
        None => tempfile::tempdir(),
    };
    made.expect("a directory can be made")
}

/// A started node, in memory or in a directory.
fn node(name: &str, directory: Option<&TempDir>) -> RunningNode {
    let any = (SocketAddr::from(([127, 0, 0, 1], 0)), "--http");
    let setup = Setup {
        genesis: genesis(),
        data_dir: directory.map(|directory| directory.path().join(name)),
        ..Setup::new(Some(name.parse().expect("a name")))
    };
    let sockets = Sockets::bind(any, any).expect("ports are free");
    let node = RunningNode::new(sockets, setup).expect("a new node");
    smol::block_on(node.start()).expect("it runs");
    node
}

/// Payments a second over HTTP, so many in flight, with ticks and blocks.
fn payments(directory: Option<&TempDir>) -> f64 {
    let node = node("node1", directory);
    let mut flying: VecDeque<TcpStream> = (0..IN_FLIGHT)
        .map(|_| {
            let stream = TcpStream::connect(node.http()).expect("it listens");
            stream.set_nodelay(true).expect("it is connected");
            stream
        })
        .collect();
    let (asked, ticks) = async_channel::bounded(2);
    let handle = node.handle().clone();
    // Not on smol's executor: its thread would take up I/O for the node's and hand it on.
    let ticking = thread::spawn(move || {
        block_on(async {
            while let Ok(tick) = ticks.recv().await {
                if tick % TICKS_A_BLOCK == 0 {
                    handle.mine().await.expect("it was started");
                }
                handle.tick().await.expect("it is started");
            }
        })
    });
    let began = Instant::now();
    for stream in &mut flying {
        stream.write_all(PAY).expect("it is read");
    }
    for paid in 1..=PAYMENTS {
        let mut stream = flying.pop_front().expect("so many fly");
        read_answer(&mut stream);
        stream.write_all(PAY).expect("it is read");
        flying.push_back(stream);
        if paid % PAYMENTS_A_TICK == 0 {
            let tick = asked.send_blocking(paid / PAYMENTS_A_TICK);
            tick.expect("it is received");
        }
    }
    let took = began.elapsed();
    drop(asked);
    ticking.join().expect("it has ticked");
    smol::block_on(node.stop());
    PAYMENTS as f64 / took.as_secs_f64()
}

async fn pay(handle: &Handle<DaemonNode>) {
    let payment = Payment {
        id: None,
        sender: "aki".parse().expect("a name"),
        recipient: "so".parse().expect("a name"),
        value: 1.try_into().expect("a value"),
        sequence: None,
        signature: None,
    };
    handle.pay(payment).await.expect("aki has enough");
}

/// A node with a chain.
fn full(payments: u64, blocks: u64) -> RunningNode {
    let node = node("node1", None);
    let handle = node.handle();
    smol::block_on(async {
        while height(handle).await < blocks {
            for _ in 0..payments {
                pay(handle).await;
            }
            handle.tick().await.expect("it was started");
            handle.mine().await.expect("it was started");
            for _ in 0..3 {
                handle.tick().await.expect("it was started");
            }
        }
    });
    node
}

async fn height(handle: &Handle<DaemonNode>) -> u64 {
    let height = handle.read(|node| node.ledger().tip().id()).await;
    height.expect("it runs")
}

/// Blocks a second of a node that catches up over a socket.
fn catch_up(full: &RunningNode, blocks: u64, directory: Option<&TempDir>) -> f64 {
    let behind = node("node2", directory);
    let began = Instant::now();
    for node in [full, &behind] {
        node.tick(Some(CLOCK));
    }
    behind
        .dial(full.p2p().to_string().parse().expect("an address"))
        .expect("they are of one network");
    smol::block_on(async {
        while height(behind.handle()).await < blocks {
            smol::Timer::after(CLOCK).await;
        }
    });
    let took = began.elapsed();
    full.tick(None);
    smol::block_on(behind.stop());
    blocks as f64 / took.as_secs_f64()
}

/// The time of a payment that nothing shares a sync with.
fn lone(directory: Option<&TempDir>) -> Duration {
    let node = node("node1", directory);
    let began = Instant::now();
    smol::block_on(async {
        for _ in 0..LONE {
            pay(node.handle()).await;
        }
    });
    let took = began.elapsed() / LONE;
    smol::block_on(node.stop());
    took
}

/// The time of a write of 4 KiB that lasts.
fn bare_sync() -> Duration {
    let directory = directory();
    let file = File::create(directory.path().join("file")).and_then(|file| {
        file.set_len(4096 * u64::from(LONE))?;
        file.sync_all()?;
        Ok(file)
    });
    let mut file = file.expect("a file can be made");
    let began = Instant::now();
    for _ in 0..LONE {
        let written = file.write_all(&[1; 4096]).and_then(|()| file.sync_data());
        written.expect("a file can be written");
    }
    began.elapsed() / LONE
}

/// Says what was measured, and the share of it that is left on a disk.
fn report(round: u32, what: &str, unit: &str, memory: f64, disk: f64) {
    let share = 100.0 * disk / memory;
    println!("{round}: {what}: {memory:.0} {unit} in memory, {disk:.0} on disk, {share:.0} %");
}

fn main() {
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted = |what: &str| only.is_empty() || only.iter().any(|word| what.contains(word));
    for round in 1..=ROUNDS {
        let what = format!("payments over HTTP, {IN_FLIGHT} in flight");
        if wanted(&what) {
            let (memory, disk) = (payments(None), payments(Some(&directory())));
            report(round, &what, "a second", memory, disk);
        }
        for (payments, blocks) in CHAINS {
            let what = format!("catching up, {payments} payments a block");
            if wanted(&what) {
                let full = full(payments, blocks);
                let memory = catch_up(&full, blocks, None);
                let disk = catch_up(&full, blocks, Some(&directory()));
                smol::block_on(full.stop());
                report(round, &what, "blocks a second", memory, disk);
            }
        }
        let what = "a lone payment";
        if wanted(what) {
            let (memory, disk) = (lone(None), lone(Some(&directory())));
            let bare = bare_sync();
            println!(
                "{round}: {what}: {memory:.1?} in memory, {disk:.1?} on disk; a bare synced write: {bare:.1?}"
            );
        }
    }
}
