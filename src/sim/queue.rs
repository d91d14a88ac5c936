//! What waits for its time: a hierarchical timing wheel that keeps order.

use std::collections::VecDeque;

use super::Time;

/// Each level holds as many slots as a digit has values.
const DIGIT_BITS: u32 = 8;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = (u64::BITS / DIGIT_BITS) as usize;

/// Things that wait, first by time and then in the order they were pushed.
///
/// Times are numbers of eight digits to the base 256. A thing lies at the level of the highest digit in
/// which its time differs from the time of the last one popped, in the slot of that digit. A slot whose
/// turn comes is dealt out to lower levels, in order; nothing is pushed into those before. So order is
/// kept, and each thing moves at most eight times, however many there are. (Varghese and Lauck, Hashed
/// and hierarchical timing wheels, 1987; as a queue that only moves on: Ahuja, Mehlhorn, Orlin and
/// Tarjan's radix heap, 1990.)
#[derive(Debug)]
pub(super) struct Queue<T> {
    /// Nothing waits for a time before this one.
    last: u64,
    levels: [Level<T>; LEVELS],
    len: usize,
}

#[derive(Debug)]
struct Level<T> {
    slots: Vec<VecDeque<(u64, T)>>,
    /// The memory of slots that are empty now, for those that fill next: a busy moment makes one slot of
    /// each level large, not all of them in turn.
    spare: Vec<VecDeque<(u64, T)>>,
    /// One bit a slot, whether anything is in it.
    occupied: [u64; SLOTS / 64],
}

impl<T> Level<T> {
    fn push(&mut self, slot: usize, time: u64, thing: T) {
        let lane = &mut self.slots[slot];
        if lane.is_empty() {
            self.occupied[slot / 64] |= 1 << (slot % 64);
            if let Some(spare) = self.spare.pop() {
                *lane = spare;
            }
        }
        lane.push_back((time, thing));
    }

    /// The first slot that has something. Those before the present digit are always empty.
    fn first(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|word| *word != 0)?;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }

    /// Takes out all that is in a slot.
    fn take(&mut self, slot: usize) -> VecDeque<(u64, T)> {
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        std::mem::take(&mut self.slots[slot])
    }
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let level = || Level {
            slots: (0..SLOTS).map(|_| VecDeque::new()).collect(),
            spare: Vec::new(),
            occupied: [0; SLOTS / 64],
        };
        Self {
            last: 0,
            levels: std::array::from_fn(|_| level()),
            len: 0,
        }
    }

    /// How many things wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Lets `thing` wait for `time`, which is not before that of the last one popped nor before the
    /// last limit.
    pub(super) fn push(&mut self, time: Time, thing: T) {
        debug_assert!(
            time.0 >= self.last,
            "{} is past, it is {}",
            time.0,
            self.last
        );
        self.len += 1;
        self.place(time.0, thing);
    }

    fn place(&mut self, time: u64, thing: T) {
        let differs = time ^ self.last;
        let level = (u64::BITS - 1 - (differs | 1).leading_zeros()) / DIGIT_BITS;
        let slot = (time >> (level * DIGIT_BITS)) as usize % SLOTS;
        self.levels[level as usize].push(slot, time, thing);
    }

    /// Takes out the first thing, if its time is not after `limit`.
    pub(super) fn pop(&mut self, limit: Time) -> Option<(Time, T)> {
        loop {
            let (level, slot) = self.first()?;
            let start = self.start_of(level, slot);
            if start > limit.0 {
                return None;
            }
            self.last = start;
            if level > 0 {
                self.deal_out(level, slot);
                continue;
            }
            let lane = &mut self.levels[0].slots[slot];
            let (time, thing) = lane.pop_front().expect("an occupied slot has something");
            if lane.is_empty() {
                let empty = self.levels[0].take(slot);
                self.levels[0].spare.push(empty);
            }
            self.len -= 1;
            return Some((Time(time), thing));
        }
    }

    /// The lowest level that has something, and its first slot: what is there comes before all else.
    fn first(&self) -> Option<(usize, usize)> {
        let mut levels = self.levels.iter().enumerate();
        levels.find_map(|(level, slots)| Some((level, slots.first()?)))
    }

    /// The first time that belongs to a slot.
    fn start_of(&self, level: usize, slot: usize) -> u64 {
        let shift = level as u32 * DIGIT_BITS;
        let digit = (slot as u64) << shift;
        let above = self.last.checked_shr(shift + DIGIT_BITS).unwrap_or(0);
        above.checked_shl(shift + DIGIT_BITS).unwrap_or(0) | digit
    }

    fn deal_out(&mut self, level: usize, slot: usize) {
        let mut things = self.levels[level].take(slot);
        for (time, thing) in things.drain(..) {
            self.place(time, thing);
        }
        self.levels[level].spare.push(things);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everything_comes_out_by_time_and_then_in_order(
            pushes in prop::collection::vec((0u64..5, prop_oneof![0u64..4, 0u64..70_000, 0u64..1 << 40]), 1..300),
        ) {
            let mut queue = Queue::new();
            let mut expected = Vec::new();
            let mut popped = Vec::new();
            let mut now = Time::ZERO;
            for (number, (pops, delay)) in pushes.into_iter().enumerate() {
                for _ in 0..pops {
                    if let Some((time, thing)) = queue.pop(Time::MAX) {
                        now = time;
                        popped.push((time, thing));
                    }
                }
                queue.push(now + Time(delay), number);
                expected.push((now + Time(delay), number));
            }
            while let Some(pop) = queue.pop(Time::MAX) {
                popped.push(pop);
            }
            expected.sort();
            prop_assert_eq!(popped, expected);
            prop_assert_eq!(queue.len(), 0);
        }

        #[test]
        fn nothing_comes_before_its_limit_and_earlier_things_may_still_come(
            first in 0u64..1 << 30, limit in 0u64..1 << 30, delay in 0u64..1 << 20,
        ) {
            let mut queue = Queue::new();
            queue.push(Time(first), 'a');
            let early = queue.pop(Time(limit));
            prop_assert_eq!(early.is_some(), first <= limit);
            let next = Time(limit.max(if early.is_some() { first } else { 0 }) + delay);
            queue.push(next, 'b');
            let mut rest: Vec<_> = std::iter::from_fn(|| queue.pop(Time::MAX)).collect();
            rest.extend(early);
            rest.sort();
            let mut expected = vec![(Time(first), 'a'), (next, 'b')];
            expected.sort();
            prop_assert_eq!(rest, expected);
        }
    }
}
