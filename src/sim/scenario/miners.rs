//! Miners that are not like the others.

use serde::{Deserialize, Serialize};

use super::NodeNumber;

/// A miner with a behaviour or a share of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Miner {
    /// Which node it is; left out, the first that no other of these is.
    #[serde(default)]
    pub node: Option<NodeNumber>,
    /// What it does.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// Its share of the hash power of all, 0 to 1. The others share the rest as they would without it.
    pub share: f64,
    /// Of a double spender: how many blocks its victim waits for, the one with the payment included.
    #[serde(default = "six")]
    pub confirmations: u64,
    /// Of a double spender: so many blocks behind the others it gives an attack up.
    #[serde(default = "ten")]
    pub give_up: u64,
}

fn six() -> u64 {
    6
}

fn ten() -> u64 {
    10
}

/// What a miner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// What all do.
    #[default]
    Honest,
    /// Holds blocks back and shows them when that costs the others most (Eyal and Sirer).
    Selfish,
    /// Never shows its blocks.
    Withholding,
    /// Leaves payments out.
    Empty,
    /// Pays, and mines in secret a branch in which it did not.
    DoubleSpend,
}

impl Behaviour {
    /// Its name in a scenario.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Selfish => "selfish",
            Self::Withholding => "withholding",
            Self::Empty => "empty",
            Self::DoubleSpend => "double-spend",
        }
    }
}
