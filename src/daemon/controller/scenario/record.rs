//! What was done since the network began, kept so that it can be done again.

use std::sync::Arc;

use super::expect::{Expectation, Fact, Of};
use super::layout::Layout;
use super::{MAX_STEP_TICKS, MAX_STEPS, Scenario, Step};
use crate::daemon::controller::{
    Action, Add, Forge, GivenBlock, NodeAnswer, NodeView, Outcome, Reach, Topology, Tx, Verdict,
};
use crate::ledger::Genesis;
use crate::node::Name;

/// So many hex digits in a row are a hash or an id, which is another one each time.
const HASH_DIGITS: usize = 16;

/// What was done since the network began. Cheap to clone: what both have in common is shared.
#[derive(Debug, Clone)]
pub(in crate::daemon::controller) struct Record {
    begun: Result<Arc<Topology>, &'static str>,
    last: Option<Arc<Entry>>,
    count: usize,
}

#[derive(Debug)]
struct Entry {
    /// The controller's tick at which it was done.
    tick: u64,
    action: Action,
    /// Words of the reason for which it was refused.
    refused: Option<String>,
    before: Option<Arc<Entry>>,
}

impl Record {
    /// Nothing done yet to a network of this kind, all of whose clocks are 0.
    pub(in crate::daemon::controller) fn begin(topology: Topology) -> Self {
        Self {
            begun: Ok(Arc::new(topology)),
            last: None,
            count: 0,
        }
    }

    /// What was done cannot be done again, for this reason.
    pub(in crate::daemon::controller) fn lost(why: &'static str) -> Self {
        Self {
            begun: Err(why),
            last: None,
            count: 0,
        }
    }

    /// Takes down what was done at this tick. Ticks themselves are not: they show in the next one's.
    pub(in crate::daemon::controller) fn note(
        &mut self,
        tick: u64,
        action: &Action,
        outcome: &Outcome,
    ) {
        if self.begun.is_err() {
            return;
        }
        if matches!(action, Action::Add(Add::Url(_))) && outcome.is_success() {
            *self = Self::lost("a node of others was added");
            return;
        }
        for (action, refused) in again(action, outcome) {
            self.last = Some(Arc::new(Entry {
                tick,
                action,
                refused,
                before: self.last.take(),
            }));
            self.count += 1;
        }
        if self.count > MAX_STEPS {
            *self = Self::lost("more was done than a scenario has steps");
        }
    }

    /// A scenario that does it all again, up to this tick, and then expects these nodes.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    pub(in crate::daemon::controller) fn scenario(
        &self,
        tick: u64,
        nodes: &[NodeView],
        genesis: Genesis,
        latency: u64,
    ) -> Result<Scenario, &'static str> {
        let topology = self.begun.as_ref().map_err(|why| *why)?;
        let mut steps = first_steps(topology);
        let mut at = 0;
        for entry in self.entries() {
            wait(&mut steps, entry.tick.saturating_sub(at));
            at = entry.tick;
            steps.push(Step {
                refused: entry.refused.clone(),
                ..step(Some(entry.action.clone()))
            });
        }
        wait(&mut steps, tick.saturating_sub(at));
        steps.push(Step {
            expect: nodes.iter().flat_map(as_it_is).collect(),
            ..step(None)
        });
        if steps.len() > MAX_STEPS {
            return Err("more was done than a scenario has steps");
        }
        Ok(Scenario {
            title: "What was done".to_owned(),
            about: String::new(),
            layout: layout(topology, genesis, latency),
            steps,
        })
    }

    /// All that was done, in order.
    fn entries(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = Vec::with_capacity(self.count);
        let mut next = self.last.as_deref();
        while let Some(entry) = next {
            entries.push(entry);
            next = entry.before.as_deref();
        }
        entries.reverse();
        entries
    }
}

