//! Watches a run and sums it up as it goes.

use super::blocks::{Blocks, FINAL_DEPTH, Told};
use super::figures::{Confirmation, Depth, Messages, Miner, Outcome, Reached, Reorganisations};
use super::payments::Ledgered;
use super::pictures::Pictures;
use super::tally::Tally;
use crate::ledger::{Hash, TxId};
use crate::node::{Event, Node, Place, RequestError};
use crate::sim::{Carried, Observer, Site, Time, name};

/// The most single miners an outcome lists.
const TOP_MINERS: usize = 20;

/// What a run is at its end, besides what was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Virtual time.
    pub time: Time,
    /// Messages delivered and timers fired.
    pub events: u64,
    /// The digest of all that happened.
    pub digest: Hash,
    /// Whether the run came to its end, or was stopped.
    pub complete: bool,
}

/// Watches a run and sums it up as it goes, in memory that does not grow with its length: see
/// [the module](super) for what counts as what.
///
/// ```
/// use tickchain::ledger::Hash;
/// use tickchain::node::{Event, HonestNode};
/// use tickchain::sim::outcome::{End, Recorder};
/// use tickchain::sim::{Observer, Site, Time};
///
/// let site = Site { region: 0, reachable: true, power: 1.0 };
/// let mut recorder = Recorder::new(&[site, site]);
/// let hash = Hash([1; 32]);
/// let block = Event::Block {
///     id: 1, hash, previous_block_hash: Hash::ZERO, transactions: 0, main: true,
/// };
/// let watch: &mut dyn Observer<HonestNode> = &mut recorder;
/// watch.event(Time::from_ms(500.0), 0, &Event::Mined { id: 1, hash });
/// watch.event(Time::from_ms(500.0), 0, &block);
/// watch.event(Time::from_ms(530.0), 1, &block);
/// let outcome = recorder.finish(End {
///     time: Time::from_ms(600.0), events: 3, digest: Hash::ZERO, complete: true,
/// });
/// assert_eq!((outcome.blocks, outcome.t100_ms), (1, Some(30.0)));
/// ```
#[derive(Debug, Clone)]
pub struct Recorder {
    blocks: Blocks,
    tally: Tally,
    payments: Ledgered,
    powers: Vec<f64>,
    /// Blocks mined, by node.
    mined: Vec<u32>,
    /// The block mined last, which its miner tells of again as one it has.
    last_mined: Option<(usize, Hash)>,
    height: u64,
    /// How many reorganisations were 1, 2, … deep.
    depths: Vec<u64>,
    deepest: u64,
    kinds: &'static [&'static str],
    counts: Vec<Count>,
    groups: Vec<String>,
    group_of: Vec<u16>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    sent: u64,
    lost: u64,
    bytes: u64,
}

impl Recorder {
    /// For a run of these nodes, all of one group of miners, "honest".
    pub fn new(sites: &[Site]) -> Self {
        Self {
            blocks: Blocks::new(sites.len()),
            tally: Tally::new(sites.len()),
            payments: Ledgered::new(),
            powers: sites.iter().map(|site| site.power).collect(),
            mined: vec![0; sites.len()],
            last_mined: None,
            height: 0,
            depths: vec![0; FINAL_DEPTH as usize],
            deepest: 0,
            kinds: &[],
            counts: Vec::new(),
            groups: vec!["honest".to_owned()],
            group_of: vec![0; sites.len()],
        }
    }

    /// Tells which group of miners each node belongs to, by the group's place in `names`.
    ///
    /// # Panics
    /// When `group_of` has not one entry for each node, or one that is not below the number of `names`.
    pub fn with_groups(mut self, names: Vec<String>, group_of: Vec<u16>) -> Self {
        assert_eq!(group_of.len(), self.powers.len(), "each node has a group");
        let last = group_of.iter().max().map_or(0, |&group| usize::from(group));
        assert!(
            last < names.len(),
            "group {last} of {} has no name",
            names.len()
        );
        (self.groups, self.group_of) = (names, group_of);
        self
    }

    /// The highest id of a block that was mined, told or not.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The main chain's highest id.
    pub fn main_height(&self) -> u64 {
        self.blocks.best()
    }

    #[cfg(test)]
    pub(super) fn in_flight(&self) -> usize {
        self.blocks.in_flight()
    }

    /// What was measured, when the run has ended or is stopped.
    pub fn finish(mut self, end: End) -> Outcome {
        self.blocks.settle_all(&mut self.tally);
        let tally = &self.tally;
        let forked = tally.blocks + tally.orphans;
        let [t50, t90, t99, t100] = [9, 17, 19, 20].map(|place| tally.reach[place].sums());
        Outcome {
            complete: end.complete,
            time_s: end.time.as_secs(),
            events: end.events,
            digest: end.digest,
            nodes: self.powers.len(),
            blocks: tally.blocks,
            orphans: tally.orphans,
            untold: tally.untold,
            fork_rate: tally.orphans as f64 / forked.max(1) as f64,
            t50_ms: t50.mean_ms(),
            t90_ms: t90.mean_ms(),
            t99_ms: t99.mean_ms(),
            t100_ms: t100.mean_ms(),
            reached: Reached {
                t50: t50.count(),
                t90: t90.count(),
                t99: t99.count(),
                t100: t100.count(),
            },
            pairs: tally.pairs.sums().count(),
            pair_median_ms: tally.pairs.quantile(0.5).map(Time::as_ms),
            pair_mean_ms: tally.pairs.sums().mean_ms(),
            interval: tally.intervals.durations(),
            reorganisations: self.reorganisations(),
            confirmations: self.confirmations(),
            payments: self.payments.figures(),
            // What the nodes know; whoever has them puts it in.
            double_spends: None,
            groups: self.groups(),
            miners: self.miners(),
            messages: self.messages(),
            pictures: Some(Pictures::new(tally)),
        }
    }

