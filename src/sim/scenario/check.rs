//! Whether a scenario can be simulated.

use std::collections::BTreeSet;

use super::{
    Behaviour, Fault, Kind, MAX_BLOCKS, MAX_NODES, MAX_TIME_S, NodeNumber, Scenario, ScenarioError,
};
use crate::sim::Workload;

type Checked = Result<(), ScenarioError>;

/// The most zero bits of a searched proof of work: a second of one core or so a block.
const MAX_DIFFICULTY: u32 = 24;
/// The most clocks anything costs or takes.
const MAX_CLOCKS: u64 = 1_000_000;

impl Scenario {
    /// Whether it can be simulated: ranges, names, contradictions. Keys that are sound but change nothing
    /// are found by [`super::idle_key`].
    ///
    /// # Errors
    /// A [`ScenarioError`] that names the first key that is wrong.
    pub fn check(&self) -> Checked {
        self.check_size()?;
        self.check_clocks()?;
        self.network.check()?;
        self.relay.check()?;
        self.workload.as_ref().map_or(Ok(()), Workload::check)?;
        self.check_miners()?;
        for (number, fault) in (1..).zip(&self.faults) {
            self.check_fault(&format!("faults.{number}"), fault)?;
        }
        for (number, step) in (1..).zip(&self.script) {
            let key = |name: &str| format!("script.{number}.{name}");
            self.check_node(&key("node"), step.node())?;
            count(&key("at"), step.at(), 1, MAX_CLOCKS)?;
        }
        Ok(())
    }

    fn check_size(&self) -> Checked {
        count("nodes", self.nodes as u64, 1, MAX_NODES as u64)?;
        if self.blocks.is_none() && self.time_s.is_none() {
            return Err(ScenarioError::NoEnd);
        }
        if let Some(blocks) = self.blocks {
            count("blocks", blocks, 1, MAX_BLOCKS)?;
        }
        if let Some(seconds) = self.time_s {
            number("time_s", seconds, 1e-6, MAX_TIME_S)?;
        }
        number("unreachable", self.unreachable, 0.0, 1.0)?;
        number("interval_s", self.interval_s, 1e-6, MAX_TIME_S)?;
        let bits = self.mining.difficulty;
        count("mining.difficulty", bits.into(), 0, MAX_DIFFICULTY.into())
    }

    fn check_clocks(&self) -> Checked {
        let clocks = &self.clocks;
        number("clocks.length_ms", clocks.length_ms, 1e-3, 1e9)?;
        count("clocks.latency", clocks.latency, 0, MAX_CLOCKS)?;
        let costs = &clocks.costs;
        for (name, cost, least) in [
            ("mining", costs.mining, 1),
            ("broadcasting_block", costs.broadcasting_block, 0),
            ("broadcasting_tx", costs.broadcasting_tx, 0),
            ("receiving_block", costs.receiving_block, 0),
            ("receiving_tx", costs.receiving_tx, 0),
        ] {
            let key = format!("clocks.costs.{name}");
            count(&key, cost.unwrap_or(least), least, MAX_CLOCKS)?;
        }
        if clocks.stepped && clocks.length_ms * 1e3 <= self.nodes as f64 {
            return Err(ScenarioError::Conflict {
                key: "clocks.length_ms".into(),
                problem: "nodes are ticked a microsecond apart, and do not fit into one clock; make it longer",
            });
        }
        let by_hand = clocks.stepped || !self.mining.continuous;
        if by_hand && self.kind == Kind::Ledger && self.time_s.is_none() {
            return Err(ScenarioError::Conflict {
                key: "blocks".into(),
                problem: "nobody mines on and on here, so the height may not be reached; say time_s as well",
            });
        }
        if clocks.stepped && self.kind == Kind::Lean {
            return Err(ScenarioError::Conflict {
                key: "clocks.stepped".into(),
                problem: "lean nodes have no clock costs; say kind = \"ledger\"",
            });
        }
        Ok(())
    }

