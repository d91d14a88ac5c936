//! Inputs that are a little different, always the same ones.

use std::path::Path;
use std::time::{Duration, Instant};

use tickchain::sim::{Purpose, Random};

use crate::replay::{Target, on};

/// The most inputs of a target, and the longest it takes.
const INPUTS: usize = 5000;
const MOMENT: Duration = Duration::from_secs(2);

/// The most bytes that one change adds.
const MOST_ADDED: usize = 64;

/// Runs a target on changed inputs of those given.
pub(crate) fn for_a_moment(name: &str, target: Target, inputs: &[Vec<u8>]) {
    let random = &mut Random::new(1, Purpose::Nodes, 0);
    let until = Instant::now() + MOMENT;
    for _ in 0..INPUTS {
        if Instant::now() > until {
            return;
        }
        let mut input = inputs[below(random, inputs.len())].clone();
        for _ in 0..=below(random, 4) {
            change(random, &mut input, inputs);
        }
        on(target, &input, || {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-crash"));
            std::fs::write(&file, &input).unwrap();
            format!(
                "it fails on {}: keep that under tests/fuzz/crashes/{name}",
                file.display()
            )
        });
    }
}

fn below(random: &mut Random, most: usize) -> usize {
    random.below(most.max(1) as u64) as usize
}

fn change(random: &mut Random, input: &mut Vec<u8>, inputs: &[Vec<u8>]) {
    let at = below(random, input.len() + 1);
    let end = (at + 1 + below(random, MOST_ADDED)).min(input.len());
    match below(random, 6) {
        0 if at < input.len() => input[at] ^= 1 << below(random, 8),
        1 if at < input.len() => input[at] = random.below(256) as u8,
        2 => drop(input.drain(at..end)),
        3 => drop(input.splice(at..at, input[at..end].to_vec())),
        4 => {
            const SOME: [&str; 8] = [
                "0",
                "-1",
                "9007199254740992",
                "18446744073709551615",
                "\n",
                "\"",
                "null",
                "[[",
            ];
            input.splice(at..at, SOME[below(random, SOME.len())].bytes());
        }
        _ => {
            let other = &inputs[below(random, inputs.len())];
            let from = below(random, other.len() + 1);
            let to = (from + below(random, MOST_ADDED)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
    }
}
