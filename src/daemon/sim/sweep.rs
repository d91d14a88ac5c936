//! `tickchain sim sweep`: many runs, on all cores.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::args::{ResultArgs, SweepArgs};
use super::error::SimError;
use super::output::Output;
use super::plan::Plan;
use super::shard::Shard;
use super::swept::{Run, Swept};
use super::swept_tables as tables;
use super::task::Task;
use crate::daemon::DaemonError;
use crate::daemon::banner::print;
use crate::daemon::progress::Watcher;
use crate::sim::scenario;

/// Simulates a grid, or this process's part of it, and tells what was measured, also when a signal ends it
/// early.
///
/// # Errors
/// A [`DaemonError`] when something asked for cannot be used or written, or a signal came.
pub(super) fn run(args: &SweepArgs) -> Result<(), DaemonError> {
    let given = Shard::from_variables(|name| std::env::var(name).ok());
    let shard = match args.shard {
        Some(shard) => Some(shard),
        None => given.map_err(DaemonError::Usage)?,
    };
    if shard.is_some() && args.out.is_none() {
        let problem =
            "a part of a sweep is of use to `sim merge` alone: say where it goes with --out FILE";
        return Err(DaemonError::Usage(problem.to_owned()));
    }
    let (plan, tasks) = Plan::of(args)?;
    let files = Files::create(args.out.as_deref(), &args.results)?;
    let mine = |run: &usize| shard.unwrap_or(Shard::WHOLE).does(*run);
    let runs: Vec<usize> = (0..plan.run_count()).filter(mine).collect();
    let watcher = Watcher::new(runs.len() as u64, "simulations")?;
    let done = simulate(&plan, &tasks, &runs, args.threads, &watcher)?;
    let ended = watcher.finish();
    let complete = done.len() == runs.len();
    let swept = Swept {
        plan,
        shard,
        complete,
        runs: done,
    };
    files.write(&swept, args.results.json)?;
    match complete {
        true => Ok(()),
        false => ended,
    }
}

/// Where the figures of a sweep go, besides standard output.
pub(super) struct Files {
    out: Option<Output>,
    csv: Option<Output>,
    report: Option<Output>,
}

impl Files {
    /// Makes them.
    ///
    /// # Errors
    /// When one cannot be made.
    pub(super) fn create(
        out: Option<&std::path::Path>,
        results: &ResultArgs,
    ) -> Result<Self, SimError> {
        Ok(Self {
            out: Output::create(out, "--out")?,
            csv: Output::create(results.csv.as_deref(), "--csv")?,
            report: Output::create(results.report.as_deref(), "--report")?,
        })
    }

    /// Writes and prints all of it.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn write(self, swept: &Swept, json: bool) -> Result<(), SimError> {
        if let Some(file) = self.out {
            file.put(&swept.text())?;
        }
        let points = swept.points();
        if let Some(file) = self.csv {
            file.put(&tables::csv(swept, &points))?;
        }
        if let Some(file) = self.report {
            file.put(&tables::html(swept, &points))?;
        }
        print(&match json {
            true => tables::json(swept, &points),
            false => tables::text(swept, &points),
        });
        Ok(())
    }
}

/// Does these runs of a plan, some at once; those that were done, in the plan's order.
fn simulate(
    plan: &Plan,
    tasks: &[Task],
    runs: &[usize],
    threads: Option<NonZeroUsize>,
    watcher: &Watcher,
) -> Result<Vec<Run>, SimError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = threads.map_or(cores, NonZeroUsize::get).min(runs.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(runs.len()));
    let work = || {
        while !watcher.is_interrupted()
            && let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let result = one(plan, tasks, *run, watcher);
            let mut done = done.lock().expect("no thread panics with the lock");
            match result {
                Ok(None) => {}
                Ok(Some(run)) => done.push(Ok(run)),
                Err(error) => done.push(Err(error)),
            }
            let count = done.len() as u64;
            drop(done);
            watcher.at(count, || plan.describe(*run));
        }
    };
    watcher.at(0, || format!("on {threads} threads"));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let done = done.into_inner().expect("no thread panicked");
    let mut done: Vec<Run> = done.into_iter().collect::<Result<_, SimError>>()?;
    done.sort_by_key(|run| run.run);
    Ok(done)
}

/// One run; none when a signal broke it off.
fn one(
    plan: &Plan,
    tasks: &[Task],
    run: usize,
    watcher: &Watcher,
) -> Result<Option<Run>, SimError> {
    let (point, seed) = plan.run(run);
    let task = &tasks[point];
    let ground = task.ground(seed).map_err(SimError::Scenario)?;
    let go_on = |_| match watcher.is_interrupted() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let outcome = scenario::run(&task.scenario, seed, &ground, &mut (), go_on);
    let mut outcome = outcome.map_err(SimError::Scenario)?;
    outcome.pictures = None;
    Ok(outcome.complete.then_some(Run { run, outcome }))
}
