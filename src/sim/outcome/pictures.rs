//! What pictures of a run are drawn from: bounded samples.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::blocks::PERCENTS;
use super::measures::Lengths;
use super::tally::{Drawn, Tally};
use crate::sim::Time;

/// The most blocks of the tree that are kept for drawing: the last ones, by id.
pub const TREE_BLOCKS: usize = 300;

/// Bars of the histogram of intervals, and how many mean intervals they span together.
const BARS: usize = 40;
const SPAN: u64 = 5;

/// What pictures are drawn from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pictures {
    /// How fast main blocks spread, one entry for each of [`PERCENTS`] that was reached at all.
    pub propagation: Vec<Reach>,
    /// Times between main blocks; the last bar has all that lie beyond, too.
    pub intervals: Vec<Bin>,
    /// The last blocks, lowest first; those of equal id as they were found.
    pub tree: Vec<TreeBlock>,
}

/// When a share of the nodes had main blocks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// The share of all nodes, in percent.
    pub percent: u8,
    /// The mean over blocks.
    pub mean_ms: f64,
    /// A tenth of the blocks were this fast or faster.
    pub fast_ms: f64,
    /// A tenth of the blocks took longer.
    pub slow_ms: f64,
}

/// A bar of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Where it begins, in seconds.
    pub from_s: f64,
    /// Where it ends.
    pub to_s: f64,
    /// How many lie in it.
    pub count: u64,
}

/// A block of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TreeBlock {
    /// Its id, which is its height.
    pub id: u64,
    /// The place of its parent in the list, if that is in it.
    pub parent: Option<usize>,
    /// Who had it first: its miner.
    pub node: usize,
    /// What became of it.
    pub fate: Fate,
    /// When it was found.
    pub found_s: f64,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is on the main chain.
    Main,
    /// It is beside the main chain.
    Orphan,
    /// No second node ever had it.
    Untold,
}

impl Pictures {
    pub(super) fn new(tally: &Tally) -> Self {
        Self {
            propagation: propagation(&tally.reach),
            intervals: intervals(&tally.intervals),
            tree: tree(tally.tree.iter()),
        }
    }
}

fn propagation(reach: &[Lengths]) -> Vec<Reach> {
    let reached = PERCENTS
        .iter()
        .zip(reach)
        .filter_map(|(&percent, lengths)| {
            Some(Reach {
                percent,
                mean_ms: lengths.sums().mean_ms()?,
                fast_ms: lengths.quantile(0.1)?.as_ms(),
                slow_ms: lengths.quantile(0.9)?.as_ms(),
            })
        });
    reached.collect()
}

fn intervals(lengths: &Lengths) -> Vec<Bin> {
    let Some(mean) = lengths.sums().mean_s() else {
        return Vec::new();
    };
    let end = Time::from_secs(mean * SPAN as f64);
    let edge = |bar: usize| end.as_secs() * bar as f64 / BARS as f64;
    let counts = lengths.bins(BARS, end).into_iter().enumerate();
    let bins = counts.map(|(bar, count)| Bin {
        from_s: edge(bar),
        to_s: edge(bar + 1),
        count,
    });
    bins.collect()
}

/// Numbers of blocks become places in the list.
fn tree<'a>(drawn: impl Iterator<Item = &'a Drawn> + Clone) -> Vec<TreeBlock> {
    let numbers = drawn.clone().map(|drawn| drawn.number);
    let places: FxHashMap<u64, usize> = numbers.zip(0..).collect();
    let place = |number: &u64| places.get(number).copied();
    let blocks = drawn.map(|drawn| TreeBlock {
        parent: drawn.parent.as_ref().and_then(place),
        ..drawn.block
    });
    blocks.collect()
}
