//! Bringing the whole network somewhere else at one go: back to a moment, or to what a file says.

use std::collections::{BTreeMap, HashMap};

use super::client::NODE_TIMEOUT;
use super::error::{CallError, ControllerError};
use super::member::Member;
use super::network::Reach;
use super::turn::{Pair, Topology, Turn};
use super::world::World;
use crate::ledger::{Hash, TxId, UncheckedBlock};
use crate::node::{self, Name, State, Status};

/// Where to bring a network.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) tick: u64,
    pub(super) topology: Topology,
    /// Every node that is not crashed.
    pub(super) states: Vec<(Name, State)>,
}

/// What is looked at to see whether a node has got there. One that waits for its nonce finds it at any
/// moment, and then is elsewhere.
struct Look {
    clock: u64,
    started: bool,
    rest: Option<Rest>,
}

/// Its status, its height, its tip where that is known, its pool, the length of its inbox.
type Rest = (Status, u64, Option<Hash>, Vec<TxId>, usize);

impl Turn {
    /// Brings every node, every link and the tick to where the target says. All nodes are reset first,
    /// so that nothing of before flows into it.
    ///
    /// # Errors
    /// A [`ControllerError`] that says why it cannot be; then all is as it was.
    pub(super) async fn travel(&mut self, target: Target) -> Result<(), ControllerError> {
        self.check_reachable(&target.topology)?;
        let here = self.here().await?;
        let Err(error) = self.go(target).await else {
            return Ok(());
        };
        Err(ControllerError::Conflict(match self.go(here).await {
            Ok(()) => format!("{error}; everything is as it was before"),
            Err(back) => format!(
                "{error}; and the way back failed as well ({back}): reset all nodes, or go to another \
                 tick"
            ),
        }))
    }

    /// Whether all nodes are there and can be brought to anywhere.
    pub(super) fn check_reachable(&self, wanted: &Topology) -> Result<(), ControllerError> {
        let members = &self.0.members;
        let conflict = |text: String| Err(ControllerError::Conflict(text));
        let silent = members.iter().filter(|member| !can_be_restored(member));
        let silent: Vec<&str> = silent.map(|member| member.name.as_str()).collect();
        if !silent.is_empty() {
            return conflict(format!(
                "{} cannot be brought there while not answering: look whether it runs, or remove it",
                silent.join(", ")
            ));
        }
        for member in members {
            let name = &member.name;
            if member
                .outline
                .as_ref()
                .is_some_and(|outline| outline.ticks_itself.is_some())
            {
                return conflict(format!(
                    "the clock of {name} runs by itself: stop it there first, with POST /tick \
                     {{\"interval_ms\": null}}"
                ));
            }
            if !member.own && !wanted.nodes.contains(name) {
                return conflict(format!(
                    "{name} does not belong to it: remove it first, with {{\"remove\": \"{name}\"}}"
                ));
            }
            if !member.own && wanted.crashed.contains(name) {
                return conflict(format!(
                    "{name} is crashed there, and only nodes of this controller can be"
                ));
            }
        }
        let absent = |name: &&Name| members.iter().all(|member| member.name != **name);
        match wanted.nodes.iter().find(absent) {
            Some(name) if self.0.fleet.is_none() => conflict(format!(
                "{name} belongs to it and is not there: add it first, with {{\"add\": {{\"url\": …}}}}"
            )),
            _ => Ok(()),
        }
    }

    /// Where the network is now.
    pub(super) async fn here(&mut self) -> Result<Target, ControllerError> {
        let there = self.0.seen().nodes.into_iter();
        let there = there.filter_map(|(name, outline)| Some((name, outline?.node.clone())));
        Ok(Target {
            tick: self.tick(),
            topology: self.topology(),
            states: self.whole(there.collect()).await?,
        })
    }

