//! What is known of such networks, held against what simulations measure.
//!
//! [`jobs`] lists what there is to measure; each job is independent of the others, so they may run at once.
//! The closed forms are [`crate::sim::theory`]'s, the bounds stand with each [`Check`].

mod check;
mod finds;
mod forks;
mod job;
mod mining;
mod races;
mod selfish;
mod simblock;

use std::sync::Arc;

pub use check::{Check, LEVEL};
pub use job::{Job, jobs};

use super::behaviour::Plan;
use super::{Abilities, LeanNode, Relay, RelayKind};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Some seconds: enough to see what is broken.
    Quick,
    /// Some minutes: enough for the bounds to mean something.
    Full,
}

/// Makes lean nodes that flood blocks, some with a plan.
fn lean(plan: impl Fn(usize) -> Option<Plan>) -> impl FnMut(usize) -> LeanNode {
    let relay = Arc::new(Relay {
        kind: RelayKind::Flood,
        ..Relay::default()
    });
    move |node| {
        let lean = LeanNode::new(node as u32, relay.clone(), Abilities::default(), 1);
        match plan(node) {
            Some(plan) => lean.with_plan(plan),
            None => lean,
        }
    }
}
