use std::collections::BTreeSet;

use super::*;
use crate::sim::Purpose;

mod properties;

/// Outbound degrees of Bitcoin in 2015, as SimBlock has them.
const BITCOIN_2015: [f64; 20] = [
    0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.97, 0.98,
    0.99, 0.995, 1.0,
];

fn random(seed: u64) -> Random {
    Random::new(seed, Purpose::Topology, 0)
}

/// Sites of which those with these numbers are not reachable.
fn sites(nodes: usize, unreachable: impl Fn(usize) -> bool) -> Vec<Site> {
    let site = |node| Site {
        region: 0,
        reachable: !unreachable(node),
        power: 1.0,
    };
    (0..nodes).map(site).collect()
}

fn open(nodes: usize) -> Vec<Site> {
    sites(nodes, |_| false)
}

fn made(topology: &Topology, sites: &[Site]) -> Graph {
    let graph = topology.graph(sites, &mut random(1)).unwrap();
    check(&graph, sites);
    graph
}

/// What holds for every graph.
fn check(graph: &Graph, sites: &[Site]) {
    assert_eq!(graph.nodes, sites.len());
    let mut seen = BTreeSet::new();
    for &(from, to) in &graph.links {
        assert_ne!(from, to);
        assert!(sites[to as usize].reachable, "{to} accepted {from}");
        assert!((from as usize) < graph.nodes);
        assert!(
            seen.insert((from.min(to), from.max(to))),
            "{from} and {to} twice"
        );
    }
}

fn total(graph: &Graph) -> u32 {
    graph.degrees().iter().sum()
}

#[test]
fn fixed_shapes_are_what_their_names_say() {
    let links = |topology: Topology, nodes| made(&topology, &open(nodes)).links;
    assert_eq!(links(Topology::Full {}, 3), [(0, 1), (0, 2), (1, 2)]);
    assert_eq!(
        links(Topology::Ring {}, 4),
        [(0, 1), (1, 2), (2, 3), (3, 0)]
    );
    assert_eq!(links(Topology::Ring {}, 2), [(0, 1)]);
    assert_eq!(links(Topology::Line {}, 3), [(0, 1), (1, 2)]);
    assert_eq!(links(Topology::Star {}, 3), [(1, 0), (2, 0)]);
    for topology in [
        Topology::Full {},
        Topology::Ring {},
        Topology::Line {},
        Topology::Star {},
    ] {
        assert_eq!(links(topology.clone(), 1), []);
        assert_eq!(links(topology, 0), []);
    }
}

