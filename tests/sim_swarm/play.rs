//! A scenario, played.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use tickchain::ledger::{Ledger, Store};
use tickchain::node::{Config, HonestNode};
use tickchain::sim::{Action, REDIAL, Simulation, Time, name};

use super::judge::Judge;
use super::lies::Liar;
use super::member::{Flaw, Member};
use super::scenario::{Kind, Scenario};

/// More than happens in any scenario before all is at rest.
const MOST_STEPS: usize = 1_000_000;

/// Clocks within which stepped nodes are at rest.
const CLOCKS_TO_REST: u64 = 400;

/// How often each thing happened.
pub type Counts = BTreeMap<&'static str, usize>;

struct Play<S: Store> {
    scenario: Scenario,
    run: Simulation<Member<S>>,
    judge: Judge,
    calm: Rc<Cell<bool>>,
}

/// Plays the scenario of a seed over ledgers with stores of this kind, by nodes with this flaw. What
/// happened, or what went wrong, panics included.
pub fn play<S: Store + Default + 'static>(
    seed: u64,
    flaw: Flaw,
    trace: bool,
) -> Result<Counts, String> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let scenario = Scenario::draw(seed);
        if trace {
            println!("{scenario:#?}");
        }
        Play::<S>::new(scenario, flaw, trace).play()
    }));
    played.unwrap_or_else(|_| Err("it panicked".to_owned()))
}

impl<S: Store + Default + 'static> Play<S> {
    fn new(scenario: Scenario, flaw: Flaw, trace: bool) -> Self {
        let calm = Rc::new(Cell::new(false));
        let (genesis, costs) = (scenario.genesis.clone(), scenario.costs);
        let (seed, liars, quiet) = (scenario.seed, scenario.liars.clone(), calm.clone());
        let honest = |node: &usize| !liars.contains(node);
        let judge = Judge::new(&genesis, scenario.graph.nodes, honest, trace);
        let make = move |node| {
            let config = Config {
                name: name(node),
                genesis: genesis.clone(),
                costs,
            };
            let ledger = Ledger::open(&genesis, S::default()).expect("a genesis that can be");
            let liar = liars.contains(&node).then(|| Liar::new(seed, node));
            let node = HonestNode::with_ledger(config, ledger);
            Member::new(node, liar, quiet.clone(), flaw)
        };
        let Scenario {
            network,
            graph,
            options,
            sites,
            ..
        } = &scenario;
        let mut run = Simulation::new(seed, network, sites.clone(), graph, *options, make);
        for node in &scenario.absent {
            run.leave_out(*node);
        }
        for (at, action) in &scenario.actions {
            run.schedule(*at, action.clone());
        }
        Self {
            scenario,
            run,
            judge,
            calm,
        }
    }

    fn play(mut self) -> Result<Counts, String> {
        self.run_to(self.scenario.end)?;
        self.heal();
        match self.scenario.kind {
            Kind::Continuous => self.run_to_a_quiet_time()?,
            _ => {
                self.rest()?;
                // Any node may be the one; this one is drawn with the seed.
                let node = self.scenario.seed as usize % self.scenario.graph.nodes;
                self.run.schedule(self.run.time(), Action::Mine { node });
                self.rest()?;
            }
        }
        self.check_links()?;
        self.judge.finish(&self.run)?;
        Ok(self.judge.counts)
    }

    fn step_until(&mut self, end: Time) -> Result<bool, String> {
        let stepped = self.run.step_until(end, &mut self.judge);
        self.judge.look(&self.run)?;
        Ok(stepped)
    }

    /// Lets everything happen up to `end`.
    fn step_to(&mut self, end: Time) -> Result<(), String> {
        for _ in 0..MOST_STEPS {
            if !self.step_until(end)? {
                return Ok(());
            }
        }
        Err(format!(
            "{MOST_STEPS} steps, and it is {} only",
            self.run.time()
        ))
    }

    /// The same, and then it is `end`.
    fn run_to(&mut self, end: Time) -> Result<(), String> {
        self.step_to(end)?;
        self.run.run_until(end, &mut self.judge);
        Ok(())
    }

    /// Lets all that is asked for and under way come to its end.
    fn rest(&mut self) -> Result<(), String> {
        match self.scenario.kind {
            Kind::Stepped => {
                let clocks = Time(CLOCKS_TO_REST * self.scenario.options.clock.0);
                self.run_to(self.run.time() + REDIAL + clocks)
            }
            _ => self.step_to(Time::MAX - Time(1)),
        }
    }

    /// Where all mine all the time: until a block is mined that no other was mined beside, and none after
    /// it for long enough.
    fn run_to_a_quiet_time(&mut self) -> Result<(), String> {
        let healed = self.run.time();
        let quiet = Time(self.scenario.end.0 / 20);
        loop {
            self.run_to(self.run.time() + quiet)?;
            let [last, before] = self.judge.last_mined;
            let is_alone = last > before + Time(quiet.0 / 2) && last + quiet <= self.run.time();
            if last > healed + quiet && is_alone {
                return Ok(());
            }
        }
    }

    /// Ends all faults; every link goes down and up again, nothing is lost any more, and liars behave.
    fn heal(&mut self) {
        self.calm.set(true);
        self.run.set_loss(0.0);
        let nodes = self.scenario.graph.nodes;
        let each = (0..nodes).map(|node| vec![node]).collect();
        let links = self.scenario.graph.links.iter();
        let restored = links.flat_map(|&(from, to)| {
            let (from, to) = (from as usize, to as usize);
            let factor = 1.0;
            [
                Action::Restore { from, to },
                Action::Slow { from, to, factor },
            ]
        });
        let victims = (0..nodes).map(|victim| Action::EndEclipse { victim });
        let up = (0..nodes).map(|node| Action::Restart { node });
        let all = restored.chain(victims).chain(up);
        let all = all.chain([Action::Partition { groups: each }, Action::Heal]);
        for action in all.collect::<Vec<_>>() {
            self.run.schedule(self.run.time(), action);
        }
    }

    fn check_links(&self) -> Result<(), String> {
        for &(from, to) in &self.scenario.graph.links {
            for (one, other) in [(from, to), (to, from)] {
                let (one, other) = (one as usize, other as usize);
                let mut peers = self.run.nodes()[one].node.peers();
                if !peers.any(|peer| *peer == name(other)) {
                    return Err(format!("the link of {one} and {other} did not come back"));
                }
            }
        }
        Ok(())
    }
}