/// What to do to have the same outcome: the action, and words of the reason where it was refused.
fn again(action: &Action, outcome: &Outcome) -> Vec<(Action, Option<String>)> {
    let each_alone = |alone: &dyn Fn(Name) -> Action| {
        let answers = outcome.answers.iter().flatten();
        let one = |answer: &NodeAnswer| {
            let refused = (answer.result == Verdict::Fail).then(|| words(answer.reason.as_deref()));
            (alone(answer.node.clone()), refused)
        };
        answers.map(one).collect()
    };
    match action {
        // Ticks show in the ticks of what comes after; a new beginning is no part of what was done.
        Action::Tick(_) | Action::Until(_) => Vec::new(),
        Action::Reset(reset) if reset.node.is_none() => Vec::new(),
        // Of several nodes some may refuse and others not, which one step cannot say.
        Action::Block(given) => each_alone(&|node| {
            Action::Block(GivenBlock {
                at: vec![node],
                block: given.block.clone(),
            })
        }),
        Action::Forge(forge) => each_alone(&|node| {
            Action::Forge(Forge {
                at: vec![node],
                ..forge.clone()
            })
        }),
        Action::Tx(tx) => {
            let tx = Tx {
                id: outcome.id.or(tx.id),
                ..tx.clone()
            };
            let refused = (!outcome.is_success()).then(|| words(outcome.reason.as_deref()));
            vec![(Action::Tx(tx), refused)]
        }
        action if outcome.is_success() => vec![(action.clone(), None)],
        _ => Vec::new(),
    }
}

/// The beginning of a reason, up to what is another each time.
fn words(reason: Option<&str>) -> String {
    let reason = reason.unwrap_or_default();
    let mut digits = 0;
    for (at, char) in reason.char_indices() {
        digits = if char.is_ascii_hexdigit() {
            digits + 1
        } else {
            0
        };
        if digits == HASH_DIGITS {
            let until = at + 1 - HASH_DIGITS;
            return reason[..until].trim_end().to_owned();
        }
    }
    reason.to_owned()
}

fn step(action: Option<Action>) -> Step {
    Step {
        line: 0,
        note: None,
        action,
        refused: None,
        expect: Vec::new(),
    }
}

/// Cuts and crashes what was cut and crashed when all began.
fn first_steps(topology: &Topology) -> Vec<Step> {
    let cut = (topology.cut.iter())
        .map(|pair| Action::Cut(vec![pair.ends().0.clone(), pair.ends().1.clone()]));
    let crash = topology.crashed.iter().cloned().map(Action::Crash);
    cut.chain(crash).map(|action| step(Some(action))).collect()
}

fn wait(steps: &mut Vec<Step>, ticks: u64) {
    let mut left = ticks;
    while left > 0 {
        let now = left.min(MAX_STEP_TICKS);
        steps.push(step(Some(Action::Tick(now))));
        left -= now;
    }
}

fn layout(topology: &Topology, genesis: Genesis, latency: u64) -> Layout {
    let place = |name: &Name| topology.nodes.iter().position(|node| node == name);
    let link = |pair: &crate::daemon::controller::Pair| {
        let (a, b) = pair.ends();
        Some((place(a)?, place(b)?))
    };
    Layout {
        nodes: topology.nodes.clone(),
        links: topology.links.iter().filter_map(link).collect(),
        latency,
        genesis,
    }
}

/// What is to be expected of a node that is to be like this one.
fn as_it_is(view: &NodeView) -> Vec<Expectation> {
    let mut facts = vec![Fact::State(view.state)];
    if view.state == Reach::Up {
        facts.extend([
            Fact::Status(view.status),
            Fact::Clock(view.clock),
            Fact::Height(view.height),
            Fact::Pool(view.pool),
        ]);
    }
    let expectation = |fact| Expectation {
        line: 0,
        of: Of::Node(view.name.clone()),
        fact,
    };
    facts.into_iter().map(expectation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_end_where_they_differ_each_time() {
        let hash = "5a7cf78addfaa013b1021273cd6b242c2cfb4706327d2eecdbc55746942f2000";
        let reason = format!("the block says its hash is {hash}, its contents hash to another");
        assert_eq!(words(Some(&reason)), "the block says its hash is");
        let plain = "aki has 0, which is less than the 1 to be paid";
        assert_eq!(words(Some(plain)), plain);
        assert_eq!(words(None), "");
    }
}
