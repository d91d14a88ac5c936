//! Network files and snapshots: the network that comes back is the one that was saved.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};
use tickchain::daemon::cli::Topology;
use tickchain::daemon::controller::{ControllerError, Reach, Setup};
use tickchain::daemon::mesh::MeshSetup;

use crate::history::look;
use crate::rig::{Rig, bits, easy, fleet, mesh_of, test};

async fn saved(rig: &Rig) -> Json {
    serde_json::from_slice(&rig.controller.save().await.unwrap()).unwrap()
}

/// A network that has something of everything: a chain, a payment and a message under way, a node that
/// mines, one that is crashed, a link that is cut.
async fn busy() -> Rig {
    let rig = mesh_of(4, Topology::Full, easy()).await;
    rig.act(json!({"mine": "node1"})).await;
    rig.tick(5).await;
    rig.act(json!({"crash": "node4"})).await;
    rig.act(json!({"cut": ["node1", "node2"]})).await;
    rig.act(json!({"mine": "node2"})).await;
    rig.act(json!({"tx": {"at": "node3", "sender": "so", "recipient": "aki", "value": 1}}))
        .await;
    rig.tick(2).await;
    rig
}

#[test]
fn what_is_loaded_is_what_was_saved() {
    test(async {
        let mut rig = busy().await;
        let file = saved(&rig).await;
        assert_eq!(file["tickchain_network"], 1);
        assert_eq!(file["tick"], 7);
        assert_eq!(file["latency"], 0);
        assert_eq!(file["genesis"]["difficulty"], 4);
        assert_eq!(file["nodes"][3], json!({"name": "node4", "state": null}));
        assert_eq!(
            file["nodes"][0]["state"]["blocks"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let cut = json!({"a": "node1", "b": "node2", "cut": true});
        assert!(file["links"].as_array().unwrap().contains(&cut));
        let before = look(&rig).await;
        rig.act(json!({"start": "node4"})).await;
        rig.act(json!({"add": {"link": []}})).await;
        rig.act(json!({"heal": ["node1", "node2"]})).await;
        rig.tick(5).await;
        rig.told();
        rig.controller.load(file.to_string()).await.unwrap();
        assert_eq!(look(&rig).await, before);
        assert_eq!(rig.told().pop().unwrap()["type"], "reload");
        let branches = rig.network().branches;
        assert_eq!(
            (branches.len(), branches[0].first, branches[0].last),
            (1, 7, 7)
        );
        rig.tick(1).await;
        rig.controller.goto(0, 7).await.unwrap();
        assert_eq!(look(&rig).await, before);
    });
}

#[test]
fn a_file_makes_another_fleet_what_it_says() {
    test(async {
        let first = busy().await;
        let file = saved(&first).await;
        let before = look(&first).await;
        first.controller.stop().await;
        // Another network with other nodes, to which it has nothing to do.
        let setup = MeshSetup {
            nodes: 2,
            genesis: bits(5),
            latency: 2,
            ..MeshSetup::default()
        };
        let fleet = fleet(setup).await;
        let second = Rig::new(Setup {
            fleet: Some(fleet),
            ..Setup::default()
        })
        .await;
        second.tick(3).await;
        second.controller.load(file.to_string()).await.unwrap();
        assert_eq!(look(&second).await, before);
        assert_eq!(second.network().difficulty, Some(4));
        second.act(json!({"start": "node4"})).await;
        second
            .act(json!({"until": {"condition": "one-tip", "limit": 30}}))
            .await;
    });
}

/// Checks that a file is refused and that nothing has changed.
async fn refused(rig: &Rig, file: &str, words: &str) {
    let before = (saved(rig).await, look(rig).await, rig.network().position);
    let error = rig.controller.load(file.to_owned()).await.unwrap_err();
    assert!(error.to_string().contains(words), "{words}: {error}");
    let after = (saved(rig).await, look(rig).await, rig.network().position);
    assert_eq!(after, before, "{words}");
}

#[test]
fn what_is_no_network_file_changes_nothing() {
    test(async {
        let rig = busy().await;
        let good = saved(&rig).await;
        let with = |pointer: &str, value: Json| {
            let mut file = good.clone();
            *file.pointer_mut(pointer).unwrap() = value;
            file.to_string()
        };
        for (file, words) in [
            ("{".to_owned(), "not a network file"),
            ("{}".to_owned(), "tickchain_network"),
            (with("/tickchain_network", json!(2)), "version 2"),
            (
                with("/nodes/0/state/version", json!("x")),
                "not a network file",
            ),
            (with("/nodes/3/name", json!("node2")), "twice"),
            (with("/nodes/0/name", json!("node9")), "state of node1"),
            (
                with("/nodes/0/state/network", json!("00".repeat(32))),
                "another network",
            ),
            (
                with("/network", json!("00".repeat(32))),
                "its genesis makes",
            ),
            (with("/genesis/accounts", json!([])), "its genesis makes"),
            (with("/nodes", json!([])), "0 nodes"),
            (with("/links/0/a", json!("node9")), "no two of its nodes"),
        ] {
            refused(&rig, &file, words).await;
        }
        let error = rig.controller.load("[]").await.unwrap_err();
        assert!(matches!(error, ControllerError::NetworkFile(_)), "{error}");
    });
}

#[test]
fn a_node_that_refuses_its_state_takes_all_others_back() {
    test(async {
        let rig = busy().await;
        let mut file = saved(&rig).await;
        // Only the last node sees that this block does not fit.
        file["nodes"][2]["state"]["blocks"][0]["timestamp"] = json!("1999/01/01 00:00:00");
        file["nodes"][3]["state"] = file["nodes"][2]["state"].clone();
        file["nodes"][3]["state"]["name"] = json!("node4");
        let before = look(&rig).await;
        let error = rig
            .controller
            .load(file.to_string())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("block 1 of the state"), "{error}");
        assert!(error.ends_with("everything is as it was before"), "{error}");
        assert_eq!(look(&rig).await, before);
        // Also when the whole fleet had to be another.
        file["latency"] = json!(3);
        let error = rig
            .controller
            .load(file.to_string())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("everything is as it was before"), "{error}");
        assert_eq!(look(&rig).await, before);
        rig.act(json!({"start": "node4"})).await;
        rig.act(json!({"heal": ["node1", "node2"]})).await;
        rig.act(json!({"until": {"condition": "one-tip", "limit": 30}}))
            .await;
    });
}

