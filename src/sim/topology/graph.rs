//! Nodes and links.

/// Who is linked to whom. Nodes are counted from 0.
///
/// ```
/// use tickchain::sim::Graph;
/// let triangle = Graph { nodes: 4, links: vec![(0, 1), (1, 2), (2, 0)] };
/// assert_eq!(triangle.degrees(), [2, 2, 2, 0]);
/// assert_eq!(triangle.components(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    /// How many nodes there are.
    pub nodes: usize,
    /// The links, each once and with the node that dialled first. They serve both ways, and none leads
    /// from a node to itself.
    pub links: Vec<(u32, u32)>,
}

impl Graph {
    /// How many links each node has, dialled and accepted.
    pub fn degrees(&self) -> Vec<u32> {
        let mut degrees = vec![0; self.nodes];
        for &(from, to) in &self.links {
            degrees[from as usize] += 1;
            degrees[to as usize] += 1;
        }
        degrees
    }

    /// Into how many parts the graph falls, between which no link leads: 1 when it is connected, 0
    /// without nodes.
    pub fn components(&self) -> usize {
        let mut above: Vec<u32> = (0..self.nodes as u32).collect();
        let mut parts = self.nodes;
        for &(from, to) in &self.links {
            let (one, other) = (root(&mut above, from), root(&mut above, to));
            if one != other {
                above[one as usize] = other;
                parts -= 1;
            }
        }
        parts
    }
}

/// The node that stands for all that are joined with `node`; halves the way there for the next time.
fn root(above: &mut [u32], mut node: u32) -> u32 {
    while above[node as usize] != node {
        let next = above[above[node as usize] as usize];
        above[node as usize] = next;
        node = next;
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_counted() {
        let parts = |nodes, links: &[(u32, u32)]| {
            let links = links.to_vec();
            Graph { nodes, links }.components()
        };
        assert_eq!(parts(0, &[]), 0);
        assert_eq!(parts(3, &[]), 3);
        assert_eq!(parts(5, &[(0, 1), (2, 1), (0, 2), (4, 3)]), 2);
        assert_eq!(parts(4, &[(3, 2), (1, 0), (2, 1)]), 1);
    }
}