#[test]
fn fixed_shapes_leave_out_what_nobody_can_dial() {
    let half = sites(4, |node| node < 2);
    let links = |topology: Topology| made(&topology, &half).links;
    assert_eq!(
        links(Topology::Full {}),
        [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    );
    assert_eq!(links(Topology::Ring {}), [(1, 2), (2, 3), (0, 3)]);
    assert_eq!(links(Topology::Line {}), [(1, 2), (2, 3)]);
    assert_eq!(links(Topology::Star {}), [(0, 2), (1, 2), (3, 2)]);
    assert_eq!(made(&Topology::Star {}, &sites(3, |_| true)).links, []);
}

#[test]
fn without_rewiring_a_small_world_is_a_ring_of_near_ones() {
    let topology = Topology::SmallWorld {
        degree: 4,
        rewire: 0.0,
    };
    let graph = made(&topology, &open(7));
    assert_eq!(graph.degrees(), [4; 7]);
    let away = |(from, to): &(u32, u32)| (to + 7 - from) % 7;
    assert!(
        graph
            .links
            .iter()
            .map(away)
            .all(|away| away == 1 || away == 2)
    );
}

#[test]
fn a_small_world_rewires_as_many_as_asked() {
    let (nodes, degree) = (10_000, 10);
    let topology = Topology::SmallWorld {
        degree,
        rewire: 0.3,
    };
    let graph = made(&topology, &open(nodes));
    assert_eq!(graph.links.len(), nodes * 5);
    let far = |(from, to): &&(u32, u32)| (to + 10_000 - from) % 10_000 > 5;
    let rewired = graph.links.iter().filter(far).count() as f64 / graph.links.len() as f64;
    assert!((rewired - 0.3).abs() < 0.01, "{rewired}");
    assert_eq!(graph.components(), 1);
    // Nobody lost all it dialled.
    assert!(graph.degrees().iter().all(|links| *links >= 5));
}

#[test]
fn a_small_world_rewires_what_nobody_can_dial() {
    let behind = sites(1_000, |node| node % 10 < 5);
    let topology = Topology::SmallWorld {
        degree: 6,
        rewire: 0.0,
    };
    let graph = made(&topology, &behind);
    assert_eq!(total(&graph), 6_000);
}

#[test]
fn a_scale_free_graph_has_hubs_and_its_tail_falls_with_the_square() {
    let graph = made(&Topology::ScaleFree { links: 3 }, &open(50_000));
    let degrees = graph.degrees();
    assert_eq!(graph.links.len(), 6 + 3 * (50_000 - 4));
    assert_eq!(graph.components(), 1);
    assert!(degrees.iter().all(|links| *links >= 3));
    // P(degree ≥ k) = m(m + 1) / (k(k + 1)), exact for large graphs: Bollobás et al. 2001.
    for k in [4.0, 6.0, 12.0, 40.0] {
        let share = degrees
            .iter()
            .filter(|links| f64::from(**links) >= k)
            .count() as f64
            / 50_000.0;
        let expected = 12.0 / (k * (k + 1.0));
        assert!(
            (share / expected - 1.0).abs() < 0.1,
            "{k}: {share}, expected {expected}"
        );
    }
}

#[test]
fn bitcoin_has_as_many_links_as_simblock_gives_it() {
    let topology = Topology::Degrees {
        cdf: BITCOIN_2015.to_vec(),
    };
    for nodes in [600, 6_000] {
        let graph = made(&topology, &open(nodes));
        let mean = f64::from(total(&graph)) / nodes as f64;
        assert!((mean - 17.28).abs() < 0.02, "{mean}");
        assert_eq!(graph.components(), 1);
        let mut outbound = vec![0; nodes];
        graph
            .links
            .iter()
            .for_each(|(from, _)| outbound[*from as usize] += 1);
        for (index, share) in BITCOIN_2015.iter().enumerate() {
            let count = outbound
                .iter()
                .filter(|dialled| **dialled <= index + 1)
                .count();
            assert!((count as f64 - share * nodes as f64).abs() <= 1.0);
        }
    }
}

#[test]
fn who_knows_everyone_dials_no_more() {
    let topology = Topology::Degrees {
        cdf: vec![0.0, 0.0, 0.0, 1.0],
    };
    assert_eq!(made(&topology, &open(4)).links.len(), 6);
    assert_eq!(made(&topology, &sites(4, |_| true)).links, []);
    assert_eq!(
        made(&topology, &sites(3, |node| node > 0)).links,
        [(1, 0), (2, 0)]
    );
}

#[test]
fn regular_graphs_of_every_degree_are_found() {
    for nodes in 2..=16usize {
        for degree in (1..nodes).filter(|degree| nodes * degree % 2 == 0) {
            // Where half of the nodes only dial, the other half can be too few to find by chance.
            for unreachable in 0..=((nodes - 1) / 2).min(nodes - degree) {
                let sites = sites(nodes, |node| node < unreachable);
                let degree = degree as u32;
                let graph = made(&Topology::RandomRegular { degree }, &sites);
                assert_eq!(graph.degrees(), vec![degree; nodes]);
            }
        }
    }
    let sites = sites(12, |node| node < 6);
    let hard = Topology::RandomRegular { degree: 5 }.graph(&sites, &mut random(1));
    let (nodes, unreachable, degree, tries) = (12, 6, 5, 20);
    let not_found = TopologyError::NotFound {
        nodes,
        unreachable,
        degree,
        tries,
    };
    assert_eq!(hard, Err(not_found));
}

#[test]
fn large_regular_graphs_are_regular_also_where_half_of_the_nodes_only_dial() {
    for (nodes, degree, unreachable) in [
        (20_000, 3, 10_000),
        (20_000, 8, 6_000),
        (600, 300, 0),
        (600, 450, 150),
        (301, 300, 1),
    ] {
        let sites = sites(nodes, |node| node < unreachable);
        let graph = made(&Topology::RandomRegular { degree }, &sites);
        assert!(graph.degrees().iter().all(|links| *links == degree));
        assert_eq!(graph.components(), 1);
    }
}

/// Of 6 nodes there are 15 graphs of degree 1 and 70 of degree 2: 60 rings, and 10 pairs of triangles, which
/// swaps disfavour.
#[test]
fn every_regular_graph_is_found() {
    for (degree, kinds, least) in [(1, 15, 240), (2, 70, 100)] {
        let mut counts = std::collections::BTreeMap::new();
        let mut random = random(1);
        for _ in 0..kinds * 300 {
            let graph = Topology::RandomRegular { degree }
                .graph(&open(6), &mut random)
                .unwrap();
            let pair = |(a, b): &(u32, u32)| (*a.min(b), *a.max(b));
            let links: BTreeSet<_> = graph.links.iter().map(pair).collect();
            *counts.entry(links).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), kinds);
        assert!(
            counts.values().all(|count| (least..400).contains(count)),
            "{counts:?}"
        );
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_numbers() {
    let error =
        |topology: Topology, sites: &[Site]| topology.graph(sites, &mut random(1)).unwrap_err();
    let regular = |degree| Topology::RandomRegular { degree };
    let small = |degree, rewire| Topology::SmallWorld { degree, rewire };
    let cdf = |cdf: &[f64]| Topology::Degrees { cdf: cdf.to_vec() };
    let (nodes, reachable) = (5, 2);
    let five = open(nodes);
    let degree = 5;
    assert_eq!(
        error(regular(5), &five),
        TopologyError::Degree { degree, nodes }
    );
    assert_eq!(
        error(regular(0), &five),
        TopologyError::Degree { degree: 0, nodes }
    );
    assert_eq!(
        error(regular(3), &five),
        TopologyError::OddEnds { nodes, degree: 3 }
    );
    let needed = 3;
    let few = sites(5, |node| node >= 2);
    assert_eq!(
        error(regular(2), &few),
        TopologyError::Reachable {
            nodes,
            reachable,
            needed
        }
    );
    let needed = 4;
    let scale_free = Topology::ScaleFree { links: 3 };
    assert_eq!(
        error(scale_free, &few),
        TopologyError::Reachable {
            nodes,
            reachable,
            needed
        }
    );
    assert_eq!(
        error(Topology::ScaleFree { links: 0 }, &five),
        TopologyError::NoLinks
    );
    assert_eq!(
        error(small(6, 0.1), &five),
        TopologyError::Degree { degree: 6, nodes }
    );
    assert_eq!(
        error(small(3, 0.1), &five),
        TopologyError::OddDegree { degree: 3 }
    );
    assert_eq!(
        error(small(2, 1.1), &five),
        TopologyError::Rewire { rewire: 1.1 }
    );
    let distribution = |index, value, before| TopologyError::Cdf {
        index,
        value,
        before,
    };
    assert_eq!(error(cdf(&[]), &five), distribution(0, 0.0, 0.0));
    assert_eq!(
        error(cdf(&[0.5, 0.4, 1.0]), &five),
        distribution(1, 0.4, 0.5)
    );
    assert_eq!(error(cdf(&[0.5, 0.9]), &five), distribution(1, 0.9, 0.5));
    assert_eq!(error(cdf(&[1.5]), &five), distribution(0, 1.5, 0.0));
    let path = "links.csv".to_owned();
    let file = Topology::File { path: path.clone() };
    assert_eq!(error(file, &five), TopologyError::File { path });
    let links = 7_000 * 6_999 / 2;
    assert_eq!(
        error(Topology::Full {}, &open(7_000)),
        TopologyError::Links { links }
    );
    let nodes = MAX_NODES + 1;
    assert_eq!(
        error(Topology::Line {}, &open(nodes)),
        TopologyError::Nodes { nodes }
    );
}

#[test]
fn unknown_keys_are_refused() {
    let read = serde_json::from_str::<Topology>;
    assert_eq!(read(r#"{"kind": "ring"}"#).unwrap(), Topology::Ring {});
    let regular = read(r#"{"kind": "random-regular", "degree": 8}"#).unwrap();
    assert_eq!(regular, Topology::RandomRegular { degree: 8 });
    for json in [
        r#"{"kind": "full", "degree": 3}"#,
        r#"{"kind": "scale-free", "degree": 3}"#,
    ] {
        assert!(
            read(json)
                .unwrap_err()
                .to_string()
                .contains("unknown field"),
            "{json}"
        );
    }
}

#[test]
fn the_same_seed_makes_the_same_graph_on_every_machine() {
    let sites = sites(12, |node| node % 4 == 3);
    let last = |topology: Topology| made(&topology, &sites).links.split_off(9)[..4].to_vec();
    let last = [
        Topology::RandomRegular { degree: 3 },
        Topology::SmallWorld {
            degree: 4,
            rewire: 0.5,
        },
        Topology::ScaleFree { links: 2 },
        Topology::Degrees {
            cdf: vec![0.0, 0.5, 1.0],
        },
    ]
    .map(last);
    let pinned = [
        [(2, 6), (6, 8), (11, 8), (3, 10)],
        [(9, 8), (11, 10), (11, 2), (0, 1)],
        [(6, 2), (6, 4), (7, 1), (7, 5)],
        [(3, 2), (4, 6), (4, 9), (5, 0)],
    ];
    assert_eq!(last, pinned);
}
