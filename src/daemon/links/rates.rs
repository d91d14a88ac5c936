//! How fast a peer may speak.
//!
//! A peer that says more is not cut off: what it says is read more slowly, which its own writes feel.
//! The constants leave room for all that honest nodes do: a whole pool and a chain at once.

use std::time::Duration;

/// Messages a link takes a second, for long.
pub const MESSAGES_PER_SECOND: u64 = 20_000;

/// Messages a link takes at once: six whole pools.
pub const MESSAGES_BURST: u64 = 60_000;

/// Bytes a link takes a second, for long: 64 MiB.
pub const BYTES_PER_SECOND: u64 = 64 * 1024 * 1024;

/// Bytes a link takes at once: 32 of the largest frames.
pub const BYTES_BURST: u64 = 128 * 1024 * 1024;

/// Bytes of answers (CHAIN) a peer is sent a second, for long: 16 MiB, four of the largest.
pub const ANSWER_BYTES_PER_SECOND: u64 = 16 * 1024 * 1024;

/// Bytes of answers a peer is sent at once: four of the largest.
pub const ANSWER_BYTES_BURST: u64 = 16 * 1024 * 1024;

/// Parts of a token, so that a microsecond's worth is a whole number.
const PARTS: i64 = 1_000_000;

/// A bucket of tokens that fills by itself: what is taken beyond what is there has to be waited for.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    per_second: i64,
    /// Tokens it holds, in parts.
    most: i64,
    /// What is in it; below 0 what is owed.
    level: i64,
    filled: Duration,
}

impl Bucket {
    /// A full bucket. Times count from any one moment.
    pub(super) fn new(per_second: u64, burst: u64) -> Self {
        let most = burst as i64 * PARTS;
        Self {
            per_second: per_second as i64,
            most,
            level: most,
            filled: Duration::ZERO,
        }
    }

    /// Takes so many tokens, whether they are there or not.
    pub(super) fn take(&mut self, now: Duration, tokens: u64) {
        self.fill(now);
        let parts = i64::try_from(tokens)
            .unwrap_or(i64::MAX)
            .saturating_mul(PARTS);
        self.level = self.level.saturating_sub(parts);
    }

    /// Whether so many tokens are there.
    pub(super) fn has(&mut self, now: Duration, tokens: u64) -> bool {
        self.fill(now);
        self.level / PARTS >= i64::try_from(tokens).unwrap_or(i64::MAX)
    }

    /// Puts back what was taken and not used.
    pub(super) fn give_back(&mut self, tokens: u64) {
        let parts = i64::try_from(tokens)
            .unwrap_or(i64::MAX)
            .saturating_mul(PARTS);
        self.level = self.level.saturating_add(parts).min(self.most);
    }

    /// How long it takes until nothing is owed.
    pub(super) fn wait(&mut self, now: Duration) -> Duration {
        self.fill(now);
        let owed = self.level.min(0).unsigned_abs();
        Duration::from_micros(owed.div_ceil(self.per_second.unsigned_abs()))
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled);
        let micros = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
        let parts = micros.saturating_mul(self.per_second);
        self.level = self.level.saturating_add(parts).min(self.most);
        self.filled = now.max(self.filled);
    }
}

/// What one link takes.
#[derive(Debug)]
pub(super) struct Rates {
    messages: Bucket,
    bytes: Bucket,
    answers: Bucket,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            messages: Bucket::new(MESSAGES_PER_SECOND, MESSAGES_BURST),
            bytes: Bucket::new(BYTES_PER_SECOND, BYTES_BURST),
            answers: Bucket::new(ANSWER_BYTES_PER_SECOND, ANSWER_BYTES_BURST),
        }
    }
}

/// The most bytes of an answer: what a question is charged when it is read.
const MAX_ANSWER_BYTES: u64 = crate::wire::MAX_FRAME_BYTES as u64;

impl Rates {
    /// So many bytes were read.
    pub(super) fn read(&mut self, now: Duration, bytes: u64) {
        self.bytes.take(now, bytes);
    }

    /// They were a message.
    pub(super) fn message(&mut self, now: Duration) {
        self.messages.take(now, 1);
    }

    /// And a question, whose answer may be as long as any frame. How long it has to wait for it.
    pub(super) fn question(&mut self, now: Duration) -> Duration {
        self.answers.take(now, MAX_ANSWER_BYTES);
        self.answers.wait(now)
    }

    /// The answer had so many bytes.
    pub(super) fn answered(&mut self, bytes: u64) {
        self.answers
            .give_back(MAX_ANSWER_BYTES.saturating_sub(bytes));
    }

    /// How long nothing more may be read.
    pub(super) fn wait(&mut self, now: Duration) -> Duration {
        self.messages.wait(now).max(self.bytes.wait(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::MAX_POOL;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(10, 100);
        bucket.take(seconds(5), 100);
        assert_eq!(bucket.wait(seconds(5)), Duration::ZERO);
        bucket.take(seconds(5), 1);
        assert_eq!(bucket.wait(seconds(5)), Duration::from_millis(100));
        bucket.take(seconds(5), 29);
        assert_eq!(bucket.wait(seconds(6)), seconds(2));
        assert_eq!(bucket.wait(seconds(8)), Duration::ZERO);
        // It fills up to its burst and no further, and time that goes back is no time.
        bucket.take(seconds(1_000), 100);
        assert_eq!(bucket.wait(seconds(1_000)), Duration::ZERO);
        bucket.take(seconds(999), 10);
        assert_eq!(bucket.wait(seconds(1_000)), seconds(1));
        bucket.give_back(1_000);
        bucket.take(seconds(1_000), 101);
        assert_eq!(bucket.wait(seconds(1_000)), Duration::from_millis(100));
    }

    #[test]
    fn no_number_is_too_large() {
        let mut bucket = Bucket::new(BYTES_PER_SECOND, BYTES_BURST);
        bucket.take(Duration::MAX, u64::MAX);
        bucket.take(Duration::MAX, u64::MAX);
        assert!(bucket.wait(Duration::MAX) > seconds(1));
        bucket.give_back(u64::MAX);
        bucket.give_back(u64::MAX);
        assert_eq!(bucket.wait(Duration::MAX), Duration::ZERO);
    }

    #[test]
    fn a_whole_pool_and_a_chain_are_taken_at_once() {
        let mut rates = Rates::default();
        for _ in 0..MAX_POOL {
            rates.read(Duration::ZERO, 400);
            rates.message(Duration::ZERO);
        }
        rates.message(Duration::ZERO);
        rates.read(Duration::ZERO, MAX_ANSWER_BYTES);
        assert_eq!(rates.wait(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn questions_cost_what_their_answers_take() {
        let mut rates = Rates::default();
        for _ in 0..1_000 {
            assert_eq!(rates.question(Duration::ZERO), Duration::ZERO);
            rates.answered(MAX_ANSWER_BYTES / 100);
            rates.answers.give_back(MAX_ANSWER_BYTES / 100);
        }
        for _ in 0..7 {
            rates.question(Duration::ZERO);
        }
        rates.answers.take(Duration::ZERO, 100_000);
        assert_eq!(
            rates.wait(Duration::ZERO),
            Duration::ZERO,
            "reading goes on"
        );
        let longest = Duration::from_millis(1_001 + 1_000 * 100_000 / ANSWER_BYTES_PER_SECOND);
        let wait = rates.question(Duration::ZERO);
        assert!(wait > seconds(1) && wait <= longest, "{wait:?}");
    }
}
