//! Every key of a scenario: what files may say, what `--set` finds, what the documentation lists.

/// A key of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its dotted path; what is in lists has no place in it (`faults.nodes`).
    pub path: &'static str,
    /// What it is when it is left out, as it is written; `""` where it is needed or nothing stands for it.
    pub default: &'static str,
    /// What it means, in a few words.
    pub about: &'static str,
}

const fn key(path: &'static str, default: &'static str, about: &'static str) -> Key {
    Key {
        path,
        default,
        about,
    }
}

/// Every key, in the order of the documentation. A test compares them with the types.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("title", "\"\"", "a name for people"),
    key("about", "\"\"", "what it shows"),
    key("kind", "\"lean\"", "what nodes are: `lean` (which block is where) or `ledger` (the nodes that serve TCP)"),
    key("nodes", "", "how many nodes; needed"),
    key("blocks", "", "ends when a block above this height is found; this or `time_s` is needed"),
    key("time_s", "", "ends at this time, in seconds"),
    key("seed", "1", "everything random follows from it"),
    key("interval_s", "600.0", "mean time between blocks of the whole network, in seconds"),
    key("mining.proof", "\"sampled\"", "`sampled`: times are drawn, by hash power; `searched`: nonces are tried"),
    key("mining.difficulty", "12", "zero bits a hash ends in, where nonces are tried"),
    key("mining.continuous", "true", "whether all with hash power mine without being asked"),
    key("clocks.length_ms", "1.0", "length of a node's clock, in milliseconds"),
    key("clocks.stepped", "false", "all nodes are ticked one after another, as a controller does"),
    key("clocks.latency", "0", "clocks a message takes in a stepped run"),
    key("clocks.costs.mining", "3 if stepped", "clocks that mining on demand takes"),
    key("clocks.costs.broadcasting_block", "1 if stepped, else 0", "clocks that sending blocks on takes"),
    key("clocks.costs.broadcasting_tx", "1 if stepped, else 0", "clocks that sending payments on takes"),
    key("clocks.costs.receiving_block", "1 if stepped, else 0", "clocks that taking in blocks takes"),
    key("clocks.costs.receiving_tx", "1 if stepped, else 0", "clocks that taking in payments takes"),
    key("mining.power.kind", "\"equal\"", "`equal`, `normal` or `shares`: how hash power is given out"),
    key("mining.power.mean", "", "normal: the mean"),
    key("mining.power.deviation", "", "normal: the deviation"),
    key("mining.power.shares", "", "shares: those of the first nodes; the others share the rest"),
    key("topology.kind", "\"full\"", "`full`, `ring`, `line`, `star`, `random-regular`, `small-world`, `scale-free`, `degrees` or `file`"),
    key("topology.degree", "", "random-regular, small-world: links of each node"),
    key("topology.rewire", "", "small-world: probability that a link leads to a random node instead"),
    key("topology.links", "", "scale-free: links each newcomer makes"),
    key("topology.cdf", "", "degrees: share of the nodes that dial at most 1, 2, 3, … others"),
    key("topology.path", "", "file: a CSV file of links, from where the scenario lies"),
    key("unreachable", "0.0", "share of the nodes that nobody can dial"),
    key("network.latency.kind", "\"constant\"", "`constant`, `uniform`, `log-normal`, `pareto` or `regions`: how long a message takes, whatever its size"),
    key("network.latency.ms", "100.0", "constant: milliseconds"),
    key("network.latency.min_ms", "", "uniform: the least"),
    key("network.latency.max_ms", "", "uniform: the most"),
    key("network.latency.median_ms", "", "log-normal: the median"),
    key("network.latency.sigma", "", "log-normal: the deviation of its logarithm"),
    key("network.latency.scale_ms", "", "pareto: the least"),
    key("network.latency.shape", "", "pareto: longer than x with probability (scale / x)^shape"),
    key("network.bandwidth_mbit", "no limit", "megabits a second of each node, up and down"),
    key("network.queue", "\"sent\"", "a node's next bulk message starts when the one before is `sent` or has `arrived`"),
    key("network.overhead_ms", "0.0", "milliseconds a small message takes besides"),
    key("network.processing_ms", "0.0", "milliseconds a bulk message takes besides"),
    key("network.loss", "0.0", "probability that a message is lost"),
    key("network.duplication", "0.0", "probability that a message comes twice"),
    key("network.in_order", "true", "whether messages on a link arrive in the order they were sent"),
    key("network.regions.names", "", "regions that nodes stand in"),
    key("network.regions.shares", "", "share of the nodes in each"),
    key("network.regions.latency_ms", "", "mean latency from each (a row) to each"),
    key("network.regions.spread", "\"constant\"", "`constant`: the mean; `pareto`: as SimBlock draws it"),
    key("network.regions.download_mbit", "no limit", "megabits a second a node of each receives"),
    key("network.regions.upload_mbit", "no limit", "megabits a second a node of each sends; the slower of both ends counts"),
    key("relay.kind", "\"announce\"", "`flood`: blocks go to every neighbour; `announce`: who lacks one asks the first announcer"),
    key("relay.block_bytes", "535000", "size of a block"),
    key("relay.compact_blocks", "true", "whether nodes that can send compact blocks do"),
    key("relay.compact_bytes", "18000", "size of a compact block"),
    key("relay.usage", "0.964", "share of nodes that can send and take compact blocks"),
    key("relay.churn", "0.976", "share of nodes that come and go, and so often miss payments"),
    key("relay.churn_failure", "0.27", "probability that such a node misses some of a compact block"),
    key("relay.failure", "0.13", "the same for the others"),
    key("relay.missing_weights", "as SimBlock", "weights of missing 1 %, 2 %, … of a block, for nodes that come and go"),
    key("relay.missing", "0.01", "share of a block that is missing at the others"),
    key("relay.retry_ms", "never", "after so long another announcer is asked"),
    key("miners.node", "the next free", "which node it is: `\"node1\"`"),
    key("miners.behaviour", "\"honest\"", "`honest`, `selfish`, `withholding`, `empty` or `double-spend`"),
    key("miners.share", "", "its share of all hash power"),
    key("miners.confirmations", "6", "double-spend: blocks its victim waits for"),
    key("miners.give_up", "10", "double-spend: so many blocks behind it gives up"),
    key("workload.payments_per_s", "", "mean number of payments a second, asked of any node"),
    key("workload.accounts", "100", "accounts: account1, account2, …"),
    key("workload.balance", "1000000", "what each has in the beginning"),
    key("workload.skew", "0.0", "how unequal accounts are (Zipf): 0 is not, at 1 the first is twice as busy as the second"),
    key("workload.value", "a thousandth of the balance", "the largest payment"),
    key("faults.at_s", "", "when, in seconds"),
    key("faults.do", "", "`crash`, `restart`, `join`, `leave`, `partition`, `heal`, `cut`, `restore`, `slow`, `eclipse` or `end-eclipse`"),
    key("faults.nodes", "", "crash, restart, join, leave: `\"node1\"`, `\"node1..node5\"` or a list of these"),
    key("faults.keep", "true", "crash: whether a restart finds what the node had"),
    key("faults.groups", "", "partition: the parts, each as `nodes`"),
    key("faults.shares", "", "partition: the parts, as shares of the nodes in their order"),
    key("faults.between", "", "cut, restore, slow: the two ends of a link"),
    key("faults.factor", "", "slow: so many times as long"),
    key("faults.victim", "", "eclipse, end-eclipse: the node"),
    key("faults.attackers", "", "eclipse: the only ones it hears, as `nodes`"),
    key("script.at", "", "the clock before which it is asked for"),
    key("script.do", "", "`mine` or `pay`"),
    key("script.node", "", "who is asked"),
    key("script.sender", "", "pay: the account that pays"),
    key("script.recipient", "", "pay: the account that is paid"),
    key("script.value", "", "pay: how much"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::sim::scenario::Scenario;
    use crate::sim::{Latency, Power, Topology};

    /// A value of every variant, everything given that may be left out.
    fn everything() -> Value {
        json!({
            "nodes": 9, "blocks": 1, "time_s": 1.0,
            "clocks": {"costs": {
                "mining": 1, "broadcasting_block": 1, "broadcasting_tx": 1, "receiving_block": 1, "receiving_tx": 1,
            }},
            "network": {
                "bandwidth_mbit": 1.0,
                "regions": {
                    "names": [], "shares": [], "latency_ms": [], "download_mbit": [], "upload_mbit": [],
                },
            },
            "relay": {"retry_ms": 1},
            "workload": {"payments_per_s": 1.0, "value": 1},
            "miners": [{"node": "node1", "share": 0.5}],
            "faults": [
                {"do": "crash", "at_s": 1.0, "nodes": "node1"},
                {"do": "restart", "at_s": 1.0, "nodes": "node1"},
                {"do": "join", "at_s": 1.0, "nodes": "node1"},
                {"do": "leave", "at_s": 1.0, "nodes": "node1"},
                {"do": "partition", "at_s": 1.0, "groups": ["node1"]},
                {"do": "heal", "at_s": 1.0},
                {"do": "cut", "at_s": 1.0, "between": ["node1", "node2"]},
                {"do": "restore", "at_s": 1.0, "between": ["node1", "node2"]},
                {"do": "slow", "at_s": 1.0, "between": ["node1", "node2"], "factor": 2.0},
                {"do": "eclipse", "at_s": 1.0, "victim": "node1", "attackers": "node2"},
                {"do": "end-eclipse", "at_s": 1.0, "victim": "node1"},
            ],
            "script": [
                {"do": "mine", "at": 1, "node": "node1"},
                {"do": "pay", "at": 1, "node": "node1", "sender": "aki", "recipient": "so", "value": 1},
            ],
        })
    }

    fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        let join = |key: &str| match path {
            "" => key.to_owned(),
            _ => format!("{path}.{key}"),
        };
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    paths(value, &join(key), found);
                }
            }
            Value::Array(list) if list.iter().any(Value::is_object) => {
                for value in list {
                    paths(value, path, found);
                }
            }
            _ => {
                found.insert(path.to_owned());
            }
        }
    }

    #[test]
    fn the_keys_are_those_of_the_types() {
        let scenario: Scenario = serde_json::from_value(everything()).unwrap();
        let mut found = BTreeSet::new();
        paths(&serde_json::to_value(&scenario).unwrap(), "", &mut found);
        for (table, written) in [
            (
                "network.latency",
                json!([
                    Latency::Uniform {
                        min_ms: 1.0,
                        max_ms: 1.0
                    },
                    Latency::LogNormal {
                        median_ms: 1.0,
                        sigma: 1.0
                    },
                    Latency::Pareto {
                        scale_ms: 1.0,
                        shape: 1.0
                    },
                ]),
            ),
            (
                "mining.power",
                json!([
                    Power::Normal {
                        mean: 1.0,
                        deviation: 1.0
                    },
                    Power::Shares { shares: vec![] },
                ]),
            ),
            (
                "topology",
                json!([
                    Topology::RandomRegular { degree: 1 },
                    Topology::SmallWorld {
                        degree: 2,
                        rewire: 0.1
                    },
                    Topology::ScaleFree { links: 1 },
                    Topology::Degrees { cdf: vec![] },
                    Topology::File {
                        path: String::new()
                    },
                ]),
            ),
        ] {
            paths(&written, table, &mut found);
        }
        let known: BTreeSet<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
        assert_eq!(known.len(), KEYS.len(), "one is there twice");
        assert_eq!(found, known);
    }
}
