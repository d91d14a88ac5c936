//! Scenario files: what a network is, what is done with it, and what is expected then.
//!
//! `tickchain run FILE` plays one and reports; the page plays one step by step, with its notes as
//! captions. Those that come with the program are its [`lessons`].
//!
//! # The format
//! TOML. A key that is not known, a node that is not there, a number out of its bounds: each is an error
//! that names the line and what is allowed.
//!
//! ```
//! let text = r#"
//! version = 1
//! title = "A payment on a line of three"
//! about = "It takes longer to the far end."        # may be left out, as all that follows
//!
//! [network]
//! nodes = ["ann", "bob", "cid"]                    # or a number: node1, node2, …; 3 when left out
//! links = [["ann", "bob"], ["bob", "cid"]]         # or topology = "full", "ring", "line" or "star"; "full"
//! latency = 0                                      # ticks a message takes at least; 0
//! difficulty = 12                                  # zero bits a block's hash ends in, 24 at most; 12
//! timestamp = "2009/01/03 18:15:05"                # of the genesis block, UTC; this one
//! accounts = [                                     # aki 2, so 7, satoshi 5
//!     { name = "aki", balance = 2 },
//!     { name = "so", balance = 7 },
//! ]
//!
//! [[steps]]
//! note = "Aki pays 2 to so. Nothing moves before the clocks do."
//! tx = { at = "ann", sender = "aki", recipient = "so", value = 2, id = "a1" }
//! expect.ann.pool = 0
//!
//! [[steps]]
//! note = "Ann takes the payment in. The others know nothing of it."
//! tick = 1
//! expect.ann = { status = "receiving-tx", pool = 1, tx = { a1 = "pool" } }
//! expect.bob.tx.a1 = "absent"
//! expect.all.height = 0
//!
//! [[steps]]
//! note = "Aki has nothing left to pay with."
//! tx = { at = "ann", sender = "aki", recipient = "so", value = 1 }
//! refused = "aki has 0"
//!
//! [[steps]]
//! note = "Two ticks a link: one to take in, one to send on."
//! until = { condition = "idle", limit = 20 }
//! expect.all = { clock = 7, pool = 1, status = "idle" }
//! expect.tips = 1
//! "#;
//! let scenario = tickchain::daemon::controller::scenario::parse("line.toml", text)?;
//! assert_eq!(scenario.steps.len(), 4);
//! # Ok::<(), tickchain::daemon::controller::scenario::ScenarioError>(())
//! ```
//!
//! ## Steps
//! Each `[[steps]]` has what it needs of
//!
//! | key | what |
//! |---|---|
//! | `note` | a caption, shown until the next one |
//! | one action | `tick`, `until`, `mine`, `tx`, `reset`, `start`, `crash`, `cut`, `heal`, `add`, `remove`, `block` or `forge`, written as [`Action`] is in JSON |
//! | `refused` | words of the reason for which a `tx`, `block` or `forge` is to be refused; without it, it must succeed |
//! | `expect` | what is to be so once the action is done |
//!
//! A payment's `id` is up to 32 hex digits; what is missing are zeros after them. A payment without one
//! gets the number of its step, `0003` in the third, so that every run has the same ids. A node that
//! `add` starts has the first free name of node1, node2, ….
//!
//! ## Expectations
//! `expect.NAME` is about a node, `expect.all` about each that is up:
//!
//! | key | value |
//! |---|---|
//! | `state` | `"up"`, `"crashed"`, `"down"` or `"slow"` |
//! | `status` | what it does at this clock: `"idle"`, `"mining"`, `"broadcasting-block"`, `"broadcasting-tx"`, `"receiving-block"`, `"receiving-tx"` |
//! | `clock`, `height` | its clock, the id of its tip |
//! | `pool`, `inbox`, `waiting` | how many payments, messages, payments that cannot be paid yet |
//! | `side` | how many blocks of side branches it keeps |
//! | `balance` | accounts and what they have at its tip: `{ aki = 0 }` |
//! | `tip` | a node that has the same tip |
//! | `tx` | payments and where they are: `{ a1 = "pool" }`; `"absent"`, `"waiting"`, `"pool"`, `"block"`, `"block 3"` or `"refused"` |
//! | `refused` | words of the reason for which it refused something in this step, such as a block it took in |
//!
//! `expect.tips` is how many different tips there are among the nodes that are up: 1 when all agree.

mod check;
mod error;
mod expect;
mod file;
mod headless;
mod junit;
mod layout;
mod lessons;
mod parse;
mod player;
mod record;
mod report;
mod stage;
mod tap;
mod words;
mod write;

use super::Action;
use crate::ledger::{HexError, TxId};

pub use error::{Flaw, ScenarioError};
pub use expect::{Expectation, Fact, Of, TxPlace};
pub(crate) use headless::run;
pub use layout::Layout;
pub use lessons::{lesson, lessons};
pub use parse::{parse, read};
pub use player::Player;
pub(super) use record::Record;
pub use report::{Played, PlayedStep, StepResult, Unmet};

/// The version of the format.
pub const VERSION: u64 = 1;

/// The largest file that is read, 1 MiB.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The most steps of a scenario.
pub const MAX_STEPS: usize = 1000;

/// The most ticks of one step.
pub const MAX_STEP_TICKS: u64 = 1000;

/// The most nodes a scenario begins with.
pub const MAX_NODES: u64 = super::MAX_NODES as u64;

/// The longest latency, in ticks.
pub const MAX_LATENCY: u64 = 100;

/// The highest difficulty: a nonce is found within a second or so.
pub const MAX_DIFFICULTY: u8 = 24;

/// The longest note, title or text about a scenario, in characters.
pub const MAX_TEXT_CHARS: usize = 1000;

/// A scenario that is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its title.
    pub title: String,
    /// What it is about; empty where it does not say.
    pub about: String,
    /// The network it begins with.
    pub layout: Layout,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// A step of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line it begins at, from 1; 0 for one that was not read from a file.
    pub line: usize,
    /// What to say about it.
    pub note: Option<String>,
    /// What is done.
    pub action: Option<Action>,
    /// Words of the reason for which the action is to be refused.
    pub refused: Option<String>,
    /// What is to be so then.
    pub expect: Vec<Expectation>,
}

impl Step {
    /// What is done, in words.
    pub fn text(&self) -> String {
        match &self.action {
            Some(action) => words::text(action),
            None => "look".to_owned(),
        }
    }
}

/// Reads up to 32 hex digits as the id of a payment; what is missing are zeros after them.
fn short_id(text: &str) -> Result<TxId, HexError> {
    const DIGITS: usize = 32;
    if text.is_empty() {
        return Err(HexError::Length {
            expected: DIGITS,
            got: 0,
        });
    }
    format!("{text:0<DIGITS$}").parse()
}
