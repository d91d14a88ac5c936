//! The first nonce that fits wins, however the range is split.

use proptest::prelude::*;
use tickchain::ledger::search::{
    Outcome, Parts, Path, STOP_INTERVAL, search, search_by, search_from,
};
use tickchain::ledger::{Difficulty, Genesis, Hash, Header, MAX_SAFE_INTEGER};

fn header(seed: u8) -> Header {
    let genesis = Genesis::default().block().unwrap();
    Header {
        previous_block_hash: Hash([seed; 32]),
        ..*genesis.header()
    }
}

fn bits(bits: u8) -> Difficulty {
    Difficulty::new(bits).unwrap()
}

fn fits(header: Header, difficulty: Difficulty, nonce: u64) -> bool {
    difficulty.is_met_by(&Header { nonce, ..header }.hash())
}

proptest! {
    #[test]
    fn a_split_range_finds_what_the_whole_does(
        seed: u8,
        difficulty in 0..10u8,
        start in 0..MAX_SAFE_INTEGER - 3000,
        lengths in prop::collection::vec(1..500u64, 1..6),
    ) {
        let (header, difficulty) = (header(seed), bits(difficulty));
        let end = start + lengths.iter().sum::<u64>() - 1;
        let naive = (start..=end).find(|&nonce| fits(header, difficulty, nonce));
        let naive = naive.map_or(Outcome::Exhausted, Outcome::Found);
        prop_assert_eq!(search(&header, difficulty, start..=end, || false), naive);

        let mut from = start;
        let parts = lengths.iter().map(|length| {
            let part = from..=from + length - 1;
            from += length;
            search(&header, difficulty, part, || false)
        });
        let first = parts.collect::<Vec<_>>().into_iter().find(|part| *part != Outcome::Exhausted);
        prop_assert_eq!(first.unwrap_or(Outcome::Exhausted), naive);
    }
}

#[test]
fn the_headers_own_nonce_does_not_matter() {
    let one = header(1);
    let other = Header { nonce: 99, ..one };
    let found = |header| search(header, bits(8), 0..=10_000, || false);
    assert_eq!(found(&one), found(&other));
    assert!(matches!(found(&one), Outcome::Found(_)));
}

#[test]
fn a_search_wraps_after_the_last_nonce() {
    let header = header(2);
    let found = |start| search_from(&header, bits(10), start, || false);
    let first = (0..).find(|&nonce| fits(header, bits(10), nonce)).unwrap();
    let from = (0..1000).map(|back| MAX_SAFE_INTEGER - back);
    let none_left = from
        .take_while(|&nonce| !fits(header, bits(10), nonce))
        .last();
    assert!(first > 0, "else a wrap that looks at 0 alone would do");
    assert_eq!(found(none_left.unwrap()), Outcome::Found(first));
    assert_eq!(found(0), Outcome::Found(first));
    // From behind the first one, the next one comes first.
    let next = (first + 1..).find(|&nonce| fits(header, bits(10), nonce));
    assert_eq!(found(first + 1), Outcome::Found(next.unwrap()));
    assert_eq!(found(first), Outcome::Found(first));
}

#[test]
fn an_empty_range_is_exhausted() {
    #[expect(clippy::reversed_empty_ranges, reason = "an empty range is the point")]
    let nothing = 5..=4;
    assert_eq!(
        search(&header(0), bits(0), nothing, || false),
        Outcome::Exhausted
    );
}

#[test]
fn stop_is_asked_at_once_and_after_every_interval() {
    let hopeless = bits(Difficulty::MAX);
    for looks in [1, 2, 4] {
        let mut asked = 0;
        let stop = || {
            asked += 1;
            asked == looks
        };
        // Ends within the interval before the look that would stop it, or is stopped by it.
        let enough = (looks - 1) * STOP_INTERVAL;
        assert_eq!(
            search(&header(3), hopeless, 1..=enough + 1, stop),
            Outcome::Stopped
        );
        assert_eq!(asked, looks);
        let mut asked = 0;
        let stop = || {
            asked += 1;
            asked == looks
        };
        if enough > 0 {
            assert_eq!(
                search(&header(3), hopeless, 1..=enough, stop),
                Outcome::Exhausted
            );
        }
    }
    assert_eq!(
        search_from(&header(3), hopeless, MAX_SAFE_INTEGER, || true),
        Outcome::Stopped
    );
}

