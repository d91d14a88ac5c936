//! Becoming what a document says.

use super::inbox::{Content, Item, Key, Question};
use super::link::Known;
use super::pool::Queued;
use super::state::{Counters, ItemState, LinkState, QueuedState, VERSION, WorkState};
use super::*;
use crate::ledger::{Block, BlockError, Difficulty, Draft, PaymentError, UncheckedBlock};
use crate::node::message::Body;

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
        let mut restored = Self {
            ledger: self.restored_ledger(&state)?,
            ..self.emptied()
        };
        check_senders(&state)?;
        restored.restore_payments(&state)?;
        restored.restore_inbox(&state)?;
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

    fn emptied(&self) -> Self {
        let config = Config {
            name: self.name.clone(),
            genesis: Default::default(),
            costs: self.costs,
        };
        let links = self.links.iter();
        let fresh = |link: &Link| Link {
            latency: link.latency,
            ..Link::default()
        };
        let links = links
            .map(|(peer, link)| (peer.clone(), fresh(link)))
            .collect();
        Self {
            links,
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
        if state.clock > MAX_SAFE_INTEGER || numbers.iter().any(|n| *n > MAX_SAFE_INTEGER) {
            return Err(StateError::Contradiction {
                what: "a number is above 2^53 - 1",
            });
        }
        Ok(())
    }

    fn restored_ledger(&self, state: &State) -> Result<Ledger<S>, StateError> {
        let mut ledger = self.ledger.clone();
        ledger.reset();
        for unchecked in state.blocks.iter().chain(&state.side) {
            let id = unchecked.id;
            let failed = |reason: String| StateError::Block { id, reason };
            let block = unchecked.clone().check(ledger.difficulty());
            let block = block.map_err(|error: BlockError| failed(error.to_string()))?;
            ledger
                .insert(block)
                .outcome
                .map_err(|error| failed(error.to_string()))?;
        }
        let tip = state.blocks.last().map_or(0, |block| block.id);
        if ledger.tip().id() != tip || tip != state.blocks.len() as u64 {
            let what = "a side branch has more work than the main chain";
            return Err(StateError::Contradiction { what });
        }
        Ok(ledger)
    }

    fn restore_payments(&mut self, state: &State) -> Result<(), StateError> {
        for transaction in &state.pool {
            let pushed = self.pool.push(self.ledger.store(), transaction.clone());
            pushed.map_err(|error| StateError::Payment {
                id: transaction.id,
                error,
            })?;
        }
        for QueuedState { transaction, since } in &state.queue {
            self.queue.push(Queued {
                transaction: transaction.clone(),
                since: *since,
            });
        }
        self.accepted = state.accepted.iter().copied().collect();
        for (transaction, accepted) in &state.waiting {
            if *accepted {
                self.accepted.insert(transaction.id);
            }
            drop(self.waiting.push(transaction.clone(), *accepted));
        }
        Ok(())
    }

    fn restore_inbox(&mut self, state: &State) -> Result<(), StateError> {
        let difficulty = self.ledger.difficulty();
        let check = |block: &UncheckedBlock| -> Result<Block, StateError> {
            let checked = block.clone().check(difficulty);
            checked.map_err(|error| StateError::Block {
                id: block.id,
                reason: error.to_string(),
            })
        };
        for ItemState {
            from,
            ready,
            arrival,
            message,
        } in &state.inbox
        {
            let Message {
                stamp,
                sequence,
                body,
            } = message;
            let content = match body {
                Body::NewBlock(block) => Content::Block(check(block)?),
                Body::NewTx(transaction) => Content::Payment(transaction.clone()),
                Body::ReqChain(locator) => Content::Question(Question {
                    sequence: *sequence,
                    locator: locator.clone(),
                }),
                Body::Chain { blocks, .. } => {
                    Content::Chain(blocks.iter().map(check).collect::<Result<_, _>>()?)
                }
            };
            let key = Key {
                stamp: *stamp,
                from: from.clone(),
                sequence: *sequence,
            };
            self.inbox.insert(
                key,
                Item {
                    ready: *ready,
                    arrival: *arrival,
                    content,
                },
            );
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
        // The hash is that of a nonce to come: one that is told now would be wrong then.
        if candidate.hash.is_some() || candidate.clone().check(needed).is_err() {
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

/// A payment without a sender could never be paid and would be kept for ever.
fn check_senders(state: &State) -> Result<(), StateError> {
    let queued = state.queue.iter().map(|queued| &queued.transaction);
    let waiting = state.waiting.iter().map(|(transaction, _)| transaction);
    let said = state
        .inbox
        .iter()
        .filter_map(|item| match &item.message.body {
            Body::NewTx(transaction) => Some(transaction),
            _ => None,
        });
    let kept = queued.chain(waiting).chain(said).chain(&state.relay);
    match kept.into_iter().find(|kept| kept.sender.is_none()) {
        Some(minted) => Err(StateError::Payment {
            id: minted.id,
            error: PaymentError::Minted,
        }),
        None => Ok(()),
    }
}
