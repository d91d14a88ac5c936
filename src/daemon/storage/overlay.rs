//! What is staged and does not last yet.

use std::collections::{HashMap, VecDeque};

use fjall::Slice;

use super::changes::Put;

/// Staged changes in front of a disk. Each carries the number of the write that will bring it there.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    /// Looked up, or sorted before use.
    staged: HashMap<Slice, Staged>,
    /// Keys in the order they were staged, with the write that carries each.
    order: VecDeque<(u64, Slice)>,
    /// The write until which nothing of the disk is to be seen.
    hides: Option<u64>,
}

#[derive(Debug, Clone)]
struct Staged {
    write: u64,
    value: Option<Slice>,
}

impl Overlay {
    /// Stages a change that `write` will carry.
    pub(super) fn stage(&mut self, write: u64, (key, value): Put) {
        self.order.push_back((write, key.clone()));
        self.staged.insert(key, Staged { write, value });
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
        while let Some((write, _)) = self.order.front() {
            if *write > lasting {
                break;
            }
            let (_, key) = self.order.pop_front().expect("it was just looked at");
            // It may have been staged anew since.
            if self
                .staged
                .get(&key)
                .is_some_and(|staged| staged.write <= lasting)
            {
                self.staged.remove(&key);
            }
        }
    }

    /// What is staged for a key, `Some(None)` where it goes.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.staged.get(key).map(|staged| staged.value.as_deref())
    }

    /// Whether the disk is hidden as long as writes up to `lasting` last.
    pub(super) fn hides_disk(&self, lasting: u64) -> bool {
        self.hides.is_some_and(|write| write > lasting)
    }

    /// What is staged for keys that begin with `table`.
    pub(super) fn of_table(&self, table: u8) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let staged = self
            .staged
            .iter()
            .filter(move |(key, _)| key.first() == Some(&table));
        staged.map(|(key, staged)| (&**key, staged.value.as_deref()))
    }
}
