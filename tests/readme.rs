//! README.md is true: its tour is played against a mesh, and prints what it says it prints.
//!
//! Needs `sh` and `curl`, as the tour itself does.

#![allow(clippy::unwrap_used)]
#![cfg(feature = "daemon")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../README.md");

/// A mesh of three nodes on ports the system chose, which ends with the test.
struct Mesh {
    process: Child,
    /// In the order of the nodes.
    http: Vec<String>,
}

impl Mesh {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tickchain"))
            .args(["mesh", "--json", "--http-base", "0", "--p2p-base", "0"])
            .args(["--controller", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let port = |node: &serde_json::Value| {
            node["http"]
                .as_str()
                .unwrap()
                .rsplit(':')
                .next()
                .unwrap()
                .trim_end_matches('/')
                .to_owned()
        };
        let http = ready["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(port)
            .collect();
        Self { process, http }
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The commands of all `console` blocks, each with the lines it is said to print.
fn tour() -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    for block in README.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => steps.push((command.to_owned(), Vec::new())),
                None => steps.last_mut().unwrap().1.push(line.to_owned()),
            }
        }
    }
    steps
}

/// The line with what differs from run to run made alike: hashes by their length and the zeros they end
/// in, timestamps and nonces.
fn alike(line: &str) -> String {
    let mut out = String::new();
    for (index, part) in line.split('"').enumerate() {
        let is_hex = part.len() >= 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_time = part.len() == 19 && part.as_bytes()[4] == b'/' && part.as_bytes()[13] == b':';
        let replaced = if is_hex {
            format!(
                "<{} hex{}>",
                part.len(),
                if part.ends_with("000") { ", work" } else { "" }
            )
        } else if is_time {
            "<time>".to_owned()
        } else if out.ends_with("nonce") {
            ":<nonce>}".to_owned()
        } else {
            part.to_owned()
        };
        out += if index > 0 { "\"" } else { "" };
        out += &replaced;
    }
    out
}

/// Lines that the README prints alike are alike in the run as well: forks differ, healed chains agree.
fn pattern(lines: &[String]) -> Vec<usize> {
    lines
        .iter()
        .map(|line| lines.iter().position(|other| other == line).unwrap())
        .collect()
}

#[test]
fn the_tour_prints_what_the_readme_says() {
    let steps = tour();
    assert!(steps.len() > 20, "the tour has {} steps", steps.len());
    let mesh = Mesh::start();
    let marker = "--- end of step ---";
    let mut script = String::new();
    for (command, _) in &steps {
        let mut command = command.clone();
        for (documented, actual) in ["50082", "50083", "50084"].iter().zip(&mesh.http) {
            command = command.replace(documented, actual);
        }
        script += &format!("{command}\necho '{marker}'\n");
    }
    let output = Command::new("sh")
        .args(["-c", &script])
        .output()
        .expect("sh and curl are there");
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<Vec<String>> = printed
        .split(&format!("{marker}\n"))
        .map(|step| step.lines().map(str::to_owned).collect())
        .collect();
    assert_eq!(
        printed.len(),
        steps.len() + 1,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for ((command, expected), printed) in steps.iter().zip(&printed) {
        let alike = |lines: &[String]| lines.iter().map(|line| alike(line)).collect::<Vec<_>>();
        assert_eq!(
            alike(printed),
            alike(expected),
            "$ {command}\nprinted {printed:#?}"
        );
        assert_eq!(
            pattern(printed),
            pattern(expected),
            "$ {command}\nprinted {printed:#?}"
        );
    }
}

fn toml_blocks() -> Vec<&'static str> {
    README
        .split("```toml\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_genesis_file_shown_is_one() {
    let toml = toml_blocks()[0];
    let genesis: tickchain::ledger::Genesis = toml::from_str(toml).unwrap();
    assert_eq!(genesis.accounts.len(), 2);
    genesis.block().unwrap();
}

#[test]
fn the_scenario_shown_is_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shown.toml");
    std::fs::write(&file, toml_blocks()[1]).unwrap();
    let played = Command::new(env!("CARGO_BIN_EXE_tickchain"))
        .arg("run")
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{said}");
    assert!(said.contains("ok 4 - "), "{said}");
}

#[test]
fn the_simulation_shown_prints_what_the_readme_says() {
    let (_, section) = README.split_once("## Thousands of nodes").unwrap();
    let block = |language: &str| {
        let (_, block) = section.split_once(language).unwrap();
        block.split("```").next().unwrap()
    };
    let (_, arguments) = block("```sh\n").split_once("-- ").unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_tickchain"))
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    // The digest too: the same on every machine.
    assert_eq!(String::from_utf8(run.stdout).unwrap(), block("```text\n"));
}

#[test]
fn every_file_linked_is_there() {
    let links = README.split("](").skip(1);
    let targets = links.map(|link| link.split([')', '#']).next().unwrap());
    let files: Vec<&str> = targets
        .filter(|target| !target.is_empty() && !target.starts_with("http"))
        .collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).exists(), "{path}");
    }
}

#[test]
fn every_command_line_shown_is_understood() {
    let shown: Vec<&str> = README
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect();
    for command in ["-- node", "-- controller", "-- sim run"] {
        let block = shown.iter().find(|block| block.contains(command)).unwrap();
        let arguments = block.split("-- ").nth(1).unwrap().replace("\\\n", " ");
        let help = Command::new(env!("CARGO_BIN_EXE_tickchain"))
            .args(arguments.split_whitespace())
            // Refuses what clap would refuse, and starts nothing.
            .arg("--help")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&help.stderr);
        assert!(help.status.success(), "{said}");
    }
    for example in README
        .split("\n| `")
        .skip(1)
        .filter_map(|row| row.split('`').next())
    {
        let is_example = example.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if is_example {
            let path = format!("{}/examples/{example}.rs", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&path).exists(), "{path}");
        }
    }
}
