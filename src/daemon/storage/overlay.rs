//! What is staged and does not last yet.

use std::collections::{HashMap, VecDeque};

use fjall::Slice;

use super::changes::Put;

/// So many steps are kept apart, each of which is looked through for a key: a disk that hangs lets any
/// number of writes wait.
const MAX_STEPS: usize = 4;

/// Staged changes in front of a disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    /// In the order they were staged.
    steps: VecDeque<Step>,
    /// The write until which nothing of the disk is to be seen.
    hides: Option<u64>,
}

/// What one write carries, or several together.
#[derive(Debug, Clone, Default)]
struct Step {
    /// The last of them.
    write: u64,
    /// Looked up, or sorted before use.
    staged: HashMap<Slice, Option<Slice>>,
}

impl Overlay {
    /// Stages changes that `write` will carry.
    pub(super) fn stage(&mut self, write: u64) -> impl FnMut(Put) {
        let last = self.steps.back().map(|step| step.write);
        if last.is_none_or(|last| last < write) && self.steps.len() < MAX_STEPS {
            self.steps.push_back(Step::default());
        }
        let step = self
            .steps
            .back_mut()
            .expect("one was pushed if there was none");
        step.write = write;
        |(key, value)| drop(step.staged.insert(key, value))
    }

    /// Forgets all that was staged, and hides the disk until `write` lasts.
    pub(super) fn clear(&mut self, write: u64) {
        *self = Self {
            hides: Some(write),
            ..Self::default()
        };
    }

    /// Lets go of what writes up to this one carried.
    pub(super) fn prune(&mut self, lasting: u64) {
        if self.hides.is_some_and(|write| write <= lasting) {
            self.hides = None;
        }
        while self.steps.front().is_some_and(|step| step.write <= lasting) {
            self.steps.pop_front();
        }
    }

    /// What is staged for a key, `Some(None)` where it goes.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let mut newest_first = self.steps.iter().rev();
        let staged = newest_first.find_map(|step| step.staged.get(key))?;
        Some(staged.as_deref())
    }

    /// Whether the disk is hidden as long as writes up to `lasting` last.
    pub(super) fn hides_disk(&self, lasting: u64) -> bool {
        self.hides.is_some_and(|write| write > lasting)
    }

    /// What is staged for keys that begin with `table`, the last word on a key last.
    pub(super) fn of_table(&self, table: u8) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let staged = self.steps.iter().flat_map(|step| &step.staged);
        staged
            .filter(move |(key, _)| key.first() == Some(&table))
            .map(|(key, value)| (&**key, value.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_word_on_a_key_is_there_until_it_lasts(
            writes in vec((vec((0u8..6, any::<Option<u8>>()), 0..5), 0u64..9), 1..30),
        ) {
            let mut overlay = Overlay::default();
            let mut last_words = BTreeMap::new();
            let mut lasting = 0;
            for (write, (puts, behind)) in (1u64..).zip(&writes) {
                let mut stage = overlay.stage(write);
                for (key, value) in puts {
                    let value = value.map(|value| vec![value]);
                    stage(([*key].into(), value.clone().map(Slice::from)));
                    last_words.insert(vec![*key], (write, value));
                }
                drop(stage);
                lasting = lasting.max(write.saturating_sub(*behind));
                overlay.prune(lasting);
                for (key, (write, value)) in &last_words {
                    let listed = overlay.of_table(key[0]).last().map(|(_, value)| value);
                    prop_assert_eq!(listed, overlay.get(key));
                    match overlay.get(key) {
                        Some(staged) => prop_assert_eq!(staged, value.as_deref()),
                        None => prop_assert!(*write <= lasting),
                    }
                }
                prop_assert!(overlay.steps.len() <= MAX_STEPS);
            }
            overlay.prune(writes.len() as u64);
            prop_assert!(overlay.steps.is_empty());
        }
    }
}
