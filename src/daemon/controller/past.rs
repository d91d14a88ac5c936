//! Keeping moments as the network lives, and going back to them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Controller;
use super::action::Action;
use super::error::ControllerError;
use super::history::{History, HistoryView};
use super::moment::{Mark, Moment, Seen};
use super::network::{NodeEvent, Reach};
use super::scenario::Record;
use super::travel::{Target, can_be_restored};
use super::turn::{Topology, Turn};
use super::world::World;

/// A history that may be looked at while something is being done.
#[derive(Debug, Clone, Default)]
pub(super) struct Past(Arc<Mutex<History>>);

impl Past {
    pub(super) fn lock(&self) -> MutexGuard<'_, History> {
        // Every change is whole before anything in it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// How nodes and links are.
    pub(super) fn topology(&self) -> Topology {
        let crashed = self
            .members
            .iter()
            .filter(|member| member.reach == Reach::Crashed);
        Topology {
            nodes: self.names(),
            crashed: crashed.map(|member| member.name.clone()).collect(),
            links: self.links.clone(),
            cut: self.cut.clone(),
        }
    }

    /// How the network is, as far as nodes show it.
    pub(super) fn seen(&self) -> Seen {
        let there = self.members.iter().map(|member| {
            let outline = member.outline.clone().filter(|_| can_be_restored(member));
            (member.name.clone(), outline)
        });
        Seen {
            tick: self.tick,
            nodes: there.collect(),
            topology: self.topology(),
        }
    }

    /// Notes what happened, to find it again in the history.
    pub(super) fn note_events(&self, events: &[NodeEvent], new_blocks: usize) {
        let block = (new_blocks > 0).then_some(Mark::Block);
        let marks = events.iter().filter_map(Mark::of_event);
        let told = events.len().try_into().unwrap_or(u64::MAX);
        self.past.lock().note(marks.chain(block), told);
    }

    /// Notes what was done, to find it again in the history.
    pub(super) fn note_action(&self, action: &Action) {
        self.past.lock().note(Mark::of_action(action), 0);
    }

    /// Keeps the network as it is now, unless it was kept like this. Whether that opened a branch.
    pub(super) async fn keep_moment(&mut self) -> bool {
        let seen = self.seen();
        if !self.past.lock().is_outdated(&seen) {
            return false;
        }
        let (seen, moment) = self.moment_of(seen).await;
        let mut history = self.past.lock();
        let before = history.position().branch;
        history.keep(seen, moment);
        self.board.set_place(history.position(), history.branches());
        history.position().branch != before
    }

    /// From here on there is nothing to go back to.
    pub(super) async fn begin_history(&mut self) {
        self.past.lock().take_happened();
        self.record = match self.tick {
            0 => Record::begin(self.topology()),
            _ => Record::lost("its clocks had moved before"),
        };
        let (seen, moment) = self.moment_of(self.seen()).await;
        let mut history = self.past.lock();
        history.restart(seen, moment);
        self.board.set_place(history.position(), history.branches());
    }

    /// Packing takes a while: it is done where it holds up nobody.
    async fn moment_of(&self, seen: Seen) -> (Seen, Moment) {
        let happened = self.past.lock().take_happened();
        let record = self.record.clone();
        let packed = smol::unblock(move || {
            let moment = Moment::of(&seen, happened, record);
            (seen, moment)
        });
        packed.await
    }
}

impl Controller {
    /// The branches of the network's history and the moments that can be gone to.
    pub fn history(&self) -> HistoryView {
        self.0.past.lock().view()
    }

    /// Brings the network back, or forth, to a tick of a branch of its history: every node, every link.
    /// What runs is paused. Going on from there, what has happened happens again, unless something else
    /// is done; that opens a new branch.
    ///
    /// # Errors
    /// [`ControllerError::Absent`] when that moment is not kept, [`ControllerError::Conflict`] when a node
    /// is not there or would not follow. Then all is as it was before.
    pub async fn goto(&self, branch: u64, tick: u64) -> Result<(), ControllerError> {
        let controller = self.clone();
        super::finished(async move {
            controller.pause().await;
            controller.turn().await.go_back(branch, tick).await
        })
        .await
    }
}

impl Turn {
    async fn go_back(&mut self, branch: u64, tick: u64) -> Result<(), ControllerError> {
        self.refresh().await;
        // What was done since the last tick is not to be lost. Away from the end of a branch an action
        // would have opened one, so nothing was done there: a node has found its nonce at most.
        let is_live = self.0.past.lock().position().live;
        if is_live {
            self.0.keep_moment().await;
        }
        let moment = self.0.past.lock().moment(branch, tick);
        let moment = moment.ok_or_else(|| {
            ControllerError::Absent(format!(
                "tick {tick} of the history branch {branch} is not kept: GET /history lists what is"
            ))
        })?;
        self.check_reachable(&moment.topology)?;
        let done = (self.0.record.clone(), moment.record.clone());
        let target = self.target_of(moment, tick).await?;
        let gone = self.travel(target).await;
        self.0.record = if gone.is_ok() { done.1 } else { done.0 };
        if gone.is_err() {
            // What it took to get back is nothing that happened.
            let here = self.0.past.lock().position();
            self.arrived(here.branch);
            return gone;
        }
        self.arrived(branch);
        self.reload(&format!("back to tick {tick}"));
        Ok(())
    }

    async fn target_of(
        &mut self,
        moment: Arc<Moment>,
        tick: u64,
    ) -> Result<Target, ControllerError> {
        let topology = moment.topology.clone();
        let unpacked = smol::unblock(move || moment.outlines());
        let mut outlines = Vec::new();
        for (name, outline) in unpacked.await {
            match outline {
                Some(outline) => outlines.push((name, outline)),
                None if topology.crashed.contains(&name) => {}
                None => {
                    return Err(ControllerError::Conflict(format!(
                        "{name} did not answer at tick {tick}, so that nobody knows what it was then: \
                         go to another tick"
                    )));
                }
            }
        }
        Ok(Target {
            tick,
            topology,
            states: self.whole(outlines).await?,
        })
    }

    /// Says where in its history the network is now.
    fn arrived(&mut self, branch: u64) {
        let seen = self.0.seen();
        let mut history = self.0.past.lock();
        history.went(branch, seen);
        let (position, branches) = (history.position(), history.branches());
        drop(history);
        self.set_place(position, branches);
    }
}
