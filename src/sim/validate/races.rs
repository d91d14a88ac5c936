//! Races between a miner who works in secret and all others, against their closed forms.
//!
//! One long run gives the blocks for all of them: an attacker mines on its own branch, two others on theirs.
//! Each race begins where the one before ended.

use super::finds::Finds;
use super::{Check, Size, lean};
use crate::sim::{Graph, Network, Options, Simulation, Site, theory};

/// Shares of hash power that are tried.
pub(super) const SHARES: [f64; 2] = [0.1, 0.3];

/// How many blocks an attacker is behind, or a merchant waits for, at most.
const MOST: u32 = 10;

/// An attacker is taken to have lost when it has fallen back so far that it would come back with at most
/// this probability.
const LOST: f64 = 1e-8;

/// The mean time between blocks.
const INTERVAL_S: f64 = 600.0;

/// What was found, in order: when, in seconds, and whether by the attacker.
struct Record {
    finds: Vec<(f64, bool)>,
    next: usize,
    /// The time up to which the record was read, in seconds.
    now: f64,
    /// How many blocks behind where it began to catch up the attacker has lost.
    lost: i64,
}

impl Record {
    fn new(q: f64, blocks: usize, seed: u64) -> Self {
        let site = |power| Site {
            region: 0,
            reachable: true,
            power,
        };
        let rest = (1.0 - q) / 2.0;
        let sites = vec![site(q), site(rest), site(rest)];
        // The attacker is alone.
        let graph = Graph {
            nodes: 3,
            links: vec![(1, 2)],
        };
        let (network, options) = (Network::default(), Options::default());
        let make = lean(|_| None);
        let mut run = Simulation::new(seed, &network, sites, &graph, options, make);
        let mut finds = Finds::default();
        while finds.0.len() < blocks {
            run.step(&mut finds);
        }
        let all = finds.0.into_iter();
        Self {
            finds: all.map(|(at, node)| (at.as_secs(), node == 0)).collect(),
            next: 0,
            now: 0.0,
            lost: libm::ceil(libm::log(LOST) / libm::log(theory::catch_up(q, 1))) as i64,
        }
    }

    /// Whether the next block is the attacker's.
    fn take(&mut self) -> Option<bool> {
        let (at, own) = *self.finds.get(self.next)?;
        (self.next, self.now) = (self.next + 1, at);
        Some(own)
    }

    /// Lets an attacker that is so many blocks behind try to draw level; `None` when the record ends.
    fn catches_up(&mut self, mut behind: i64) -> Option<bool> {
        let lost = behind + self.lost;
        while behind > 0 && behind < lost {
            behind += if self.take()? { -1 } else { 1 };
        }
        Some(behind <= 0)
    }

    /// How many blocks the attacker finds before the others find `z`.
    fn before_others(&mut self, z: u32) -> Option<i64> {
        let (mut own, mut others) = (0, 0);
        while others < z {
            if self.take()? {
                own += 1;
            } else {
                others += 1;
            }
        }
        Some(own)
    }

    /// How many blocks the attacker finds in a time, in seconds.
    fn within(&mut self, time: f64) -> Option<i64> {
        let end = self.now + time;
        let mut own = 0;
        while self.finds.get(self.next)?.0 <= end {
            own += i64::from(self.take()?);
        }
        // Not when the last block was found: that would count the time since then twice.
        self.now = end;
        Some(own)
    }

    /// Repeats a race from the first block to the last: how often it was won, and how often run.
    fn repeat(&mut self, mut race: impl FnMut(&mut Self) -> Option<bool>) -> (u64, u64) {
        (self.next, self.now) = (0, 0.0);
        let (mut won, mut run) = (0, 0);
        while let Some(is_won) = race(self) {
            won += u64::from(is_won);
            run += 1;
        }
        (won, run)
    }
}

/// All races of an attacker with the share `q`.
pub(super) fn races(q: f64, size: Size, seed: u64) -> Vec<Check> {
    let blocks = match size {
        Size::Quick => 150_000,
        Size::Full => 5_000_000,
    };
    let mut record = Record::new(q, blocks, seed);
    let mut checks = Vec::new();
    for z in 1..=MOST {
        let behind = i64::from(z);
        let (won, run) = record.repeat(|record| record.catches_up(behind));
        checks.push(Check::proportion(
            format!("catching up, q = {q}, {z} behind"),
            "Nakamoto 2008, (q/p)^z; binomial test, 99 %".to_owned(),
            won,
            run,
            theory::catch_up(q, z),
        ));
        let time = behind as f64 * INTERVAL_S / (1.0 - q);
        let (won, run) = record.repeat(|record| {
            let own = record.within(time)?;
            record.catches_up(behind - own)
        });
        checks.push(Check::proportion(
            format!("double spend in mean time, q = {q}, z = {z}"),
            "Nakamoto 2008, table; z blocks take their mean time; binomial test, 99 %".to_owned(),
            won,
            run,
            theory::double_spend_poisson(q, z),
        ));
        let (won, run) = record.repeat(|record| {
            let own = record.before_others(z)?;
            record.catches_up(behind - own)
        });
        checks.push(Check::proportion(
            format!("double spend, q = {q}, z = {z}"),
            "Rosenfeld 2014, eq. 1; binomial test, 99 %".to_owned(),
            won,
            run,
            theory::double_spend(q, z),
        ));
    }
    checks
}