#[test]
fn snapshots_are_kept_under_names() {
    test(async {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(MeshSetup {
            genesis: easy(),
            ..MeshSetup::default()
        });
        let mut rig = Rig::new(Setup {
            fleet: Some(fleet.await),
            snapshots: Some(folder.path().join("kept")),
            ..Setup::default()
        })
        .await;
        assert_eq!(rig.controller.snapshots().await.unwrap(), []);
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(2).await;
        rig.told();
        rig.controller.save_snapshot("in the middle").await.unwrap();
        assert_eq!(rig.told(), [json!({"type": "snapshots"})]);
        let first = look(&rig).await;
        rig.tick(4).await;
        for _ in 0..2 {
            rig.controller
                .restore_snapshot("in the middle")
                .await
                .unwrap();
            assert_eq!(look(&rig).await, first);
            rig.act(json!({"crash": "node2"})).await;
            assert_eq!(rig.node("node2").state, Reach::Crashed);
        }
        let listed = rig.controller.snapshots().await.unwrap();
        assert_eq!((listed[0].tick, listed[0].nodes), (Some(2), Some(3)));
        rig.controller
            .remove_snapshot("in the middle")
            .await
            .unwrap();
        let error = rig
            .controller
            .restore_snapshot("in the middle")
            .await
            .unwrap_err();
        assert!(error.to_string().contains("GET /snapshots"), "{error}");
        rig.controller
            .save_snapshot("../outside")
            .await
            .unwrap_err();
    });
}

