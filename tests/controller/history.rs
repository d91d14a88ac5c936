//! Going back, and that it is then as it was.

use serde_json::{Value as Json, json};
use tickchain::daemon::cli::Topology;
use tickchain::daemon::controller::{LinkState, Reach, Setup};
use tickchain::daemon::mesh::{self, MeshSetup};
use tickchain::daemon::node::RunningNode;

use crate::rig::{Rig, easy, fleet, mesh_of, test};

/// What every node is about, its pool and its tip, and how the links are.
pub async fn look(rig: &Rig) -> Json {
    let network = rig.network();
    let mut nodes = Vec::new();
    for view in &network.nodes {
        let detail = rig.controller.node(&view.name).await.unwrap();
        let mut seen = serde_json::to_value(view).unwrap();
        for port in ["http", "p2p"] {
            // A node that was taken out comes back at a free port.
            seen.as_object_mut().unwrap().remove(port);
        }
        seen["ids"] = detail
            .pool
            .iter()
            .map(|payment| json!(payment.id))
            .collect();
        seen["accounts"] = detail.accounts;
        seen["messages"] = detail
            .inbox
            .iter()
            .map(|item| json!([item.from, item.ready, item.stamp, item.kind]))
            .collect();
        nodes.push(seen);
    }
    json!({"tick": network.tick, "nodes": nodes, "links": network.links})
}

/// Looks now and after each of so many ticks.
async fn live(rig: &Rig, ticks: u64) -> Vec<Json> {
    let mut seen = vec![look(rig).await];
    for _ in 0..ticks {
        rig.tick(1).await;
        seen.push(look(rig).await);
    }
    seen
}

#[track_caller]
fn assert_same(again: &[Json], first: &[Json]) {
    for (again, first) in again.iter().zip(first) {
        assert_eq!(again["tick"], first["tick"]);
        let (again_nodes, first_nodes) = (&again["nodes"], &first["nodes"]);
        for (again, first) in again_nodes
            .as_array()
            .unwrap()
            .iter()
            .zip(first_nodes.as_array().unwrap())
        {
            assert_eq!(again, first);
        }
        assert_eq!(again, first);
    }
}

async fn with_latency(latency: u64) -> Rig {
    let setup = MeshSetup {
        genesis: easy(),
        latency,
        ..MeshSetup::default()
    };
    Rig::new(Setup {
        fleet: Some(fleet(setup).await),
        ..Setup::default()
    })
    .await
}

fn pay(at: &str, value: u64) -> Json {
    json!({"tx": {"at": at, "sender": "so", "recipient": "aki", "value": value}})
}

