//! What has to hold all along, and in the end.

use std::collections::{BTreeMap, BTreeSet};

use tickchain::ledger::{Genesis, Hash, Store, Transaction, TxId};
use tickchain::node::{Event, Message, Name, Node, Offence, Place, RequestError};
use tickchain::sim::{Action, Carried, Observer, Simulation, Time, name};

use super::member::Member;
use super::truth::{State, Truth};

/// Watches a run.
#[derive(Debug)]
pub struct Judge {
    truth: Truth,
    /// Nodes that something happened to since they were looked at.
    touched: BTreeSet<usize>,
    honest: BTreeSet<Name>,
    seen: Vec<Seen>,
    /// Payments by the node that accepted them, unless it crashed and kept nothing.
    pub accepted: BTreeSet<(usize, TxId)>,
    wrong: Option<String>,
    trace: bool,
    /// When a block was last mined, and when the one before it.
    pub last_mined: [Time; 2],
    /// How often each thing happened.
    pub counts: BTreeMap<&'static str, usize>,
}

/// A node as it was last looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    clock: u64,
    tip: Option<(u64, Hash)>,
}

type Verdict = Result<(), String>;

impl Judge {
    /// `honest` tells which of the nodes never lie.
    pub fn new(
        genesis: &Genesis,
        nodes: usize,
        honest: impl Fn(&usize) -> bool,
        trace: bool,
    ) -> Self {
        Self {
            honest: (0..nodes).filter(honest).map(name).collect(),
            truth: Truth::new(genesis),
            touched: BTreeSet::new(),
            seen: vec![Seen::default(); nodes],
            accepted: BTreeSet::new(),
            wrong: None,
            trace,
            last_mined: [Time::ZERO; 2],
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_insert(0) += 1;
    }

    /// Looks at all nodes that something happened to.
    pub fn look<S: Store>(&mut self, run: &Simulation<Member<S>>) -> Verdict {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        while let Some(number) = self.touched.pop_first() {
            let looked = self.look_at(number, &run.nodes()[number]);
            looked.map_err(|error| format!("node {number} at {}: {error}", run.time()))?;
        }
        Ok(())
    }

    fn look_at<S: Store>(&mut self, number: usize, member: &Member<S>) -> Verdict {
        let before = self.seen[number];
        let (clock, ledger) = (member.clock(), member.node.ledger());
        if clock < before.clock {
            return Err(format!(
                "its clock went from {} back to {clock}",
                before.clock
            ));
        }
        self.seen[number].clock = clock;
        let tip = (ledger.tip().id(), ledger.tip().hash());
        if before.tip == Some(tip) {
            return Ok(());
        }
        if before.tip.is_some_and(|(height, _)| height >= tip.0) {
            return Err(format!(
                "it left a tip for one no better: {before:?}, {tip:?}"
            ));
        }
        self.seen[number].tip = Some(tip);
        let state = self.look_at_ledger(member)?;
        self.look_at_pool(member, &state)?;
        self.look_for_accepted(number, member)
    }

    /// The ledger is what its chain amounts to, and the chain is the best there is in the tree.
    fn look_at_ledger<S: Store>(&mut self, member: &Member<S>) -> Result<State, String> {
        let ledger = member.node.ledger();
        let state = self.truth.of(ledger, &ledger.tip().hash())?;
        let accounts = ledger.accounts();
        if !accounts
            .iter()
            .map(|(name, balance)| (name, balance))
            .eq(&state.balances)
        {
            return Err(format!("it has {accounts:?}, not {:?}", state.balances));
        }
        for hash in ledger.side_blocks() {
            let entry = ledger
                .entry(hash)
                .ok_or("a side block is not in the tree")?;
            if entry.work > ledger.work() {
                return Err(format!("side block {hash} has more work than the tip"));
            }
        }
        for (_, id) in &self.accepted {
            if ledger.block_of(id).is_some() != state.paid.contains(id) {
                return Err(format!(
                    "payment {id} is on the chain, or not, as it is wrong"
                ));
            }
        }
        Ok((*state).clone())
    }

    /// The pool can be paid in its order. What the accounts have after that.
    fn look_at_pool<S: Store>(&self, member: &Member<S>, state: &State) -> Result<State, String> {
        let mut state = state.clone();
        for payment in member.node.pool() {
            state
                .pay(payment)
                .map_err(|error| format!("in the pool {error}"))?;
        }
        Ok(state)
    }

    fn look_for_accepted<S: Store>(&self, number: usize, member: &Member<S>) -> Verdict {
        let own = self
            .accepted
            .range((number, TxId([0; 16]))..=(number, TxId([255; 16])));
        for (_, id) in own {
            let place = member.node.place(id);
            if !matches!(
                place,
                Some(Place::Block { .. } | Place::Pool | Place::Waiting)
            ) {
                return Err(format!("payment {id} was accepted and is {place:?}"));
            }
        }
        Ok(())
    }

    /// What has to hold when all is healed and one more block was mined by one node.
    pub fn finish<S: Store>(&mut self, run: &Simulation<Member<S>>) -> Verdict {
        let nodes = run.nodes();
        let heights = || nodes.iter().map(|member| member.node.ledger().tip().id());
        let tip = nodes[0].node.ledger().tip().hash();
        for (number, member) in nodes.iter().enumerate() {
            if member.node.ledger().tip().hash() != tip {
                let heights: Vec<u64> = heights().collect();
                return Err(format!("node {number} has a tip of its own: {heights:?}"));
            }
            let looked = self.finish_one(number, member);
            looked.map_err(|error| format!("node {number} in the end: {error}"))?;
        }
        self.look_at_neighbours(nodes)
    }

    /// Pools agree: what is in one is in its peers', or waits there since theirs leave nothing to pay it
    /// with. A node where it waits does not pass it on; one that lies may not have what it told of.
    fn look_at_neighbours<S: Store>(&self, nodes: &[Member<S>]) -> Verdict {
        for (number, member) in nodes.iter().enumerate() {
            let honest = nodes.iter().enumerate().filter(|(_, peer)| !peer.lies());
            for (other, peer) in honest {
                if member.node.peers().any(|name| name == peer.node.name()) {
                    let kept = ids(peer.node.pool().chain(peer.node.waiting()));
                    if let Some(id) = ids(member.node.pool()).difference(&kept).next() {
                        return Err(format!(
                            "node {number} has {id} in its pool, its peer {other} not"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn finish_one<S: Store>(&mut self, number: usize, member: &Member<S>) -> Verdict {
        let state = self.look_at_ledger(member)?;
        let after = self.look_at_pool(member, &state)?;
        self.look_for_accepted(number, member)?;
        self.truth.connect_again(member.node.ledger())?;
        for payment in member.node.waiting() {
            if after.clone().pay(payment).is_ok() {
                return Err(format!("payment {} waits and could be paid", payment.id));
            }
        }
        match member.node.inbox_len() {
            0 => Ok(()),
            left => Err(format!("{left} messages were never taken up")),
        }
    }
}

fn ids<'a>(payments: impl Iterator<Item = &'a Transaction>) -> BTreeSet<TxId> {
    payments.map(|payment| payment.id).collect()
}

impl<S: Store> Observer<Member<S>> for Judge {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        self.touched.insert(node);
        match event {
            Event::Mined { .. } => {
                self.last_mined = [at, self.last_mined[0]];
                self.count("mined");
            }
            Event::Reorganisation { left, joined, .. } => {
                self.count("reorganisations");
                if joined.len() <= left.len() {
                    self.wrong = Some(format!("node {node} at {at} gained nothing: {event:?}"));
                }
            }
            Event::CatchingUp { .. } => self.count("catching up"),
            Event::Refused { .. } => self.count("refused"),
            _ => {}
        }
        if self.trace {
            println!("{at} node {node}: {event:?}");
        }
    }

    fn sent(&mut self, at: Time, from: usize, to: usize, message: &Message, arrives: Option<Time>) {
        if self.trace && arrives.is_none() {
            let kind = Message::KINDS[message.kind()];
            println!(
                "{at} {kind} {:016x} of node {from} for node {to} is lost",
                message.about()
            );
        }
    }

    /// Whatever happens to an honest node, nobody takes it for a liar.
    fn offended(&mut self, at: Time, node: usize, peer: &Name, offence: Offence) {
        self.count("offences");
        if self.honest.contains(peer) {
            self.wrong = Some(format!(
                "node {node} at {at} blames {peer}, which is honest: {offence}"
            ));
        }
    }

    fn acted(&mut self, at: Time, action: &Action) {
        if let Action::Crash { node, keep: false } = action {
            self.seen[*node] = Seen::default();
            self.accepted.retain(|(accepted_by, _)| accepted_by != node);
        }
        self.count(action.kind());
        if self.trace {
            println!("{at} {action:?}");
        }
    }

    fn accepted(&mut self, _at: Time, node: usize, id: TxId) {
        self.accepted.insert((node, id));
        self.count("accepted");
    }

    fn refused(&mut self, at: Time, node: usize, error: &RequestError) {
        self.count("refused payments");
        if self.trace {
            println!("{at} node {node} refuses: {error}");
        }
    }
}
