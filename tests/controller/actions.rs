//! What a controller is asked to do, one thing after another.

use serde_json::{Value as Json, json};
use tickchain::daemon::cli::Topology;
use tickchain::daemon::controller::{Fleet, LinkState, Reach, Setup};
use tickchain::daemon::mesh::{self, MeshSetup};
use tickchain::ledger::UncheckedBlock;
use tickchain::node::Status;

use crate::rig::{Rig, bits, easy, mesh_of, test};

#[test]
fn from_the_first_payment_to_the_first_block() {
    test(async {
        let mut rig = Rig::three().await;
        let network = rig.network();
        assert_eq!((network.tick, network.difficulty), (0, Some(4)));
        let accounts: Vec<&str> = network.accounts.iter().map(|name| name.as_str()).collect();
        assert_eq!(accounts, ["aki", "so", "satoshi"]);
        assert!(network.links.iter().all(|link| link.state == LinkState::Up));
        assert_eq!(network.links.len(), 3);

        let paid = rig
            .act(json!({"tx": {"at": "node1", "sender": "aki", "recipient": "so", "value": 2}}))
            .await;
        assert_eq!(rig.node("node1").queued, 1);
        rig.tick(1).await;
        assert_eq!(rig.node("node1").status, Status::ReceivingTx);
        rig.tick(1).await;
        assert_eq!(rig.node("node1").status, Status::BroadcastingTx);
        rig.act(json!({"mine": "node1"})).await;
        let until = json!({"until": {"condition": "block", "limit": 10}});
        assert_eq!(rig.act(until).await.met, Some(true));
        let until = json!({"until": {"condition": "one-tip", "limit": 10}});
        rig.act(until).await;
        let until = json!({"until": {"condition": "idle", "limit": 10}});
        let done = rig.act(until).await;

        let network = rig.network();
        assert_eq!(network.tick, done.tick);
        let same = |node: &tickchain::daemon::controller::NodeView| {
            (node.height, node.clock, node.status) == (1, network.tick, Status::Idle)
        };
        assert!(network.nodes.iter().all(same), "{:#?}", network.nodes);
        let tree = rig.controller.tree(0, 100).await;
        assert_eq!((tree.height, tree.blocks.len()), (1, 2));
        let block = &tree.blocks[1];
        assert_eq!(
            block.miner.as_ref().map(|name| name.as_str()),
            Some("node1")
        );
        assert_eq!(tree.tips.values().collect::<Vec<_>>(), [&block.hash; 3]);
        let whole = rig.controller.block(block.hash).await.unwrap();
        assert_eq!(whole.transactions[0].id, paid.id.unwrap());
        let place = rig.controller.tx(paid.id.unwrap()).await.unwrap();
        assert_eq!(place.places.len(), 3);
        assert_eq!(place.places[2].place["block"], 1);
        assert_eq!(place.transaction.unwrap().value.get(), 2);
        let node = rig
            .controller
            .node(&"node2".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(node.accounts, json!({"aki": 0, "satoshi": 5, "so": 9}));

        // Every action is told with its outcome, after what it changed.
        let told = rig.told();
        assert_eq!(told[0]["type"], "changed");
        assert_eq!(told[0]["nodes"][0]["queued"], 1);
        assert_eq!(told[1]["type"], "did");
        assert_eq!(told[1]["outcome"]["id"], json!(paid.id));
        let ticks = told.iter().filter(|event| event["type"] == "tick");
        assert_eq!(ticks.count() as u64, network.tick);
    });
}

#[test]
fn a_long_chain_is_there_from_the_beginning() {
    const BLOCKS: u64 = 10_000;
    test(async {
        let setup = MeshSetup {
            nodes: 2,
            genesis: bits(0),
            ..MeshSetup::default()
        };
        let nodes = mesh::run(&setup).await.unwrap();
        let mut state = nodes[0].handle().read(|node| node.state()).await.unwrap();
        let mut parent = setup.genesis.block().unwrap().hash();
        for id in 1..=BLOCKS {
            let mut block = UncheckedBlock {
                id,
                hash: None,
                timestamp: setup.genesis.timestamp,
                transactions: [].into(),
                previous_block_hash: parent,
                nonce: 0,
            };
            parent = block.header().hash();
            block.hash = Some(parent);
            state.blocks.push(block);
        }
        nodes[0].handle().restore(state).await.unwrap();
        let rig = Rig::new(Setup {
            fleet: Some(Fleet::new(setup, nodes)),
            ..Setup::default()
        })
        .await;
        assert_eq!(rig.node("node1").height, BLOCKS);
        let tree = rig.controller.tree(0, u64::MAX).await;
        assert_eq!(
            (tree.height, tree.blocks.len() as u64),
            (BLOCKS, BLOCKS + 1)
        );
        let page = rig.controller.tree(BLOCKS - 1, 2).await.blocks;
        assert_eq!(page[0].hash, page[1].previous_block_hash);
        assert_eq!(page[1].hash, parent);
        assert_eq!(
            rig.controller.block(page[0].hash).await.unwrap().id,
            BLOCKS - 1
        );
        rig.tick(1).await;
    });
}

/// A script with everything in it that depends on an order.
async fn play_script() -> Vec<Json> {
    let mut rig = mesh_of(4, Topology::Full, easy()).await;
    let pay = |at: &str, id: u8, value: u64| {
        let id = format!("{id:032x}");
        json!({"tx": {"at": at, "sender": "so", "recipient": "aki", "value": value, "id": id}})
    };
    rig.act(pay("node1", 9, 1)).await;
    rig.act(pay("node3", 10, 2)).await;
    rig.tick(2).await;
    rig.act(json!({"cut": ["node2"]})).await;
    rig.act(json!({"mine": "node2"})).await;
    rig.act(json!({"mine": "node4"})).await;
    rig.tick(6).await;
    rig.act(json!({"crash": "node3"})).await;
    rig.act(json!({"mine": "node1"})).await;
    rig.tick(5).await;
    rig.act(json!({"heal": ["node2"]})).await;
    rig.act(json!({"start": "node3"})).await;
    rig.act(json!({"add": {"link": ["node2", "node4"]}})).await;
    rig.tick(10).await;
    let tips = rig.controller.tree(0, 100).await.tips;
    let first = tips.values().next().unwrap();
    assert!(tips.values().all(|tip| tip == first), "{tips:?}");
    rig.told()
}

/// Hashes are others each time, as blocks are stamped with the time of day.
fn same_each_time(told: Vec<Json>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut text = |event: Json| {
        let mut out = String::new();
        let mut word = String::new();
        // The last letter of JSON is no digit, so no word is left over.
        for letter in event.to_string().chars() {
            if letter.is_ascii_hexdigit() {
                word.push(letter);
                continue;
            }
            push_word(&mut out, &mut word, &mut names);
            out.push(letter);
        }
        out
    };
    told.iter()
        .map(|event| text(without_ports(event)))
        .collect()
}

/// Each hash by the order in which hashes were first told of.
fn push_word(out: &mut String, word: &mut String, names: &mut Vec<String>) {
    if word.len() == 64 {
        let known = names.iter().position(|name| name == word);
        let number = known.unwrap_or_else(|| {
            names.push(word.clone());
            names.len() - 1
        });
        out.push_str(&format!("hash {number}"));
    } else {
        out.push_str(word);
    }
    word.clear();
}

fn without_ports(event: &Json) -> Json {
    let mut event = event.clone();
    if let Some(nodes) = event.get_mut("nodes").and_then(Json::as_array_mut) {
        for node in nodes {
            node["http"] = Json::Null;
            node["p2p"] = Json::Null;
        }
    }
    event
}

#[test]
fn the_same_script_is_the_same_run() {
    test(async {
        let one = same_each_time(play_script().await);
        let two = same_each_time(play_script().await);
        for (one, two) in one.iter().zip(&two) {
            assert_eq!(one, two);
        }
        assert_eq!(one.len(), two.len());
    });
}

#[test]
fn a_crashed_node_comes_back_empty_and_catches_up() {
    test(async {
        let rig = Rig::three().await;
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(5).await;
        assert_eq!(rig.node("node3").height, 1);
        let before = rig.node("node3");
        rig.act(json!({"crash": "node3"})).await;
        let crashed = rig.node("node3");
        assert_eq!(crashed.state, Reach::Crashed);
        assert!(crashed.why.unwrap().contains("start"), "says what to do");
        assert_eq!(rig.link("node1", "node3"), Some(LinkState::Down));
        let refused = rig.try_act(json!({"mine": "node3"})).await.unwrap_err();
        assert!(refused.to_string().contains("crashed"), "{refused}");
        rig.tick(2).await;
        assert_eq!(rig.node("node1").clock, 7);
        rig.act(json!({"cut": ["node2", "node3"]})).await;

        rig.act(json!({"start": "node3"})).await;
        let back = rig.node("node3");
        assert_eq!((back.state, back.height, back.clock), (Reach::Up, 0, 7));
        assert_eq!((&back.http, &back.p2p), (&before.http, &before.p2p));
        assert_eq!(rig.link("node1", "node3"), Some(LinkState::Up));
        assert_eq!(rig.link("node2", "node3"), Some(LinkState::Cut));
        rig.tick(3).await;
        assert_eq!(rig.node("node3").height, 1);
    });
}

#[test]
fn nodes_are_added_and_removed() {
    test(async {
        let rig = Rig::three().await;
        rig.tick(2).await;
        let added = rig.act(json!({"add": {"link": ["node2"]}})).await;
        assert_eq!(added.name.unwrap().as_str(), "node4");
        assert_eq!(rig.node("node4").clock, 2);
        assert_eq!(rig.link("node2", "node4"), Some(LinkState::Up));
        assert_eq!(rig.link("node1", "node4"), None);
        rig.act(json!({"remove": "node2"})).await;
        assert_eq!(rig.network().nodes.len(), 3);
        assert_eq!(rig.network().links.len(), 1);
        let added = rig.act(json!({"add": {"link": []}})).await;
        assert_eq!(added.name.unwrap().as_str(), "node2");
        assert_eq!(rig.network().links.len(), 4);
        rig.tick(1).await;
        assert!(rig.network().nodes.iter().all(|node| node.clock == 3));
        let unknown = rig.try_act(json!({"mine": "node9"})).await.unwrap_err();
        let text = unknown.to_string();
        assert!(text.contains("node1, node3, node4, node2"), "{text}");
    });
}

#[test]
fn two_halves_mine_apart_and_come_to_one_tip() {
    test(async {
        let mut rig = mesh_of(4, Topology::Full, easy()).await;
        for (a, b) in [
            ("node1", "node3"),
            ("node1", "node4"),
            ("node2", "node3"),
            ("node2", "node4"),
        ] {
            rig.act(json!({"cut": [a, b]})).await;
            assert_eq!(rig.link(a, b), Some(LinkState::Cut));
        }
        assert_eq!(rig.link("node1", "node2"), Some(LinkState::Up));
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(4).await;
        rig.act(json!({"mine": "node3"})).await;
        rig.tick(4).await;
        rig.act(json!({"mine": "node3"})).await;
        rig.tick(5).await;
        let heights = rig
            .network()
            .nodes
            .iter()
            .map(|node| node.height)
            .collect::<Vec<_>>();
        assert_eq!(heights, [1, 1, 2, 2]);
        let apart = json!({"until": {"condition": "one-tip", "limit": 3}});
        let outcome = rig.try_act(apart).await.unwrap();
        assert_eq!((outcome.is_success(), outcome.met), (false, Some(false)));
        assert!(outcome.reason.unwrap().contains("after 3 ticks"));

        rig.act(json!({"heal": ["node1"]})).await;
        rig.act(json!({"heal": ["node2"]})).await;
        rig.act(json!({"until": {"condition": "one-tip", "limit": 10}}))
            .await;
        assert!(rig.network().nodes.iter().all(|node| node.height == 2));
        let told = rig.told();
        let events = told
            .iter()
            .filter_map(|told| told["events"].as_array())
            .flatten();
        let reorganised = events.filter(|event| event["event"]["type"] == "reorganisation");
        let nodes: Vec<_> = reorganised.map(|event| event["node"].clone()).collect();
        assert_eq!(nodes, ["node1", "node2"]);
    });
}

#[test]
fn what_a_node_refuses_is_an_outcome() {
    test(async {
        let rig = Rig::three().await;
        let too_much =
            json!({"tx": {"at": "node1", "sender": "aki", "recipient": "so", "value": 3}});
        let outcome = rig.try_act(too_much).await.unwrap();
        assert!(!outcome.is_success());
        assert!(outcome.reason.unwrap().contains("aki"));
        rig.act(json!({"mine": "node1"})).await;
        rig.tick(4).await;
        let forged =
            json!({"forge": {"of": "node1", "id": 1, "at": ["node2"], "change": {"nonce": 1}}});
        let outcome = rig.try_act(forged).await.unwrap();
        assert!(!outcome.is_success());
        assert_eq!(outcome.answers.unwrap().len(), 1);
        let none = json!({"forge": {"of": "node1", "id": 9}});
        let error = rig.try_act(none).await.unwrap_err();
        assert!(error.to_string().contains("no block 9"), "{error}");
        for (bad, why) in [
            (json!({"tick": 0}), "1 to 10000"),
            (json!({"cut": []}), "two ends"),
            (json!({"cut": ["node1", "node1"]}), "two ends"),
            (json!({"add": {"url": "ftp://x"}}), "http://HOST:PORT"),
        ] {
            let error = rig.try_act(bad).await.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    });
}

#[test]
fn a_reset_of_all_is_a_new_beginning() {
    test(async {
        let mut rig = Rig::three().await;
        rig.act(json!({"mine": "node2"})).await;
        rig.tick(5).await;
        let outcome = rig.act(json!({"reset": {}})).await;
        assert_eq!((outcome.tick, outcome.answers.unwrap().len()), (0, 3));
        let network = rig.network();
        assert!(
            network
                .nodes
                .iter()
                .all(|node| (node.clock, node.height) == (0, 0))
        );
        assert_eq!(rig.controller.tree(0, 10).await.blocks.len(), 1);
        assert!(rig.told().iter().any(|event| event["type"] == "reload"));
        rig.tick(1).await;
        rig.act(json!({"reset": {"node": "node1"}})).await;
        assert_eq!((rig.node("node1").clock, rig.node("node2").clock), (0, 1));
    });
}
