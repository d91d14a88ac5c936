//! Which part of a sweep this process does.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most parts of a sweep.
const MAX_SHARDS: u64 = 1_000_000;

/// One part of a sweep's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 0.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// Whether it does this piece of work.
    pub fn does(self, piece: usize) -> bool {
        piece as u64 % self.of == self.index
    }

    fn new(number: u64, of: u64, first: u64) -> Option<Self> {
        let index = number.checked_sub(first)?;
        ((1..=MAX_SHARDS).contains(&of) && index < of).then_some(Self { index, of })
    }

    /// The part a cluster's scheduler gave this process, `None` where there is no such scheduler.
    ///
    /// # Errors
    /// What is wrong with the variables, and what to do.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let number = |name: &'static str| {
            let text = variable(name).filter(|text| !text.is_empty());
            let number = text.map(|text| {
                text.parse::<u64>()
                    .map_err(|_| format!("the variable {name} is {text:?}, not a number"))
            });
            number.transpose()
        };
        let (task, index) = (
            number("SLURM_ARRAY_TASK_ID")?,
            number("JOB_COMPLETION_INDEX")?,
        );
        let (names, at, count, first) = match (task, index) {
            (Some(task), _) => (
                ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"],
                task,
                number("SLURM_ARRAY_TASK_COUNT")?,
                number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0),
            ),
            (None, Some(index)) => (
                ["JOB_COMPLETION_INDEX", "JOB_COMPLETIONS"],
                index,
                number("JOB_COMPLETIONS")?,
                0,
            ),
            (None, None) => return Ok(None),
        };
        let [name, of] = names;
        let Some(count) = count else {
            return Err(format!(
                "{name} is set, but not {of}, how many parts there are: set it, or say --shard I/N"
            ));
        };
        let shard = Self::new(at, count, first).ok_or_else(|| {
            format!(
                "{name}={at} is not one of {of}={count} parts counted from {first}: count the tasks \
                 without gaps, or say --shard I/N"
            )
        });
        shard.map(Some)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(number, of)| Some((number.parse::<u64>().ok()?, of.parse::<u64>().ok()?)));
        numbers
            .and_then(|(number, of)| Self::new(number, of, 1))
            .ok_or_else(|| {
                format!("a part is I/N, with I from 1 to N and N up to {MAX_SHARDS}: 2/8 is the second of eight")
            })
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(variables: &[(&str, &str)]) -> Result<Option<Shard>, String> {
        Shard::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn parts_are_counted_from_one() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 1, of: 8 }));
        for text in [
            "",
            "2",
            "0/8",
            "9/8",
            "1/0",
            "1/8/2",
            "a/b",
            "-1/8",
            "1/1000001",
        ] {
            let error = text.parse::<Shard>().unwrap_err();
            assert!(error.contains("I/N"), "{text}: {error}");
        }
    }

    #[test]
    fn every_piece_is_done_once() {
        for piece in 0..20 {
            let parts = (0..3).map(|index| Shard { index, of: 3 });
            assert_eq!(parts.filter(|shard| shard.does(piece)).count(), 1);
            assert!(Shard::WHOLE.does(piece));
        }
    }

    #[test]
    fn schedulers_say_which_part() {
        assert_eq!(among(&[]), Ok(None));
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "5"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
            ("SLURM_ARRAY_TASK_MIN", "2"),
        ];
        assert_eq!(among(&slurm), Ok(Some(Shard { index: 3, of: 4 })));
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "0"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(among(&slurm), Ok(Some(Shard { index: 0, of: 4 })));
        let job = [("JOB_COMPLETION_INDEX", "3"), ("JOB_COMPLETIONS", "4")];
        assert_eq!(among(&job), Ok(Some(Shard { index: 3, of: 4 })));
    }

    #[test]
    fn half_a_word_of_a_scheduler_is_an_error() {
        let alone = among(&[("JOB_COMPLETION_INDEX", "3")]).unwrap_err();
        assert!(alone.contains("JOB_COMPLETIONS"), "{alone}");
        let beyond = [("JOB_COMPLETION_INDEX", "4"), ("JOB_COMPLETIONS", "4")];
        assert!(among(&beyond).unwrap_err().contains("--shard"));
        let text = [("SLURM_ARRAY_TASK_ID", "one")];
        assert!(among(&text).unwrap_err().contains("\"one\""));
        let gaps = [
            ("SLURM_ARRAY_TASK_ID", "1"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
            ("SLURM_ARRAY_TASK_MIN", "2"),
        ];
        assert!(among(&gaps).unwrap_err().contains("counted from 2"));
    }
}
