//! What it costs that a node's writes last: `cargo bench --bench storage`.
//!
//! Each line is measured in memory and with a data directory in one run. TICKCHAIN_BENCH_DIR says on which
//! disk; else it is that of temporary files.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use smol::future::zip;
use tempfile::TempDir;
use tickchain::daemon::storage::{self, DaemonNode, DataDir, Opened};
use tickchain::driver::{Driver, Handle, Options, join};
use tickchain::ledger::{Difficulty, Genesis, GenesisAccount};
use tickchain::node::{Config, Payment};

/// Payments that are under way at once.
const IN_FLIGHT: usize = 64;

/// Payments of one measurement.
const PAYMENTS: usize = 20_000;

/// Blocks that are caught up on, and payments in each.
const BLOCKS: u64 = 2_000;
const PAYMENTS_A_BLOCK: u64 = 20;

/// Lone payments.
const LONE: u32 = 500;

fn config(name: &str) -> Config {
    let account = |name: &str| GenesisAccount {
        name: name.parse().expect("a name"),
        balance: (1 << 40).try_into().expect("a value"),
        key: None,
    };
    Config {
        genesis: Genesis {
            difficulty: Difficulty::new(0).expect("no bits"),
            accounts: vec![account("aki"), account("so")],
            ..Genesis::default()
        },
        ..Config::new(name.parse().expect("a name"))
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
fn node(name: &str, directory: Option<&TempDir>) -> Handle<DaemonNode> {
    let (driver, handle) = match directory {
        None => {
            let node = storage::in_memory(config(name)).expect("a legal network");
            Driver::new(node, Options::default())
        }
        Some(directory) => {
            let opened =
                DataDir::open(directory.path()).and_then(|data_dir| data_dir.run(config(name)));
            let Opened { node, storage, .. } = opened.expect("a new directory");
            Driver::with_storage(node, Options::default(), Box::new(storage))
        }
    };
    std::thread::spawn(|| driver.run_blocking());
    smol::block_on(handle.start(1)).expect("it runs");
    handle
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

/// Payments a second, 64 at a time, with a tick each 64 and a block every 10 ticks.
fn payments(directory: Option<&TempDir>) -> f64 {
    let handle = node("node1", directory);
    let began = Instant::now();
    let payers = (0..IN_FLIGHT).map(|payer| {
        let handle = handle.clone();
        smol::spawn(async move {
            for round in 0..PAYMENTS / IN_FLIGHT {
                pay(&handle).await;
                if payer == 0 {
                    if round % 10 == 0 {
                        handle.mine().await.expect("it was started");
                    }
                    handle.tick().await.expect("it is started");
                }
            }
        })
    });
    let payers: Vec<_> = payers.collect();
    smol::block_on(async {
        for payer in payers {
            payer.await;
        }
    });
    let took = began.elapsed();
    handle.stop();
    PAYMENTS as f64 / took.as_secs_f64()
}

/// A node with a chain.
fn full() -> Handle<DaemonNode> {
    let handle = node("node1", None);
    smol::block_on(async {
        for _ in 0..BLOCKS {
            for _ in 0..PAYMENTS_A_BLOCK {
                pay(&handle).await;
            }
            handle.tick().await.expect("it was started");
            handle.mine().await.expect("it was started");
            for _ in 0..3 {
                handle.tick().await.expect("it was started");
            }
        }
    });
    handle
}

/// Blocks a second of a node that catches up.
fn catch_up(full: &Handle<DaemonNode>, directory: Option<&TempDir>) -> f64 {
    let tip = smol::block_on(full.read(|node| node.ledger().tip().id())).expect("it runs");
    let behind = node("node2", directory);
    let began = Instant::now();
    smol::block_on(async {
        let first = (full, "node1".parse().expect("a name"));
        let second = (&behind, "node2".parse().expect("a name"));
        let cable = join(first, second, 0).await.expect("they are not linked");
        let carrying = smol::spawn(cable.run());
        while behind
            .read(|node| node.ledger().tip().id())
            .await
            .expect("it runs")
            < tip
        {
            let (a, b) = zip(full.tick(), behind.tick()).await;
            a.and(b).expect("both are started");
        }
        carrying.cancel().await;
    });
    let took = began.elapsed();
    behind.stop();
    tip as f64 / took.as_secs_f64()
}

/// The time of a payment that nothing shares a sync with.
fn lone(directory: Option<&TempDir>) -> Duration {
    let handle = node("node1", directory);
    let began = Instant::now();
    smol::block_on(async {
        for _ in 0..LONE {
            pay(&handle).await;
        }
    });
    let took = began.elapsed() / LONE;
    handle.stop();
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

fn main() {
    for round in 1..=3 {
        let (memory, disk) = (payments(None), payments(Some(&directory())));
        println!(
            "{round}: payments, {IN_FLIGHT} in flight: {memory:.0}/s in memory, {disk:.0}/s on disk, {:.0} %",
            100.0 * disk / memory
        );
        let full = full();
        let (memory, disk) = (catch_up(&full, None), catch_up(&full, Some(&directory())));
        full.stop();
        println!(
            "{round}: catching up, {PAYMENTS_A_BLOCK} payments a block: {memory:.0} blocks/s in memory, \
             {disk:.0}/s on disk, {:.0} %",
            100.0 * disk / memory
        );
        let (memory, disk) = (lone(None), lone(Some(&directory())));
        println!(
            "{round}: a lone payment: {memory:.1?} in memory, {disk:.1?} on disk; a bare synced write: {:.1?}",
            bare_sync()
        );
    }
}