#[test]
fn stop_is_asked_on_after_the_wrap() {
    let mut asked = 0;
    let stop = || {
        asked += 1;
        asked == 3
    };
    let outcome = search_from(&header(3), bits(Difficulty::MAX), MAX_SAFE_INTEGER, stop);
    assert_eq!((outcome, asked), (Outcome::Stopped, 3));
}

#[test]
#[should_panic(expected = "is above")]
fn a_start_above_the_last_nonce_is_refused() {
    search_from(&header(0), bits(0), MAX_SAFE_INTEGER + 1, || false);
}

/// Ranges that are easily got wrong: where the upper half of the nonce changes, and at the ends.
fn edges() -> impl Strategy<Value = std::ops::RangeInclusive<u64>> {
    let around = prop_oneof![
        Just(0),
        Just(1 << 32),
        Just(5 << 32),
        Just(MAX_SAFE_INTEGER),
        Just(u64::MAX),
        any::<u64>(),
    ];
    (around, 0..300u64, 0..300u64)
        .prop_map(|(at, before, after)| at.saturating_sub(before)..=at.saturating_add(after))
}

proptest! {
    #[test]
    fn every_path_finds_what_sha2_does(seed: u8, difficulty in 0..=64u8, nonces in edges()) {
        let (header, difficulty) = (header(seed), bits(difficulty));
        let naive = nonces.clone().find(|&nonce| fits(header, difficulty, nonce));
        let naive = naive.map_or(Outcome::Exhausted, Outcome::Found);
        for path in Path::available() {
            let found = search_by(path, &header, difficulty, nonces.clone(), || false);
            prop_assert_eq!(found, naive, "{}", path.name());
        }
    }

    #[test]
    fn any_number_of_threads_finds_the_same_nonce(
        seed: u8,
        difficulty in 8..15u8,
        // Some so near the last nonce that the search wraps.
        start in prop_oneof![0..=MAX_SAFE_INTEGER, MAX_SAFE_INTEGER - 100_000..=MAX_SAFE_INTEGER],
    ) {
        let (header, difficulty) = (header(seed), bits(difficulty));
        let one = search_from(&header, difficulty, start, || false);
        for threads in [1, 2, 7] {
            let parts = Parts::new(start);
            let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
                let search = || parts.search(&header, difficulty, || false);
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(search)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            prop_assert_eq!(parts.first(outcomes), one, "{} threads", threads);
        }
    }
}

#[test]
fn a_search_wraps_on_every_path() {
    let header = header(3);
    let difficulty = bits(12);
    let fits_from = |nonces: std::ops::RangeInclusive<u64>| {
        let mut nonces = nonces;
        nonces.find(|&nonce| fits(header, difficulty, nonce))
    };
    let last = (0..)
        .find(|back| fits(header, difficulty, MAX_SAFE_INTEGER - back))
        .unwrap();
    let start = MAX_SAFE_INTEGER - last + 1;
    let first = fits_from(0..=1_000_000).unwrap();
    for path in Path::available() {
        let end = search_by(path, &header, difficulty, start..=MAX_SAFE_INTEGER, || {
            false
        });
        assert_eq!(end, Outcome::Exhausted, "{}", path.name());
        let begin = search_by(path, &header, difficulty, 0..=1_000_000, || false);
        assert_eq!(begin, Outcome::Found(first), "{}", path.name());
    }
    let parts = Parts::new(start);
    assert_eq!(
        parts.search(&header, difficulty, || false),
        Outcome::Found(first)
    );
}

#[test]
fn threads_that_are_told_to_stop_do() {
    let header = header(4);
    let parts = Parts::new(0);
    let stopped = parts.search(&header, bits(64), || true);
    assert_eq!(parts.first([stopped, Outcome::Exhausted]), Outcome::Stopped);
}

/// Found by searching from 0: its hash ends in 33 zero bits, one more than the last word shows.
#[test]
fn more_zeros_than_the_last_word_has_are_looked_for_before_it() {
    let header = *Genesis::default().block().unwrap().header();
    let nonce = 2_829_851_767;
    assert!(fits(header, bits(33), nonce));
    for path in Path::available() {
        let near = nonce - 5_000..=nonce + 5_000;
        let found = |difficulty| search_by(path, &header, bits(difficulty), near.clone(), || false);
        assert_eq!(found(33), Outcome::Found(nonce), "{}", path.name());
        assert_eq!(found(64), Outcome::Exhausted, "{}", path.name());
    }
}
