//! Asking for blocks, again where that is wanted.

use super::{Known, LeanMessage, LeanNode, Summary};
use crate::node::Name;

/// Blocks that were asked for and have not come.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    /// Clocks after which the next announcer is asked.
    retry: u64,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone)]
struct Asked {
    block: u64,
    /// The one that was asked last comes first.
    announcers: Vec<Name>,
    /// When the next one is asked; the node does not know what clock it is before it moves.
    until: Option<u64>,
}

impl Asking {
    pub(super) fn new(retry: u64) -> Self {
        let asked = Vec::new();
        Self { retry, asked }
    }

    /// A block is not waited for any more.
    pub(super) fn forget(&mut self, block: u64) {
        self.asked.retain(|asked| asked.block != block);
    }

    /// When something is to be asked again.
    pub(super) fn next_clock(&self, clock: u64) -> Option<u64> {
        let asked = self.asked.iter();
        asked.map(|asked| asked.until.unwrap_or(clock + 1)).min()
    }

    fn begin(&mut self, block: u64, from: Name) {
        self.asked.push(Asked {
            block,
            announcers: vec![from],
            until: None,
        });
    }

    /// Another one has what was asked for.
    fn add(&mut self, block: u64, from: Name) {
        let mut asked = self.asked.iter_mut();
        if let Some(asked) = asked.find(|asked| asked.block == block) {
            asked.announcers.push(from);
        }
    }

    /// Whom to ask for what has not come by this clock.
    fn due(&mut self, clock: u64) -> Vec<(Name, u64)> {
        let mut due = Vec::new();
        for asked in &mut self.asked {
            if asked.until.is_some_and(|until| until > clock) {
                continue;
            }
            if asked.until.replace(clock + self.retry).is_some() {
                asked.announcers.rotate_left(1);
                due.push((asked.announcers[0].clone(), asked.block));
            }
        }
        due
    }

    /// A peer is gone. The blocks that nobody is left to bring.
    fn lose(&mut self, peer: &Name) -> Vec<u64> {
        let mut lost = Vec::new();
        self.asked.retain_mut(|asked| {
            asked.announcers.retain(|other| other != peer);
            if asked.announcers.is_empty() {
                lost.push(asked.block);
            }
            !asked.announcers.is_empty()
        });
        lost
    }
}

impl LeanNode {
    /// Asks for a block that it has not heard of before.
    pub(super) fn hear_of(&mut self, from: Name, number: u64) {
        if number == self.tip.number {
            return;
        }
        let mut known = self.known.iter().rev();
        match known.find(|known| known.block.number == number) {
            Some(known) if known.has => {}
            Some(_) => {
                if let Some(asking) = &mut self.asking {
                    asking.add(number, from);
                }
            }
            None => {
                let block = Summary {
                    number,
                    parent: 0,
                    // Forgotten with the blocks around it when it does not come.
                    height: self.tip.height,
                };
                self.known.push(Known { block, has: false });
                if let Some(asking) = &mut self.asking {
                    asking.begin(number, from.clone());
                }
                self.request(from, number);
            }
        }
    }

    fn request(&mut self, from: Name, block: u64) {
        let compact = self.relay.compact_blocks && self.abilities.compact;
        self.send(from, LeanMessage::Request { block, compact });
    }

    /// Asks the next announcer for what has not come.
    pub(super) fn ask_again(&mut self) {
        let due = self.asking.as_mut().map(|asking| asking.due(self.clock));
        for (peer, block) in due.unwrap_or_default() {
            self.request(peer, block);
        }
    }

    /// A peer is gone: what only it could bring is asked of the next one that announces it.
    pub(super) fn lose(&mut self, peer: &Name) {
        self.peers.retain(|other| other != peer);
        if let Some(asking) = &mut self.asking {
            let lost = asking.lose(peer);
            self.known
                .retain(|known| known.has || !lost.contains(&known.block.number));
        }
    }
}
