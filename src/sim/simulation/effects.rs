//! Inputs for nodes, and their effects carried out.

use super::*;
use crate::ledger::MAX_SAFE_INTEGER;
use crate::ledger::search::{Outcome, search_from};
use crate::node::{Answer, Effect, Search};
use crate::sim::network::Fate;

impl<N: Node> Simulation<N>
where
    N::Message: Carried,
{
    /// The clock at a time: the first one is 1, at the start.
    fn clock_at(&self, time: Time) -> u64 {
        time.0 / self.options.clock.0 + 1
    }

    /// When a clock is lived by a node.
    fn time_of(&self, clock: u64, node: usize) -> Time {
        let start = Time(clock.saturating_sub(1).saturating_mul(self.options.clock.0));
        match self.options.stepped {
            // One after another, so that what one sends reaches those after it at the same clock.
            Some(_) => start + Time(node as u64),
            None => start,
        }
    }

    /// Hands an input to a node and carries out what follows.
    pub(super) fn give(
        &mut self,
        node: usize,
        input: Input<N::Message>,
        observer: &mut impl Observer<N>,
    ) {
        let effects = self.nodes[node].handle(input);
        self.follow(node, effects, observer);
    }

    /// Carries out effects, and sees when the node has something to do next.
    pub(super) fn follow(
        &mut self,
        node: usize,
        effects: Vec<Effect<N::Message>>,
        observer: &mut impl Observer<N>,
    ) {
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.send(node, &to, message, observer),
                Effect::Event(event) => observer.event(self.now, node, &event),
                Effect::Search(search) => self.search(node, &search),
                Effect::CancelSearch => {
                    self.hunts[node] = None;
                    self.timers.cancel(2 * node);
                }
                Effect::Answer(Ok(Answer::Accepted { id })) => {
                    observer.accepted(self.now, node, id);
                }
                Effect::Answer(Err(error)) => observer.refused(self.now, node, &error),
                Effect::Offence { peer, offence } => {
                    observer.offended(self.now, node, &peer, offence);
                }
                Effect::Close { peer, .. } => self.close(node, &peer),
                // Nothing lasts in a simulation but what `Action::Crash` keeps.
                Effect::Persist(_) | Effect::Answer(_) | Effect::Reached { .. } => {}
            }
        }
        self.plan(node);
    }

    /// Sets the timer for the node's clock.
    fn plan(&mut self, node: usize) {
        let timer = 2 * node + 1;
        let at = match self.options.stepped {
            Some(_) => Some(self.next_step(node)),
            None => self.nodes[node]
                .next_clock()
                .map(|clock| self.time_of(clock, node).max(self.now)),
        };
        match at {
            None => self.timers.cancel(timer),
            Some(at) if self.timers.get(timer) != Some(at) => self.timers.set(timer, at),
            Some(_) => {}
        }
    }

    /// When a node is ticked next where all of them are.
    fn next_step(&self, node: usize) -> Time {
        let at = self.time_of(self.nodes[node].clock() + 1, node);
        // A node that waits for its nonce stands still while the others live on.
        if at <= self.now && self.hunts[node].is_some() {
            self.time_of(self.clock_at(self.now) + 1, node)
        } else {
            at.max(self.now)
        }
    }

    /// Moves a node's clock to the present.
    pub(super) fn move_clock(&mut self, node: usize, observer: &mut impl Observer<N>) {
        let to = self.clock_at(self.now);
        let wall = WALL + (self.now.0 / 1_000_000) as i64;
        self.give(node, Input::Clock { to, wall }, observer);
    }

    fn send(
        &mut self,
        node: usize,
        to: &Name,
        message: N::Message,
        observer: &mut impl Observer<N>,
    ) {
        let Some(to) = number(to).filter(|to| (*to as usize) < self.nodes.len()) else {
            return;
        };
        let half = self.links.half(node as u32, to);
        let Some(slow) = half.filter(|half| half.up).map(|half| half.slow) else {
            return;
        };
        let ends = (node, to as usize);
        let bulk = message.is_bulk().then(|| message.bytes());
        let fate = self.carrier.send(self.now, ends, bulk, slow.into());
        match fate {
            Fate::Lost => observer.sent(self.now, ends.0, ends.1, &message, None),
            Fate::Arrives(at) => self.put(ends, at, message, observer),
            Fate::Twice(first, second) => {
                self.put(ends, first, message.clone(), observer);
                self.put(ends, second, message, observer);
            }
        }
    }

    fn put(
        &mut self,
        (from, to): (usize, usize),
        mut at: Time,
        message: N::Message,
        observer: &mut impl Observer<N>,
    ) {
        let ends = (from as u32, to as u32);
        if self.in_order
            && let Some(half) = self.links.half(ends.0, ends.1)
        {
            at = at.max(half.last);
            half.last = at;
        }
        observer.sent(self.now, from, to, &message, Some(at));
        let delivery = Delivery {
            from: ends.0,
            to: ends.1,
            downs: self.links.downs(),
            message,
        };
        self.queue.push(at, delivery);
    }

    /// Begins a search. Its nonce is looked for once, here, whatever time it will take.
    fn search(&mut self, node: usize, search: &Search) {
        let nonce = match self.options.proof {
            // Any will do; this one is the node's own.
            Proof::Sampled { .. } => Some(search.start),
            Proof::Searched { .. } => nonce(search),
        };
        let id = search.id;
        let tries = nonce.map_or(f64::INFINITY, |nonce| tries(search.start, nonce));
        self.wait(node, Hunt { id, nonce, tries });
    }

    /// Lets a search take its time.
    pub(super) fn wait(&mut self, node: usize, hunt: Hunt) {
        let takes = match self.options.proof {
            Proof::Sampled { interval } => {
                let share = self.power[node] / self.total_power;
                (share > 0.0).then(|| self.mining[node].exponential(interval.as_secs() / share))
            }
            Proof::Searched { hashes_per_s } => {
                let rate = self.power[node] * hashes_per_s;
                (rate > 0.0).then(|| hunt.tries / rate)
            }
        };
        match takes {
            Some(seconds) => self
                .timers
                .set(2 * node, self.now + Time::from_secs(seconds)),
            // It has no hash power and never finds one.
            None => self.timers.cancel(2 * node),
        }
        self.hunts[node] = Some(hunt);
    }

    /// A node's nonce is found.
    pub(super) fn find(&mut self, node: usize, hunt: &Hunt, observer: &mut impl Observer<N>) {
        let Some(nonce) = hunt.nonce else { return };
        if self.options.stepped.is_none() && self.nodes[node].clock() < self.clock_at(self.now) {
            self.move_clock(node, observer);
        }
        let search = hunt.id;
        self.give(node, Input::NonceFound { search, nonce }, observer);
    }

    /// A node will have a link cut: it is, and made again after a while.
    fn close(&mut self, node: usize, peer: &Name) {
        let Some(peer) = number(peer).filter(|peer| (*peer as usize) < self.nodes.len()) else {
            return;
        };
        let ends = (node as u32, peer);
        self.links.close(ends.0, ends.1);
        // Once this node's other effects are carried out.
        self.plan_ahead(self.now, Due::Settle(ends));
        self.plan_ahead(self.now + REDIAL, Due::Redial(ends));
    }
}

fn nonce(search: &Search) -> Option<u64> {
    match search_from(&search.header, search.difficulty, search.start, || false) {
        Outcome::Found(nonce) => Some(nonce),
        _ => None,
    }
}

/// How many nonces are tried from the first one to the one that fits.
fn tries(start: u64, nonce: u64) -> f64 {
    let all = MAX_SAFE_INTEGER + 1;
    ((nonce + all - start) % all + 1) as f64
}
