//! `tickchain sim run`: one run.

use std::ops::ControlFlow;

use serde::Serialize;

use super::args::SimRunArgs;
use super::csv;
use super::error::SimError;
use super::load::Source;
use super::output::{Output, columns};
use super::report::number;
use super::report::{self, Report};
use super::task::Task;
use super::trace::Trace;
use crate::daemon::DaemonError;
use crate::daemon::banner::print;
use crate::daemon::progress::Watcher;
use crate::sim::outcome::Outcome;
use crate::sim::scenario::{self, Ground, Progress, Scenario};

/// What `--json` prints.
#[derive(Serialize)]
struct Line<'a> {
    title: &'a str,
    seed: u64,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

/// Simulates, and tells what was measured, also when a signal ends it early.
///
/// # Errors
/// A [`DaemonError`] when something asked for cannot be used or written, or a signal came.
pub(super) fn run(args: &SimRunArgs) -> Result<(), DaemonError> {
    let source = Source::of(&args.network)?;
    let task = Task::new(&source, source.scenario(&args.network.sets)?)?;
    let scenario = &task.scenario;
    let seed = args.network.seed.unwrap_or(scenario.seed);
    let results = &args.results;
    let csv_file = Output::create(results.csv.as_deref(), "--csv")?;
    let report_file = Output::create(results.report.as_deref(), "--report")?;
    let graph_file = Output::create(args.graph.as_deref(), "--graph")?;
    let trace_file = Output::create(args.trace.as_deref(), "--trace")?;
    let ground = task.ground(seed).map_err(SimError::Scenario)?;
    if let Some(file) = graph_file {
        let text = graph_text(&ground, scenario, file.ends_with(".csv"));
        file.put(&text)?;
    }
    let mut trace = trace_file.map(|file| Trace::new(file, scenario.nodes));
    let (mut outcome, ended) = simulate(scenario, seed, &ground, &mut trace)?;
    if let Some(trace) = trace {
        let finished = trace.finish();
        finished.map_err(|source| DaemonError::System {
            what: "cannot write the trace",
            source,
        })?;
    }
    if let Some(file) = report_file {
        file.put(&report_of(args, &source, scenario, &ground, &outcome))?;
    }
    outcome.pictures = None;
    if let Some(file) = csv_file {
        file.put(&csv::outcome(&outcome))?;
    }
    let line = Line {
        title: &scenario.title,
        seed,
        outcome: &outcome,
    };
    print(&match results.json {
        true => serde_json::to_string(&line).expect("figures are JSON") + "\n",
        false => table(scenario, seed, &outcome),
    });
    ended
}

