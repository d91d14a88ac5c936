//! A whole run, from a scenario to its outcome.

use std::ops::ControlFlow;

use super::{Behaviour, Ground, Kind, Scenario, ScenarioError};
use crate::node::Node;
use crate::sim::behaviour::{Attempts, LedgerNode};
use crate::sim::outcome::{End, Outcome, Recorder};
use crate::sim::{
    Action, Carried, LeanNode, Observer, Payments, Purpose, Random, Simulation, Time,
};

/// After how many steps it is told how far a run is.
const STEPS: u32 = 4096;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Virtual time.
    pub time: Time,
    /// The highest block that was found.
    pub height: u64,
    /// Messages delivered and timers fired.
    pub events: u64,
}

/// Runs a scenario on its ground, to its end or until `go_on` breaks it off; `watch` sees all that
/// happens. What is known then is what is returned.
///
/// # Errors
/// A [`ScenarioError`] when the scenario cannot be simulated.
///
/// ```
/// use std::ops::ControlFlow;
/// use tickchain::sim::scenario::{Scenario, run};
/// let scenario: Scenario = serde_json::from_str(r#"{"nodes": 20, "blocks": 50}"#)?;
/// let ground = scenario.ground(7, None)?;
/// let once = run(&scenario, 7, &ground, &mut (), |_| ControlFlow::Continue(()))?;
/// let again = run(&scenario, 7, &ground, &mut (), |_| ControlFlow::Continue(()))?;
/// assert!(once.complete && once.blocks >= 50);
/// assert_eq!(once.digest, again.digest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run<O>(
    scenario: &Scenario,
    seed: u64,
    ground: &Ground,
    watch: &mut O,
    go_on: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, ScenarioError>
where
    O: Observer<LeanNode> + Observer<LedgerNode>,
{
    scenario.check()?;
    let (names, group_of) = scenario.groups();
    let recorder = Recorder::new(&ground.sites).with_groups(names, group_of);
    Ok(match scenario.kind {
        Kind::Lean => {
            let mut simulation = scenario.lean(seed, ground);
            play(scenario, &mut simulation, None, recorder, watch, go_on)
        }
        Kind::Ledger => {
            let mut simulation = scenario.ledger(seed, ground);
            let random = Random::new(seed, Purpose::Workload, 0);
            let payments = scenario.workload.as_ref();
            let payments = payments.map(|workload| workload.payments(scenario.nodes, random));
            let payments = payments.transpose()?;
            let mut outcome = play(scenario, &mut simulation, payments, recorder, watch, go_on);
            outcome.double_spends = double_spends(simulation.nodes());
            outcome
        }
    })
}

/// How the attacks of all double spenders ended; none where there are none.
fn double_spends(nodes: &[LedgerNode]) -> Option<Attempts> {
    let attempts = nodes.iter().filter_map(LedgerNode::attempts);
    attempts.reduce(|all, more| Attempts {
        begun: all.begun + more.begun,
        succeeded: all.succeeded + more.succeeded,
        given_up: all.given_up + more.given_up,
    })
}

impl Scenario {
    /// The groups that miners are told apart by: their names, and the place among them of each node's.
    pub fn groups(&self) -> (Vec<String>, Vec<u16>) {
        let mut names = vec![Behaviour::Honest.as_str().to_owned()];
        let mut group_of = vec![0; self.nodes];
        for (node, miner) in self.miner_nodes().into_iter().zip(&self.miners) {
            let name = miner.behaviour.as_str();
            let group = names.iter().position(|known| known == name);
            group_of[node] = group.unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            }) as u16;
        }
        (names, group_of)
    }
}

fn play<N, O>(
    scenario: &Scenario,
    simulation: &mut Simulation<N>,
    mut payments: Option<Payments>,
    recorder: Recorder,
    watch: &mut O,
    mut go_on: impl FnMut(Progress) -> ControlFlow<()>,
) -> Outcome
where
    N: Node,
    N::Message: Carried,
    O: Observer<N>,
{
    let end = scenario.time_s.map_or(Time::MAX, Time::from_secs);
    let blocks = scenario.blocks.unwrap_or(u64::MAX);
    let mut watchers = (recorder, watch);
    let (mut complete, mut steps) = (true, 0);
    let mut next = payments.as_mut().and_then(Iterator::next);
    while watchers.0.height() <= blocks {
        let until = next.as_ref().map_or(end, |(at, ..)| end.min(*at));
        if !simulation.step_until(until, &mut watchers) {
            // All before the next payment has happened.
            match next.take().filter(|(at, ..)| *at <= end) {
                Some((at, node, payment)) => simulation.schedule(at, Action::Pay { node, payment }),
                None => break,
            }
            next = payments.as_mut().and_then(Iterator::next);
        }
        steps += 1;
        if steps == STEPS {
            steps = 0;
            let progress = Progress {
                time: simulation.time(),
                height: watchers.0.height(),
                events: simulation.events(),
            };
            if go_on(progress).is_break() {
                complete = false;
                break;
            }
        }
    }
    // A run that neither its blocks nor anybody ended lasted to its time.
    let time_is_up = complete && scenario.time_s.is_some() && watchers.0.height() <= blocks;
    watchers.0.finish(End {
        time: if time_is_up { end } else { simulation.time() },
        events: simulation.events(),
        digest: simulation.digest(),
        complete,
    })
}
