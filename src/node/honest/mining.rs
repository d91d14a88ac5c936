//! Mining.

use super::clock::Lived;
use super::*;
use crate::ledger::{Block, MAX_BLOCK_BYTES, MAX_TIMESTAMP, UncheckedBlock};

/// A block that is being mined.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// Which search it waits for.
    pub(super) search: u64,
    /// The candidate; its nonce is right once it is found.
    pub(super) candidate: UncheckedBlock,
    pub(super) found: bool,
}

impl<S: Store> HonestNode<S> {
    /// Makes the candidate from the pool and asks for its nonce. The request is taken up; it is spent when
    /// the work is.
    pub(super) fn begin_mining(&mut self) {
        self.mine = None;
        let candidate = self.candidate();
        let (id, transactions) = (candidate.id, candidate.transactions.len());
        self.tell(Event::MiningBegan { id, transactions });
        self.search_for(candidate);
    }

    /// Begins to search a nonce for `candidate`.
    pub(super) fn search_for(&mut self, candidate: UncheckedBlock) {
        self.searches += 1;
        self.effects.push(Effect::Search(Search {
            id: self.searches,
            header: candidate.header(),
            difficulty: self.ledger.difficulty(),
            start: first_nonce(&self.name),
        }));
        self.work = Some(Work {
            search: self.searches,
            candidate,
            found: false,
        });
    }

    fn candidate(&self) -> UncheckedBlock {
        let tip = self.ledger.tip();
        let mut bytes = 0;
        let fitting = self
            .pool
            .iter()
            .take(self.block_limit)
            .take_while(|transaction| {
                bytes += transaction.canonical_len();
                bytes <= MAX_BLOCK_BYTES
            });
        UncheckedBlock {
            id: tip.id() + 1,
            hash: None,
            timestamp: self.wall.clamp(tip.header().timestamp, MAX_TIMESTAMP),
            transactions: fitting.cloned().collect(),
            previous_block_hash: tip.hash(),
            nonce: 0,
        }
    }

    /// Lives one more clock of mining, of which `left` are to come with this one. Blocks that are ready
    /// are looked at first: the work is dropped when one moves the tip.
    pub(super) fn go_on_mining(&mut self, left: u64) -> Lived {
        if !self.inbox.blocks.is_empty() && self.take_blocks() {
            self.drop_work();
            self.spend(Status::ReceivingBlock, self.costs.receiving_block);
            return Lived::Whole;
        }
        self.spend(Status::Mining, left);
        if left > 1 {
            Lived::Whole
        } else {
            self.finish_mining()
        }
    }

    /// The last clock of mining: the block joins, or the clock stands still.
    pub(super) fn finish_mining(&mut self) -> Lived {
        match self.work.take_if(|work| work.found) {
            Some(work) => {
                self.join_mined(work.candidate);
                Lived::Whole
            }
            None => Lived::Standing,
        }
    }

    pub(super) fn nonce_found(&mut self, search: u64, nonce: u64) {
        let Some(work) = self.work.as_mut().filter(|work| work.search == search) else {
            return;
        };
        let found = UncheckedBlock {
            nonce,
            ..work.candidate.clone()
        };
        if let Err(error) = found.clone().check_with(&mut self.checker) {
            let reason = format!("the nonce that was found does not fit: {error}");
            self.tell(Event::Refused {
                from: None,
                about: None,
                reason: reason.into(),
            });
            return;
        }
        (work.candidate, work.found) = (found, true);
        match self.costs.mining {
            MiningCost::Clocks(_) if self.standing => {
                self.standing = false;
                self.end_standing_clock();
            }
            MiningCost::Clocks(_) => {}
            MiningCost::UntilFound { .. } => {
                self.finish_mining();
                if self.costs.broadcasting_block == 0 {
                    self.act();
                }
            }
        }
    }

    /// The nonce is there: the clock that stood still is lived to its end, and those after it.
    fn end_standing_clock(&mut self) {
        let mut lived = self.finish_mining();
        if self.costs.mining == MiningCost::Clocks(0) {
            lived = self.act();
        }
        self.standing = lived == Lived::Standing;
        if !self.standing {
            self.tell(Event::Clock {
                clock: self.clock,
                status: self.status,
            });
            self.live_on();
        }
    }

    fn join_mined(&mut self, found: UncheckedBlock) {
        let block = found.check_with(&mut self.checker);
        let block: Block = block.expect("a nonce is kept only after its block was checked");
        let (id, hash) = (block.id(), block.hash());
        self.tell(Event::Mined { id, hash });
        self.spend_request();
        self.join(block);
    }

    /// Work has ended that may have been asked for. That lasts with what ended it, so that a crash before
    /// brings the request back.
    fn spend_request(&mut self) {
        self.record(Record::Mine {
            waits: self.mine.is_some(),
        });
    }

    /// Gives up the block being mined: another one moved the tip.
    pub(super) fn drop_work(&mut self) {
        if let Some(work) = self.work.take() {
            self.effects.push(Effect::CancelSearch);
            self.spend_request();
            self.tell(Event::MiningDropped {
                id: work.candidate.id,
            });
        }
    }

    /// Whether a mine request can be taken up.
    pub(super) fn may_begin_mining(&self) -> bool {
        self.work.is_none()
    }

    /// Whether mining is to begin without being asked.
    pub(super) fn goes_on_mining(&self) -> bool {
        self.costs.mining == (MiningCost::UntilFound { continuous: true }) && self.work.is_none()
    }

    /// Begins to mine where mining lasts until the nonce is found and keeps nothing else from being
    /// done.
    pub(super) fn mine_on_the_side(&mut self) {
        let MiningCost::UntilFound { continuous } = self.costs.mining else {
            return;
        };
        if self.work.is_none() && (continuous || self.mine.is_some()) {
            self.begin_mining();
        }
    }
}

/// Where a node's searches start: a nonce taken from its name, so that two miners of one candidate
/// make different blocks.
fn first_nonce(name: &Name) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = Hash::sha256(name.as_str().as_bytes()).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) & MAX_SAFE_INTEGER
}
