//! What a run measures: [`Recorder`] watches, [`Outcome`] is what it has seen.
//!
//! # Which blocks are main
//! A block counts as *told* once a second node has it. The main chain is the told block with the highest
//! id, of equal ones the first to be told, and its ancestors. So a branch that a selfish miner still hides
//! is not main, however long it is, and becomes so at the moment its blocks overtake in public. Told blocks
//! beside the main chain are orphans. Blocks that only their miner ever had (hidden to the end, or found
//! just before it) are counted apart, as *untold*: no one could see them as a fork.
//!
//! # Memory
//! A block is final when the main chain is [`FINAL_DEPTH`] blocks higher: it is counted and forgotten.
//! What happens to it afterwards (a node that comes back and catches up) is not looked at, and a block that
//! is mined at or below a final id counts as an orphan at once. So a run's memory grows with the blocks in
//! flight (a bit for each node and block) and not with its length. A branch that overtakes from deeper than
//! [`FINAL_DEPTH`] leaves the figures of the blocks that were final as they are.

mod blocks;
mod figures;
mod measures;
mod payments;
mod pictures;
mod recorder;
mod tally;
#[cfg(test)]
mod tests;

pub use blocks::{FINAL_DEPTH, PERCENTS};
pub use figures::{
    Confirmation, Depth, Messages, Miner, Outcome, Payments, Reached, Reorganisations,
};
pub use measures::Durations;
pub use pictures::{Bin, Fate, Pictures, Reach, TREE_BLOCKS, TreeBlock};
pub use recorder::{End, Recorder};
pub use tally::CONFIRMATIONS;
