//! A node whose disk hangs while it is read, and what others of the same process notice of that.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use http::Client;
use tickchain::daemon::node::{RunningNode, Setup, Sockets};
use tickchain::daemon::storage::DataDir;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn run(name: &str, data_dir: Option<&Path>) -> RunningNode {
    let local = ([127, 0, 0, 1], 0).into();
    let sockets = Sockets::bind((local, "--http"), (local, "--p2p")).unwrap();
    let setup = Setup {
        data_dir: data_dir.map(Path::to_owned),
        ..Setup::new(Some(name.parse().unwrap()))
    };
    RunningNode::new(sockets, setup).unwrap()
}

fn get(node: &RunningNode, path: &str) {
    Client::new(node.http()).json("GET", path, "").expect(200);
}

#[test]
fn a_node_that_hangs_holds_up_no_other_and_no_health_check() {
    let directory = tempfile::tempdir().unwrap();
    let kept: Vec<_> = (0..3)
        .map(|number| run("kept", Some(&directory.path().join(number.to_string()))))
        .collect();
    let other = run("other", None);
    let (wakers, looks): (Vec<_>, Vec<_>) = kept
        .iter()
        .map(|node| {
            let (began, has_begun) = mpsc::channel();
            let (waker, waits) = mpsc::channel::<()>();
            let handle = node.handle().clone();
            // As a read that does not come back.
            let look = smol::spawn(async move {
                let look = handle.read(move |_| {
                    began.send(()).unwrap();
                    waits.recv_timeout(PATIENCE)
                });
                look.await
            });
            has_begun.recv_timeout(PATIENCE).unwrap();
            (waker, look)
        })
        .unzip();
    get(&other, "/start");
    get(&other, "/clock/1");
    get(&other, "/block/latest");
    for node in &kept {
        get(node, "/healthz");
    }
    for (waker, look) in wakers.into_iter().zip(looks) {
        waker.send(()).unwrap();
        let woken = smol::block_on(look);
        woken.unwrap().expect("it waited for no longer than that");
    }
    for node in &kept {
        get(node, "/block/latest");
    }
}

/// No process is started here, which would have a copy of the lock for a moment.
#[test]
fn a_directory_and_ports_are_free_once_their_node_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..6 {
        let node = run("kept", Some(directory.path()));
        let (http, p2p) = (node.http(), node.p2p());
        smol::block_on(node.start()).unwrap();
        match round % 2 {
            0 => smol::block_on(node.crash()),
            _ => smol::block_on(node.stop()),
        }
        drop(DataDir::open(directory.path()).expect("its lock is free"));
        Sockets::bind((http, "--http"), (p2p, "--p2p")).expect("they are free");
    }
}
