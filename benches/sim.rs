//! What simulations cost, each in a process of its own: `cargo bench --bench sim`, on Linux.
//!
//! The first three are SimBlock's network of 2019; 6,000 nodes and 100 blocks are what SimBlock takes 22.7
//! to 25.8 s of CPU for. The last is honest nodes with a ledger, 10 payments a block. The rival of each is the
//! heart of any simulator and nothing else: a `BinaryHeap` that holds as many events as wait at once in a
//! flood, and takes out and puts back as many as the run had. Names after `--` choose some of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::process::Command;

use tickchain::daemon::sim::load::Source;
use tickchain::sim::scenario::{Scenario, run};
use tickchain::sim::{Purpose, Random};

/// Links of each node of SimBlock's network: each brings an announcement of each block.
const DEGREE: usize = 17;

/// Honest nodes, each linked to four others, with ten payments a block between a hundred accounts.
const LEDGER: &str = r#"{
    "kind": "ledger", "nodes": 1000, "blocks": 1000,
    "topology": {"kind": "random-regular", "degree": 4},
    "network": {"latency": {"kind": "uniform", "min_ms": 20, "max_ms": 200}},
    "workload": {"payments_per_s": 0.0166667, "accounts": 100}
}"#;

const RUNS: [&str; 4] = ["600x1000", "6000x100", "100000x20", "ledger-1000x1000"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [flag, run] if flag == "--one" => one(run),
        [flag, events, waiting] if flag == "--heap" => {
            heap(events.parse().unwrap(), waiting.parse().unwrap());
        }
        _ => all(&words),
    }
}

fn all(words: &[String]) {
    let chosen: Vec<&str> = words.iter().map(String::as_str).collect();
    let chosen = |run: &&str| {
        chosen
            .iter()
            .all(|word| word.starts_with('-') || word == run)
    };
    println!("run                CPU s   peak MB      events   events/s   bare heap   ratio");
    for run in RUNS.into_iter().filter(chosen) {
        let [cpu, peak, events] = child(&["--one", run]);
        let nodes: usize = scenario(run).nodes;
        let waiting = nodes * DEGREE;
        let [heap, ..] = child(&["--heap", &events.to_string(), &waiting.to_string()]);
        let rate = events / cpu;
        println!(
            "{run:<17} {cpu:>6.2} {peak:>9.0} {events:>11} {rate:>10.0} {:>11.0} {:>7.2}",
            events / heap,
            heap / cpu
        );
    }
}

/// Runs this program with these arguments: three numbers that it prints.
fn child(arguments: &[&str]) -> [f64; 3] {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    numbers.try_into().unwrap()
}

fn scenario(run: &str) -> Scenario {
    if run.starts_with("ledger") {
        return serde_json::from_str(LEDGER).unwrap();
    }
    let (nodes, blocks) = run.split_once('x').unwrap();
    let preset = Source::preset("simblock-bitcoin-2019").unwrap();
    let mut scenario = preset.scenario(&[]).unwrap();
    scenario.nodes = nodes.parse().unwrap();
    scenario.blocks = Some(blocks.parse().unwrap());
    scenario
}

fn one(name: &str) {
    let scenario = scenario(name);
    let ground = scenario.ground(1, None).unwrap();
    let go_on = |_| ControlFlow::Continue(());
    let outcome = run(&scenario, 1, &ground, &mut (), go_on).unwrap();
    tell(outcome.events);
}

/// As many events as a run has, with nothing to do at any.
fn heap(events: f64, waiting: usize) {
    let mut random = Random::new(1, Purpose::Network, 0);
    // What an event of a simulation carries besides its time and order.
    let load = [0u64; 5];
    let mut heap: BinaryHeap<_> = (0..waiting as u64)
        .map(|order| Reverse((random.below(1_000_000), order, load)))
        .collect();
    for order in 0..events as u64 {
        let Reverse((now, _, load)) = heap.pop().unwrap();
        let later = now + random.below(1_000_000);
        heap.push(Reverse((later, waiting as u64 + order, load)));
    }
    black_box(heap.len());
    tell(events as u64);
}

/// Prints what this process took so far.
fn tell(events: u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks: Vec<f64> = (after_name.split_whitespace().skip(11).take(2))
        .map(|ticks| ticks.parse().unwrap())
        .collect();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: f64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    // A tick of the kernel's accounting is 10 ms wherever Rust runs on Linux.
    println!(
        "{} {} {events}",
        ticks.iter().sum::<f64>() / 100.0,
        kib * 1024.0 / 1e6
    );
}
