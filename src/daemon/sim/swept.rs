//! What a sweep measured, or a part of it.

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::shard::Shard;
use crate::sim::outcome::Outcome;
use crate::sim::statistics::Summary;

/// How sure an interval around a mean is.
const LEVEL: f64 = 0.95;

/// A sweep or a part of it: what `--out` writes and `sim merge` reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Swept {
    /// What was to be simulated.
    pub plan: Plan,
    /// Which part this is; none is all of it.
    pub shard: Option<Shard>,
    /// Whether all of it, or of the part, was simulated.
    pub complete: bool,
    /// What was, in the order of the plan.
    pub runs: Vec<Run>,
}

/// One run of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its place in the plan.
    pub run: usize,
    /// What it measured, without pictures.
    pub outcome: Outcome,
}

/// A figure over the replications of a point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    #[serde(skip)]
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) summary: Summary,
    /// Half the width of the mean's 95 % confidence interval; none of fewer than two runs.
    pub(super) ci95: Option<f64>,
}

/// A point of the grid.
#[derive(Debug, Clone)]
pub(super) struct Point {
    /// Its place in the grid.
    pub(super) point: usize,
    pub(super) runs: usize,
    pub(super) figures: Vec<Figure>,
}

impl Point {
    /// The figure of this name, when any of the runs could measure it.
    pub(super) fn figure(&self, name: &str) -> Option<&Figure> {
        let found = self.figures.iter().find(|figure| figure.name == name);
        found.filter(|figure| figure.summary.count > 0)
    }
}

impl Swept {
    /// The document, as it is written.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("figures are JSON") + "\n"
    }

    /// The points that any run was done of, with their figures.
    pub(super) fn points(&self) -> Vec<Point> {
        let points = 0..self.plan.seeds.len();
        let runs_of = |point: usize| {
            let runs = self.runs.iter();
            let runs: Vec<&Run> = runs
                .filter(|run| self.plan.run(run.run).0 == point)
                .collect();
            (point, runs)
        };
        let done = points.map(runs_of).filter(|(_, runs)| !runs.is_empty());
        done.map(|(point, runs)| Point {
            point,
            runs: runs.len(),
            figures: figures(&runs),
        })
        .collect()
    }
}

/// Every figure of any of the runs, over all that could measure it.
fn figures(runs: &[&Run]) -> Vec<Figure> {
    let mut all: Vec<(String, Vec<f64>)> = Vec::new();
    for run in runs {
        for (name, value) in run.outcome.figures() {
            let place = all.iter().position(|(known, _)| *known == name);
            let place = place.unwrap_or_else(|| {
                all.push((name, Vec::new()));
                all.len() - 1
            });
            all[place].1.extend(value);
        }
    }
    let figure = |(name, values): (String, Vec<f64>)| {
        let summary = Summary::of(&values);
        Figure {
            name,
            summary,
            ci95: summary.half_width(LEVEL),
        }
    };
    all.into_iter().map(figure).collect()
}
