//! What a sweep simulates: a grid of values, each point several times.

use serde::{Deserialize, Serialize};

use super::args::SweepArgs;
use super::error::{Flaw, SimError};
use super::known;
use super::load::Source;
use super::set::Set;
use super::task::Task;
use crate::ledger::Hash;
use crate::sim::scenario::idle_key;

/// The most runs of a sweep.
pub const MAX_RUNS: u64 = 1_000_000;

/// All that the figures of a sweep depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The program that made it.
    pub version: String,
    /// The scenario's file.
    pub scenario: String,
    /// What a file of links that it names is told by.
    pub graph: Option<Hash>,
    /// The scenario's title.
    pub title: String,
    /// Keys that are changed in all runs, as given.
    pub set: Vec<String>,
    /// What varies.
    pub vary: Vec<Axis>,
    /// The first seed of each point of the grid; the replications have those that follow.
    pub seeds: Vec<u64>,
    /// How often each point is simulated.
    pub replications: u32,
}

/// A key and the values it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// As given.
    pub key: String,
    /// As given.
    pub values: Vec<String>,
}

impl Axis {
    /// Reads KEY=A,B,C. Commas within brackets and quotes belong to a value.
    fn parse(text: &str) -> Result<Self, SimError> {
        let wrong = |problem: &str| SimError::Wrong {
            place: format!("--vary {text}"),
            flaw: Flaw::Key(problem.to_owned()),
        };
        let (key, values) = (text.split_once('=')).ok_or_else(|| wrong("write KEY=A,B,C"))?;
        let values: Vec<String> = split(values)
            .iter()
            .map(|value| value.trim().to_owned())
            .collect();
        if key.trim().is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong(
                "write KEY=A,B,C, with a key and something between the commas",
            ));
        }
        let mut sorted = values.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() < values.len() {
            return Err(wrong(
                "a value is there twice; leave it out, --replications says how often each is simulated",
            ));
        }
        Ok(Self {
            key: key.trim().to_owned(),
            values,
        })
    }
}

