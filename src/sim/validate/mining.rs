//! When blocks are found, and by whom.

use super::finds::Finds;
use super::{Check, Size, lean};
use crate::sim::statistics::kolmogorov_smirnov;
use crate::sim::{Graph, Network, Options, Simulation, Site};

/// The mean time between blocks.
const INTERVAL_S: f64 = 600.0;

/// Hash power of the miners, in any unit.
const POWERS: [f64; 5] = [1.0, 2.0, 3.0, 6.0, 8.0];

/// Times between the blocks of a network are exponential, and miners find as many as their power says.
pub(super) fn mining(size: Size, seed: u64) -> Vec<Check> {
    let blocks = match size {
        Size::Quick => 50_000,
        Size::Full => 1_000_000,
    };
    let site = |power: &f64| Site {
        region: 0,
        reachable: true,
        power: *power,
    };
    let sites = POWERS.iter().map(site).collect();
    let nodes = POWERS.len();
    let links = (1..nodes as u32).map(|node| (node, 0)).collect();
    let graph = Graph { nodes, links };
    let (network, options) = (Network::default(), Options::default());
    let mut run = Simulation::new(seed, &network, sites, &graph, options, lean(|_| None));
    let mut finds = Finds::default();
    while finds.0.len() < blocks {
        run.step(&mut finds);
    }
    let times = finds.0.windows(2);
    let mut times: Vec<f64> = times
        .map(|pair| (pair[1].0 - pair[0].0).as_secs())
        .collect();
    let test = kolmogorov_smirnov(&mut times, |time| -libm::expm1(-time / INTERVAL_S));
    let mut checks = vec![Check::within(
        "times between blocks".to_owned(),
        format!(
            "exponential with mean {INTERVAL_S} s: Kolmogorov–Smirnov p-value, at least 1 %; {} times, \
             statistic {:.5}",
            times.len(),
            test.statistic
        ),
        test.p_value,
        0.5,
        [0.01, 1.0],
    )];
    let all: f64 = POWERS.iter().sum();
    for (node, power) in POWERS.iter().enumerate() {
        let found = finds.0.iter().filter(|(_, miner)| *miner == node).count();
        checks.push(Check::proportion(
            format!("blocks found with {power} of {all} of the power"),
            "as the power; binomial test, 99 %".to_owned(),
            found as u64,
            blocks as u64,
            power / all,
        ));
    }
    checks
}
