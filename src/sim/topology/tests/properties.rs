//! What holds for every graph that a rule makes.

use proptest::prelude::*;

use super::*;

fn any_topology() -> impl Strategy<Value = Topology> {
    prop_oneof![
        Just(Topology::Full {}),
        Just(Topology::Ring {}),
        Just(Topology::Line {}),
        Just(Topology::Star {}),
        (1u32..12).prop_map(|degree| Topology::RandomRegular { degree }),
        (1u32..8, 0.0..=1.0).prop_map(|(half, rewire)| {
            Topology::SmallWorld {
                degree: 2 * half,
                rewire,
            }
        }),
        (1u32..8).prop_map(|links| Topology::ScaleFree { links }),
        prop::collection::vec(0.0..1.0f64, 0..12).prop_map(|mut cdf| {
            cdf.sort_by(f64::total_cmp);
            cdf.push(1.0);
            Topology::Degrees { cdf }
        }),
    ]
}

proptest! {
    /// Simple, and nobody accepts who cannot be dialled; what must be connected is; and the same seed
    /// makes the same.
    #[test]
    fn graphs_are_sound(
        topology in any_topology(),
        reachable in prop::collection::vec(prop::bool::weighted(0.8), 0..80),
        seed: u64,
    ) {
        let sites = sites(reachable.len(), |node| !reachable[node]);
        let graph = topology.graph(&sites, &mut random(seed));
        prop_assert_eq!(&graph, &topology.graph(&sites, &mut random(seed)));
        let Ok(graph) = graph else { return Ok(()) };
        check(&graph, &sites);
        let open = reachable.iter().all(|reachable| *reachable);
        let degrees = graph.degrees();
        prop_assert_eq!(total(&graph) as usize, 2 * graph.links.len());
        let connected = match topology {
            Topology::RandomRegular { degree } => {
                prop_assert!(degrees.iter().all(|links| *links == degree));
                false
            }
            Topology::SmallWorld { degree, .. } => {
                prop_assert!(!open || total(&graph) == degree * sites.len() as u32);
                false
            }
            Topology::Degrees { .. } => false,
            Topology::ScaleFree { .. } => true,
            _ => open,
        };
        prop_assert!(!connected || graph.components() <= 1);
    }

    /// What a list does not tell is how many nodes without links come last.
    #[test]
    fn a_list_of_links_leads_back_to_the_graph(
        topology in any_topology(),
        nodes in 2usize..60,
        seed: u64,
    ) {
        let Ok(mut graph) = topology.graph(&open(nodes), &mut random(seed)) else {
            return Ok(());
        };
        let mut text = String::new();
        graph.to_csv(&mut text).unwrap();
        let numbers: String =
            graph.links.iter().map(|(from, to)| format!("{from}\t{to}\r\n")).collect();
        let highest = graph.links.iter().map(|(from, to)| from.max(to) + 1).max();
        graph.nodes = highest.unwrap_or(0) as usize;
        prop_assert_eq!(Graph::from_csv(&text), Ok(graph.clone()));
        prop_assert_eq!(Graph::from_csv(&numbers), Ok(graph));
    }

    #[test]
    fn reading_never_panics(text in "[\\PC\n]{0,200}", links in "([0-9a-z,;\t \"\n]|node){0,80}") {
        let _ = Graph::from_csv(&text);
        let _ = Graph::from_csv(&links);
    }
}
