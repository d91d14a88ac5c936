//! The story that the example meshes play. From the same inputs they all reach the same chain,
//! whatever carries their messages; `tests/examples_agree.rs` holds them to it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by examples, each of which uses a part"
)]

use tickchain::node::{Config, HonestNode, Name, Payment, Status};

/// Names and salts of the nodes, in the order in which they are ticked.
pub const NODES: [(&str, u64); 3] = [("node1", 1), ("node2", 2), ("node3", 3)];

/// The wall time at every clock, seconds since 1970 UTC: the chain is the same every time.
pub const WALL: i64 = 1_700_000_000;

/// The hash of block 1, the tip of every node at the end.
pub const TIP: &str = "3ba5f0501fb411d0582f0acd0d208ab1a29e1539ab509f7bb888109581468000";

/// What happens next in the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// [`payment`] is added to the first node.
    Pay,
    /// The first node is asked to mine.
    Mine,
    /// Every node is moved to this clock, one after the other.
    Clock(u64),
}

/// The story: a payment travels, a block is mined, the block travels.
pub fn story() -> impl Iterator<Item = Step> {
    let travels = (1..=4).map(Step::Clock);
    let mined = (5..=10).map(Step::Clock);
    [Step::Pay]
        .into_iter()
        .chain(travels)
        .chain([Step::Mine])
        .chain(mined)
}

/// 2 from aki to so.
pub fn payment() -> Payment {
    Payment {
        id: None,
        sender: "aki".parse().expect("a short name"),
        recipient: "so".parse().expect("a short name"),
        value: 2.try_into().expect("a small value"),
        sequence: None,
        signature: None,
    }
}

/// An honest node of the document's network.
pub fn node(name: &str) -> HonestNode {
    HonestNode::new(Config::new(self::name(name))).expect("the document's genesis block is sound")
}

/// A node's name.
pub fn name(name: &str) -> Name {
    name.parse().expect("a short name")
}

/// The hash of a node's tip.
pub fn tip(node: &HonestNode) -> String {
    node.ledger().tip().hash().to_string()
}

/// Prints the names of the nodes, above what [`print_clock`] prints.
pub fn print_names() {
    print_row("", NODES.map(|(name, _)| name));
}

/// Prints what each node does at a clock.
pub fn print_clock(clock: u64, statuses: &[Status]) {
    let statuses = statuses.iter().map(|status| status.as_str());
    print_row(&format!("clock {clock}"), statuses);
}

/// Prints columns as wide as the longest status.
fn print_row<'a>(first: &str, columns: impl IntoIterator<Item = &'a str>) {
    let columns = columns.into_iter().map(|column| format!("{column:<19}"));
    let row = columns.fold(format!("{first:<10}"), |row, column| row + &column);
    println!("{}", row.trim_end());
}

/// Prints where each node ends.
pub fn print_tips(tips: &[String]) {
    for ((name, _), tip) in NODES.iter().zip(tips) {
        println!("{name} ends at block {tip}");
    }
}
