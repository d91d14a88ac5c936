//! The program as a user meets it: help, mistakes, exit codes, signals.

#![cfg(feature = "daemon")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use http::Client;
use process::{Node, Process, fails, output, tickchain, until};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (text, port) = (address.to_string(), address.port().to_string());
    let words = [port.as_str(), "taken"];
    fails(
        &["node", "--http", &text, "--p2p", "127.0.0.1:0"],
        1,
        &[&words[..], &["--http"]].concat(),
    );
    fails(
        &["node", "--http", "127.0.0.1:0", "--p2p", &text],
        1,
        &[&words[..], &["--p2p"]].concat(),
    );
    let mesh = [
        "mesh",
        "--nodes",
        "1",
        "--p2p-base",
        "0",
        "--http-base",
        &port,
        "--controller",
        "none",
    ];
    fails(
        &mesh,
        1,
        &[&words[..], &["--http-base", "choose another"]].concat(),
    );
    // An address of the net that is set aside for documentation.
    fails(
        &["node", "--p2p", "192.0.2.1:0", "--http", "127.0.0.1:0"],
        1,
        &["192.0.2.1", "--p2p"],
    );
}

#[test]
fn a_genesis_file_sets_the_accounts_and_a_wrong_one_is_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    writeln!(
        file,
        "difficulty = 3\n[[accounts]]\nname = \"ann\"\nbalance = 40"
    )
    .unwrap();
    let mut node = Node::start("node1", &["--genesis", &path]);
    assert_eq!(node.get("/accounts"), json!({"ann": 40}));
    assert_eq!(
        node.get("/block/latest")["timestamp"],
        "2009/01/03 18:15:05"
    );

    writeln!(file, "[[accounts]]\nname = \"bob\"\nbalance = \"much\"").unwrap();
    fails(
        &["node", "--genesis", &path],
        1,
        &[&path, "line 7", "balance"],
    );
    fails(
        &["mesh", "--genesis", "/nowhere/net.toml"],
        1,
        &["/nowhere/net.toml", "--genesis"],
    );
}

#[test]
fn a_mesh_is_started_and_linked_when_it_says_it_is_ready() {
    let arguments = [&FREE[..], &["--nodes", "4", "--topology", "ring"]].concat();
    let process = Process::start(&arguments);
    assert_eq!(process.ready["event"], "ready");
    assert_eq!(process.ready["pid"], process.id());
    for node in 0..4 {
        let name = format!("node{}", node + 1);
        assert_eq!(process.ready["nodes"][node]["name"], name);
        process.socket(node, "p2p");
        let mut client = Client::new(process.socket(node, "http"));
        client.json("GET", "/healthz", "").expect(200);
        client.json("GET", "/clock/1", "").expect(200);
        let peers = client.json("GET", "/peer", "").expect(200).json();
        assert_eq!(peers.as_array().map(Vec::len), Some(2), "{peers}");
    }
}

/// A mesh on ports that the system chooses.
const FREE: [&str; 7] = [
    "mesh",
    "--http-base",
    "0",
    "--p2p-base",
    "0",
    "--controller",
    "127.0.0.1:0",
];

/// What the program says on standard output once it runs.
fn banner(arguments: &[&str]) -> String {
    let mut command = tickchain(arguments);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut banner = String::new();
    while !banner.contains("Ctrl-C") {
        banner += &lines.next().expect("the banner goes on").unwrap();
        banner.push('\n');
    }
    child.kill().unwrap();
    child.wait().unwrap();
    banner
}

#[test]
fn the_banner_shows_what_runs_and_what_to_try() {
    let banner = self::banner(&FREE);
    let version = format!("tickchain {}", env!("CARGO_PKG_VERSION"));
    for word in [
        version.as_str(),
        "3 nodes",
        "node3",
        "aki",
        "satoshi",
        "In memory",
        "http://127.0.0.1:",
    ] {
        assert!(banner.contains(word), "no {word:?} in {banner}");
    }
    assert_eq!(banner.matches("  curl ").count(), 3, "{banner}");
}

#[test]
fn a_banner_of_clocks_that_tick_suggests_nothing_that_is_refused() {
    let arguments = "mesh --http-base 0 --p2p-base 0 --controller none --tick 300ms";
    let text = banner(&arguments.split(' ').collect::<Vec<_>>());
    for word in [
        "The clocks tick by themselves, every 300ms.",
        "/tx/add",
        "curl -N http",
        "/events",
        "/status",
    ] {
        assert!(text.contains(word), "no {word:?} in {text}");
    }
    assert!(!text.contains("clock/1"), "{text}");
    let arguments = "mesh --nodes 1 --http-base 0 --p2p-base 0 --controller none";
    let text = banner(&arguments.split(' ').collect::<Vec<_>>());
    assert!(text.contains("nothing is kept when it ends"), "{text}");
}

