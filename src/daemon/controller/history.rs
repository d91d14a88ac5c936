//! The ticks a network has lived, in branches: whoever goes back and does something else opens a new
//! one, and the old future stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::moment::{Happened, Mark, Moment, Seen};
use super::network::{BranchView, Position};

/// The most moments that are kept, one a tick. The oldest goes first.
pub const MAX_MOMENTS: usize = 2_000;

/// The most memory that moments take, 256 MiB. The oldest goes first; the last one stays whatever it
/// takes.
pub const MAX_HISTORY_BYTES: usize = 256 * 1024 * 1024;

/// A history as `GET history` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryView {
    /// Where the network is.
    pub position: Position,
    /// The branches, oldest first.
    pub branches: Vec<BranchHistory>,
}

/// A branch with its moments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BranchHistory {
    /// The branch.
    #[serde(flatten)]
    pub branch: BranchView,
    /// The moments that are kept, in order.
    pub moments: Vec<MomentView>,
}

/// A moment one can go to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MomentView {
    /// Its tick.
    pub tick: u64,
    /// What happened at that tick, and was done before the next.
    #[serde(flatten)]
    pub happened: Happened,
}

/// Moments in branches, and where among them the network is.
#[derive(Debug, Default)]
pub(super) struct History {
    branches: BTreeMap<u64, Branch>,
    /// The branch the network is on.
    branch: u64,
    tick: u64,
    /// Branches opened since the history began.
    opened: u64,
    /// How the network was when the present moment was made, or gone to.
    seen: Option<Seen>,
    /// What has happened since.
    happened: Happened,
    /// Where each moment is, in the order they were made.
    order: BTreeMap<u64, (u64, u64)>,
    made: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Branch {
    name: String,
    parent: Option<u64>,
    from: u64,
    moments: BTreeMap<u64, Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    moment: Arc<Moment>,
    /// Its key in the order.
    made: u64,
}

impl History {
    /// Begins anew with the network as it is: nothing of before can be gone to.
    pub(super) fn restart(&mut self, seen: Seen, moment: Moment) {
        *self = Self::default();
        self.tick = seen.tick;
        self.open("main".to_owned(), None);
        self.insert(seen.tick, Arc::new(moment));
        self.seen = Some(seen);
    }

    /// Notes what has happened since the present moment.
    pub(super) fn note(&mut self, marks: impl IntoIterator<Item = Mark>, events: u64) {
        self.happened.add(marks, events);
    }

    /// What is to be kept with the next moment.
    pub(super) fn take_happened(&mut self) -> Happened {
        std::mem::take(&mut self.happened)
    }

    /// Whether the network is another than at the present moment.
    pub(super) fn is_outdated(&self, seen: &Seen) -> bool {
        self.seen.as_ref().is_none_or(|known| !known.is_like(seen))
    }

    /// Keeps a moment: of a new tick, or the present one anew, because something was done after it. Away
    /// from the end of a branch that opens a new one.
    pub(super) fn keep(&mut self, seen: Seen, mut moment: Moment) {
        if seen.tick < self.tick || self.branches.is_empty() {
            return self.restart(seen, moment);
        }
        let present = self.moment(self.branch, self.tick);
        if !self.position().live {
            self.opened += 1;
            let name = format!("what-if-{}", self.opened);
            self.open(name, Some(self.branch));
            if let Some(present) = &present {
                self.insert(self.tick, Arc::clone(present));
            }
        }
        if let Some(present) = present.filter(|_| seen.tick == self.tick) {
            let Happened { marks, events } = present.happened.clone();
            moment.happened.add(marks, events);
        }
        self.tick = seen.tick;
        self.insert(seen.tick, Arc::new(moment));
        self.seen = Some(seen);
    }

    /// The network was brought back to a moment.
    pub(super) fn went(&mut self, branch: u64, seen: Seen) {
        self.branch = branch;
        self.tick = seen.tick;
        self.seen = Some(seen);
        // What it took to get there is nothing that happened.
        self.happened = Happened::default();
    }

    pub(super) fn moment(&self, branch: u64, tick: u64) -> Option<Arc<Moment>> {
        let kept = self.branches.get(&branch)?.moments.get(&tick)?;
        Some(Arc::clone(&kept.moment))
    }

    pub(super) fn position(&self) -> Position {
        let last = self.branches.get(&self.branch).and_then(Branch::last);
        Position {
            branch: self.branch,
            tick: self.tick,
            live: last.is_none_or(|last| last == self.tick),
        }
    }

    pub(super) fn branches(&self) -> Vec<BranchView> {
        let branches = self.branches.iter();
        branches.map(|(id, branch)| branch.view(*id)).collect()
    }

    pub(super) fn view(&self) -> HistoryView {
        let branch = |(id, branch): (&u64, &Branch)| BranchHistory {
            branch: branch.view(*id),
            moments: branch.moment_views(),
        };
        HistoryView {
            position: self.position(),
            branches: self.branches.iter().map(branch).collect(),
        }
    }

    /// Opens a branch where the network is, and goes over to it.
    fn open(&mut self, name: String, parent: Option<u64>) {
        let id = self.branches.last_key_value().map_or(0, |(id, _)| id + 1);
        let branch = Branch {
            name,
            parent,
            from: self.tick,
            moments: BTreeMap::new(),
        };
        self.branches.insert(id, branch);
        self.branch = id;
    }

    /// Puts a moment on the present branch, in place of one of the same tick.
    fn insert(&mut self, tick: u64, moment: Arc<Moment>) {
        self.made += 1;
        let made = self.made;
        self.bytes += moment.bytes();
        self.order.insert(made, (self.branch, tick));
        let branch = self.branches.get_mut(&self.branch);
        let moments = &mut branch.expect("the present branch is there").moments;
        if let Some(replaced) = moments.insert(tick, Kept { moment, made }) {
            self.order.remove(&replaced.made);
            self.bytes -= replaced.moment.bytes();
        }
        self.prune(MAX_MOMENTS, MAX_HISTORY_BYTES);
    }

    fn prune(&mut self, moments: usize, bytes: usize) {
        while self.order.len() > 1 && (self.order.len() > moments || self.bytes > bytes) {
            let Some((_, (id, tick))) = self.order.pop_first() else {
                return;
            };
            let branch = self
                .branches
                .get_mut(&id)
                .expect("what is in order is on a branch");
            if let Some(kept) = branch.moments.remove(&tick) {
                self.bytes -= kept.moment.bytes();
            }
            if branch.moments.is_empty() && id != self.branch {
                self.branches.remove(&id);
                for branch in self.branches.values_mut() {
                    branch.parent.take_if(|parent| *parent == id);
                }
            }
        }
    }
}

impl Branch {
    fn last(&self) -> Option<u64> {
        self.moments.last_key_value().map(|(tick, _)| *tick)
    }

    fn view(&self, id: u64) -> BranchView {
        let first = self.moments.first_key_value().map(|(tick, _)| *tick);
        BranchView {
            id,
            name: self.name.clone(),
            parent: self.parent,
            from: self.from,
            first: first.unwrap_or(self.from),
            last: self.last().unwrap_or(self.from),
        }
    }

    fn moment_views(&self) -> Vec<MomentView> {
        let moments = self.moments.iter();
        let view = |(tick, kept): (&u64, &Kept)| MomentView {
            tick: *tick,
            happened: kept.moment.happened.clone(),
        };
        moments.map(view).collect()
    }
}

#[cfg(test)]
mod tests;
