//! Nodes with a ledger, whatever they are up to.

use super::{DoubleSpend, DoubleSpender, Plan, SecretMiner};
use crate::node::{Effect, HonestNode, Input, Message, Node, Status};

/// A node with a ledger, honest or not, so that one simulation has all kinds.
///
/// ```
/// use tickchain::node::{Config, HonestNode, Node};
/// use tickchain::sim::behaviour::{LedgerNode, Plan};
/// let honest = |name: &str| -> Result<_, Box<dyn std::error::Error>> {
///     Ok(HonestNode::new(Config::new(name.parse()?))?)
/// };
/// let nodes = [
///     LedgerNode::from(honest("node1")?),
///     LedgerNode::secret(honest("node2")?, Plan::Selfish),
///     LedgerNode::empty(honest("node3")?),
/// ];
/// assert!(nodes.iter().all(|node| node.honest().ledger().tip().id() == 0 && !node.is_started()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LedgerNode {
    /// It keeps the rules.
    Honest(Box<HonestNode>),
    /// It holds its blocks back.
    Secret(Box<SecretMiner>),
    /// It pays and takes it back.
    DoubleSpender(Box<DoubleSpender>),
}

impl From<HonestNode> for LedgerNode {
    fn from(node: HonestNode) -> Self {
        Self::Honest(Box::new(node))
    }
}

impl LedgerNode {
    /// A node that holds its blocks back, by a plan.
    pub fn secret(node: HonestNode, plan: Plan) -> Self {
        Self::Secret(Box::new(SecretMiner::new(node, plan)))
    }

    /// A node that mines empty blocks. Payments it passes on like any other.
    pub fn empty(node: HonestNode) -> Self {
        Self::from(node.with_block_limit(0))
    }

    /// A node that pays and takes it back.
    pub fn double_spender(node: HonestNode, plan: DoubleSpend) -> Self {
        Self::DoubleSpender(Box::new(DoubleSpender::new(node, plan)))
    }

    /// The honest node that it is, or that it has inside.
    pub fn honest(&self) -> &HonestNode {
        match self {
            Self::Honest(node) => node,
            Self::Secret(node) => node.honest(),
            Self::DoubleSpender(node) => node.honest(),
        }
    }

    /// How its double spends ended, of a node that tries any.
    pub fn attempts(&self) -> Option<super::Attempts> {
        match self {
            Self::DoubleSpender(node) => Some(node.attempts()),
            _ => None,
        }
    }
}

impl Node for LedgerNode {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        match self {
            Self::Honest(node) => node.handle(input),
            Self::Secret(node) => node.handle(input),
            Self::DoubleSpender(node) => node.handle(input),
        }
    }

    // Whatever it is up to, it lives its honest node's clocks.

    fn next_clock(&self) -> Option<u64> {
        self.honest().next_clock()
    }

    fn clock(&self) -> u64 {
        self.honest().clock()
    }

    fn status(&self) -> Status {
        self.honest().status()
    }

    fn is_started(&self) -> bool {
        self.honest().is_started()
    }
}
