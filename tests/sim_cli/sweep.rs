//! Many simulations, and parts of them joined.

use serde_json::{Value as Json, json};

use super::process::{fails, output, tickchain};
use super::{run, with_sets};

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
