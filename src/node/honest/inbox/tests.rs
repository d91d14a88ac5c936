//! The inbox by itself.

use super::*;

/// There may be 24,576 messages of payments: what makes one larger costs an attacked node its memory.
#[test]
fn what_there_may_be_many_of_is_small() {
    assert!(size_of::<(Key, Item)>() <= 72);
    assert!(size_of::<Message>() <= 88);
}

fn question(ready: u64, sequence: u64) -> (Key, Item) {
    let key = Key {
        stamp: 0,
        from: Some("b".parse().unwrap()),
        sequence,
    };
    let locator = Vec::new();
    let content = Content::Question(Box::new(Question { sequence, locator }));
    let item = Item {
        ready,
        arrival: sequence,
        content,
    };
    (key, item)
}

/// At each clock what is due then, be it few or many, but for what was taken out meanwhile.
#[test]
fn each_message_becomes_ready_at_its_clock() {
    let few = FEW as u64;
    let counts = [(1, 3 * few), (2, few), (4, few + 1), (7, 1), (9, 2)];
    let mut inbox = Inbox::default();
    // From several clocks in turn, the last first.
    let mut waiting: Vec<(u64, u64)> = counts
        .iter()
        .flat_map(|(ready, count)| (0..*count).map(move |number| (number * 10 + 9 - ready, *ready)))
        .collect();
    waiting.sort_unstable();
    for (sequence, ready) in &waiting {
        let (key, item) = question(*ready, *sequence);
        inbox.insert(key, item);
    }
    let taken = |sequence: u64| sequence % 70 < 10;
    for (sequence, ready) in waiting.iter().filter(|(sequence, _)| taken(*sequence)) {
        let (key, _) = question(*ready, *sequence);
        assert!(inbox.take(&key).is_some());
    }
    waiting.retain(|(sequence, _)| !taken(*sequence));
    for clock in [1, 3, 4, 8, 9] {
        let due: Vec<u64> = waiting
            .extract_if(.., |(_, ready)| *ready <= clock)
            .map(|(sequence, _)| sequence)
            .collect();
        let ripe = inbox.ripen(clock).into_iter();
        let ripe: Vec<u64> = ripe.map(|(key, _)| key.sequence).collect();
        assert!(
            ripe == due,
            "{} in place of {} at clock {clock}",
            ripe.len(),
            due.len()
        );
        let next = waiting.iter().map(|(_, ready)| *ready).min();
        assert_eq!(inbox.next_ready(), next);
    }
    assert_eq!(inbox.len(), 0);
}
