//! docs/signed-payments.md is true: its commands are run against a mesh with its genesis file, and print what
//! it says they print. Keys, ids and signatures are others each time.
//!
//! Needs `sh`, `sed` and `curl`, as the page itself does.

#![cfg(all(feature = "daemon", unix))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::path::Path;
use std::process::Command;

use process::{Process, fails, output, says};

const PAGE: &str = include_str!("../docs/signed-payments.md");

/// Ends what one command printed.
const END: &str = "-- end of output --";

/// The commands of all `console` blocks, each with the lines it is said to print.
fn commands() -> Vec<(String, Vec<&'static str>)> {
    let mut commands: Vec<(String, Vec<&str>)> = Vec::new();
    let blocks = PAGE.split("```console\n").skip(1);
    for line in blocks.flat_map(|block| block.split("```").next().unwrap().lines()) {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push((command.to_owned(), Vec::new()));
            continue;
        }
        let (command, lines) = commands.last_mut().unwrap();
        match line.strip_prefix('>') {
            Some(more) => *command += &format!("\n{}", more.strip_prefix(' ').unwrap_or(more)),
            None => lines.push(line),
        }
    }
    commands
}

/// Runs commands in one shell; what each printed.
fn run(folder: &Path, commands: &[String]) -> Vec<String> {
    let ended = |command: &String| format!("{command}\necho '{END}'\n");
    let script: String = commands.iter().map(ended).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_tickchain")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        .output();
    let printed = String::from_utf8(output.unwrap().stdout).unwrap();
    printed
        .split(&format!("{END}\n"))
        .map(str::to_owned)
        .take(commands.len())
        .collect()
}

/// Long runs of hex digits are keys, ids and signatures: of them only the length is compared.
fn without_digits(text: &str) -> String {
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut words: Vec<String> = Vec::new();
    for word in text.split_inclusive(|c| !is_hex(c)) {
        let digits = word.chars().take_while(|c| is_hex(*c)).count();
        match digits {
            0..32 => words.push(word.to_owned()),
            _ => words.push(format!("<{digits}>{}", &word[digits..])),
        }
    }
    words.concat().trim_end().to_owned()
}

/// Accounts come by name, and a key's may come first.
fn ordered(line: &str) -> String {
    let mut members: Vec<&str> = line.trim_matches(['{', '}']).split(',').collect();
    if line.starts_with("{\"aki\"") || line.starts_with("{\"<64>\"") {
        members.sort_unstable();
    }
    members.join(",")
}

#[test]
fn the_page_on_signed_payments_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    let made = commands
        .iter()
        .position(|(command, _)| command.contains("signed.toml"))
        .unwrap()
        + 1;
    let texts: Vec<String> = commands
        .iter()
        .map(|(command, _)| command.clone())
        .collect();
    let mut printed = run(folder.path(), &texts[..made]);
    let genesis = folder.path().join("signed.toml");
    let ports = [
        "--http-base",
        "0",
        "--p2p-base",
        "0",
        "--controller",
        "none",
    ];
    let genesis = ["mesh", "--genesis", genesis.to_str().unwrap()];
    let mesh = Process::start(&[&genesis[..], &ports].concat());
    let port = |node: usize| mesh.socket(node, "http").port().to_string();
    let there = |text: &String| {
        let text = text.replace("50082", &port(0)).replace("50083", &port(1));
        text.replace("50084", &port(2))
    };
    // The keys are there already; what the shell remembered of them is not.
    let mut rest = vec!["eve=$(tickchain key show eve.key | cut -d' ' -f2)".to_owned()];
    rest.extend(texts[made..].iter().map(there));
    printed.extend(run(folder.path(), &rest).into_iter().skip(1));
    for ((command, said), printed) in commands.iter().zip(&printed) {
        let said = ordered(&without_digits(&said.join("\n")));
        assert_eq!(ordered(&without_digits(printed)), said, "{command}");
    }
}

#[test]
fn what_cannot_be_signed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (aki, network, genesis) = (file("aki.key"), file("network.key"), file("plain.toml"));
    says(&["key", "account", &aki], &[]);
    says(&["key", "network", &network], &[]);
    std::fs::write(&genesis, "accounts = [{ name = \"aki\", balance = 1 }]").unwrap();
    let id = "ab".repeat(32);
    let payment = ["--to", "so", "--value", "1", "--sequence", "1"];
    let sign = |key: &str, more: &[&str]| {
        let given = ["key", "sign", "--key", key];
        [&given[..], &payment, more]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let fails = |arguments: Vec<String>, code: i32, words: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        fails(&arguments, code, words);
    };
    fails(sign(&aki, &[]), 2, &["--genesis", "--network"]);
    fails(sign(&aki, &["--network", "7"]), 2, &["64 hex digits"]);
    fails(
        sign(&network, &["--network", &id]),
        1,
        &["tickchain key account"],
    );
    fails(
        sign(&aki, &["--genesis", &genesis]),
        1,
        &["signatures = true"],
    );
    let signed = output(&[
        "key",
        "sign",
        "--key",
        &aki,
        "--network",
        &id,
        "--to",
        "so",
        "--value",
        "1",
        "--sequence",
        "1",
    ]);
    let signed: serde_json::Value = serde_json::from_slice(&signed.stdout).unwrap();
    let shown = String::from_utf8(output(&["key", "show", &aki]).stdout).unwrap();
    assert_eq!(
        shown.trim_end(),
        format!("account {}", signed["sender"].as_str().unwrap())
    );
    let secret = std::fs::read_to_string(&aki).unwrap();
    assert!(!shown.contains(secret.trim_end().rsplit(' ').next().unwrap()));
}
