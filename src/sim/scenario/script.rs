//! What nodes are asked for, as a controller would.

use serde::{Deserialize, Serialize};

use super::NodeNumber;
use crate::ledger::{Account, Value};

/// Something a node is asked for, just before the clocks move to `at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// To mine a block.
    Mine {
        /// The clock.
        at: u64,
        /// Who.
        node: NodeNumber,
    },
    /// To add a payment.
    Pay {
        /// The clock.
        at: u64,
        /// Who is asked.
        node: NodeNumber,
        /// The account that pays.
        sender: Account,
        /// The account that is paid.
        recipient: Account,
        /// How much.
        value: Value,
    },
}

impl Step {
    /// The clock it comes before.
    pub fn at(&self) -> u64 {
        match self {
            Self::Mine { at, .. } | Self::Pay { at, .. } => *at,
        }
    }

    /// Who is asked.
    pub fn node(&self) -> NodeNumber {
        match self {
            Self::Mine { node, .. } | Self::Pay { node, .. } => *node,
        }
    }
}
