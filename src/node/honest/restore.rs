//! Becoming what a document says.

use super::link::Known;
use super::pool::Queued;
use super::state::{Counters, LinkState, QueuedState, VERSION, WorkState};
use super::*;
use crate::ledger::{BlockError, Difficulty, Draft, PaymentError};

/// Why a state was refused. The node is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The version is not known.
    #[error("state version {version} is not known, this node reads version {VERSION}")]
    Version {
        /// The version given.
        version: u32,
    },
    /// It is another node's.
    #[error("this is the state of node {state}, not of {node}")]
    Name {
        /// The state's node.
        state: Name,
        /// This node.
        node: Name,
    },
    /// It is of another network.
    #[error("the state is of network {state}, this node is in {node}")]
    Network {
        /// The state's network.
        state: Hash,
        /// This node's.
        node: Hash,
    },
    /// A block breaks a rule.
    #[error("block {id} of the state: {reason}")]
    Block {
        /// The block's id.
        id: u64,
        /// The rule.
        reason: String,
    },
    /// A payment of the pool or the candidate cannot be paid.
    #[error("payment {id} of the state: {error}")]
    Payment {
        /// The payment's id.
        id: TxId,
        /// The rule.
        error: PaymentError,
    },
    /// Parts of the state contradict each other.
    #[error("the state contradicts itself: {what}")]
    Contradiction {
        /// How.
        what: &'static str,
    },
}

impl<S: Store + Clone> HonestNode<S> {
    /// Becomes what the document says, and returns what is to be done about it, as
    /// [`Node::handle`] does. Links stay as they are; what the state remembers of links that are up is
    /// taken over. A search that had not ended begins anew.
    ///
    /// # Errors
    /// A [`StateError`]; then nothing has changed.
    pub fn restore(&mut self, state: State) -> Result<Vec<Effect<Message>>, StateError> {
        self.check_origin(&state)?;
        let mut restored = self.emptied(state.counters.arrivals);
        restored.restore_ledger(&state)?;
        restored.restore_kept(&state)?;
        restored.restore_work(&state)?;
        restored.restore_links(&state);
        (restored.started, restored.clock, restored.status) =
            (state.started, state.clock, state.status);
        (restored.target, restored.standing, restored.wall) =
            (state.clock, state.standing, state.wall);
        let Counters {
            salt,
            issued,
            sequence,
            arrivals,
            searches,
        } = state.counters;
        (restored.salt, restored.issued) = (salt, issued);
        // Never back, so that no fact or message of before is taken for one of after.
        restored.sequence = self.sequence.max(sequence);
        restored.arrivals = arrivals;
        restored.searches = self.searches.max(searches);
        restored.mine = state.mine;
        restored.relay_tip = state.relay_tip;
        restored.relay.clone_from(&state.relay);
        restored.effects.push(Effect::CancelSearch);
        restored.record(Record::Restored(Box::new(state)));
        if let Some(work) = restored.work.take() {
            if work.found {
                restored.work = Some(work);
            } else {
                restored.search_for(work.candidate);
            }
        }
        *self = restored;
        Ok(self.take_effects())
    }

    /// A node with nothing but links, which came up after so many arrivals.
    fn emptied(&self, arrivals: u64) -> Self {
        let config = Config {
            name: self.name.clone(),
            genesis: Default::default(),
            costs: self.costs,
        };
        let links = self.links.iter();
        let fresh = |link: &Link| Link {
            latency: link.latency,
            since: arrivals,
            ..Link::default()
        };
        let links = links
            .map(|(peer, link)| (peer.clone(), fresh(link)))
            .collect();
        Self {
            links,
            checker: self.checker.clone(),
            block_limit: self.block_limit,
            patience: self.patience,
            persists: self.persists,
            ..Self::with_ledger(config, self.ledger.clone())
        }
    }

    fn check_origin(&self, state: &State) -> Result<(), StateError> {
        if state.version != VERSION {
            return Err(StateError::Version {
                version: state.version,
            });
        }
        if state.name != self.name {
            return Err(StateError::Name {
                state: state.name.clone(),
                node: self.name.clone(),
            });
        }
        if state.network != self.ledger.network_id() {
            let node = self.ledger.network_id();
            return Err(StateError::Network {
                state: state.network,
                node,
            });
        }
        let numbers = [
            state.counters.salt,
            state.counters.issued,
            state.counters.sequence,
            state.counters.arrivals,
            state.counters.searches,
        ];
        let arrivals = (state.inbox.iter().map(|item| item.arrival))
            .chain(state.links.iter().map(|link| link.since));
        if arrivals.max() > Some(state.counters.arrivals) {
            return Err(StateError::Contradiction {
                what: "something arrived after the last arrival",
            });
        }
        if state.clock > MAX_SAFE_INTEGER || numbers.iter().any(|n| *n > MAX_SAFE_INTEGER) {
            return Err(StateError::Contradiction {
                what: "a number is above 2^53 - 1",
            });
        }
        Ok(())
    }

