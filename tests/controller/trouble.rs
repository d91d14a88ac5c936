//! Nodes that are gone, hang, or take their time; and nodes of others.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tickchain::daemon::cli::Topology;
use tickchain::daemon::controller::{
    ControllerError, LinkState, MAX_NODES, NODE_TIMEOUT, NodeAddress, Reach, Setup,
};
use tickchain::daemon::mesh::MeshSetup;

use crate::process::Process;
use crate::rig::{Rig, bits, easy, fleet, mesh_of, test};

fn start(name: &str, http: &str, p2p: &str, peers: &[&Process]) -> Process {
    let mut arguments = vec!["node", "--name", name, "--http", http, "--p2p", p2p];
    arguments.extend(["--difficulty", "4", "--start"]);
    let peers: Vec<String> = peers
        .iter()
        .map(|peer| peer.socket(0, "p2p").to_string())
        .collect();
    for peer in &peers {
        arguments.extend(["--peer", peer]);
    }
    Process::start(&arguments)
}

fn three_processes() -> [Process; 3] {
    const ANY: &str = "127.0.0.1:0";
    let a = start("a", ANY, ANY, &[]);
    let b = start("b", ANY, ANY, &[&a]);
    let c = start("c", ANY, ANY, &[&a, &b]);
    [a, b, c]
}

fn address(url: String) -> NodeAddress {
    NodeAddress {
        url: url.parse().unwrap(),
        token: None,
    }
}

fn of(process: &Process) -> NodeAddress {
    address(format!("http://{}", process.socket(0, "http")))
}

async fn controller_of(processes: &[Process]) -> Rig {
    let mut rig = Rig::new(Setup {
        nodes: processes.iter().map(of).collect(),
        ..Setup::default()
    })
    .await;
    // They link up by themselves.
    rig.until(|network| network.links.len() == 3).await;
    rig
}

#[test]
fn nodes_of_others_are_cut_healed_and_let_go() {
    test(async {
        let processes = three_processes();
        let mut rig = controller_of(&processes[..]).await;
        let network = rig.network();
        let names: Vec<&str> = network
            .nodes
            .iter()
            .map(|node| node.name.as_str())
            .collect();
        assert_eq!((names, network.fleet), (vec!["a", "b", "c"], false));
        rig.act(json!({"cut": ["c", "b"]})).await;
        assert_eq!(rig.link("b", "c"), Some(LinkState::Cut));
        rig.act(json!({"mine": "c"})).await;
        rig.tick(6).await;
        assert_eq!(rig.node("b").height, 1);
        rig.act(json!({"heal": ["b", "c"]})).await;
        assert_eq!(rig.link("b", "c"), Some(LinkState::Up));
        for action in [json!({"crash": "a"}), json!({"add": {"link": []}})] {
            let error = rig.try_act(action).await.unwrap_err();
            assert!(matches!(error, ControllerError::Conflict(_)), "{error}");
        }
        rig.act(json!({"remove": "a"})).await;
        assert_eq!(rig.network().nodes.len(), 2);
        let url = of(&processes[0]).url.to_string();
        let added = rig.act(json!({"add": {"url": &url}})).await;
        assert_eq!(added.name.unwrap().as_str(), "a");
        let error = rig.try_act(json!({"add": {"url": url}})).await.unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
        rig.until(|network| network.links.iter().all(|link| link.state == LinkState::Up))
            .await;
    });
}

#[test]
fn a_killed_process_is_down_and_comes_back() {
    test(async {
        let mut processes = three_processes();
        let mut rig = controller_of(&processes[..]).await;
        rig.controller.play(Duration::from_millis(5)).await.unwrap();
        rig.act(json!({"mine": "a"})).await;
        rig.until(|network| network.nodes.iter().all(|node| node.height == 1))
            .await;

        let [http, p2p] = ["http", "p2p"].map(|key| processes[2].socket(0, key).to_string());
        processes[2].signal(Signal::KILL);
        processes[2].wait();
        let network = rig
            .until(|network| network.nodes[2].state == Reach::Down)
            .await;
        assert!(
            network.nodes[2]
                .why
                .as_ref()
                .unwrap()
                .contains("look whether it runs")
        );
        let tick = network.tick;
        rig.until(|network| network.tick > tick + 2).await;
        assert_eq!(rig.node("c").state, Reach::Down);
        assert_eq!(rig.link("a", "c"), Some(LinkState::Down));

        processes[2] = start("c", &http, &p2p, &[&processes[0], &processes[1]]);
        rig.until(|network| network.nodes[2].state == Reach::Up)
            .await;
        rig.until(|network| network.nodes[2].height == 1).await;
        rig.until(|network| network.links.iter().all(|link| link.state == LinkState::Up))
            .await;
        rig.controller.pause().await;
    });
}

