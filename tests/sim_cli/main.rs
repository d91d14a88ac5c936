//! `tickchain sim` as a user meets it.

#![cfg(feature = "daemon")]

mod documents;
#[path = "../common/http.rs"]
mod http;
mod interrupt;
#[path = "../common/process.rs"]
mod process;
mod sweep;

use std::io::{Read, Write};

use process::{fails, output, says};
use serde_json::Value as Json;

/// Every preset, made small.
const PRESETS: [(&str, &[&str]); 7] = [
    ("three-nodes", &["clocks.latency=1"]),
    ("classroom", &["blocks=5"]),
    ("small-world-payments", &["nodes=20", "blocks=5"]),
    ("partition-and-heal", &["time_s=2600"]),
    ("selfish-mining", &["blocks=20"]),
    ("double-spend", &["blocks=20"]),
    (
        "simblock-bitcoin-2019",
        &[
            "nodes=40",
            "blocks=5",
            "interval_s=60",
            "compact_blocks=false",
        ],
    ),
];

fn with_sets<'a>(start: &[&'a str], sets: &[&'a str]) -> Vec<&'a str> {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    start.iter().copied().chain(sets).collect()
}

#[track_caller]
fn run(arguments: &[&str]) -> Json {
    let output = output(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).expect("one object of JSON")
}

#[test]
fn presets_are_listed_printed_and_run() {
    let names = PRESETS.map(|(name, _)| name);
    says(&["sim", "presets"], &names);
    for (name, sets) in PRESETS {
        let preset = ["sim", "run", "--preset", name, "--seed", "3", "--json"];
        let arguments = with_sets(&preset, sets);
        let (once, again) = (run(&arguments), run(&arguments));
        for key in [
            "t50_ms",
            "t90_ms",
            "t100_ms",
            "pair_median_ms",
            "pair_mean_ms",
            "fork_rate",
            "orphans",
            "events",
            "digest",
            "complete",
        ] {
            assert!(once.get(key).is_some(), "{name}: no {key} in {once}");
        }
        assert!(once["blocks"].as_u64().unwrap() > 0, "{name}: {once}");
        assert_eq!(once, again, "{name}");

        // What is printed is a file that runs the same.
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let text = output(&["sim", "presets", name]).stdout;
        file.write_all(&text).unwrap();
        let path = file.path().to_str().unwrap();
        let from_file = with_sets(&["sim", "run", path, "--seed", "3", "--json"], sets);
        assert_eq!(run(&from_file)["digest"], once["digest"], "{name}");
    }
    let other = [
        "sim",
        "run",
        "--preset",
        "classroom",
        "--seed",
        "4",
        "--set",
        "blocks=5",
        "--json",
    ];
    let same = [
        "sim",
        "run",
        "--preset",
        "classroom",
        "--seed",
        "3",
        "--set",
        "blocks=5",
        "--json",
    ];
    assert_ne!(run(&other)["digest"], run(&same)["digest"]);
}

#[test]
fn mistakes_name_the_key_and_what_to_do() {
    let simblock = ["sim", "run", "--preset", "simblock-bitcoin-2019", "--set"];
    let wrong = |set: &str, words: &[&str]| fails(&[&simblock[..], &[set]].concat(), 2, words);
    wrong("nods=5", &["--set nods=5", "did you mean nodes"]);
    wrong("nodes=0", &["--set nodes=0", "from 1"]);
    wrong(
        "mining.difficulty=9",
        &["mining.difficulty changes nothing", "searched"],
    );
    wrong(
        "kind=heavy",
        &["--set kind=heavy", "heavy", "lean", "ledger"],
    );
    wrong(
        "topology={kind = \"random-regular\", degree = 601}",
        &["degree 601", "600 nodes"],
    );
    fails(
        &["sim", "run", "--preset", "bitcoin"],
        2,
        &["no preset bitcoin", "three-nodes"],
    );
    fails(&["sim", "run"], 2, &["name a file", "--preset"]);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "nodes = 3\nblocks = 1\n\n[relay]\ncompact = false").unwrap();
    let path = file.path().to_str().unwrap();
    fails(
        &["sim", "run", path],
        2,
        &[path, "line 5", "relay.compact", "did you mean"],
    );
    // A file of the other kind.
    let lesson = "examples/lessons/first-payment.toml";
    fails(
        &["sim", "run", lesson],
        2,
        &[lesson, "line", "there is no key"],
    );
    fails(
        &["sim", "run", path, "--report", "/nowhere/x.html"],
        2,
        &["relay.compact"],
    );
    let report = [
        "sim",
        "run",
        "--preset",
        "classroom",
        "--report",
        "/nowhere/x.html",
    ];
    fails(&report, 2, &["/nowhere/x.html", "--report"]);
}

#[test]
fn figures_pictures_events_and_links_are_written_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let files = ["a.csv", "a.html", "a.jsonl.gz", "a.graphml"].map(at);
    let [csv, report, trace, graph] = &files;
    let arguments = [
        "sim",
        "run",
        "--preset",
        "classroom",
        "--set",
        "blocks=5",
        "--csv",
        csv,
        "--report",
        report,
        "--trace",
        trace,
        "--graph",
        graph,
    ];
    says(
        &arguments,
        &["A classroom of six: 6 nodes, seed 1", "digest"],
    );
    let text = |path: &str| std::fs::read_to_string(path).unwrap();
    assert!(text(csv).starts_with("metric,value"));
    assert!(text(report).contains("<svg") && text(report).contains("# --set blocks=5"));
    assert_eq!(text(graph).matches("<edge ").count(), 6);
    let mut events = String::new();
    let packed = std::fs::File::open(trace).unwrap();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut events)
        .unwrap();
    let first: Json = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert!(first.get("t_us").is_some(), "{first}");

    // The links that were written are read again.
    let links = at("links.csv");
    let arguments = [
        "sim",
        "run",
        "--preset",
        "classroom",
        "--set",
        "blocks=5",
        "--json",
        "--graph",
        &links,
    ];
    let ring = run(&arguments);
    let scenario = at("net.toml");
    let preset = String::from_utf8(output(&["sim", "presets", "classroom"]).stdout).unwrap();
    let preset = preset.replace("kind = \"ring\"", "kind = \"file\"\npath = \"links.csv\"");
    std::fs::write(&scenario, preset).unwrap();
    let again = run(&["sim", "run", &scenario, "--set", "blocks=5", "--json"]);
    assert_eq!(again["digest"], ring["digest"]);
    std::fs::write(&links, "node1,node7\n").unwrap();
    fails(&["sim", "run", &scenario], 2, &["7 nodes", "nodes = 7"]);
}

#[test]
fn validation_is_a_table_with_an_exit_code() {
    let document = run(&["sim", "validate", "--quick", "--json"]);
    assert_eq!(document["passed"], true, "{document}");
    let checks = document["checks"].as_array().unwrap();
    let named = |name: &str| checks.iter().any(|check| check["name"] == name);
    for name in ["t50, compact blocks", "times between blocks"] {
        assert!(named(name), "no {name} in {document}");
    }
}