    fn restore_ledger(&mut self, state: &State) -> Result<(), StateError> {
        self.ledger.reset();
        for unchecked in state.blocks.iter().chain(&state.side) {
            let id = unchecked.id;
            let failed = |reason: String| StateError::Block { id, reason };
            let block = unchecked.clone().check_with(&mut self.checker);
            let block = block.map_err(|error: BlockError| failed(error.to_string()))?;
            let insertion = self.ledger.insert(block);
            self.keep_changes(insertion.changes);
            insertion
                .outcome
                .map_err(|error| failed(error.to_string()))?;
        }
        let tip = state.blocks.last().map_or(0, |block| block.id);
        if self.ledger.tip().id() != tip || tip != state.blocks.len() as u64 {
            let what = "a side branch has more work than the main chain";
            return Err(StateError::Contradiction { what });
        }
        Ok(())
    }

    fn restore_kept(&mut self, state: &State) -> Result<(), StateError> {
        self.refill_pool((0..).zip(state.pool.iter().cloned()))?;
        let queued = |queued: &QueuedState| Queued {
            transaction: queued.transaction.clone(),
            since: queued.since,
        };
        self.refill_queue(state.queue.iter().map(queued))?;
        self.accepted = state.accepted.iter().copied().collect();
        self.refill_waiting(state.waiting.iter().cloned())?;
        state
            .relay
            .iter()
            .try_for_each(|relayed| self.check_kept(relayed))?;
        for item in state.inbox.iter().cloned() {
            self.refill_inbox(item.from, item.ready, item.arrival, item.message)?;
        }
        Ok(())
    }

    fn restore_work(&mut self, state: &State) -> Result<(), StateError> {
        let contradiction = |what| Err(StateError::Contradiction { what });
        let is_mining = state.busy.is_some_and(|busy| busy.status == Status::Mining);
        if (is_mining || state.standing) && state.work.is_none() {
            return contradiction("the node mines and has no candidate");
        }
        if state.busy.is_some_and(|busy| !self.may_be_left(busy)) {
            return contradiction(
                "the node is busy for no more clocks, or for more than that takes",
            );
        }
        self.busy = state.busy;
        let Some(WorkState { candidate, found }) = state.work.clone() else {
            return Ok(());
        };
        let on_the_side = matches!(self.costs.mining, MiningCost::UntilFound { .. });
        if !is_mining && !state.standing && !on_the_side {
            return contradiction("there is a candidate and the node does not mine");
        }
        if state.standing && (is_mining || found) {
            return contradiction("the node waits for a nonce and does not");
        }
        if candidate.previous_block_hash != self.ledger.tip().hash()
            || candidate.id != self.ledger.tip().id() + 1
            || candidate.timestamp < self.ledger.tip().header().timestamp
        {
            return contradiction("the candidate does not stand on the tip");
        }
        let mut draft = Draft::default();
        for transaction in candidate.transactions.iter() {
            draft
                .pay(self.ledger.store(), transaction, candidate.id)
                .map_err(|error| StateError::Payment {
                    id: transaction.id,
                    error,
                })?;
        }
        let needed = if found {
            self.ledger.difficulty()
        } else {
            Difficulty::new(0).expect("no zero bits may be asked for")
        };
        let rules = self.ledger.rules().with_difficulty(needed);
        // The hash is that of a nonce to come: one that is told now would be wrong then.
        if candidate.hash.is_some() || candidate.clone().check(&rules).is_err() {
            return contradiction("the candidate breaks a rule or its nonce does not fit");
        }
        self.work = Some(Work {
            search: 0,
            candidate,
            found,
        });
        Ok(())
    }

    /// Whether a node can be busy with this for so many more clocks.
    fn may_be_left(&self, busy: Busy) -> bool {
        let cost = match (busy.status, self.costs.mining) {
            (Status::Mining, MiningCost::Clocks(clocks)) => clocks,
            (Status::Idle | Status::Mining, _) => 0,
            (Status::BroadcastingBlock, _) => self.costs.broadcasting_block,
            (Status::BroadcastingTx, _) => self.costs.broadcasting_tx,
            (Status::ReceivingBlock, _) => self.costs.receiving_block,
            (Status::ReceivingTx, _) => self.costs.receiving_tx,
        };
        (1..cost).contains(&busy.left)
    }

    /// What is remembered of peers that are not linked goes, above all what they were asked: nobody
    /// would answer.
    fn restore_links(&mut self, state: &State) {
        for LinkState {
            peer,
            since,
            known,
            question,
            asked,
            announced_more,
        } in &state.links
        {
            if let Some(link) = self.links.get_mut(peer) {
                let mut remembered = Known::default();
                for thing in known {
                    remembered.insert(*thing);
                }
                (link.since, link.known) = (*since, remembered);
                (link.question, link.asked) = (question.clone(), *asked);
                link.announced_more = *announced_more;
                let until = state.asked.as_ref().filter(|(asked, _)| asked == peer);
                link.patience = until.map_or(0, |(_, until)| *until);
            }
        }
        let linked = |name: &Name| self.links.contains_key(name);
        let announcers = state.announcers.iter().filter(|(name, _)| linked(name));
        self.catch_up.announcers = announcers.cloned().collect();
        self.catch_up.asked = state.asked.clone().filter(|(name, _)| linked(name));
    }
}
