//! Selfish mining against its closed form.

use std::fmt;

use super::finds::Chain;
use super::{Check, Size, lean};
use crate::sim::behaviour::{Contest, Plan};
use crate::sim::{Options, Proof, Simulation, Time, theory};

/// Shares of hash power that are tried.
pub(super) const ALPHAS: [f64; 8] = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45];

/// Into how many batches a chain is cut: their shares are as good as independent, since races end within
/// some hundred blocks.
const BATCHES: usize = 50;

/// Who hears the selfish miner first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gamma {
    None,
    /// Two others, who both hear it first: one of them found the competing block.
    Half,
    /// As many others as can be afforded: γ is below 1 by what one of them has.
    Nearly,
}

impl Gamma {
    /// How many other miners there are, and how many of them hear it first.
    fn others(self, size: Size) -> (usize, usize) {
        match (self, size) {
            (Self::None, _) => (2, 0),
            (Self::Half, _) => (2, 2),
            (Self::Nearly, Size::Quick) => (10, 10),
            (Self::Nearly, Size::Full) => (50, 50),
        }
    }
}

impl fmt::Display for Gamma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "γ = 0",
            Self::Half => "γ = 1/2",
            Self::Nearly => "γ near 1",
        })
    }
}

/// Measures what share of the main chain a selfish miner gets.
pub(super) fn revenue(alpha: f64, gamma: Gamma, size: Size, seed: u64) -> Check {
    let batch = match (size, gamma) {
        (Size::Quick, _) => 400,
        (Size::Full, Gamma::Nearly) => 4_000,
        (Size::Full, _) => 10_000,
    };
    let (others, near) = gamma.others(size);
    let contest = Contest::new(alpha, others, near);
    let make = lean(|node| (node == 0).then_some(Plan::Selfish));
    // So long that the others hardly ever make forks among themselves.
    let interval = Time::from_secs(10_000.0);
    let options = Options {
        proof: Proof::Sampled { interval },
        ..Options::default()
    };
    let (network, sites, graph) = (&contest.network, contest.sites, &contest.graph);
    let mut run = Simulation::new(seed, network, sites, graph, options, make);
    let mut chain = Chain::of(1);
    while chain.height < (BATCHES * batch) as u64 {
        run.step(&mut chain);
    }
    let miners = chain.miners();
    let own = |batch: &[u32]| batch.iter().filter(|miner| **miner == 0).count();
    let shares: Vec<f64> = miners
        .chunks_exact(batch)
        .map(|blocks| own(blocks) as f64 / batch as f64)
        .collect();
    let gamma = contest.gamma;
    Check::mean(
        format!("selfish revenue, α = {alpha}, γ = {gamma}"),
        format!("Eyal and Sirer 2014; {BATCHES} batches of {batch} blocks of the main chain, 99 %"),
        &shares,
        theory::selfish_revenue(alpha, gamma),
    )
}
