//! How the program is called: help, options, variables, and what it says of mistakes.

#![cfg(feature = "daemon")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use http::Client;
use process::{Process, fails, says, tickchain};

#[test]
fn help_teaches() {
    says(
        &["--version"],
        &[concat!("tickchain ", env!("CARGO_PKG_VERSION"))],
    );
    says(
        &["--help"],
        &[
            "Examples:",
            "one clock tick at a time",
            "Exit codes",
            "mesh",
            "node",
        ],
    );
    says(&["-h"], &["mesh", "node", "completions"]);
    says(
        &["node", "--help"],
        &[
            "Examples:",
            "--peer 127.0.0.1:65002",
            "TICKCHAIN_HTTP",
            "50082",
            "65001",
            "[[accounts]]",
            "satoshi 5",
        ],
    );
    says(
        &["mesh", "--help"],
        &["Examples:", "--topology", "ring", "TICKCHAIN_NODES", "curl"],
    );
    says(
        &["mesh", "--help"],
        &[
            "50080",
            "--controller none",
            "http://127.0.0.1:50080",
            "--snapshots",
        ],
    );
    says(
        &["controller", "--help"],
        &[
            "Examples:",
            "--node-token-file",
            "TICKCHAIN_LISTEN",
            "50080",
            "logs one browser in",
        ],
    );
}

#[test]
fn completions_are_for_the_shell_that_is_named() {
    says(&["completions", "bash"], &["_tickchain()", "--http-base"]);
    says(&["completions", "zsh"], &["#compdef tickchain"]);
    says(&["completions", "fish"], &["complete -c tickchain"]);
    fails(&["completions", "basic"], 2, &["bash"]);
}

#[test]
fn wrong_usage_is_2_and_says_what_is_right() {
    fails(&["--wrong"], 2, &["--wrong"]);
    fails(&["node", "--wrong"], 2, &["--wrong", "--help"]);
    fails(&["nodes"], 2, &["nodes"]);
    fails(
        &["node", "--http", "127.0.0.1"],
        2,
        &[
            "--http",
            "\"127.0.0.1\" is not ADDR:PORT",
            "127.0.0.1:50082",
        ],
    );
    fails(&["--nodes", "5"], 2, &["tickchain mesh --nodes 5"]);
    fails(&["--start"], 2, &["tickchain node --start"]);
    fails(&["node", "--p2p", "127.0.0.1:65536"], 2, &["--p2p"]);
    fails(
        &["node", "--peer", "nowhere"],
        2,
        &["nowhere", "HOST:PORT", "127.0.0.1:65002"],
    );
    fails(&["node", "--peer", "a b:1"], 2, &["a b", "host name"]);
    fails(&["node", "--name", ""], 2, &["1 to 64"]);
    fails(&["node", "--difficulty", "65"], 2, &["0 to 64"]);
    fails(&["node", "--tick", "5"], 2, &["500ms"]);
    fails(&["node", "--latency", "-1"], 2, &["-1"]);
    fails(&["node", "--token", ""], 2, &["--token"]);
    fails(&["mesh", "--nodes", "0"], 2, &["from 1 to 64"]);
    fails(
        &["mesh", "--topology", "cube"],
        2,
        &["full", "ring", "line", "star"],
    );
    fails(
        &[
            "mesh",
            "--http-base",
            "65535",
            "--p2p-base",
            "0",
            "--controller",
            "none",
        ],
        2,
        &["65535", "--http-base"],
    );
    fails(
        &["mesh", "--controller", "50080"],
        2,
        &["--controller", "not ADDR:PORT", "`none`"],
    );
    fails(&["controller"], 2, &["--node", "http://HOST:PORT"]);
    fails(
        &["controller", "--node", "127.0.0.1:50082"],
        2,
        &["does not begin with http://"],
    );
    fails(
        &["--listen", "127.0.0.1:0", "--node", "http://127.0.0.1:1"],
        2,
        &["tickchain controller --listen"],
    );
    fails(&["node", "--allow-origin", "example.org"], 2, &["http://"]);
    let own = [
        "node",
        "--http",
        "127.0.0.1:0",
        "--p2p",
        "127.0.0.9:4567",
        "--peer",
        "127.0.0.9:4567",
    ];
    fails(&own, 2, &["127.0.0.9:4567", "own address", "--peer"]);
}

#[test]
fn a_wider_bind_needs_a_token() {
    fails(
        &["node", "--http", "0.0.0.0:0", "--p2p", "127.0.0.1:0"],
        2,
        &["0.0.0.0", "--token", "127.0.0.1"],
    );
    fails(
        &["mesh", "--bind", "::", "--http-base", "0"],
        2,
        &["--bind ::", "--token"],
    );

    let arguments = [
        "node",
        "--http",
        "0.0.0.0:0",
        "--p2p",
        "127.0.0.1:0",
        "--token",
        "secret",
    ];
    let process = Process::start(&arguments);
    let port = process.socket(0, "http").port();
    let mut client = Client::new(([127, 0, 0, 1], port).into());
    client.json("GET", "/status", "").expect(401);
    let headers = [("Authorization", "Bearer secret")];
    client.call("GET", "/status", &headers, b"").expect(200);
}

#[test]
fn variables_stand_for_options() {
    let mut command = tickchain(&[]);
    let values = [
        ("NODES", "2"),
        ("TOPOLOGY", "line"),
        ("HTTP_BASE", "port"),
        ("JSON", "1"),
    ];
    for (name, value) in values {
        command.env(format!("TICKCHAIN_{name}"), value);
    }
    // Without a command it is a mesh, and reads a mesh's variables.
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("--http-base") && said.contains("port"),
        "{said}"
    );
}

#[test]
fn a_switch_is_on_or_off() {
    let mut command = tickchain(&["node", "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"]);
    let output = command.env("TICKCHAIN_JSON", "maybe").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("true or false"), "{said}");
}

#[test]
fn a_peer_that_cannot_be_reached_is_told_of_once() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = gone.local_addr().unwrap().to_string();
    drop(gone);
    let mut command = tickchain(&["node", "--json", "--peer", &peer]);
    for (name, at) in [
        ("HTTP", "0.0.0.0:0"),
        ("P2P", "localhost:0"),
        ("TOKEN", "secret"),
    ] {
        command.env(format!("TICKCHAIN_{name}"), at);
    }
    let errors = tempfile::NamedTempFile::new().unwrap();
    command.stderr(errors.reopen().unwrap());
    let process = Process::of(command);
    let said = || std::fs::read_to_string(errors.path()).unwrap();
    let line = format!("no link to {peer} yet: ");
    process::until("it warns", || said().contains(&line));
    // It tries again after 50 and 100 ms.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let said = said();
    assert_eq!(said.matches(&line).count(), 1, "{said}");
    assert!(said.contains("add --allow-host NAME-OR-IP"), "{said}");
    drop(process);
}

#[test]
fn another_network_is_told_of_with_the_remedy() {
    let other = Process::start(&[
        "mesh",
        "--nodes",
        "1",
        "--http-base",
        "0",
        "--p2p-base",
        "0",
        "--controller",
        "none",
    ]);
    let peer = other.socket(0, "p2p").to_string();
    let mut command = tickchain(&["node", "--json", "--peer", &peer, "--difficulty", "3"]);
    command.args(["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"]);
    let errors = tempfile::NamedTempFile::new().unwrap();
    command.stderr(errors.reopen().unwrap());
    let _process = Process::of(command);
    let said = || std::fs::read_to_string(errors.path()).unwrap();
    process::until("it warns", || {
        said().contains("start both with the same --genesis and --difficulty; trying on")
    });
}