    fn check_miners(&self) -> Checked {
        let mut named = BTreeSet::new();
        let mut sum = 0.0;
        for (place, miner) in (1..).zip(&self.miners) {
            let key = format!("miners.{place}");
            number(&format!("{key}.share"), miner.share, 0.0, 1.0)?;
            count(
                &format!("{key}.confirmations"),
                miner.confirmations,
                1,
                1_000,
            )?;
            count(&format!("{key}.give_up"), miner.give_up, 1, 10_000)?;
            let pays = matches!(miner.behaviour, Behaviour::Empty | Behaviour::DoubleSpend);
            if pays && self.kind == Kind::Lean {
                return Err(ScenarioError::Conflict {
                    key: format!("{key}.behaviour"),
                    problem: "lean nodes have no payments; say kind = \"ledger\"",
                });
            }
            sum += miner.share;
            let Some(node) = miner.node else { continue };
            let key = format!("{key}.node");
            self.check_node(&key, node)?;
            if !named.insert(node) {
                return Err(ScenarioError::NodeTwice { key, node });
            }
        }
        count("miners", self.miners.len() as u64, 0, self.nodes as u64)?;
        let all = self.miners.len() == self.nodes;
        let rule = match all {
            true => "they have to add up to 1, since every node has one",
            false => "they have to leave something to the other nodes, so be below 1",
        };
        let is_wrong = match all {
            true => (sum - 1.0).abs() > 1e-6,
            false => sum > 1.0 - 1e-6,
        };
        match is_wrong {
            true => Err(ScenarioError::Shares {
                key: "miners".into(),
                sum,
                rule,
            }),
            false => Ok(()),
        }
    }

    fn check_fault(&self, key: &str, fault: &Fault) -> Checked {
        number(&format!("{key}.at_s"), fault.at_s(), 0.0, MAX_TIME_S)?;
        if let Some(last) = fault.last_node() {
            self.check_node(key, NodeNumber(last))?;
        }
        let conflict = |name: &str, problem| {
            Err(ScenarioError::Conflict {
                key: format!("{key}.{name}"),
                problem,
            })
        };
        match fault {
            Fault::Cut { between, .. }
            | Fault::Restore { between, .. }
            | Fault::Slow { between, .. }
                if between[0] == between[1] =>
            {
                conflict("between", "a link has two different ends; name them")
            }
            Fault::Slow { factor, .. } => number(&format!("{key}.factor"), *factor, 0.0, 1e6),
            Fault::Eclipse {
                victim, attackers, ..
            } if attackers.iter().any(|node| node == victim.0) => {
                conflict("attackers", "the victim is among them; leave it out")
            }
            Fault::Partition { groups, shares, .. } => match (groups.len(), shares.len()) {
                (0, 0) => conflict("groups", "it takes groups = [\"node1..node5\"] or shares"),
                (0, _) => parts(&format!("{key}.shares"), shares),
                (_, 0) => self.check_groups(&format!("{key}.groups"), fault),
                _ => conflict("shares", "groups say already who is where; leave one out"),
            },
            _ => Ok(()),
        }
    }

    fn check_groups(&self, key: &str, fault: &Fault) -> Checked {
        let mut seen = BTreeSet::new();
        let twice = fault.partition(self.nodes).into_iter().flatten();
        match twice.map(NodeNumber).find(|node| !seen.insert(*node)) {
            Some(node) => Err(ScenarioError::NodeTwice {
                key: key.to_owned(),
                node,
            }),
            None => Ok(()),
        }
    }

    fn check_node(&self, key: &str, node: NodeNumber) -> Checked {
        match node.0 < self.nodes {
            true => Ok(()),
            false => Err(ScenarioError::NoSuchNode {
                key: key.to_owned(),
                node,
                nodes: self.nodes,
            }),
        }
    }
}

fn parts(key: &str, shares: &[f64]) -> Checked {
    for share in shares {
        number(key, *share, 0.0, 1.0)?;
    }
    let sum: f64 = shares.iter().sum();
    match (sum - 1.0).abs() <= 1e-6 {
        true => Ok(()),
        false => Err(ScenarioError::Shares {
            key: key.to_owned(),
            sum,
            rule: "they have to add up to 1",
        }),
    }
}

/// A finite number between two others, these included.
fn number(key: &str, value: f64, least: f64, most: f64) -> Checked {
    // Also what is not a number is outside.
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(ScenarioError::Range {
            key: key.to_owned(),
            value,
            rule: format!("from {least} to {most}"),
        }),
    }
}

