//! `tickchain mine-bench`: how fast this machine searches nonces.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::banner;
use super::cli::MineBenchArgs;
use crate::driver::{processors, search_on};
use crate::ledger::search::{Outcome, PART, Path, search_by};
use crate::ledger::{Difficulty, Genesis, Header};

/// How long one way is measured before the other has its turn, so that a machine whose speed drifts
/// is as slow for both.
const SLICE: Duration = Duration::from_millis(50);

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    path: &'static str,
    /// Million nonces a second by one thread, and by all.
    mhs_one: f64,
    mhs_all: f64,
    threads: NonZeroUsize,
    /// One thread to one that hashes whole headers with `sha2`, in the same run.
    ratio_to_sha2: f64,
}

/// Measures, and says what it measured on standard output; how far it is, on a terminal's standard
/// error.
pub(super) fn run(args: &MineBenchArgs) {
    let threads = args.threads.unwrap_or_else(processors);
    let header = *Genesis::default()
        .block()
        .expect("the default network is one")
        .header();
    let live = Live::new();
    let (sha2, one, all) = if threads == NonZeroUsize::MIN {
        let (sha2, one) = measure_one(&header, args.seconds, &live);
        (sha2, one, one)
    } else {
        let half = args.seconds / 2;
        let (sha2, one) = measure_one(&header, half, &live);
        (sha2, one, measure_all(&header, threads, half, &live))
    };
    let report = Report {
        path: Path::best().name(),
        mhs_one: one / 1e6,
        mhs_all: all / 1e6,
        threads,
        ratio_to_sha2: one / sha2,
    };
    live.clear();
    if args.json {
        banner::print(&format!(
            "{}\n",
            serde_json::to_string(&report).expect("plain numbers")
        ));
    } else {
        banner::print(&text(&report, all));
    }
    let Some(bits) = args.bits else {
        return;
    };
    say(&format!(
        "\nsearching a block of {bits} bits: {} on average; Ctrl-C ends it",
        duration(bits.work() as f64 / all)
    ));
    let found = find(&header, bits, threads, all);
    match args.json {
        true => say(&found),
        false => banner::print(&format!("\n{found}\n")),
    }
}

/// Nonces a second by `sha2` over whole headers, and by the best path, in turns.
fn measure_one(header: &Header, time: Duration, live: &Live) -> (f64, f64) {
    let (mut sha2, mut best) = (Rate::default(), Rate::default());
    let begin = Instant::now();
    while begin.elapsed() < time {
        sha2.run(SLICE, |from, end| naive(header, from, end));
        best.run(SLICE, |from, end| by_path(header, from, end));
        live.say(&format!("one thread: {:.1} MH/s", best.per_second() / 1e6));
    }
    (sha2.per_second(), best.per_second())
}

/// Nonces a second by `threads` threads.
fn measure_all(header: &Header, threads: NonZeroUsize, time: Duration, live: &Live) -> f64 {
    let tried = AtomicU64::new(0);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                while begin.elapsed() < time {
                    let from = tried.fetch_add(PART, Ordering::Relaxed);
                    by_path(header, from, from + PART);
                }
            });
        }
        while begin.elapsed() < time {
            std::thread::sleep(SLICE);
            let so_far = tried.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64();
            live.say(&format!("{threads} threads: {:.1} MH/s", so_far / 1e6));
        }
    });
    tried.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}

/// Mines one block, and says how long it took and was to take.
fn find(header: &Header, difficulty: Difficulty, threads: NonZeroUsize, per_second: f64) -> String {
    let expected = difficulty.work() as f64 / per_second;
    let begin = Instant::now();
    // Another header each time, else it would be the same nonce.
    let timestamp = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as i64);
    let header = Header {
        timestamp,
        ..*header
    };
    match search_on(threads, &header, difficulty, 0, || false) {
        Outcome::Found(nonce) => format!(
            "{difficulty} bits: nonce {nonce} after {}, {} on average",
            duration(begin.elapsed().as_secs_f64()),
            duration(expected)
        ),
        Outcome::Exhausted | Outcome::Stopped => format!("{difficulty} bits: no nonce fits"),
    }
}

fn naive(header: &Header, from: u64, end: u64) {
    for nonce in from..end {
        std::hint::black_box(Header { nonce, ..*header }.hash());
    }
}

fn by_path(header: &Header, from: u64, end: u64) {
    let never = Difficulty::new(Difficulty::MAX).expect("the most bits are allowed");
    std::hint::black_box(search_by(
        Path::best(),
        header,
        never,
        from..=end - 1,
        || false,
    ));
}

#[derive(Debug, Default)]
struct Rate {
    tried: u64,
    time: Duration,
}

impl Rate {
    /// Tries nonces by `attempt`, a range at a time, for about `time`.
    fn run(&mut self, time: Duration, attempt: impl Fn(u64, u64)) {
        let begin = Instant::now();
        while begin.elapsed() < time {
            attempt(self.tried, self.tried + PART / 4);
            self.tried += PART / 4;
        }
        self.time += begin.elapsed();
    }

    fn per_second(&self) -> f64 {
        self.tried as f64 / self.time.as_secs_f64()
    }
}

fn text(report: &Report, per_second: f64) -> String {
    let Report {
        path,
        mhs_one,
        mhs_all,
        threads,
        ratio_to_sha2,
    } = report;
    let mut text = format!(
        "path        {path}\n\
         one thread  {mhs_one:.1} MH/s, {ratio_to_sha2:.2} times sha2 over whole headers\n",
    );
    if *threads > NonZeroUsize::MIN {
        text += &format!(
            "{:<12}{mhs_all:.1} MH/s, {:.2} times one\n",
            format!("{threads} threads"),
            mhs_all / mhs_one
        );
    }
    text += "\nbits  expected time\n";
    for bits in (8..=40).step_by(4) {
        let expected = 2_f64.powi(bits) / per_second;
        writeln!(text, "{bits:4}  {}", duration(expected)).expect("a String takes every line");
    }
    text
}

const DAY: f64 = 24.0 * 3600.0;
const YEAR: f64 = 365.25 * DAY;

/// Seconds as people say them.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.1} min", s / 60.0),
        s if s <= 48.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s if s <= 2.0 * YEAR => format!("{:.1} days", s / DAY),
        s => format!("{:.1} years", s / YEAR),
    }
}

/// Says a line on standard error. Nobody reading there is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line that is written over, where standard error is a terminal.
struct Live(bool);

impl Live {
    fn new() -> Self {
        Self(std::io::stderr().is_terminal())
    }

    fn say(&self, line: &str) {
        self.write(line);
    }

    fn clear(&self) {
        self.write("");
    }

    /// Fails when nobody reads, which must not end the measurement.
    fn write(&self, line: &str) {
        if self.0 {
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_units_of_their_size() {
        let said = [1.3e-4, 0.02, 3.0, 600.0, 9000.0, 2.5 * DAY, 700.0 * YEAR].map(duration);
        assert_eq!(
            said,
            [
                "130.0 µs",
                "20.0 ms",
                "3.0 s",
                "10.0 min",
                "2.5 h",
                "2.5 days",
                "700.0 years"
            ]
        );
    }
}
