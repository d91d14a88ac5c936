//! Blocks that a lean node holds back.

use super::Summary;
use crate::sim::behaviour::{Move, Plan, SecretBranch};

/// A branch of its own, and which of its blocks nobody has seen.
#[derive(Debug, Clone)]
pub(super) struct Secret {
    branch: SecretBranch,
    /// Lowest first.
    withheld: Vec<Summary>,
}

impl Secret {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            branch: SecretBranch::new(plan),
            withheld: Vec::new(),
        }
    }

    /// Whether its tip is a block that nobody has seen.
    pub(super) fn has_any(&self) -> bool {
        !self.withheld.is_empty()
    }

    /// It mined a block; which ones are to be shown.
    pub(super) fn mined(&mut self, block: Summary) -> Vec<Summary> {
        self.withheld.push(block);
        let decision = self.branch.mined(block.height.into());
        self.carry_out(decision)
    }

    /// A block of another one came; which ones are to be shown.
    pub(super) fn heard(&mut self, height: u64) -> Vec<Summary> {
        let decision = self.branch.heard(height);
        self.carry_out(decision)
    }

    fn carry_out(&mut self, decision: Move) -> Vec<Summary> {
        let shown = match decision {
            Move::Wait => 0,
            Move::Publish(height) => {
                let shown = |block: &Summary| u64::from(block.height) <= height;
                self.withheld.partition_point(shown)
            }
            Move::Adopt => {
                self.withheld.clear();
                0
            }
        };
        self.withheld.drain(..shown).collect()
    }
}
