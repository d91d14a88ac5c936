//! A controller with a mesh of its own, on free ports.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value as Json, json};
use smol::Timer;
use smol::future::FutureExt;
use tickchain::daemon::cli::Topology;
use tickchain::daemon::controller::{
    Action, Controller, ControllerError, ControllerEvent, Fleet, LinkState, Network, NodeView,
    Outcome, Setup,
};
use tickchain::daemon::mesh::{self, MeshSetup};
use tickchain::driver::{Next, Subscription};
use tickchain::ledger::{Difficulty, Genesis};

/// Longer than anything here takes: a test that waits this long has found a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Blocks are found at once.
pub fn easy() -> Genesis {
    bits(4)
}

pub fn bits(bits: u8) -> Genesis {
    Genesis {
        difficulty: Difficulty::new(bits).unwrap(),
        ..Genesis::default()
    }
}

pub fn test(body: impl Future<Output = ()>) {
    let late = async {
        Timer::after(PATIENCE).await;
        panic!("still not done after {PATIENCE:?}");
    };
    smol::block_on(body.or(late));
}

pub async fn fleet(setup: MeshSetup) -> Fleet {
    let nodes = mesh::run(&setup).await.unwrap();
    Fleet::new(setup, nodes)
}

pub async fn mesh_of(nodes: u16, topology: Topology, genesis: Genesis) -> Rig {
    let setup = MeshSetup {
        nodes,
        topology,
        genesis,
        ..MeshSetup::default()
    };
    Rig::new(Setup {
        fleet: Some(fleet(setup).await),
        ..Setup::default()
    })
    .await
}

pub struct Rig {
    pub controller: Controller,
    pub events: Subscription<ControllerEvent>,
}

impl Rig {
    pub async fn new(setup: Setup) -> Self {
        let controller = Controller::new(setup).await.unwrap();
        Self {
            events: controller.subscribe(None),
            controller,
        }
    }

    pub async fn three() -> Self {
        mesh_of(3, Topology::Full, easy()).await
    }

    pub fn network(&self) -> Network {
        self.controller.network()
    }

    pub fn node(&self, name: &str) -> NodeView {
        let nodes = self.network().nodes;
        let node = nodes.into_iter().find(|node| node.name.as_str() == name);
        node.unwrap_or_else(|| panic!("no {name} in the view"))
    }

    pub fn link(&self, a: &str, b: &str) -> Option<LinkState> {
        let links = self.network().links;
        let link = links
            .iter()
            .find(|link| link.a.as_str() == a && link.b.as_str() == b);
        link.map(|link| link.state)
    }

    pub async fn try_act(&self, action: Json) -> Result<Outcome, ControllerError> {
        let action: Action = serde_json::from_value(action).unwrap();
        self.controller.act(action).await
    }

    /// Does something that works.
    #[track_caller]
    pub fn act(&self, action: Json) -> impl Future<Output = Outcome> {
        let at = std::panic::Location::caller();
        async move {
            let outcome = self.try_act(action.clone()).await;
            let outcome = outcome.unwrap_or_else(|error| panic!("{at}: {action}: {error}"));
            assert!(outcome.is_success(), "{at}: {action}: {outcome:?}");
            outcome
        }
    }

    pub async fn tick(&self, count: u64) {
        self.act(json!({"tick": count})).await;
    }

    /// The next event, as JSON.
    pub async fn next(&mut self) -> Json {
        match self.events.next().await {
            Next::Event(event) => serde_json::to_value(&event.event).unwrap(),
            other => panic!("no event: {other:?}"),
        }
    }

    /// What was told so far.
    pub fn told(&mut self) -> Vec<Json> {
        let mut told = Vec::new();
        while let Some(next) = self.events.try_next() {
            match next {
                Next::Event(event) => told.push(serde_json::to_value(&event.event).unwrap()),
                other => panic!("no event: {other:?}"),
            }
        }
        told
    }

    /// Waits until the network is so.
    pub async fn until(&mut self, mut so: impl FnMut(&Network) -> bool) -> Network {
        loop {
            let network = self.network();
            if so(&network) {
                return network;
            }
            self.next().await;
        }
    }
}