    /// Outlines with the blocks they name.
    pub(super) async fn whole(
        &mut self,
        outlines: Vec<(Name, node::Outline)>,
    ) -> Result<Vec<(Name, State)>, ControllerError> {
        let mut blocks: HashMap<Hash, UncheckedBlock> = HashMap::new();
        for (_, outline) in &outlines {
            let mut hash = outline.tip;
            for _ in 0..outline.height {
                if blocks.contains_key(&hash) {
                    // So are those below it.
                    break;
                }
                let block = self.block(hash).await?;
                let parent = block.previous_block_hash;
                blocks.insert(hash, UncheckedBlock::clone(&block));
                hash = parent;
            }
            for hash in &outline.side {
                if !blocks.contains_key(hash) {
                    let block = self.block(*hash).await?;
                    blocks.insert(*hash, UncheckedBlock::clone(&block));
                }
            }
        }
        let whole = |(name, outline): (Name, node::Outline)| {
            let state = outline.whole(|hash| blocks.get(hash).cloned());
            let state = state.map_err(|hash| {
                ControllerError::Absent(format!("no node has the block {hash} any more"))
            });
            Ok((name, state?))
        };
        outlines.into_iter().map(whole).collect()
    }

    pub(super) async fn go(&mut self, target: Target) -> Result<(), ControllerError> {
        self.reset_nodes().await?;
        // Nodes that are started on the way wait at the clock where all others are.
        self.0.tick = 0;
        let arranged = self.arrange(&target.topology).await;
        self.0.tick = target.tick;
        arranged?;
        self.let_all_arrive().await?;
        let looks: BTreeMap<Name, Look> = target
            .states
            .iter()
            .map(|(name, state)| (name.clone(), Look::of(state)))
            .collect();
        self.put_states(target.states).await?;
        self.set_tick(target.tick);
        for (name, outline) in self.outlines() {
            let there = looks.get(&name).zip(outline.as_ref());
            if there.is_some_and(|(look, outline)| !look.is_met(&outline.node)) {
                return Err(ControllerError::Conflict(format!(
                    "{name} was given its state and is elsewhere: does anything else move it?"
                )));
            }
        }
        Ok(())
    }

    async fn reset_nodes(&mut self) -> Result<(), ControllerError> {
        for member in self.0.members.iter().filter(|member| is_started(member)) {
            member.client.post("/reset", NODE_TIMEOUT).await?;
        }
        self.0.gather().await;
        Ok(())
    }

    /// Waits until nothing that a node sent is under way: its own clock is answered only then.
    async fn let_all_arrive(&mut self) -> Result<(), ControllerError> {
        for member in self.0.members.iter().filter(|member| is_started(member)) {
            let path = format!("/clock/{}", member.clock());
            match member.client.post(&path, NODE_TIMEOUT).await {
                Ok(()) | Err(CallError::Refused { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl World {
    /// Whether both ends said that they have this link.
    pub(super) fn has_link(&self, pair: &Pair) -> bool {
        let (a, b) = pair.ends();
        match (self.member(a), self.member(b)) {
            (Ok(one), Ok(other)) => one.is_linked_to(b) && other.is_linked_to(a),
            _ => false,
        }
    }
}

fn is_started(member: &Member) -> bool {
    let started = member
        .outline
        .as_ref()
        .is_some_and(|outline| outline.node.started);
    started && matches!(member.reach, Reach::Up | Reach::Slow)
}

/// Whether a node is there; one that only waits for its nonce is.
pub(super) fn can_be_restored(member: &Member) -> bool {
    match member.reach {
        Reach::Up | Reach::Crashed => true,
        Reach::Slow => (member.outline.as_ref()).is_some_and(|seen| seen.node.state.is_standing()),
        Reach::Down => false,
    }
}

impl Look {
    fn of(state: &State) -> Self {
        let rest = (!state.is_standing()).then(|| {
            (
                state.status,
                state.blocks.len() as u64,
                state.blocks.last().and_then(|block| block.hash),
                state.pool.iter().map(|payment| payment.id).collect(),
                state.inbox_len(),
            )
        });
        Self {
            clock: state.clock,
            started: state.started,
            rest,
        }
    }

    fn is_met(&self, node: &node::Outline) -> bool {
        let state = &node.state;
        let is_there = |(status, height, tip, pool, inbox): &Rest| {
            let ids = state.pool.iter().map(|payment| payment.id);
            *status == state.status
                && *height == node.height
                && tip.is_none_or(|tip| tip == node.tip)
                && ids.eq(pool.iter().copied())
                && *inbox == node.inbox
        };
        let there = self.clock == state.clock && self.started == state.started;
        there && self.rest.as_ref().is_none_or(is_there)
    }
}
