//! Actions in words: their names, how they are written, what they say of nodes.

use crate::daemon::controller::{Action, Add, Condition, Forge, Tx};
use crate::node::Name;

/// Every action's key, and how it is written.
const EXAMPLES: [(&str, &str); 13] = [
    ("tick", "tick = 1"),
    (
        "until",
        "until = { condition = \"idle\", limit = 100 }, or \"block\" or \"one-tip\"",
    ),
    ("mine", "mine = \"node1\""),
    (
        "tx",
        "tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 2 }, with an id = \"a1\" if you like",
    ),
    (
        "reset",
        "reset = {} for all, or reset = { node = \"node1\" }",
    ),
    ("start", "start = \"node1\""),
    ("crash", "crash = \"node1\""),
    (
        "cut",
        "cut = [\"node1\", \"node2\"], or one node for all its links",
    ),
    (
        "heal",
        "heal = [\"node1\", \"node2\"], or one node for all its links",
    ),
    (
        "add",
        "add = { link = [\"node1\"] }, with no name to link it to all",
    ),
    ("remove", "remove = \"node1\""),
    (
        "block",
        "block = { at = [\"node2\"], block = { … } } with a block as GET /block/latest shows it",
    ),
    (
        "forge",
        "forge = { of = \"node1\", id = 1, at = [\"node2\"], change = { value = 9 }, remine = true }",
    ),
];

/// How an action is written; `None` where there is none of this name.
pub(super) fn example(key: &str) -> Option<&'static str> {
    let found = EXAMPLES.iter().find(|(name, _)| *name == key);
    found.map(|(_, example)| *example)
}

/// The names of all actions.
pub(super) fn actions() -> String {
    EXAMPLES.map(|(name, _)| name).join(", ")
}

/// Names in a row.
pub(super) fn names(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    names.join(", ")
}

/// The most ticks an action may take; `None` for one that takes none.
pub(super) fn ticks(action: &Action) -> Option<u64> {
    match action {
        Action::Tick(ticks) => Some(*ticks),
        Action::Until(until) => Some(until.limit),
        _ => None,
    }
}

/// The nodes an action names.
pub(super) fn nodes(action: &Action) -> Vec<&Name> {
    match action {
        Action::Tick(_) | Action::Until(_) | Action::Add(Add::Url(_)) => Vec::new(),
        Action::Mine(name) | Action::Start(name) | Action::Crash(name) | Action::Remove(name) => {
            vec![name]
        }
        Action::Tx(tx) => vec![&tx.at],
        Action::Reset(reset) => reset.node.iter().collect(),
        Action::Cut(names) | Action::Heal(names) | Action::Add(Add::Link(names)) => {
            names.iter().collect()
        }
        Action::Block(block) => block.at.iter().collect(),
        Action::Forge(forge) => std::iter::once(&forge.of).chain(&forge.at).collect(),
    }
}

/// An action as a line of a lesson says it.
pub(super) fn text(action: &Action) -> String {
    match action {
        Action::Tick(1) => "tick".to_owned(),
        Action::Tick(ticks) => format!("tick {ticks} times"),
        Action::Until(until) => {
            let condition = match until.condition {
                Condition::Block => "there is a new block",
                Condition::Idle => "all are idle",
                Condition::OneTip => "all have one tip",
            };
            format!("tick until {condition}, {} times at most", until.limit)
        }
        Action::Mine(node) => format!("ask {node} for a block"),
        Action::Tx(Tx {
            at,
            sender,
            recipient,
            value,
            ..
        }) => format!("add a payment at {at}: {value} from {sender} to {recipient}"),
        Action::Reset(reset) => match &reset.node {
            Some(node) => format!("reset {node}"),
            None => "reset all nodes".to_owned(),
        },
        Action::Start(node) => format!("start {node}"),
        Action::Crash(node) => format!("crash {node}"),
        Action::Cut(ends) => format!("cut {}", links(ends)),
        Action::Heal(ends) => format!("heal {}", links(ends)),
        Action::Add(Add::Url(url)) => format!("add the node at {url}"),
        Action::Add(Add::Link(to)) if to.is_empty() => "add a node linked to all".to_owned(),
        Action::Add(Add::Link(to)) => format!("add a node linked to {}", names(to)),
        Action::Remove(node) => format!("remove {node}"),
        Action::Block(given) => format!("send block {} to {}", given.block.id, some(&given.at)),
        Action::Forge(Forge { of, id, at, .. }) => {
            format!("forge block {id} of {of} and send it to {}", some(at))
        }
    }
}

fn links(ends: &[Name]) -> String {
    match ends {
        [node] => format!("all links of {node}"),
        ends => format!(
            "the link of {}",
            ends.iter()
                .map(Name::as_str)
                .collect::<Vec<_>>()
                .join(" and ")
        ),
    }
}

fn some(nodes: &[Name]) -> String {
    match nodes.is_empty() {
        true => "all nodes".to_owned(),
        false => names(nodes),
    }
}

/// Changes the list of nodes that are there as the action does.
pub(super) fn apply(action: &Action, known: &mut Vec<Name>) {
    match action {
        Action::Remove(name) => known.retain(|known| known != name),
        Action::Add(Add::Link(_)) => {
            let numbered = |number| {
                format!("node{number}")
                    .parse()
                    .expect("a short word is a name")
            };
            let free = (1u64..).map(numbered).find(|name| !known.contains(name));
            known.extend(free);
        }
        _ => {}
    }
}
