//! `tickchain sim merge`: the parts of a sweep made one.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::MergeArgs;
use super::error::SimError;
use super::sweep::Files;
use super::swept::{Run, Swept};
use crate::daemon::DaemonError;

/// Reads the parts and tells what they measured together.
///
/// # Errors
/// A [`DaemonError`] when a part cannot be used, is missing, or is there twice.
pub(super) fn run(args: &MergeArgs) -> Result<(), DaemonError> {
    let mut parts = Vec::new();
    for path in &args.parts {
        parts.push((path.display().to_string(), read(path)?));
    }
    let swept = merge(parts)?;
    let files = Files::create(args.out.as_deref(), &args.results)?;
    files.write(&swept, args.results.json)?;
    Ok(())
}

fn read(path: &Path) -> Result<Swept, SimError> {
    let text = std::fs::read_to_string(path).map_err(|source| SimError::NoPart {
        part: path.display().to_string(),
        problem: source.to_string(),
    })?;
    let no_part = |problem: String| SimError::NoPart {
        part: path.display().to_string(),
        problem,
    };
    let swept: Swept = serde_json::from_str(&text).map_err(|error| no_part(error.to_string()))?;
    let runs = swept.plan.run_count();
    let outside = swept.runs.iter().any(|run| run.run >= runs);
    match swept.plan.is_sound() && !outside {
        true => Ok(swept),
        false => Err(no_part(
            "its plan and its runs do not fit together".to_owned(),
        )),
    }
}

/// All parts as one sweep.
fn merge(parts: Vec<(String, Swept)>) -> Result<Swept, SimError> {
    let mut all: Option<(String, Swept)> = None;
    let mut runs: BTreeMap<usize, (String, Run)> = BTreeMap::new();
    for (name, part) in parts {
        if let Some((first, whole)) = &all
            && whole.plan != part.plan
        {
            let (one, other) = (first.clone(), name);
            return Err(SimError::OtherSweep { one, other });
        }
        for run in &part.runs {
            let earlier = runs.insert(run.run, (name.clone(), run.clone()));
            if let Some((one, _)) = earlier {
                let run = part.plan.describe(run.run);
                return Err(SimError::Twice {
                    run,
                    one,
                    other: name,
                });
            }
        }
        all.get_or_insert((name, part));
    }
    let Some((_, whole)) = all else {
        return Err(SimError::NoNetwork);
    };
    let missing: Vec<usize> = (0..whole.plan.run_count())
        .filter(|run| !runs.contains_key(run))
        .collect();
    if let Some(first) = missing.first() {
        return Err(SimError::Missing {
            missing: missing.len(),
            of: whole.plan.run_count(),
            first: whole.plan.describe(*first),
        });
    }
    Ok(Swept {
        shard: None,
        complete: true,
        runs: runs.into_values().map(|(_, run)| run).collect(),
        ..whole
    })
}
