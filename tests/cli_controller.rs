//! `tickchain mesh` with its controller, and `tickchain controller`, as a user meets them.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};

use http::Client;
use process::{Process, fails, tickchain, until};
use rustix::process::Signal;
use serde_json::{Value as Json, json};

/// `tickchain mesh` on free ports, with these arguments besides.
fn mesh(more: &[&str]) -> Process {
    let free = ["mesh", "--http-base", "0", "--p2p-base", "0"];
    Process::start(&[&free, more].concat())
}

/// A controller of these nodes on a free port.
fn controller(nodes: &[SocketAddr], more: &[&str]) -> Process {
    let urls: Vec<String> = nodes.iter().map(|at| format!("http://{at}")).collect();
    let mut arguments = vec!["controller", "--listen", "127.0.0.1:0"];
    for url in &urls {
        arguments.extend(["--node", url]);
    }
    Process::start(&[&arguments, more].concat())
}

fn get(at: SocketAddr, path: &str) -> Json {
    Client::new(at).json("GET", path, "").expect(200).json()
}

fn act(at: SocketAddr, action: &Json) -> http::Answer {
    Client::new(at).json("POST", "/do", &action.to_string())
}

#[test]
fn a_mesh_says_where_its_page_is() {
    let mut process = mesh(&["--controller", "127.0.0.1:0"]);
    let at = process.controller();
    assert!(process.ready.get("login").is_none());
    let page = Client::new(at).json("GET", "/", "").expect(200);
    assert!(page.text().contains("tickchain"));
    let network = get(at, "/network");
    assert_eq!(network["fleet"], true);
    for node in 0..3 {
        let http = process.socket(node, "http");
        assert_eq!(network["nodes"][node]["http"], format!("http://{http}"));
        assert_eq!(network["nodes"][node]["state"], "up");
    }
    act(at, &json!({"tick": 2})).expect(200);
    assert_eq!(get(process.socket(2, "http"), "/status")["clock"], 2);
    // A browser that watches keeps it from nothing.
    let mut events = Client::new(at);
    events.send("GET", "/events", &[], b"");
    events.header();
    let began = Instant::now();
    process.signal(Signal::TERM);
    assert!(process.wait().success());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn the_banner_names_the_page_first() {
    let mut command = tickchain(&["mesh", "--http-base", "0", "--p2p-base", "0"]);
    command.args(["--controller", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.map_while(Result::ok).take(4).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines[0].starts_with("tickchain "), "{lines:?}");
    assert!(
        lines[3].starts_with("  Open http://127.0.0.1:"),
        "{lines:?}"
    );
}

#[test]
fn a_mesh_runs_without_a_controller_too() {
    let process = mesh(&["--controller", "none"]);
    assert!(process.ready.get("controller").is_none());
    get(process.socket(0, "http"), "/status");
}

#[test]
fn a_taken_port_is_named_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let (text, port) = (at.to_string(), at.port().to_string());
    let words = [
        "is taken",
        "--controller none",
        "--controller ADDR:PORT",
        &port,
    ];
    let free = ["mesh", "--http-base", "0", "--p2p-base", "0"];
    fails(&[&free[..], &["--controller", &text]].concat(), 1, &words);
    let listen = [
        "controller",
        "--node",
        "http://127.0.0.1:1",
        "--listen",
        &text,
    ];
    fails(&listen, 1, &["is taken", "--listen", &port]);
}

#[test]
fn a_controller_elsewhere_moves_nodes_and_is_found_again() {
    let nodes = mesh(&["--controller", "none"]);
    let at: Vec<_> = (0..3).map(|node| nodes.socket(node, "http")).collect();
    let first = controller(&at, &[]);
    let page = first.controller();
    until("all nodes are there", || {
        let nodes = get(page, "/network")["nodes"].clone();
        nodes
            .as_array()
            .is_some_and(|nodes| nodes.iter().all(|node| node["state"] == "up"))
    });
    let network = get(page, "/network");
    assert_eq!(network["fleet"], false);
    assert_eq!(network["nodes"][1]["name"], "node2");
    assert_eq!(network["nodes"][1]["own"], false);
    act(page, &json!({"tick": 3})).expect(200);
    assert_eq!(get(at[2], "/status")["clock"], 3);
    let said = act(page, &json!({"crash": "node2"})).problem(409);
    assert!(said.contains("node2"), "{said}");

    // It is killed; another one goes on where the nodes are.
    drop(first);
    let second = controller(&at, &[]);
    let page = second.controller();
    until("all nodes are there again", || {
        get(page, "/healthz")["status"] == "ok"
    });
    act(page, &json!({"tick": 1})).expect(200);
    assert_eq!(get(at[0], "/status")["clock"], 4);
}

#[test]
fn nodes_that_ask_for_a_token_are_given_the_one_in_the_file() {
    let node = Process::start(&[
        "node",
        "--name",
        "locked",
        "--http",
        "127.0.0.1:0",
        "--p2p",
        "127.0.0.1:0",
        "--token",
        "secret",
        "--start",
    ]);
    let at = node.socket(0, "http");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let url = format!("http://{at}");
    let refused = ["controller", "--node", &url, "--node-token-file"];
    let refused = |path: &str, words: &[&str]| fails(&[&refused, &[path][..]].concat(), 1, words);
    refused(&path, &[&path, "it is empty", "--node-token-file"]);
    refused("/nowhere/token", &["/nowhere/token", "--node-token-file"]);
    writeln!(file, "  secret  ").unwrap();
    let process = controller(&[at], &["--node-token-file", &path]);
    let page = process.controller();
    until("the node answers", || {
        get(page, "/healthz")["status"] == "ok"
    });
    act(page, &json!({"tick": 1})).expect(200);
    writeln!(file, "and another line").unwrap();
    refused(&path, &["one line"]);
}

#[test]
fn a_wider_bind_prints_a_link_and_the_next_one_when_it_was_used() {
    let errors = tempfile::NamedTempFile::new().unwrap();
    let mut command = tickchain(&["mesh", "--http-base", "0", "--p2p-base", "0", "--json"]);
    command.args(["--controller", "0.0.0.0:0"]);
    command.stderr(errors.reopen().unwrap());
    let mut process = Process::of(command);
    let port = process.controller().port();
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    Client::new(at).json("GET", "/network", "").problem(401);
    let host = format!("http://127.0.0.1:{port}");
    let link = process.ready["login"].as_str().unwrap().to_owned();
    let path = |link: &str| link.strip_prefix(&host).expect("it leads here").to_owned();
    let answer = Client::new(at).json("GET", &path(&link), "").expect(303);
    let cookie = answer.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let headers = [("Cookie", cookie)];
    Client::new(at)
        .call("GET", "/network", &headers, b"")
        .expect(200);
    let line = process.line();
    assert_eq!(line["event"], "login");
    let next = line["login"].as_str().unwrap().to_owned();
    assert_ne!(next, link);
    Client::new(at).json("GET", &path(&next), "").expect(303);
    let said = std::fs::read_to_string(errors.path()).unwrap();
    assert!(
        said.contains("--allow-host") && said.contains("in clear"),
        "{said}"
    );
}