#[test]
fn a_process_that_hangs_delays_one_tick() {
    test(async {
        let processes = three_processes();
        let mut rig = controller_of(&processes[..]).await;
        rig.tick(1).await;
        processes[1].pause();
        rig.tick(1).await;
        assert_eq!(rig.node("b").state, Reach::Slow);
        assert!(rig.node("b").why.is_some());
        let began = Instant::now();
        let outcome = rig.act(json!({"tick": 5})).await;
        assert!(began.elapsed() < NODE_TIMEOUT);
        // It is told who did not take part.
        let still = outcome.answers.unwrap();
        assert_eq!(still.len(), 1);
        assert_eq!(still[0].reason, rig.node("b").why);
        assert_eq!((rig.node("a").clock, rig.node("c").clock), (7, 7));

        processes[1].signal(Signal::CONT);
        let network = rig
            .until(|network| network.nodes[1].state == Reach::Up)
            .await;
        assert_eq!((network.nodes[1].clock, &network.nodes[1].why), (2, &None));
        rig.tick(1).await;
        assert_eq!(rig.node("b").clock, 3);
    });
}

#[test]
fn one_that_never_answered_holds_nobody_up() {
    test(async {
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let setup = MeshSetup {
            nodes: 2,
            ..MeshSetup::default()
        };
        let rig = Rig::new(Setup {
            nodes: vec![address(format!("http://{}", mute.local_addr().unwrap()))],
            fleet: Some(fleet(setup).await),
            ..Setup::default()
        })
        .await;
        let began = Instant::now();
        let outcome = rig.act(json!({"tick": 5})).await;
        assert!(began.elapsed() < NODE_TIMEOUT);
        // It is told who did not take part.
        let still = outcome.answers.unwrap();
        assert_eq!(still.len(), 1);
        assert!(
            still[0]
                .reason
                .as_ref()
                .unwrap()
                .contains("has not answered")
        );
        let network = rig.network();
        assert_eq!((network.tick, network.nodes.len()), (5, 3));
        let mute = network.nodes.iter().find(|node| !node.own).unwrap();
        assert_eq!((mute.state, mute.tip), (Reach::Slow, None));
        assert!(mute.why.as_ref().unwrap().contains("has not answered"));
    });
}

#[test]
fn a_miner_that_searches_for_ever_is_slow_and_alone() {
    test(async {
        let mut rig = mesh_of(3, Topology::Full, bits(60)).await;
        rig.act(json!({"mine": "node2"})).await;
        rig.tick(4).await;
        let slow = rig.node("node2");
        assert_eq!(slow.state, Reach::Slow);
        assert_eq!(slow.why.as_deref(), Some("still searching its nonce"));
        assert_eq!(
            slow.mining.map(|mining| (mining.clock, mining.of)),
            Some((3, 3))
        );
        assert_eq!(
            (rig.node("node1").clock, slow.clock, rig.node("node3").clock),
            (4, 3, 4)
        );
        rig.act(json!({"reset": {"node": "node2"}})).await;
        rig.until(|network| network.nodes[1].state == Reach::Up)
            .await;
        rig.tick(1).await;
        assert_eq!((rig.node("node2").clock, rig.node("node3").clock), (1, 5));
    });
}

#[test]
fn another_network_and_too_many_nodes_are_refused() {
    test(async {
        let setup = |genesis| MeshSetup {
            nodes: 1,
            genesis,
            ..MeshSetup::default()
        };
        let others = tickchain::daemon::mesh::run(&setup(easy())).await.unwrap();
        let rig = Rig::new(Setup {
            fleet: Some(fleet(setup(bits(5))).await),
            ..Setup::default()
        })
        .await;
        let url = format!("http://{}", others[0].http());
        let error = rig
            .try_act(json!({"add": {"url": url}}))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("is named node1"), "{error}");
        rig.act(json!({"add": {"link": []}})).await;
        rig.act(json!({"remove": "node1"})).await;
        let error = rig
            .try_act(json!({"add": {"url": url}}))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("--difficulty"), "{error}");
        assert_eq!(rig.network().nodes.len(), 1);

        let many = (0..=MAX_NODES).map(|port| address(format!("http://127.0.0.1:{}", port + 1)));
        let controller = tickchain::daemon::controller::Controller::new(Setup {
            nodes: many.collect(),
            ..Setup::default()
        });
        let error = controller.await.err().unwrap();
        assert!(error.to_string().contains("64 nodes"), "{error}");
    });
}

#[test]
fn a_tick_says_who_was_not_started() {
    test(async {
        const ANY: &str = "127.0.0.1:0";
        let process = Process::start(&["node", "--name", "a", "--http", ANY, "--p2p", ANY]);
        let rig = Rig::new(Setup {
            nodes: vec![of(&process)],
            ..Setup::default()
        })
        .await;
        let still = rig.act(json!({"tick": 1})).await.answers.unwrap();
        assert_eq!(still[0].node.as_str(), "a");
        assert!(still[0].reason.as_ref().unwrap().contains("--start"));

        rig.act(json!({"start": "a"})).await;
        let moved = rig.act(json!({"tick": 1})).await;
        assert_eq!(moved.answers, None);
        assert_eq!(rig.node("a").clock, 2);
    });
}
