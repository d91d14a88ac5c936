//! `tickchain sim validate`: the simulator held against what is known.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::args::ValidateArgs;
use super::error::SimError;
use super::load::Source;
use super::output::columns;
use super::report::number;
use crate::daemon::DaemonError;
use crate::daemon::banner::print;
use crate::daemon::progress::Watcher;
use crate::sim::validate::{Check, Job, Size, jobs};

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    complete: bool,
    passed: bool,
    checks: &'a [Check],
}

/// Checks all there is to check, on all cores, and tells what was found, also when a signal ends it early.
///
/// # Errors
/// A [`DaemonError`] when a check does not hold, or a signal came.
pub(super) fn run(args: &ValidateArgs) -> Result<(), DaemonError> {
    let size = match args.quick {
        true => Size::Quick,
        false => Size::Full,
    };
    let simblock = Source::preset("simblock-bitcoin-2019")?.scenario(&[])?;
    let jobs = jobs(size, Some(&simblock));
    let watcher = Watcher::new(jobs.len() as u64, "measurements")?;
    let found = measure(&jobs, &watcher)?;
    let complete = found.len() == jobs.len();
    let checks: Vec<Check> = found.into_iter().flat_map(|(_, checks)| checks).collect();
    let failed = checks.iter().filter(|check| !check.passed).count();
    print(&match args.json {
        true => {
            let document = Document {
                complete,
                passed: complete && failed == 0,
                checks: &checks,
            };
            serde_json::to_string(&document).expect("figures are JSON") + "\n"
        }
        false => table(&checks, complete),
    });
    let ended = watcher.finish();
    if !complete {
        return ended;
    }
    match failed {
        0 => Ok(()),
        _ => Err(DaemonError::Unheld {
            failed,
            of: checks.len(),
        }),
    }
}

/// The checks of the jobs that were done, in the jobs' order.
fn measure(jobs: &[Job], watcher: &Watcher) -> Result<Vec<(usize, Vec<Check>)>, SimError> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(jobs.len()));
    let work = || {
        while !watcher.is_interrupted() {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(place) else { break };
            let checks = job.run().map(|checks| (place, checks));
            let mut done = done.lock().expect("no thread panics with the lock");
            done.push(checks);
            let count = done.len() as u64;
            drop(done);
            watcher.at(count, || job.name());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..cores.min(jobs.len()) {
            scope.spawn(work);
        }
    });
    let done = done.into_inner().expect("no thread panicked");
    let done: Result<Vec<_>, _> = done.into_iter().collect();
    let mut done = done.map_err(SimError::Scenario)?;
    done.sort_by_key(|(place, _)| *place);
    Ok(done)
}

fn table(checks: &[Check], complete: bool) -> String {
    let head = [
        "",
        "check",
        "measured",
        "expected",
        "at least",
        "at most",
        "off by σ",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for check in checks {
        let sigmas = check
            .sigmas
            .map_or("–".to_owned(), |sigmas| format!("{sigmas:.2}"));
        let mark = match check.passed {
            true => "ok",
            false => "FAILED",
        };
        let numbers = [check.measured, check.expected, check.low, check.high].map(number::figure);
        let texts = [mark.to_owned(), check.name.clone()];
        rows.push(texts.into_iter().chain(numbers).chain([sigmas]).collect());
    }
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    let mut out = columns(&rows, 2) + "\n";
    for check in &failed {
        out += &format!("{}: {}\n", check.name, check.about);
    }
    let stopped = match complete {
        true => "",
        false => ", stopped before the end",
    };
    out + &format!(
        "{} of {} hold{stopped}\n",
        checks.len() - failed.len(),
        checks.len()
    )
}