    fn reorganisations(&self) -> Reorganisations {
        let depths = (1..).zip(&self.depths).filter(|(_, count)| **count > 0);
        Reorganisations {
            count: self.depths.iter().sum(),
            deepest: self.deepest,
            by_depth: depths
                .map(|(depth, &count)| Depth { depth, count })
                .collect(),
        }
    }

    fn confirmations(&self) -> Vec<Confirmation> {
        let measured = (1..)
            .zip(&self.tally.confirmations)
            .filter_map(|(above, sums)| {
                Some(Confirmation {
                    above,
                    blocks: sums.count(),
                    mean_s: sums.mean_s()?,
                    deviation_s: sums.deviation_s(),
                })
            });
        measured.collect()
    }

    fn groups(&self) -> Vec<Miner> {
        let members = |group: usize| {
            let nodes = self.group_of.iter().enumerate();
            nodes.filter_map(move |(node, &of)| (usize::from(of) == group).then_some(node))
        };
        let names = self.groups.iter().enumerate();
        names
            .map(|(group, name)| self.miner(name.clone(), members(group)))
            .collect()
    }

    /// The nodes with most power; of equal ones those that come first.
    fn miners(&self) -> Vec<Miner> {
        let mut nodes: Vec<usize> = (0..self.powers.len()).collect();
        nodes.retain(|&node| self.powers[node] > 0.0);
        nodes.sort_by(|&a, &b| self.powers[b].total_cmp(&self.powers[a]));
        nodes.truncate(TOP_MINERS);
        let miners = nodes.into_iter();
        miners
            .map(|node| self.miner(name(node).to_string(), [node]))
            .collect()
    }

    fn miner(&self, name: String, nodes: impl IntoIterator<Item = usize>) -> Miner {
        let (mut count, mut power, mut mined, mut blocks) = (0, 0.0, 0, 0);
        for node in nodes {
            count += 1;
            power += self.powers[node];
            mined += u64::from(self.mined[node]);
            blocks += u64::from(self.tally.main_of[node]);
        }
        let all: u64 = self
            .tally
            .main_of
            .iter()
            .map(|&blocks| u64::from(blocks))
            .sum();
        let total: f64 = self.powers.iter().sum();
        Miner {
            name,
            nodes: count,
            hash_share: if total > 0.0 { power / total } else { 0.0 },
            mined,
            blocks,
            revenue_share: blocks as f64 / all.max(1) as f64,
        }
    }

    fn messages(&self) -> Vec<Messages> {
        let kinds = self.kinds.iter().zip(&self.counts);
        kinds
            .map(|(kind, count)| Messages {
                kind: (*kind).to_owned(),
                sent: count.sent,
                lost: count.lost,
                bytes: count.bytes,
            })
            .collect()
    }

    fn reorganised(&mut self, depth: usize) {
        let deepest = self.depths.len();
        self.depths[depth.clamp(1, deepest) - 1] += 1;
        self.deepest = self.deepest.max(depth as u64);
    }
}

impl<N: Node> Observer<N> for Recorder
where
    N::Message: Carried,
{
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        match event {
            Event::Block {
                id,
                hash,
                previous_block_hash,
                ..
            } => {
                let told = Told {
                    id: *id,
                    hash,
                    parent: previous_block_hash,
                    mined: self.last_mined == Some((node, *hash)),
                };
                self.blocks.heard(at, node, told, &mut self.tally);
            }
            Event::Mined { id, hash } => {
                self.height = self.height.max(*id);
                self.mined[node] += 1;
                self.last_mined = Some((node, *hash));
            }
            Event::Reorganisation { left, .. } => self.reorganised(left.len()),
            Event::Payment {
                transaction,
                place: Place::Block { .. },
            } => self.payments.confirmed(at, &transaction.id),
            _ => {}
        }
    }

    #[inline]
    fn sent(&mut self, _: Time, _: usize, _: usize, message: &N::Message, arrives: Option<Time>) {
        if self.counts.is_empty() {
            self.kinds = N::Message::KINDS;
            self.counts = vec![Count::default(); self.kinds.len()];
        }
        let count = &mut self.counts[message.kind()];
        count.sent += 1;
        count.lost += u64::from(arrives.is_none());
        count.bytes += message.bytes();
    }

    fn accepted(&mut self, at: Time, _node: usize, id: TxId) {
        self.payments.accepted(at, id);
    }

    fn refused(&mut self, _: Time, _: usize, _: &RequestError) {
        self.payments.refused();
    }
}
