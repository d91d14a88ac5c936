//! A node whose records go into a data directory.

use std::path::Path;
use std::time::{Duration, Instant};

use tickchain::daemon::storage::{DaemonNode, DataDir, DataDirError, DiskStorage, Opened};
use tickchain::driver::Storage;
use tickchain::ledger::{Difficulty, Genesis, UncheckedBlock};
use tickchain::node::{
    Answer, Config, Effect, Input, Message, Node, Persist, RequestError, Search, State,
};

pub(crate) fn config() -> Config {
    Config {
        genesis: Genesis {
            difficulty: Difficulty::new(0).unwrap(),
            ..Genesis::default()
        },
        ..Config::new("node1".parse().unwrap())
    }
}

/// A block on this one.
pub(crate) fn child(parent: &UncheckedBlock, nonce: u64) -> UncheckedBlock {
    UncheckedBlock {
        id: parent.id + 1,
        hash: None,
        timestamp: parent.timestamp,
        transactions: [].into(),
        previous_block_hash: parent.header().hash(),
        nonce,
    }
}

/// A directory that was just let go of. A process that another test is starting has a copy of every open
/// file, and so of the lock, until it runs its own program.
fn unlocked(path: &Path) -> DataDir {
    let began = Instant::now();
    loop {
        match DataDir::open(path) {
            Err(DataDirError::Locked { .. }) if began.elapsed() < Duration::from_secs(5) => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

/// A node and its storage, without a driver: effects are looked at, what must last is written.
pub(crate) struct Rig {
    pub(crate) node: DaemonNode,
    pub(crate) storage: DiskStorage,
    /// What was written, in order.
    pub(crate) written: Vec<Persist>,
    /// What the node was after each of these.
    pub(crate) states: Vec<State>,
}

impl Rig {
    pub(crate) fn open(path: &Path) -> Self {
        Self::open_as(path, config())
    }

    pub(crate) fn open_as(path: &Path, config: Config) -> Self {
        let Opened { node, storage, .. } = unlocked(path).run(config).unwrap();
        Self {
            node,
            storage,
            written: Vec::new(),
            states: Vec::new(),
        }
    }

    /// Hands in a fact; nonces are found at once.
    pub(crate) fn hand_in(
        &mut self,
        input: Input<Message>,
    ) -> Option<Result<Answer, RequestError>> {
        let effects = self.node.handle(input);
        self.carry_out(effects)
    }

    pub(crate) fn carry_out(
        &mut self,
        effects: Vec<Effect<Message>>,
    ) -> Option<Result<Answer, RequestError>> {
        let (mut answer, mut found) = (None, None);
        for effect in effects {
            match effect {
                Effect::Persist(persist) => {
                    self.written.push(persist.clone());
                    self.states.push(self.node.state());
                    self.storage.write(persist);
                }
                // No zero bits are asked for: any nonce fits.
                Effect::Search(search) => found = Some(search),
                Effect::Answer(given) => answer = Some(given),
                _ => {}
            }
        }
        if let Some(Search { id, start, .. }) = found {
            self.hand_in(Input::NonceFound {
                search: id,
                nonce: start,
            });
        }
        answer
    }

    pub(crate) fn clock(&mut self, to: u64) {
        self.hand_in(Input::Clock { to, wall: 0 });
    }
}
