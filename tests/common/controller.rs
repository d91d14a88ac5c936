//! A controller of three nodes of its own, served on a port of its own.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part"
)]

use std::net::{SocketAddr, TcpListener};

use async_channel::Receiver;
use serde_json::Value as Json;
use tempfile::TempDir;
use tickchain::daemon::controller::api::RunningController;
use tickchain::daemon::controller::{Controller, Fleet, Setup};
use tickchain::daemon::http::Guard;
use tickchain::daemon::mesh::{self, MeshSetup};

use super::http::{Answer, Client};

/// A controller and its nodes, until dropped.
pub struct Rig {
    /// Where it is called.
    pub address: SocketAddr,
    /// Where its nodes are called.
    pub nodes: Vec<SocketAddr>,
    /// Its first login link, where there is one.
    pub link: Option<String>,
    /// The links after the first.
    pub links: Receiver<String>,
    /// Where its snapshots are kept.
    pub snapshots: TempDir,
    running: Option<RunningController>,
}

impl Rig {
    pub fn new() -> Self {
        Self::with("127.0.0.1:0", Guard::default())
    }

    pub fn with(listen: &str, guard: Guard) -> Self {
        smol::block_on(async {
            let setup = MeshSetup::default();
            let nodes = mesh::run(&setup).await.unwrap();
            let snapshots = tempfile::tempdir().unwrap();
            let http = nodes.iter().map(|node| node.http()).collect();
            let controller = Controller::new(Setup {
                nodes: Vec::new(),
                fleet: Some(Fleet::new(setup, nodes)),
                snapshots: Some(snapshots.path().to_owned()),
            });
            let controller = controller.await.unwrap();
            let socket = TcpListener::bind(listen).unwrap();
            let port = socket.local_addr().unwrap().port();
            let (announce, links) = async_channel::unbounded();
            let running = RunningController::new(socket, controller, guard, move |link| {
                announce.try_send(link.to_owned()).unwrap();
            });
            let running = running.unwrap();
            Self {
                address: ([127, 0, 0, 1], port).into(),
                nodes: http,
                link: running.login_link(),
                links,
                running: Some(running),
                snapshots,
            }
        })
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.client().call(method, path, headers, b"")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[])
    }

    pub fn post(&self, path: &str, json: &str) -> Answer {
        self.client().json("POST", path, json)
    }

    /// Does an action that is expected to be done.
    #[track_caller]
    pub fn act(&self, action: &Json) -> Json {
        let outcome = self.post("/do", &action.to_string()).expect(200).json();
        assert_eq!(outcome["result"], "success", "{action}: {outcome}");
        outcome
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            smol::block_on(running.stop());
        }
    }
}
