//! Blocks that no node mined.

use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{Difficulty, UncheckedBlock};

/// The proof of work that the nodes of a rig ask for.
pub const BITS: u8 = 4;

/// An empty block that follows another, with proof of work.
pub fn mined(parent: &UncheckedBlock, timestamp: i64) -> UncheckedBlock {
    let mut block = UncheckedBlock {
        id: parent.id + 1,
        hash: None,
        timestamp,
        transactions: Vec::new().into(),
        previous_block_hash: parent.header().hash(),
        nonce: 0,
    };
    let difficulty = Difficulty::new(BITS).expect("a few bits");
    match search_from(&block.header(), difficulty, 0, || false) {
        Outcome::Found(nonce) => block.nonce = nonce,
        outcome => panic!("{outcome:?}"),
    }
    block
}