#[derive(Debug, Clone)]
enum Step {
    Tick(u64),
    Mine(usize),
    /// With an id of its own: those that a node makes depend on a random number it is started with.
    Pay(usize, u64, u32),
    Cut(usize, usize),
    Heal(usize, usize),
    Crash(usize),
    Start(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 1..=3usize;
    prop_oneof![
        5 => (1..4u64).prop_map(Step::Tick),
        2 => node.clone().prop_map(Step::Mine),
        2 => (node.clone(), 1..4u64, any::<u32>()).prop_map(|(node, value, id)| Step::Pay(node, value, id)),
        1 => (node.clone(), node.clone()).prop_map(|(a, b)| Step::Cut(a, b)),
        1 => (node.clone(), node.clone()).prop_map(|(a, b)| Step::Heal(a, b)),
        1 => node.clone().prop_map(Step::Crash),
        1 => node.prop_map(Step::Start),
    ]
}

/// Does it; what makes no sense then is part of the play.
async fn take(rig: &Rig, step: &Step) {
    let name = |number: &usize| format!("node{number}");
    let action = match step {
        Step::Tick(count) => json!({"tick": count}),
        Step::Mine(node) => json!({"mine": name(node)}),
        Step::Pay(node, value, id) => {
            let (at, id) = (name(node), format!("{id:032x}"));
            json!({"tx": {"at": at, "sender": "so", "recipient": "aki", "value": value, "id": id}})
        }
        Step::Cut(a, b) => json!({"cut": [name(a), name(b)]}),
        Step::Heal(a, b) => json!({"heal": [name(a), name(b)]}),
        Step::Crash(node) => json!({"crash": name(node)}),
        Step::Start(node) => json!({"start": name(node)}),
    };
    let _ = rig.try_act(action).await;
}

/// What does not depend on when blocks are stamped: hashes become the order in which they are seen.
fn but_hashes(seen: &[Json]) -> Vec<Json> {
    let mut tips = Vec::new();
    let mut number = |tip: &mut Json| {
        let index = tips.iter().position(|known| known == tip);
        let index = index.unwrap_or_else(|| {
            tips.push(tip.clone());
            tips.len() - 1
        });
        *tip = json!(index);
    };
    let mut seen = seen.to_vec();
    for node in seen
        .iter_mut()
        .flat_map(|seen| seen["nodes"].as_array_mut().unwrap())
    {
        number(&mut node["tip"]);
    }
    seen
}

/// Steps with a look after each.
async fn live(rig: &Rig, steps: &[Step]) -> Vec<Json> {
    let mut seen = vec![look(rig).await];
    for step in steps {
        take(rig, step).await;
        seen.push(look(rig).await);
    }
    seen
}

#[test]
fn after_loading_all_goes_on_as_without() {
    let config = Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    };
    let steps = || prop::collection::vec(step(), 1..15);
    let mut runner = TestRunner::new(config);
    let all = (0..3u64, steps(), steps());
    let played = runner.run(&all, |(latency, before, after)| {
        test(async move {
            let setup = MeshSetup {
                genesis: easy(),
                latency,
                ..MeshSetup::default()
            };
            let rig = Rig::new(Setup {
                fleet: Some(fleet(setup).await),
                ..Setup::default()
            })
            .await;
            for step in &before {
                take(&rig, step).await;
            }
            let file = rig.controller.save().await.unwrap();
            let without = live(&rig, &after).await;
            rig.controller.load(file).await.unwrap();
            let with = live(&rig, &after).await;
            assert_eq!(but_hashes(&with), but_hashes(&without));
            rig.controller.stop().await;
        });
        Ok(())
    });
    played.unwrap_or_else(|error| panic!("{error}"));
}
