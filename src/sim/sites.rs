//! What nodes are: where they stand, who can dial them, what they can hash.

/// What one node is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// The region it stands in, an index into the network's.
    pub region: u16,
    /// Whether others can dial it. A node that is not reachable only dials.
    pub reachable: bool,
    /// Its hash power, in any unit that all nodes share; 0 when it does not mine.
    pub power: f64,
}