#[test]
fn a_node_is_named_after_its_peer_address() {
    let process = Process::start(&["node", "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"]);
    assert_eq!(
        process.ready["nodes"][0]["name"],
        process.ready["nodes"][0]["p2p"]
    );
    let process = Process::start(&["node", "--http", "127.0.0.1:0", "--p2p", "0.0.0.0:0"]);
    let name = process::text(&process.ready["nodes"][0]["name"]);
    let port = process.socket(0, "p2p").port();
    let tail = name
        .strip_prefix(&format!("0.0.0.0:{port}-"))
        .expect("a tail");
    assert_eq!(tail.len(), 8);
}

#[test]
fn one_signal_ends_it_well_even_while_a_nonce_is_searched() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut node = stuck_in_mining();
        let began = Instant::now();
        node.process.signal(signal);
        let status = node.process.wait();
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{:?}",
            began.elapsed()
        );
    }
}

/// A request that is not whole keeps one of them up for longer than it waits to dial another one again.
#[test]
fn nodes_that_are_stopped_together_do_not_miss_each_other() {
    for controller in ["none", "127.0.0.1:0"] {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let mut command = tickchain(&["mesh", "--http-base", "0", "--p2p-base", "0", "--json"]);
        command.args(["--controller", controller]);
        command.stderr(errors.reopen().unwrap());
        let mut mesh = Process::of(command);
        let mut waits = TcpStream::connect(mesh.socket(1, "http")).unwrap();
        let head = "POST /tx/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                    Content-Length: 9\r\n\r\n";
        waits.write_all(head.as_bytes()).unwrap();
        Client::new(mesh.socket(1, "http"))
            .json("GET", "/healthz", "")
            .expect(200);
        mesh.signal(Signal::TERM);
        assert_eq!(mesh.wait().code(), Some(0));
        let errors = std::fs::read_to_string(&errors).unwrap();
        assert_eq!(errors, "", "--controller {controller}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (first, second, code) in [
        (Signal::TERM, Signal::TERM, 143),
        (Signal::TERM, Signal::INT, 130),
    ] {
        let mut node = stuck_in_mining();
        let http = node.process.socket(0, "http");
        node.process.signal(first);
        // Signals of one kind merge while the first waits to be handled: see that it was.
        until("nobody is accepted", || {
            std::net::TcpStream::connect(http).is_err()
        });
        node.process.signal(second);
        assert_eq!(node.process.wait().code(), Some(code));
    }
}

/// A node with a request that waits for a nonce nobody will ever find.
fn stuck_in_mining() -> Node {
    let mut node = Node::start("node1", &["--difficulty", "48"]);
    node.act("/mine");
    let mut client = Client::new(node.process.socket(0, "http"));
    client.send("GET", "/clock/3", &[], b"");
    until("it mines", || node.status() == "mining");
    // The connection stays, its request unanswered.
    std::mem::forget(client);
    node
}

#[test]
fn a_clock_that_runs_by_itself_is_not_moved_by_others() {
    let mut node = Node::start("node1", &["--tick", "5ms"]);
    until("it ticks", || node.clock() > 3);
    let refused = node.call("GET", "/clock/1000000", "").problem(409);
    assert!(refused.contains("/tick"), "{refused}");
    node.act("/mine");
    until("it mines", || node.tip().1 == 1);
    node.act("/reset");
    until("it ticks on from 0", || (1..1000).contains(&node.clock()));
    node.call("POST", "/tick", r#"{"interval_ms":null}"#)
        .expect(200);
    let clock = node.clock() + 10;
    node.act(&format!("/clock/{clock}"));
    assert_eq!(node.clock(), clock);
    node.call("POST", "/tick", r#"{"interval_ms":1}"#)
        .expect(200);
    until("it ticks again", || node.clock() > clock + 2);
}

#[test]
fn mine_bench_says_what_this_machine_does() {
    let report = output(&["mine-bench", "--json", "--seconds", "0.2", "--threads", "2"]);
    assert!(report.status.success());
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["mhs_all", "mhs_one", "path", "ratio_to_sha2", "threads"]
    );
    assert!(report["mhs_one"].as_f64().unwrap() > 0.0);
    assert_eq!(report["threads"], 2);

    let said = output(&[
        "mine-bench",
        "--seconds",
        "0.2",
        "--bits",
        "10",
        "--threads",
        "1",
    ]);
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(!text.contains("threads"), "{text}");
    let aside = String::from_utf8(said.stderr).unwrap();
    assert!(aside.contains("Ctrl-C ends it"), "{aside}");
    assert!(text.contains("10 bits: nonce "), "{text}");
    assert!(text.contains("\n  40  "), "{text}");
    fails(&["mine-bench", "--seconds", "0"], 2, &["0.1 to 3600"]);
    fails(
        &["mine-bench", "--threads", "0"],
        2,
        &["--threads", "at least 1"],
    );
}