/// Payments, a fork, messages under way: from every tick at which no candidate is still to be made, all
/// happens again.
async fn happens_again(latency: u64) {
    let rig = with_latency(latency).await;
    rig.act(pay("node1", 1)).await;
    rig.tick(1).await;
    rig.act(json!({"mine": "node2"})).await;
    rig.act(json!({"mine": "node3"})).await;
    rig.act(pay("node3", 2)).await;
    rig.tick(1).await;
    rig.act(pay("node2", 3)).await;
    rig.tick(1).await;
    let first = live(&rig, 16).await;
    let mining: Vec<bool> = first
        .iter()
        .map(|seen| {
            seen["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .any(|node| !node["mining"].is_null())
        })
        .collect();
    let messages = first
        .iter()
        .any(|seen| seen["nodes"][0]["messages"] != json!([]));
    assert!(messages, "messages are under way");
    for tick in (3..19).rev() {
        rig.controller.goto(0, tick).await.unwrap();
        let again = live(&rig, 19 - tick).await;
        assert_same(&again, &first[tick as usize - 3..]);
    }
    assert!(mining[0], "it went back to the middle of mining");
    let branches = rig.network().branches;
    assert_eq!(branches.len(), 17);
    assert!(
        branches[1..]
            .iter()
            .all(|branch| branch.parent == Some(0) && branch.last == 19)
    );
}

#[test]
fn all_happens_again() {
    test(happens_again(0));
}

#[test]
fn all_happens_again_with_latency() {
    test(happens_again(3));
}

#[test]
fn cuts_and_crashes_come_and_go() {
    test(async {
        let rig = Rig::three().await;
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(6).await;
        let whole = look(&rig).await;
        rig.act(json!({"cut": ["node1", "node2"]})).await;
        rig.act(json!({"crash": "node3"})).await;
        rig.act(pay("node1", 3)).await;
        let cut = live(&rig, 4).await;
        rig.act(json!({"start": "node3"})).await;
        let started = live(&rig, 4).await;
        rig.act(json!({"heal": ["node1", "node2"]})).await;
        rig.act(json!({"add": {"link": ["node1"]}})).await;
        let healed = live(&rig, 4).await;

        rig.controller.goto(0, 8).await.unwrap();
        assert_eq!(rig.node("node3").state, Reach::Crashed);
        assert_eq!(rig.link("node1", "node2"), Some(LinkState::Cut));
        assert_same(&live(&rig, 2).await[..], &cut[2..]);

        rig.controller.goto(0, 5).await.unwrap();
        assert_eq!(rig.node("node3").state, Reach::Up);
        assert_eq!(rig.link("node1", "node2"), Some(LinkState::Up));
        rig.tick(1).await;
        assert_same(&[look(&rig).await], &[whole]);

        // With what was done at its end before the next tick.
        rig.controller.goto(0, 10).await.unwrap();
        assert_same(&live(&rig, 4).await, &started);
        rig.controller.goto(0, 18).await.unwrap();
        assert_eq!(rig.network().nodes.len(), 4);
        assert_same(&[look(&rig).await], &healed[4..]);
        rig.controller.goto(0, 14).await.unwrap();
        assert_same(&live(&rig, 4).await, &healed);
        let marks = |tick: usize| {
            let history = rig.controller.history();
            serde_json::to_value(&history.branches[0].moments[tick].happened.marks).unwrap()
        };
        assert_eq!(marks(6), json!(["payment", "cut", "crash"]));
        assert_eq!(marks(10), json!(["start"]));
        assert_eq!(marks(3), json!(["block"]));
        assert_eq!(marks(4), json!([]));
    });
}

#[test]
fn the_old_future_stays() {
    test(async {
        let mut rig = Rig::three().await;
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(8).await;
        rig.act(pay("node2", 1)).await;
        let end = look(&rig).await;
        rig.told();
        rig.controller.goto(0, 2).await.unwrap();
        let reload = rig.told().pop().unwrap();
        assert_eq!(reload, json!({"type": "reload", "why": "back to tick 2"}));
        let position = rig.network().position;
        assert_eq!(
            (position.branch, position.tick, position.live),
            (0, 2, false)
        );
        rig.act(json!({"crash": "node2"})).await;
        let position = rig.network().position;
        assert_eq!(
            (position.branch, position.tick, position.live),
            (1, 2, true)
        );
        let told = rig.told();
        assert!(
            told.iter().any(|event| event["type"] == "reload"),
            "{told:?}"
        );
        rig.tick(1).await;
        let told = rig.told();
        let tick = told.iter().find(|event| event["type"] == "tick").unwrap();
        assert_eq!(
            tick["position"],
            json!({"branch": 1, "tick": 3, "live": true})
        );
        assert_eq!(tick["branches"][1]["name"], "what-if-1");
        // What was done after the last tick of the first branch is there too.
        rig.controller.goto(0, 8).await.unwrap();
        assert_same(&[look(&rig).await], &[end]);
        assert!(rig.network().position.live);
        rig.controller.goto(1, 2).await.unwrap();
        assert_eq!(rig.node("node2").state, Reach::Crashed);
        rig.act(json!({"reset": {}})).await;
        assert_eq!(
            rig.network().branches.len(),
            1,
            "a reset begins a new history"
        );
    });
}

#[test]
fn going_to_and_fro_while_a_node_mines_opens_no_branch() {
    test(async {
        let rig = Rig::three().await;
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(5).await;
        // At ticks 1 and 2 the node finds its nonce whenever it likes.
        for _ in 0..10 {
            for tick in [2, 1, 5] {
                rig.controller.goto(0, tick).await.unwrap();
                assert_eq!(rig.network().branches.len(), 1);
            }
        }
    });
}

/// Everything of all nodes that can be seen from outside.
async fn states(rig: &Rig) -> Json {
    serde_json::from_slice(&rig.controller.save().await.unwrap()).unwrap()
}

#[test]
fn what_is_refused_changes_nothing() {
    test(async {
        let rig = Rig::three().await;
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(4).await;
        let before = (states(&rig).await, rig.network().position);
        for (branch, tick) in [(0, 5), (1, 4), (9, 0)] {
            let error = rig
                .controller
                .goto(branch, tick)
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains("GET /history"), "{error}");
        }
        assert_eq!((states(&rig).await, rig.network().position), before);
    });
}

/// A controller of nodes that it did not start.
async fn of_others() -> (Vec<RunningNode>, Rig) {
    let setup = MeshSetup {
        genesis: easy(),
        ..MeshSetup::default()
    };
    let nodes = mesh::run(&setup).await.unwrap();
    let address = |node: &RunningNode| tickchain::daemon::controller::NodeAddress {
        url: format!("http://{}", node.http()).parse().unwrap(),
        token: None,
    };
    let setup = Setup {
        nodes: nodes.iter().map(address).collect(),
        ..Setup::default()
    };
    (nodes, Rig::new(setup).await)
}

#[test]
fn nodes_of_others_go_back_too_if_they_are_there() {
    test(async {
        let (mut nodes, mut rig) = of_others().await;
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(2).await;
        let first = live(&rig, 6).await;
        rig.controller.goto(0, 2).await.unwrap();
        assert_same(&live(&rig, 6).await, &first);

        nodes[1].tick(Some(std::time::Duration::from_secs(3600)));
        let error = rig.controller.goto(0, 2).await.unwrap_err().to_string();
        assert!(
            error.contains("node2") && error.contains("POST /tick"),
            "{error}"
        );
        nodes[1].tick(None);
        nodes.remove(2).stop().await;
        rig.until(|network| network.nodes[2].state == Reach::Down)
            .await;
        let height = rig.node("node1").height;
        let error = rig.controller.goto(0, 2).await.unwrap_err().to_string();
        assert!(
            error.contains("node3") && error.contains("remove it"),
            "{error}"
        );
        assert_eq!((rig.node("node1").height, rig.network().tick), (height, 8));
        rig.act(json!({"remove": "node3"})).await;
        let error = rig.controller.goto(0, 2).await.unwrap_err().to_string();
        assert!(
            error.contains("node3") && error.contains("add it"),
            "{error}"
        );
        assert_eq!((rig.node("node1").height, rig.network().tick), (height, 8));
    });
}

#[test]
fn a_long_line_of_nodes_goes_back() {
    test(async {
        let rig = mesh_of(6, Topology::Line, easy()).await;
        for node in ["node1", "node6"] {
            rig.act(json!({"mine": node})).await;
        }
        rig.tick(3).await;
        let first = live(&rig, 12).await;
        rig.controller.goto(0, 3).await.unwrap();
        assert_same(&live(&rig, 12).await, &first);
    });
}