fn count(key: &str, value: u64, least: u64, most: u64) -> Checked {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(ScenarioError::Range {
            key: key.to_owned(),
            value: value as f64,
            rule: format!("a whole number from {least} to {most}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(more: Value) -> Checked {
        let mut scenario = json!({"nodes": 9, "blocks": 5});
        let more = more.as_object().unwrap().clone();
        scenario.as_object_mut().unwrap().extend(more);
        let scenario: Scenario = serde_json::from_value(scenario).unwrap();
        scenario.check()
    }

    #[track_caller]
    fn refused(more: Value, key: &str, text: &str) {
        let error = check(more).unwrap_err();
        assert_eq!(error.key(), key);
        assert!(error.to_string().contains(text), "{error}");
    }

    #[test]
    fn ranges_are_named() {
        refused(
            json!({"nodes": 0}),
            "nodes",
            "nodes is 0: it has to be a whole number from 1",
        );
        refused(json!({"blocks": 0}), "blocks", "from 1");
        refused(json!({"blocks": null}), "blocks", "time_s or both");
        refused(json!({"time_s": -1.0}), "time_s", "-1");
        refused(json!({"interval_s": 0.0}), "interval_s", "1000000000");
        refused(
            json!({"mining": {"difficulty": 60}}),
            "mining.difficulty",
            "24",
        );
        refused(
            json!({"clocks": {"costs": {"mining": 0}}}),
            "clocks.costs.mining",
            "from 1",
        );
        refused(
            json!({"clocks": {"stepped": true}}),
            "clocks.stepped",
            "ledger",
        );
        refused(
            json!({"script": [{"do": "mine", "at": 0, "node": "node1"}]}),
            "script.1.at",
            "0",
        );
    }

    #[test]
    fn shares_of_miners_leave_room_for_the_others() {
        let miners = |shares: &[f64]| -> Value {
            let miners = shares.iter().map(|share| json!({"share": share}));
            json!({"miners": miners.collect::<Vec<_>>()})
        };
        check(miners(&[0.3, 0.2])).unwrap();
        check(miners(&[1.0 / 9.0; 9])).unwrap();
        refused(miners(&[0.5, 0.5]), "miners", "below 1");
        refused(miners(&[0.1; 9]), "miners", "every node");
        refused(miners(&[0.1; 10]), "miners", "from 0 to 9");
        let empty = json!({"miners": [{"behaviour": "empty", "share": 0.1}]});
        refused(empty, "miners.1.behaviour", "kind = \"ledger\"");
        refused(miners(&[1.5]), "miners.1.share", "1.5");
        let twice =
            json!({"miners": [{"node": "node1", "share": 0.1}, {"node": "node1", "share": 0.1}]});
        refused(twice, "miners.2.node", "node1 a second time");
    }

    #[test]
    fn faults_name_nodes_that_are_there() {
        let fault = |fault: Value| json!({"faults": [{"do": "heal", "at_s": 1.0}, fault]});
        let cut = |a: &str, b: &str| fault(json!({"do": "cut", "at_s": 1.0, "between": [a, b]}));
        check(cut("node1", "node9")).unwrap();
        refused(
            cut("node1", "node10"),
            "faults.2",
            "9 nodes, node1 to node9",
        );
        refused(cut("node1", "node1"), "faults.2.between", "two different");
        let huge = json!({"do": "crash", "at_s": 1.0, "nodes": "node1..node18446744073709551615"});
        refused(fault(huge), "faults.2", "node18446744073709551615");
        let late = json!({"do": "heal", "at_s": 1e12});
        refused(fault(late), "faults.2.at_s", "1000000000000");
        let slow =
            json!({"do": "slow", "at_s": 1.0, "between": ["node1", "node2"], "factor": -1.0});
        refused(fault(slow), "faults.2.factor", "-1");
        let eclipse =
            json!({"do": "eclipse", "at_s": 1.0, "victim": "node2", "attackers": "node1..node3"});
        refused(fault(eclipse), "faults.2.attackers", "victim");
    }

    #[test]
    fn a_partition_has_parts() {
        let partition = |more: Value| {
            let mut fault = json!({"do": "partition", "at_s": 1.0});
            let more = more.as_object().unwrap().clone();
            fault.as_object_mut().unwrap().extend(more);
            json!({"faults": [fault]})
        };
        refused(partition(json!({})), "faults.1.groups", "groups = ");
        let twice = json!({"groups": ["node1..node3", "node3"]});
        refused(partition(twice), "faults.1.groups", "node3 a second time");
        refused(
            partition(json!({"shares": [0.5, 0.4]})),
            "faults.1.shares",
            "0.9",
        );
        let both = json!({"shares": [1.0], "groups": ["node1"]});
        refused(partition(both), "faults.1.shares", "leave one out");
        let half: Fault =
            serde_json::from_value(json!({"do": "partition", "at_s": 1.0, "shares": [0.5, 0.5]}))
                .unwrap();
        assert_eq!(half.partition(5), [vec![0, 1, 2], vec![3, 4]]);
        let named: Fault = serde_json::from_value(
            json!({"do": "partition", "at_s": 1.0, "groups": ["node2..node3"]}),
        )
        .unwrap();
        assert_eq!(named.partition(4), [vec![1, 2], vec![0, 3]]);
    }
}
