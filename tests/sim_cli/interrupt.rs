//! What Ctrl-C leaves.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};

use super::process::tickchain;

/// Starts something that goes on for long, sends SIGINT once its log has this line, and returns what it
/// printed.
fn interrupted(arguments: &[&str], sign: &str) -> Json {
    let mut child = tickchain(arguments)
        .env("TICKCHAIN_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(sign) {
        line.clear();
        assert!(
            errors.read_line(&mut line).unwrap() > 0,
            "it ended without {sign}"
        );
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert_eq!(output.status.code(), Some(1), "{rest}");
    assert!(rest.contains("SIGINT: stopped before the end"), "{rest}");
    serde_json::from_slice(&output.stdout).expect("one object of JSON")
}

#[test]
fn ctrl_c_tells_what_is_known_so_far() {
    let long = [
        "sim",
        "run",
        "--preset",
        "simblock-bitcoin-2019",
        "--set",
        "blocks=100000000",
        "--json",
    ];
    let outcome = interrupted(&long, "of 100000000 blocks");
    assert_eq!(outcome["complete"], false);
    assert!(outcome["events"].as_u64().unwrap() > 0, "{outcome}");

    let sweep = [
        "sim",
        "sweep",
        "--preset",
        "simblock-bitcoin-2019",
        "--set",
        "nodes=20",
        "--vary",
        "blocks=1,100000000",
        "--replications",
        "1",
        "--threads",
        "1",
        "--json",
    ];
    let document = interrupted(&sweep, "1 of 2 simulations");
    assert_eq!(
        (&document["complete"], &document["runs"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(document["points"][0]["vary"]["blocks"], "1");
}
