//! Timers that can be set anew and cancelled.

use super::Time;

const ABSENT: u32 = u32::MAX;
/// Children of one place: a flat heap touches less memory.
const ARITY: usize = 4;

/// A timer for each number, as an indexed heap: setting, setting anew and cancelling one take a time
/// that grows with the logarithm of how many are set. Timers of the same time go off in the order they
/// were set.
#[derive(Debug)]
pub(super) struct Timers {
    heap: Vec<Timer>,
    /// Where each timer stands in the heap.
    places: Vec<u32>,
    /// Counts what was set.
    sequence: u64,
}

#[derive(Debug, Clone, Copy)]
struct Timer {
    time: Time,
    sequence: u64,
    number: u32,
}

impl Timer {
    fn key(&self) -> (Time, u64) {
        (self.time, self.sequence)
    }
}

impl Timers {
    /// Timers 0 to `count` − 1, none of them set.
    pub(super) fn new(count: usize) -> Self {
        Self {
            heap: Vec::new(),
            places: vec![ABSENT; count],
            sequence: 0,
        }
    }

    /// When the next timer goes off.
    pub(super) fn first(&self) -> Option<Time> {
        self.heap.first().map(|timer| timer.time)
    }

    /// When this timer goes off.
    pub(super) fn get(&self, number: usize) -> Option<Time> {
        let place = self.places[number];
        (place != ABSENT).then(|| self.heap[place as usize].time)
    }

    pub(super) fn set(&mut self, number: usize, time: Time) {
        self.sequence += 1;
        let timer = Timer {
            time,
            sequence: self.sequence,
            number: number as u32,
        };
        let place = match self.places[number] {
            ABSENT => {
                self.heap.push(timer);
                self.heap.len() - 1
            }
            place => {
                self.heap[place as usize] = timer;
                place as usize
            }
        };
        self.settle(place);
    }

    pub(super) fn cancel(&mut self, number: usize) {
        let place = std::mem::replace(&mut self.places[number], ABSENT);
        if place == ABSENT {
            return;
        }
        self.heap.swap_remove(place as usize);
        if (place as usize) < self.heap.len() {
            self.settle(place as usize);
        }
    }

    /// Takes out the next timer.
    pub(super) fn pop(&mut self) -> Option<(Time, usize)> {
        let Timer { time, number, .. } = *self.heap.first()?;
        self.cancel(number as usize);
        Some((time, number as usize))
    }

    /// Moves what stands at `place` to where it belongs.
    fn settle(&mut self, mut place: usize) {
        let timer = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / ARITY;
            if self.heap[parent].key() <= timer.key() {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        loop {
            let first = place * ARITY + 1;
            let children = first..(first + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|child| self.heap[*child].key()) else {
                break;
            };
            if timer.key() <= self.heap[least].key() {
                break;
            }
            self.put(place, self.heap[least]);
            place = least;
        }
        self.put(place, timer);
    }

    fn put(&mut self, place: usize, timer: Timer) {
        self.heap[place] = timer;
        self.places[timer.number as usize] = place as u32;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn timers_go_off_by_time_and_then_as_they_were_set(
            acts in prop::collection::vec((0usize..20, prop::option::of(0u64..50)), 1..200),
        ) {
            let mut timers = Timers::new(20);
            let mut model = BTreeMap::new();
            for (sequence, (number, time)) in acts.into_iter().enumerate() {
                match time {
                    Some(time) => {
                        timers.set(number, Time(time));
                        model.insert(number, (Time(time), sequence));
                    }
                    None => {
                        timers.cancel(number);
                        model.remove(&number);
                    }
                }
                prop_assert_eq!(timers.first(), model.values().min().map(|(time, _)| *time));
                prop_assert_eq!(timers.get(number), model.get(&number).map(|(time, _)| *time));
            }
            let mut expected: Vec<_> = model.into_iter().map(|(number, (time, sequence))| (time, sequence, number)).collect();
            expected.sort();
            let expected: Vec<_> = expected.into_iter().map(|(time, _, number)| (time, number)).collect();
            let popped: Vec<_> = std::iter::from_fn(|| timers.pop()).collect();
            prop_assert_eq!(popped, expected);
        }
    }
}
