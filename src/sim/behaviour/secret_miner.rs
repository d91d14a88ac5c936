//! A node that keeps the blocks it mines to itself for a while, or for ever.

use super::withheld::Withheld;
use super::{Move, Plan, SecretBranch};
use crate::node::{Effect, Event, HonestNode, Input, Message, Node};

/// An honest node but for its own blocks: a [`SecretBranch`] says when they are shown. Whoever asks it for
/// blocks gets those that are public.
#[derive(Debug, Clone)]
pub struct SecretMiner {
    honest: HonestNode,
    plan: Plan,
    branch: SecretBranch,
    withheld: Withheld,
}

impl SecretMiner {
    /// Wraps a node that has not begun.
    pub fn new(honest: HonestNode, plan: Plan) -> Self {
        Self {
            honest,
            plan,
            branch: SecretBranch::new(plan),
            withheld: Withheld::new(),
        }
    }

    /// The honest node inside, which takes part in no plan.
    pub fn honest(&self) -> &HonestNode {
        &self.honest
    }

    /// Takes note of the blocks that came or were mined; up to which id blocks are to be shown.
    fn decide(&mut self, effects: &[Effect<Message>]) -> Option<u64> {
        let mut shown = None;
        let mut own = None;
        for effect in effects {
            let decision = match effect {
                Effect::Event(Event::Mined { id, hash }) => {
                    own = Some(*hash);
                    self.withheld.push(*id, *hash);
                    self.branch.mined(*id)
                }
                // A block it mined is told of twice.
                Effect::Event(Event::Block { id, hash, .. }) if own != Some(*hash) => {
                    self.branch.heard(*id)
                }
                _ => continue,
            };
            match decision {
                Move::Wait => {}
                Move::Publish(id) => shown = Some(id),
                Move::Adopt => {
                    self.withheld.forget();
                    shown = None;
                }
            }
        }
        shown
    }

    /// What the honest node does about an input, but for what the plan changes.
    pub(super) fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        if matches!(input, Input::Reset { .. }) && self.honest.is_started() {
            self.branch = SecretBranch::new(self.plan);
            self.withheld.forget();
        }
        let mut effects = self.honest.handle(input);
        let shown = self.decide(&effects);
        self.withheld.conceal(&mut effects);
        if let Some(id) = shown {
            self.withheld.publish(&self.honest, id, &mut effects);
        }
        effects
    }
}