fn split(values: &str) -> Vec<String> {
    let (mut depth, mut quoted) = (0, false);
    let mut parts = vec![String::new()];
    for c in values.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || quoted || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

impl Plan {
    /// Reads and checks all that is asked for; the scenario of each point of the grid comes with it.
    ///
    /// # Errors
    /// A [`SimError`] for the first thing that cannot be simulated.
    pub(super) fn of(args: &SweepArgs) -> Result<(Self, Vec<Task>), SimError> {
        let source = Source::of(&args.network)?;
        let sets = &args.network.sets;
        let own = source.unchecked(sets)?;
        let vary: Vec<Axis> =
            (args.vary.iter().map(|text| Axis::parse(text))).collect::<Result<_, _>>()?;
        let mut plan = Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: source.text().to_owned(),
            graph: None,
            title: own.title,
            set: sets.iter().map(Set::to_string).collect(),
            vary,
            seeds: Vec::new(),
            replications: args.replications.get(),
        };
        let points = plan.point_count();
        let runs = points.saturating_mul(plan.replications.into());
        if runs > MAX_RUNS {
            return Err(SimError::TooManyRuns { runs });
        }
        let mut tasks = Vec::new();
        for point in 0..points as usize {
            let more = plan.values(point).map(|(key, value)| Set {
                key: key.to_owned(),
                value: value.to_owned(),
            });
            let all: Vec<Set> = sets.iter().cloned().chain(more).collect();
            let task = Task::new(&source, source.unchecked(&all)?)?;
            // What is drawn from the seed may be impossible as well: better now than in an hour.
            let seed = args.network.seed.unwrap_or(task.scenario.seed);
            task.ground(seed).map_err(SimError::Scenario)?;
            plan.seeds.push(seed);
            plan.graph = task.graph_hash;
            tasks.push(task);
        }
        plan.check_effects(sets, &tasks)?;
        Ok((plan, tasks))
    }

    /// Whether each key that is set or varied has an effect somewhere.
    fn check_effects(&self, sets: &[Set], tasks: &[Task]) -> Result<(), SimError> {
        let set = sets
            .iter()
            .map(|set| (format!("--set {set}"), set.key.clone()));
        let varied =
            (self.vary.iter()).map(|axis| (format!("--vary {}", axis.key), axis.key.clone()));
        for (place, key) in set.chain(varied) {
            let wrong = |flaw| SimError::Wrong {
                place: place.clone(),
                flaw,
            };
            let path = known::resolve(&key).map_err(|problem| wrong(Flaw::Key(problem)))?;
            let bare = known::bare(&path);
            let mut reasons = tasks.iter().map(|task| idle_key(&task.scenario, &bare));
            if let Some(Some(why)) = reasons.next()
                && reasons.all(|reason| reason.is_some())
            {
                return Err(wrong(Flaw::Idle { key: path, why }));
            }
        }
        Ok(())
    }

    /// How many points the grid has: 1 when nothing varies.
    pub(super) fn point_count(&self) -> u64 {
        let counts = self.vary.iter().map(|axis| axis.values.len() as u64);
        counts.fold(1, u64::saturating_mul)
    }

    /// How many runs there are.
    pub(super) fn run_count(&self) -> usize {
        self.seeds.len() * self.replications as usize
    }

    /// What varies at a point, and its value there. The last key varies fastest.
    pub(super) fn values(&self, point: usize) -> impl Iterator<Item = (&str, &str)> {
        let mut block = self.point_count() as usize;
        self.vary.iter().map(move |axis| {
            block /= axis.values.len();
            let value = &axis.values[point / block % axis.values.len()];
            (axis.key.as_str(), value.as_str())
        })
    }

    /// The point and the seed of a run.
    pub(super) fn run(&self, run: usize) -> (usize, u64) {
        let replications = self.replications as usize;
        let point = run / replications;
        let seed = self.seeds[point].wrapping_add((run % replications) as u64);
        (point, seed)
    }

    /// A run in words: its values and its seed.
    pub(super) fn describe(&self, run: usize) -> String {
        let (point, seed) = self.run(run);
        let values = self
            .values(point)
            .map(|(key, value)| format!("{key}={value}, "));
        values.collect::<String>() + &format!("seed {seed}")
    }

    /// Whether it hangs together: it may have come from a file.
    pub(super) fn is_sound(&self) -> bool {
        let empty = self.vary.iter().any(|axis| axis.values.is_empty());
        let runs = self.point_count().saturating_mul(self.replications.into());
        !empty && self.seeds.len() as u64 == self.point_count() && (1..=MAX_RUNS).contains(&runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_at_commas_outside_of_brackets() {
        let values = |text: &str| Axis::parse(text).map(|axis| axis.values);
        assert_eq!(values("a=1, 2,3").unwrap(), ["1", "2", "3"]);
        assert_eq!(values("a=[1,2],{b=1,c=2}").unwrap(), ["[1,2]", "{b=1,c=2}"]);
        assert_eq!(values("a=\"x,y\",z").unwrap(), ["\"x,y\"", "z"]);
        for text in ["a", "=1", "a=", "a=1,,2", "a=1,1"] {
            let error = values(text).unwrap_err().to_string();
            assert!(error.contains(&format!("--vary {text}: ")), "{error}");
        }
    }

    #[test]
    fn the_last_key_varies_fastest() {
        let axis = |key: &str, values: &[&str]| Axis {
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let plan = Plan {
            version: String::new(),
            scenario: String::new(),
            graph: None,
            title: String::new(),
            set: Vec::new(),
            vary: vec![axis("a", &["1", "2"]), axis("b", &["x", "y", "z"])],
            seeds: vec![5; 6],
            replications: 2,
        };
        assert!(plan.is_sound());
        assert_eq!(plan.describe(0), "a=1, b=x, seed 5");
        assert_eq!(plan.describe(3), "a=1, b=y, seed 6");
        assert_eq!(plan.describe(11), "a=2, b=z, seed 6");
        assert_eq!(plan.run_count(), 12);
    }
}
