//! Nonces a second by every path this processor has, one thread, beside `sha2` over whole headers:
//! `cargo bench --bench search`.
//!
//! All take turns in short slices, so that a machine whose speed drifts is as slow for all of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tickchain::ledger::search::{Path, search_by};
use tickchain::ledger::{Difficulty, Genesis, Header};

const SLICE: Duration = Duration::from_millis(50);
const ROUNDS: usize = 40;
/// Nonces between two looks at the clock.
const BATCH: u64 = 1 << 14;

struct Way {
    name: String,
    attempt: Box<dyn Fn(u64)>,
    tried: u64,
    time: Duration,
}

impl Way {
    fn new(name: &str, attempt: impl Fn(u64) + 'static) -> Self {
        Self {
            name: name.to_owned(),
            attempt: Box::new(attempt),
            tried: 0,
            time: Duration::ZERO,
        }
    }

    fn run(&mut self) {
        let begin = Instant::now();
        while begin.elapsed() < SLICE {
            (self.attempt)(self.tried);
            self.tried += BATCH;
        }
        self.time += begin.elapsed();
    }

    fn per_second(&self) -> f64 {
        self.tried as f64 / self.time.as_secs_f64()
    }
}

fn main() {
    let header = *Genesis::default()
        .block()
        .expect("the document's network is one")
        .header();
    let never = Difficulty::new(Difficulty::MAX).expect("the most bits are allowed");
    let naive = Way::new("sha2 over whole headers", move |from| {
        for nonce in from..from + BATCH {
            black_box(Header { nonce, ..header }.hash());
        }
    });
    let by_path = |path: Path| {
        Way::new(path.name(), move |from| {
            black_box(search_by(
                path,
                &header,
                never,
                from..=from + BATCH - 1,
                || false,
            ));
        })
    };
    let mut ways = vec![naive];
    ways.extend(Path::available().into_iter().map(by_path));
    for _ in 0..ROUNDS {
        ways.iter_mut().for_each(Way::run);
    }
    let least = ways[0].per_second();
    println!("{:24}  {:>6}  {:>9}", "way", "MH/s", "ratio");
    for way in &ways {
        let per_second = way.per_second();
        println!(
            "{:24}  {:6.1}  {:9.2}",
            way.name,
            per_second / 1e6,
            per_second / least
        );
    }
}
