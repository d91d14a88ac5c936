//! `tickchain sim` as a user meets it.

#![cfg(feature = "daemon")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Stdio;

use clap::Parser;
use process::{fails, output, says, tickchain};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use tickchain::daemon::cli::Cli;
use tickchain::sim::scenario::KEYS;

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

/// A small sweep of four points, each simulated three times.
const SWEEP: [&str; 14] = [
    "sim",
    "sweep",
    "--preset",
    "simblock-bitcoin-2019",
    "--set",
    "nodes=30",
    "--set",
    "blocks=3",
    "--vary",
    "interval_s=60,600",
    "--vary",
    "compact_blocks=true,false",
    "--replications",
    "3",
];

fn sweep(more: &[&str]) -> Vec<u8> {
    let output = output(&[&SWEEP[..], more].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{more:?}: {errors}");
    output.stdout
}

#[test]
fn parts_of_a_sweep_are_joined_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (all, one) = (at("all.json"), at("one.json"));
    let table = sweep(&[
        "--out",
        &all,
        "--csv",
        &at("all.csv"),
        "--report",
        &at("all.html"),
    ]);
    sweep(&["--out", &one, "--threads", "1"]);
    assert!(
        read("all.json") == read("one.json"),
        "the number of threads plays no part"
    );

    let parts = ["p1.json", "p2.json", "p3.json"].map(at);
    sweep(&["--out", &parts[0], "--shard", "1/3"]);
    sweep(&["--out", &parts[2], "--shard", "3/3", "--threads", "3"]);
    let second = [&SWEEP[..], &["--out", &parts[1]]].concat();
    let mut command = tickchain(&second);
    command
        .env("JOB_COMPLETION_INDEX", "1")
        .env("JOB_COMPLETIONS", "3");
    assert!(command.output().unwrap().status.success());
    let merged = at("merged.json");
    let merge = [
        "sim",
        "merge",
        &parts[2],
        &parts[0],
        &parts[1],
        "--out",
        &merged,
        "--csv",
        &at("merged.csv"),
    ];
    let merge = output(&[&merge[..], &["--report", &at("merged.html")]].concat());
    assert!(
        merge.status.success(),
        "{}",
        String::from_utf8_lossy(&merge.stderr)
    );
    assert!(merge.stdout == table);
    for (name, whole) in [
        ("merged.json", "all.json"),
        ("merged.csv", "all.csv"),
        ("merged.html", "all.html"),
    ] {
        assert!(read(name) == read(whole), "{name} and {whole} differ");
    }

    let [p1, p2, p3] = [&parts[0], &parts[1], &parts[2]].map(String::as_str);
    fails(
        &["sim", "merge", p1, p3],
        2,
        &["4 of 12 simulations are missing", "interval_s=60", "seed 2"],
    );
    fails(
        &["sim", "merge", p1, p2, p3, p1],
        2,
        &["both have the simulation", "p1.json"],
    );
    let other = at("other.json");
    sweep(&["--out", &other, "--shard", "2/3", "--seed", "5"]);
    fails(
        &["sim", "merge", p1, &other, p3],
        2,
        &["different sweeps", "other.json"],
    );
    fails(
        &["sim", "merge", "Cargo.toml"],
        2,
        &["Cargo.toml is no part of a sweep"],
    );
    let document: Json = serde_json::from_slice(&read("all.json")).unwrap();
    let text = |document: &Json| serde_json::to_string(document).unwrap();
    for (name, path, value) in [
        ("gaps", "/plan/seeds", json!([1])),
        ("none", "/runs/0/run", json!(99)),
    ] {
        let mut document = document.clone();
        *document.pointer_mut(path).unwrap() = value;
        std::fs::write(folder.path().join(name), text(&document)).unwrap();
        fails(
            &["sim", "merge", &at(name)],
            2,
            &["no part of a sweep", "do not fit"],
        );
    }
}

