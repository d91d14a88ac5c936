//! A map that keeps the order in which its keys came.

use std::collections::HashMap;
use std::hash::Hash;

/// As long as there are no more than this many keys, looking through them beats an index.
const FEW: usize = 8;

/// Keys and values in the order the keys came first, found by key. The index is looked up only, so the
/// order of a hash map never reaches an output.
#[derive(Debug, Clone)]
pub(super) struct Listed<K, V> {
    entries: Vec<(K, V)>,
    /// Empty while there are few entries.
    index: HashMap<K, usize>,
}

impl<K, V> Default for Listed<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash, V> Listed<K, V> {
    pub(super) fn with_capacity(keys: usize) -> Self {
        Self {
            entries: Vec::with_capacity(keys),
            index: HashMap::with_capacity(if keys > FEW { keys } else { 0 }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let slot = if self.entries.len() <= FEW {
            self.entries.iter().position(|(known, _)| known == key)
        } else {
            self.index.get(key).copied()
        };
        slot.map(|slot| &self.entries[slot].1)
    }

    /// The place of `key`, which is given a value if it is new.
    pub(super) fn slot(&mut self, key: &K, value: impl FnOnce() -> V) -> usize {
        let next = self.entries.len();
        let slot = if next < FEW {
            let slot = self.entries.iter().position(|(known, _)| known == key);
            slot.unwrap_or(next)
        } else {
            if next == FEW && self.index.is_empty() {
                let keys = self.entries.iter().map(|(known, _)| known.clone());
                self.index.extend(keys.zip(0..));
            }
            *self.index.entry(key.clone()).or_insert(next)
        };
        if slot == next {
            self.entries.push((key.clone(), value()));
        }
        slot
    }

    /// The entry at a place that [`Listed::slot`] gave.
    pub(super) fn at(&mut self, slot: usize) -> &mut (K, V) {
        &mut self.entries[slot]
    }

    /// Forgets the newest keys until `len` are left.
    pub(super) fn truncate(&mut self, len: usize) {
        for (key, _) in self.entries.drain(len.min(self.entries.len())..) {
            self.index.remove(&key);
        }
        if len <= FEW {
            self.index.clear();
        }
    }

    pub(super) fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_vector_of_pairs(steps in prop::collection::vec((0..30u8, 0..8u8), 0..80)) {
            let mut listed = Listed::with_capacity(3);
            let mut pairs: Vec<(u8, usize)> = Vec::new();
            for (number, (key, action)) in steps.into_iter().enumerate() {
                if action == 0 {
                    listed.truncate(key.into());
                    pairs.truncate(key.into());
                } else {
                    let known = pairs.iter().position(|pair| pair.0 == key);
                    let expected = known.unwrap_or(pairs.len());
                    prop_assert_eq!(listed.slot(&key, || number), expected);
                    if known.is_none() {
                        pairs.push((key, number));
                    }
                    prop_assert_eq!(*listed.at(expected), pairs[expected]);
                }
                prop_assert_eq!(listed.len(), pairs.len());
                for key in 0..30 {
                    let value = pairs.iter().find(|pair| pair.0 == key).map(|pair| &pair.1);
                    prop_assert_eq!(listed.get(&key), value);
                }
            }
            prop_assert_eq!(listed.into_entries(), pairs);
        }
    }
}