/// The outcome, and what ended the run before its time.
fn simulate(
    scenario: &Scenario,
    seed: u64,
    ground: &Ground,
    trace: &mut Option<Trace<Output>>,
) -> Result<(Outcome, Result<(), DaemonError>), DaemonError> {
    let (all, unit) = match (scenario.blocks, scenario.time_s) {
        (Some(blocks), _) => (blocks, "blocks"),
        (None, seconds) => (seconds.unwrap_or_default() as u64, "seconds"),
    };
    let watcher = Watcher::new(all, unit)?;
    let go_on = |progress: Progress| {
        let done = match scenario.blocks {
            Some(_) => progress.height,
            None => progress.time.as_secs() as u64,
        };
        watcher.at(done, || {
            format!("{} events", number::count(progress.events))
        });
        match watcher.is_interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let outcome =
        scenario::run(scenario, seed, ground, trace, go_on).map_err(SimError::Scenario)?;
    let ended = watcher.finish();
    // A signal that came after the end changes nothing.
    match outcome.complete {
        true => Ok((outcome, Ok(()))),
        false => Ok((outcome, ended)),
    }
}

fn graph_text(ground: &Ground, scenario: &Scenario, as_csv: bool) -> String {
    let mut text = String::new();
    let regions = regions(scenario);
    let written = match as_csv {
        true => ground.graph.to_csv(&mut text),
        false => ground.graph.to_graphml(&ground.sites, regions, &mut text),
    };
    written.expect("writing to a string cannot fail");
    text
}

fn regions(scenario: &Scenario) -> &[String] {
    let regions = scenario.network.regions.as_ref();
    regions.map_or(&[], |regions| &regions.names)
}

fn report_of(
    args: &SimRunArgs,
    source: &Source,
    scenario: &Scenario,
    ground: &Ground,
    outcome: &Outcome,
) -> String {
    let (_, groups) = scenario.groups();
    let sets = args
        .network
        .sets
        .iter()
        .map(|set| format!("# --set {set}\n"));
    let seed = args.network.seed.map(|seed| format!("# --seed {seed}\n"));
    let changes: String = sets.chain(seed).collect();
    report::html(&Report {
        title: match &*scenario.title {
            "" => "A simulation",
            title => title,
        },
        about: &scenario.about,
        outcome,
        graph: &ground.graph,
        sites: &ground.sites,
        regions: regions(scenario),
        groups: &groups,
        scenario: &format!("{changes}{}", source.text()),
    })
}

/// The figures for people.
fn table(scenario: &Scenario, seed: u64, outcome: &Outcome) -> String {
    let ms = |value: Option<f64>| value.map_or("–".to_owned(), |ms| number::seconds(ms / 1e3));
    let mut rows = vec![
        ["time simulated".to_owned(), number::seconds(outcome.time_s)],
        ["blocks".to_owned(), number::count(outcome.blocks)],
        [
            "orphans".to_owned(),
            format!(
                "{} ({})",
                number::count(outcome.orphans),
                number::percent(outcome.fork_rate)
            ),
        ],
        [
            "half of the nodes have a block after".to_owned(),
            ms(outcome.t50_ms),
        ],
        ["90 % after".to_owned(), ms(outcome.t90_ms)],
        ["99 % after".to_owned(), ms(outcome.t99_ms)],
        ["all after".to_owned(), ms(outcome.t100_ms)],
        [
            "a node has a block after (median)".to_owned(),
            ms(outcome.pair_median_ms),
        ],
        ["(mean)".to_owned(), ms(outcome.pair_mean_ms)],
        [
            "reorganisations".to_owned(),
            format!(
                "{}, the deepest of {} blocks",
                number::count(outcome.reorganisations.count),
                outcome.reorganisations.deepest
            ),
        ],
    ];
    let payments = &outcome.payments;
    if payments.accepted > 0 {
        let text = format!("{} of {}", payments.confirmed, payments.accepted);
        rows.push(["payments in a block".to_owned(), text]);
    }
    if let Some(attempts) = &outcome.double_spends {
        let text = format!("{} of {}", attempts.succeeded, attempts.begun);
        rows.push(["double spends that succeeded".to_owned(), text]);
    }
    if outcome.groups.len() > 1 {
        for group in &outcome.groups {
            rows.push([
                format!("{} miners: hash power, blocks", group.name),
                format!(
                    "{}, {}",
                    number::percent(group.hash_share),
                    number::percent(group.revenue_share)
                ),
            ]);
        }
    }
    for kind in outcome.messages.iter().filter(|kind| kind.sent > 0) {
        let text = format!(
            "{}, {}",
            number::count(kind.sent),
            number::bytes(kind.bytes)
        );
        rows.push([format!("{} messages", kind.kind), text]);
    }
    rows.push(["events".to_owned(), number::count(outcome.events)]);
    rows.push(["digest".to_owned(), outcome.digest.to_string()]);
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    let stopped = match outcome.complete {
        true => "",
        false => " (stopped before the end)",
    };
    let title = match &*scenario.title {
        "" => "A simulation",
        title => title,
    };
    let nodes = number::count(outcome.nodes as u64);
    format!(
        "{title}: {nodes} nodes, seed {seed}{stopped}\n\n{}",
        columns(&rows, 2)
    )
}
