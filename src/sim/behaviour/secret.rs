//! When a miner shows what it mined in secret: decisions as plain data.

use serde::{Deserialize, Serialize};

/// What a miner means to do with blocks that it keeps to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Plan {
    /// Selfish mining: it shows them when that makes the others' blocks orphans. Eyal and Sirer, "Majority
    /// is not enough" (2014), algorithm 1.
    Selfish,
    /// Block withholding: it never shows any. Its power is lost to the network, not to the main chain.
    Withholding,
}

/// What to do about a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Move {
    /// Nothing.
    Wait,
    /// Show the blocks of one's own branch up to this height, those that are not shown yet.
    Publish(u64),
    /// The others are ahead: give one's own branch up and mine on theirs.
    Adopt,
}

/// A branch mined in secret and the public one, as far as strategy goes: by their heights.
///
/// ```
/// use tickchain::sim::behaviour::{Move, Plan, SecretBranch};
/// let mut branch = SecretBranch::new(Plan::Selfish);
/// assert_eq!(branch.mined(1), Move::Wait);
/// assert_eq!(branch.mined(2), Move::Wait);
/// // The others come within one block: both are shown, and theirs is an orphan.
/// assert_eq!(branch.heard(1), Move::Publish(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretBranch {
    plan: Plan,
    own: u64,
    public: u64,
    /// Whether a branch of one's own, shown, competes with one of the others that is as high.
    racing: bool,
}

impl SecretBranch {
    /// Both branches at genesis.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            own: 0,
            public: 0,
            racing: false,
        }
    }

    /// By how many blocks one's own branch is ahead of the public one.
    pub fn lead(&self) -> u64 {
        self.own - self.public
    }

    /// A block of one's own was found at `height`, on one's own branch.
    pub fn mined(&mut self, height: u64) -> Move {
        self.own = height;
        if std::mem::take(&mut self.racing) {
            self.public = height;
            Move::Publish(height)
        } else {
            Move::Wait
        }
    }

    /// A block of another miner came in at `height`.
    pub fn heard(&mut self, height: u64) -> Move {
        if height <= self.public {
            return Move::Wait;
        }
        self.public = height;
        if height > self.own {
            self.own = height;
            self.racing = false;
            return Move::Adopt;
        }
        match (self.plan, self.lead()) {
            (Plan::Withholding, _) => Move::Wait,
            // Level: now it counts whose block more of the others heard first.
            (Plan::Selfish, 0) => {
                self.racing = true;
                Move::Publish(height)
            }
            // One ahead of them: with the whole branch theirs is worth nothing.
            (Plan::Selfish, 1) => {
                self.public = self.own;
                Move::Publish(self.own)
            }
            // Far ahead: one for one, so that the others waste their work.
            (Plan::Selfish, _) => Move::Publish(height),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brings a selfish branch to a lead of so many blocks over height 10.
    fn ahead(lead: u64) -> SecretBranch {
        let mut branch = SecretBranch::new(Plan::Selfish);
        assert_eq!(branch.heard(10), Move::Adopt);
        for height in 11..=10 + lead {
            assert_eq!(branch.mined(height), Move::Wait);
        }
        assert_eq!(branch.lead(), lead);
        branch
    }

    /// Level with the others at height 11, with a block of one's own: state 0' of the paper.
    fn tie() -> SecretBranch {
        let mut branch = ahead(1);
        assert_eq!(branch.heard(11), Move::Publish(11));
        assert_eq!(branch.lead(), 0);
        branch
    }

    // The transitions of figure 1 of the paper, by where they start.

    #[test]
    fn without_a_lead_the_others_blocks_are_adopted() {
        let mut branch = ahead(0);
        assert_eq!(branch.heard(11), Move::Adopt);
        assert_eq!(branch.lead(), 0);
        assert_eq!(branch.mined(12), Move::Wait);
        assert_eq!(branch.lead(), 1);
    }

    #[test]
    fn a_lead_of_one_that_is_drawn_level_is_shown() {
        tie();
    }

    #[test]
    fn a_tie_that_is_won_by_oneself_is_shown_at_once() {
        let mut branch = tie();
        assert_eq!(branch.mined(12), Move::Publish(12));
        assert_eq!(branch.lead(), 0);
        // That race is over: the next block is secret again.
        assert_eq!(branch.mined(13), Move::Wait);
        assert_eq!(branch.lead(), 1);
    }

    #[test]
    fn a_tie_that_another_wins_on_either_branch_is_adopted() {
        let mut branch = tie();
        assert_eq!(branch.heard(12), Move::Adopt);
        assert_eq!(branch.lead(), 0);
        assert_eq!(branch.mined(13), Move::Wait);
        assert_eq!(branch.lead(), 1);
    }

    #[test]
    fn a_lead_of_two_wins_with_everything() {
        let mut branch = ahead(2);
        assert_eq!(branch.heard(11), Move::Publish(12));
        assert_eq!(branch.lead(), 0);
        assert_eq!(branch.mined(13), Move::Wait);
    }

    #[test]
    fn a_longer_lead_is_shown_one_for_one() {
        let mut branch = ahead(4);
        assert_eq!(branch.heard(11), Move::Publish(11));
        assert_eq!(branch.lead(), 3);
        assert_eq!(branch.mined(15), Move::Wait);
        assert_eq!(branch.heard(12), Move::Publish(12));
        assert_eq!(branch.heard(13), Move::Publish(13));
        assert_eq!(branch.heard(14), Move::Publish(15));
        assert_eq!(branch.lead(), 0);
    }

    // What the paper leaves out, since its blocks travel in no time.

    #[test]
    fn other_blocks_of_the_public_height_change_nothing() {
        let mut branch = ahead(3);
        assert_eq!(branch.heard(11), Move::Publish(11));
        assert_eq!(branch.heard(11), Move::Wait);
        assert_eq!(branch.heard(10), Move::Wait);
        assert_eq!(branch.lead(), 2);
        let mut branch = tie();
        assert_eq!(branch.heard(11), Move::Wait);
        assert_eq!(branch.mined(12), Move::Publish(12));
    }

    #[test]
    fn several_blocks_of_the_others_at_once() {
        let mut branch = ahead(3);
        assert_eq!(branch.heard(12), Move::Publish(13));
        let mut branch = ahead(3);
        assert_eq!(branch.heard(13), Move::Publish(13));
        assert_eq!(branch.mined(14), Move::Publish(14));
        let mut branch = ahead(3);
        assert_eq!(branch.heard(15), Move::Adopt);
        assert_eq!(branch.lead(), 0);
    }

    #[test]
    fn a_withholder_shows_nothing_and_gives_up_when_it_is_behind() {
        let mut branch = SecretBranch::new(Plan::Withholding);
        for height in 1..=3 {
            assert_eq!(branch.mined(height), Move::Wait);
        }
        for height in 1..=3 {
            assert_eq!(branch.heard(height), Move::Wait);
        }
        assert_eq!(branch.mined(4), Move::Wait);
        assert_eq!(branch.heard(4), Move::Wait);
        assert_eq!(branch.heard(5), Move::Adopt);
    }
}