#[test]
fn a_sweep_tells_means_and_intervals() {
    let document: Json = serde_json::from_slice(&sweep(&["--json"])).unwrap();
    assert_eq!(
        (&document["complete"], &document["runs"]),
        (&json!(true), &json!(12))
    );
    let point = &document["points"][1];
    assert_eq!(
        point["vary"],
        json!({"interval_s": "60", "compact_blocks": "false"})
    );
    let figure = &point["figures"]["t50_ms"];
    let number = |key: &str| figure[key].as_f64().unwrap();
    // Student's t for two degrees of freedom is 4.3027.
    let half = 4.302_652_7 * number("deviation") / 3f64.sqrt();
    assert!((number("ci95") / half - 1.0).abs() < 1e-6, "{figure}");

    // A point is what a single run with these values is.
    let single = with_sets(
        &["sim", "run", "--preset", "simblock-bitcoin-2019", "--json"],
        &[
            "nodes=30",
            "blocks=3",
            "interval_s=60",
            "compact_blocks=false",
        ],
    );
    let runs = ["1", "2", "3"].map(|seed| run(&[&single[..], &["--seed", seed]].concat()));
    let mean = runs
        .iter()
        .map(|run| run["t50_ms"].as_f64().unwrap())
        .sum::<f64>()
        / 3.0;
    assert!((number("mean") - mean).abs() < 1e-9 * mean);

    let vary = |vary: &str, words: &[&str]| {
        fails(
            &["sim", "sweep", "--preset", "classroom", "--vary", vary],
            2,
            words,
        );
    };
    vary("nodes", &["--vary nodes", "KEY=A,B,C"]);
    vary("nodes=3,3", &["twice"]);
    vary("usage=0.5,0.6", &["relay.usage changes nothing"]);
    vary("nodes=3,no", &["nodes=no"]);
    let many = [
        "sim",
        "sweep",
        "--preset",
        "classroom",
        "--replications",
        "2000000",
    ];
    fails(&many, 2, &["2000000 simulations"]);
    fails(&[&SWEEP[..], &["--shard", "1/3"]].concat(), 2, &["--out"]);
    fails(&[&SWEEP[..], &["--shard", "4/3"]].concat(), 2, &["I/N"]);
}

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

#[test]
fn the_commands_of_the_examples_are_sound() {
    for (file, count) in [
        ("examples/slurm_sweep.sh", 2),
        ("examples/kubernetes_sweep.yaml", 2),
    ] {
        let text = std::fs::read_to_string(Path::new(file)).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        // Commands go on over several lines, indented in YAML, with a backslash in the script.
        let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
        let mut commands = 0;
        let starts = text.match_indices(" sim ").map(|(start, _)| start);
        for start in starts {
            let end = match file.ends_with(".sh") {
                true => text[start..].find('\n'),
                // The key that follows, or the end of the document.
                false => text[start..]
                    .find(": ")
                    .or(text[start..].find("volumeMounts")),
            };
            let command = &text[start..start + end.unwrap_or(text.len() - start)];
            let words = command
                .split_whitespace()
                .take_while(|word| !word.ends_with("Mounts:"));
            let words: Vec<String> = (words.map(|word| word.trim_matches('"')))
                .filter(|word| !["resources:", "requests", "volumeMounts:"].contains(word))
                .map(|word| match word.contains("CPUS_PER_TASK") {
                    true => "8".to_owned(),
                    false => word.to_owned(),
                })
                .collect();
            let parsed = Cli::try_parse_from([&["tickchain".to_owned()], &words[..]].concat());
            assert!(parsed.is_ok(), "{file}: {words:?}: {}", parsed.unwrap_err());
            commands += 1;
        }
        assert_eq!(commands, count, "{file}");
    }
}

#[test]
fn every_key_is_in_the_documentation_and_the_other_way_round() {
    let text = std::fs::read_to_string("docs/simulator.md").unwrap();
    let (_, section) = text.split_once("## Every key").unwrap();
    let (section, _) = section.split_once("## What is measured").unwrap();
    let rows: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(rows.len(), KEYS.len());
    for (row, key) in rows.iter().zip(KEYS) {
        let start = format!("| `{}` | ", key.path);
        let end = format!(" | {} |", key.about.replace('|', "\\|"));
        assert!(
            row.starts_with(&start) && row.ends_with(&end),
            "{row}: {key:?}"
        );
        let default = &row[start.len() - 1..row.len() - end.len() + 1];
        assert_eq!(default.trim().trim_matches('`'), key.default, "{row}");
    }
}
