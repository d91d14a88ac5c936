//! A network in which it is known who hears a selfish miner first.

use crate::sim::{Graph, Latency, Network, Regions, Site, Spread};

/// A network with a selfish miner in which a wanted part of the others' power mines on its block when two
/// blocks of equal height compete: γ, which is not a property of the miner but of who hears it first.
///
/// Node 0 is the miner, linked with all. The others mine equally; they hear each other over the last node,
/// which has no power, in 200 ms. All tell the miner within 1 ms; it tells `near` of them within 1 ms, and the
/// rest, with the last node, in a second. An interval between blocks of minutes keeps other forks away.
///
/// ```
/// use tickchain::sim::behaviour::Contest;
/// let contest = Contest::new(0.3, 2, 2);
/// assert_eq!(contest.gamma, 0.5);
/// assert_eq!(contest.graph.nodes, 4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    /// What the nodes are.
    pub sites: Vec<Site>,
    /// Who is linked to whom.
    pub graph: Graph,
    /// How long messages take.
    pub network: Network,
    /// The share of the others' power that mines on the miner's block, averaged over who of them found the
    /// competing one: that one always mines on his own. It is `near` · (`others` − 1) / `others`², so with two
    /// others 1/2 at most, with many up to 1.
    pub gamma: f64,
}

impl Contest {
    /// A miner with a share `alpha` of the power, and so many others, `near` of which hear it first.
    ///
    /// # Panics
    /// When there are no others, or fewer than `near`.
    pub fn new(alpha: f64, others: usize, near: usize) -> Self {
        assert!(
            others > 0 && near <= others,
            "{near} of {others} other miners"
        );
        let hub = others + 1;
        let site = |region, power| Site {
            region,
            reachable: true,
            power,
        };
        let each = (1.0 - alpha) / others as f64;
        let mut sites = vec![site(0, alpha)];
        sites.extend((0..others).map(|other| site(if other < near { 1 } else { 2 }, each)));
        sites.push(site(2, 0.0));
        let to_miner = (1..=hub as u32).map(|other| (other, 0));
        let to_hub = (1..hub as u32).map(|other| (other, hub as u32));
        let (others, near) = (others as f64, near as f64);
        Self {
            sites,
            graph: Graph {
                nodes: hub + 1,
                links: to_miner.chain(to_hub).collect(),
            },
            network: Network {
                latency: Latency::Regions,
                regions: Some(regions()),
                ..Network::default()
            },
            gamma: near * (others - 1.0) / (others * others),
        }
    }
}

fn regions() -> Regions {
    Regions {
        names: ["miner", "near", "far"].map(str::to_owned).to_vec(),
        shares: vec![0.0, 0.5, 0.5],
        latency_ms: vec![
            vec![0.0, 1.0, 1_000.0],
            vec![1.0, 100.0, 100.0],
            vec![1.0, 100.0, 100.0],
        ],
        spread: Spread::Constant,
        download_mbit: None,
        upload_mbit: None,
    }
}
