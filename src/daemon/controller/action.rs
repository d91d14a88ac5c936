//! What a controller can be asked to do, and what came of it. One vocabulary: the HTTP API, scenario
//! files and "what was done so far" all use it.

use serde::{Deserialize, Serialize};

use crate::ledger::{Account, Hash, Signature, TxId, UncheckedBlock, Value};
use crate::node::Name;

/// The most ticks of one action.
pub const MAX_TICKS: u64 = 10_000;

/// Something to do with the network.
///
/// ```
/// use tickchain::daemon::controller::Action;
/// let action: Action = serde_json::from_str(r#"{"mine": "node1"}"#)?;
/// assert_eq!(action, Action::Mine("node1".parse()?));
/// assert_eq!(serde_json::to_string(&Action::Tick(3))?, r#"{"tick":3}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Moves every node's clock by one, so often, 1 to [`MAX_TICKS`] times.
    Tick(u64),
    /// Ticks until something is so.
    Until(Until),
    /// Asks a node for a block.
    Mine(Name),
    /// Adds a payment at a node.
    Tx(Tx),
    /// Back to clock 0 and genesis.
    Reset(Reset),
    /// Switches a node on, or starts a crashed one again with its memory empty.
    Start(Name),
    /// Ends a node at once, without a farewell.
    Crash(Name),
    /// Cuts the link of two nodes, or all links of one.
    Cut(Vec<Name>),
    /// Brings back the link of two nodes, or all that were cut of one.
    Heal(Vec<Name>),
    /// Adds a node.
    Add(Add),
    /// Takes a node out: one of this controller's ends, another goes on by itself.
    Remove(Name),
    /// Hands a block to nodes as if a peer had sent it.
    Block(GivenBlock),
    /// Changes a block of a node and hands it to nodes as if a peer had sent it.
    Forge(Forge),
}

/// What to tick until.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// What is to be so.
    pub condition: Condition,
    /// The most ticks, 1 to [`MAX_TICKS`].
    pub limit: u64,
}

/// Something that can come to be so. Nodes that do not answer or are not started have no say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Condition {
    /// A block that no node had before.
    Block,
    /// Every node is idle, with nothing in its inbox or queue.
    Idle,
    /// All nodes have the same tip.
    OneTip,
}

/// A payment to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tx {
    /// The node it is added at.
    pub at: Name,
    /// Who pays.
    pub sender: Account,
    /// Who is paid.
    pub recipient: Account,
    /// How much.
    pub value: Value,
    /// Its id; the node makes one where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TxId>,
    /// Its number among the sender's payments, where they are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The sender's signature, where payments are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// What to reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// One node; all of them, and the controller's tick, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
}

/// A node to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Add {
    /// A new one of this controller's, linked to these; to all where none is named.
    Link(Vec<Name>),
    /// One that runs already, by the URL of its HTTP API.
    Url(String),
}

/// A block for some nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenBlock {
    /// Who is given it; all nodes where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<Name>,
    /// The block.
    pub block: UncheckedBlock,
}

/// A block that is changed before some nodes are given it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forge {
    /// The node whose block it is.
    pub of: Name,
    /// The block's id on that node's main chain, 1 or more.
    pub id: u64,
    /// Who is given it; all nodes where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<Name>,
    /// What is changed.
    #[serde(default)]
    pub change: Change,
    /// Whether a nonce is searched again, so that the proof of work holds.
    #[serde(default)]
    pub remine: bool,
}

/// What is changed in a block. The first three are of its first payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Account>,
    /// Who is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Account>,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// `YYYY/MM/DD HH:MM:SS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The nonce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<u64>,
    /// The parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_block_hash: Option<Hash>,
}

/// Whether something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was.
    Success,
    /// It was refused, by a node or by the rules; the network has not changed by it.
    Fail,
}

/// What came of an [`Action`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether it was done.
    pub result: Verdict,
    /// The controller's tick after it.
    pub tick: u64,
    /// Why not, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The payment that was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TxId>,
    /// Whether what was ticked until is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// Whether it was ended before its time, by a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<bool>,
    /// What each node says, where several were asked; of ticks, those whose clock did not move, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Vec<NodeAnswer>>,
    /// The node that was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

/// What one of several nodes says to an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAnswer {
    /// The node.
    pub node: Name,
    /// Whether it did as asked.
    pub result: Verdict,
    /// Why not, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Outcome {
    pub(super) fn success() -> Self {
        Self {
            result: Verdict::Success,
            tick: 0,
            reason: None,
            id: None,
            met: None,
            stopped: None,
            answers: None,
            name: None,
        }
    }

    pub(super) fn fail(reason: impl Into<String>) -> Self {
        Self {
            result: Verdict::Fail,
            reason: Some(reason.into()),
            ..Self::success()
        }
    }

    /// Whether it was done.
    pub fn is_success(&self) -> bool {
        self.result == Verdict::Success
    }
}
