//! Who is linked to whom: the graph, and the rules that make one.

mod graph;

pub use graph::Graph;
