//! How many blocks are orphaned where every block takes the same time.

use super::{Check, Size, lean};
use crate::sim::outcome::{End, Recorder};
use crate::sim::{Graph, Latency, Network, Options, Proof, Simulation, Site, Time, theory};

/// Miners, who hear each other over one node without power in twice its latency.
const MINERS: usize = 10;
const LATENCY_MS: f64 = 500.0;
const INTERVAL_S: f64 = 20.0;

/// The fork rate where each block takes a second to all others.
pub(super) fn forks(size: Size, seed: u64) -> Vec<Check> {
    let blocks = match size {
        Size::Quick => 10_000,
        Size::Full => 200_000,
    };
    let site = |node| Site {
        region: 0,
        reachable: true,
        power: f64::from(u8::from(node < MINERS)),
    };
    let sites: Vec<Site> = (0..=MINERS).map(site).collect();
    let graph = Graph {
        nodes: MINERS + 1,
        links: (0..MINERS as u32)
            .map(|node| (node, MINERS as u32))
            .collect(),
    };
    let network = Network {
        latency: Latency::Constant { ms: LATENCY_MS },
        ..Network::default()
    };
    let interval = Time::from_secs(INTERVAL_S);
    let options = Options {
        proof: Proof::Sampled { interval },
        ..Options::default()
    };
    let mut recorder = Recorder::new(&sites);
    let mut run = Simulation::new(seed, &network, sites, &graph, options, lean(|_| None));
    while recorder.height() <= blocks {
        run.step(&mut recorder);
    }
    let outcome = recorder.finish(End {
        time: run.time(),
        events: run.events(),
        digest: run.digest(),
        complete: true,
    });
    // Who found a block has it at once.
    let delay_s = 2.0 * LATENCY_MS / 1e3 * (MINERS - 1) as f64 / MINERS as f64;
    let expected = theory::fork_rate(delay_s, INTERVAL_S);
    vec![Check::within(
        "fork rate, equal delays".to_owned(),
        format!(
            "1 − exp(−delay/interval), within 10 %; {MINERS} miners, mean delay {delay_s} s, interval \
             {INTERVAL_S} s, {} orphans",
            outcome.orphans
        ),
        outcome.fork_rate,
        expected,
        [0.9 * expected, 1.1 * expected],
    )]
}
