//! Graphs from files: links between nodes that are there, or an error.

use tickchain::sim::Graph;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(graph) = Graph::from_csv(text) {
        let ends = graph
            .links
            .iter()
            .flat_map(|(a, b)| [*a as usize, *b as usize]);
        assert!(ends.into_iter().all(|end| end < graph.nodes));
    }
}
