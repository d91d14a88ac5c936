//! How a node lives its clocks.

use super::*;

/// What keeps a node busy for more clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Busy {
    pub(super) status: Status,
    /// Clocks still to come.
    pub(super) left: u64,
}

/// Whether a clock was lived to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lived {
    Whole,
    /// A nonce is missing: the clock stands still.
    Standing,
}

impl<S: Store> HonestNode<S> {
    pub(super) fn check_clock(&self, asked: u64) -> Result<Answer, RequestError> {
        self.check_started()?;
        if asked > MAX_SAFE_INTEGER {
            return Err(RequestError::ClockTooHigh { asked });
        }
        if asked < self.clock {
            return Err(RequestError::ClockBehind {
                clock: self.clock,
                asked,
            });
        }
        Ok(Answer::Done)
    }

    pub(super) fn move_clock(&mut self, to: u64, wall: i64) {
        self.wall = wall;
        self.target = self.target.max(to);
        if !self.standing {
            self.live_on();
        }
    }

    /// Lives every clock up to the target, skipping those at which there is nothing to do.
    pub(super) fn live_on(&mut self) {
        while self.clock < self.target {
            match self.next_busy_clock().filter(|next| *next <= self.target) {
                Some(next) => {
                    self.clock = next;
                    if self.live() == Lived::Standing {
                        self.standing = true;
                        return;
                    }
                }
                None => {
                    self.clock = self.target;
                    self.status = self.idle_status();
                }
            }
            self.tell(Event::Clock {
                clock: self.clock,
                status: self.status,
            });
        }
        self.effects.push(Effect::Reached { clock: self.clock });
    }

    /// The first clock after this one at which there is something to do.
    pub(super) fn next_busy_clock(&self) -> Option<u64> {
        if !self.started || self.standing {
            return None;
        }
        let next = self.clock + 1;
        let at_once = self.busy.is_some()
            || self.relay_tip
            || !self.relay.is_empty()
            || self.links.values().any(|link| link.question.is_some())
            || !self.inbox.blocks.is_empty()
            || !self.inbox.payments.is_empty()
            || self.mine.is_some_and(|_| self.may_begin_mining())
            || self.queue.first().is_some()
            || self.goes_on_mining();
        if at_once {
            return Some(next);
        }
        let ready = self.inbox.next_ready();
        let patience = self.catch_up.next_change();
        ready
            .into_iter()
            .chain(patience)
            .min()
            .map(|clock| clock.max(next))
    }

    /// Lives the present clock.
    fn live(&mut self) -> Lived {
        for (key, item) in self.inbox.ripen(self.clock) {
            self.keep_question(key, item);
        }
        self.sort_out_blocks();
        self.lose_patience();
        match self.busy.take() {
            Some(Busy {
                status: Status::Mining,
                left,
            }) => self.go_on_mining(left),
            Some(Busy { status, left }) => {
                self.spend(status, left);
                Lived::Whole
            }
            None => self.act(),
        }
    }

    /// Spends one clock of `left` on `status`.
    pub(super) fn spend(&mut self, status: Status, left: u64) {
        self.status = status;
        if left > 1 {
            self.busy = Some(Busy {
                status,
                left: left - 1,
            });
        }
    }

    /// Takes up the next thing to do, and the next while they cost nothing.
    pub(super) fn act(&mut self) -> Lived {
        loop {
            self.mine_on_the_side();
            let (status, cost) = match self.next_activity() {
                Activity::Idle => {
                    self.status = self.idle_status();
                    return Lived::Whole;
                }
                Activity::Mining(clocks) => {
                    self.begin_mining();
                    if clocks > 1 {
                        self.spend(Status::Mining, clocks);
                        return Lived::Whole;
                    }
                    self.status = Status::Mining;
                    return self.finish_mining();
                }
                Activity::Done(status, cost) => (status, cost),
            };
            if cost > 0 {
                self.spend(status, cost);
                return Lived::Whole;
            }
        }
    }

    /// Does what comes first in the order of the list, and says what it was.
    fn next_activity(&mut self) -> Activity {
        if self.relay_tip || self.links.values().any(|link| link.question.is_some()) {
            self.send_blocks();
            return Activity::Done(Status::BroadcastingBlock, self.costs.broadcasting_block);
        }
        if !self.relay.is_empty() {
            self.send_payments();
            return Activity::Done(Status::BroadcastingTx, self.costs.broadcasting_tx);
        }
        if !self.inbox.blocks.is_empty() {
            self.take_blocks();
            return Activity::Done(Status::ReceivingBlock, self.costs.receiving_block);
        }
        self.drop_known_payments();
        let request = match self.costs.mining {
            MiningCost::Clocks(clocks) => self.mine.map(|since| (since, clocks)),
            MiningCost::UntilFound { .. } => None,
        };
        let payments_first = match (self.first_payment(), request) {
            (Some(payment), Some((mine, _))) => payment < mine,
            (payment, _) => payment.is_some(),
        };
        if payments_first && self.take_payments() {
            return Activity::Done(Status::ReceivingTx, self.costs.receiving_tx);
        }
        match request {
            Some((_, clocks)) => Activity::Mining(clocks),
            None => Activity::Idle,
        }
    }

    /// What a node does when it does nothing else.
    fn idle_status(&self) -> Status {
        if self.work.is_some() {
            Status::Mining
        } else {
            Status::Idle
        }
    }
}

enum Activity {
    /// This was done and costs so many clocks.
    Done(Status, u64),
    /// Mining is to begin and lasts so many clocks.
    Mining(u64),
    Idle,
}
