//! `tickchain chain import`: a new data directory of what was exported, checked as if from a stranger.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ChainError;
use super::lines::{Counts, FORMAT, Header, Line, Lines, Place, VERSION};
use crate::daemon::progress::Watcher;
use crate::daemon::storage::changes::Position;
use crate::daemon::storage::kept::Records;
use crate::daemon::storage::store::{DiskStore, Shared};
use crate::daemon::storage::tables::Batch;
use crate::daemon::storage::unfinished::UnfinishedDir;
use crate::ledger::{Changes, Ledger, UncheckedBlock};
use crate::node::{MAX_WAITING, Name, Saved};

/// So many keys are written in one step.
const BATCH_KEYS: usize = 20_000;

/// So many refused lines are named one by one.
const NAMED: u64 = 10;

/// What became of the lines.
#[derive(Debug, Default)]
pub(super) struct Imported {
    pub(super) blocks: u64,
    pub(super) side: u64,
    pub(super) payments: u64,
    pub(super) refused: u64,
    lines: u64,
    came: Counts,
    /// Blocks of the main chain, as the first line says.
    promised: u64,
    /// What the last line says.
    end: Option<Counts>,
}

impl Imported {
    /// Whether all was there and was taken in.
    pub(super) fn outcome(&self) -> Result<(), ChainError> {
        let &Self {
            refused,
            lines,
            came,
            promised,
            end,
            ..
        } = self;
        if came.blocks < promised {
            return Err(ChainError::Short {
                came: came.blocks,
                promised,
                refused,
            });
        }
        let less = match end {
            Some(end) => end.less(&came),
            None => return Err(ChainError::Cut { lines, refused }),
        };
        match (less.is_empty(), refused) {
            (true, 0) => Ok(()),
            (true, refused) => Err(ChainError::Refused { refused }),
            (false, refused) => Err(ChainError::Gap {
                missing: less.join(", "),
                refused,
            }),
        }
    }
}

struct Import {
    shared: Arc<Shared>,
    ledger: Ledger<DiskStore>,
    position: Position,
    batch: Batch,
    saved: Saved,
    done: Imported,
}

/// Makes a directory at `path` of `lines`. It is there when this returns without an error and
/// no signal came; else nothing of it is used.
pub(super) fn import(
    path: &Path,
    name: Option<Name>,
    mut lines: Lines<impl BufRead>,
    watcher: &Watcher,
) -> Result<Imported, ChainError> {
    let header: Header = match lines.next()? {
        Some(header) => header.map_err(wrong)?,
        None => return Err(wrong("there is nothing".to_owned())),
    };
    let name = name.unwrap_or_else(|| header.name.clone());
    check_header(&header)?;
    // What is no export leaves no directory behind.
    let directory = UnfinishedDir::begin(path)?;
    directory.describe(&header.genesis, &name, header.network)?;
    let mut import = Import::new(&directory, &header)?;
    while let Some(line) = lines.next()? {
        match line {
            Ok(line) => import.take(lines.number, line)?,
            Err(reason) => import.refuse(lines.number, &reason),
        }
        watcher.at(import.done.blocks, String::new);
        if watcher.is_interrupted() {
            return Ok(import.done);
        }
    }
    import.done.lines = lines.number;
    let done = import.finish()?;
    directory.finish()?;
    Ok(done)
}

impl Import {
    fn new(directory: &UnfinishedDir, header: &Header) -> Result<Self, ChainError> {
        let shared = directory.shared();
        let store = directory.said(DiskStore::new(Arc::clone(&shared)))?;
        let ledger = Ledger::open(&header.genesis, store);
        let ledger = ledger.map_err(|error| wrong(error.to_string()))?;
        let mut import = Self {
            shared,
            position: Position::default(),
            batch: Batch::default(),
            saved: header.node.saved(),
            done: Imported {
                blocks: 1,
                came: Counts {
                    blocks: 1,
                    ..Counts::default()
                },
                promised: header.blocks,
                ..Imported::default()
            },
            ledger,
        };
        let genesis = Changes::of_genesis(import.ledger.genesis());
        import.add(&genesis);
        Ok(import)
    }

    fn take(&mut self, number: u64, line: Line) -> Result<(), ChainError> {
        if self.done.end.is_some() {
            self.refuse(number, "it comes after the line that ends an export");
            return Ok(());
        }
        match line {
            Line::Block(block) => {
                self.done.came.blocks += 1;
                let connected = self.connect(number, block)?;
                self.done.blocks += u64::from(connected);
            }
            Line::Side(block) => {
                self.done.came.side += 1;
                let connected = self.connect(number, block)?;
                self.done.side += u64::from(connected);
            }
            Line::Payment { place, payment } => {
                self.done.came.payments += 1;
                if payment.sender.is_none() {
                    self.refuse(number, "a payment has a sender");
                    return Ok(());
                }
                self.done.payments += 1;
                match place {
                    // They are checked anew at the node's next clock.
                    Place::Queue | Place::Pool => self.saved.queue.push(payment),
                    Place::Waiting => self.saved.waiting.push((payment, false)),
                }
            }
            Line::Accepted(id) => {
                self.done.came.accepted += 1;
                self.saved.accepted.push(id);
            }
            Line::End(counts) => self.done.end = Some(counts),
        }
        Ok(())
    }

    /// Whether the block joined the tree.
    fn connect(&mut self, number: u64, block: UncheckedBlock) -> Result<bool, ChainError> {
        let id = block.id;
        let checked = match block.check(self.ledger.rules()) {
            Ok(checked) => checked,
            Err(error) => {
                self.refuse(number, &format!("block {id}: {error}"));
                return Ok(false);
            }
        };
        let inserted = self.ledger.insert(checked);
        self.add(&inserted.changes);
        if let Err(error) = inserted.outcome {
            self.refuse(number, &format!("block {id}: {error}"));
            return Ok(false);
        }
        if self.batch.puts.len() >= BATCH_KEYS {
            self.commit()?;
        }
        Ok(true)
    }

    fn refuse(&mut self, number: u64, reason: &str) {
        self.done.refused += 1;
        if self.done.refused <= NAMED {
            log::error!("line {number}: {reason}");
        }
    }

    fn add(&mut self, changes: &Changes) {
        let batch = &mut self.batch;
        self.position.apply(changes, |put| batch.put(put));
    }

    fn commit(&mut self) -> Result<(), ChainError> {
        let batch = std::mem::take(&mut self.batch);
        let write = self.shared.queued.fetch_add(1, Ordering::AcqRel) + 1;
        self.shared.commit(batch).map_err(ChainError::Database)?;
        self.shared.lasting.store(write, Ordering::Release);
        Ok(())
    }

    fn finish(mut self) -> Result<Imported, ChainError> {
        let saved = &mut self.saved;
        saved.accepted.sort_unstable();
        saved.accepted.dedup();
        for (payment, accepted) in &mut saved.waiting {
            *accepted = saved.accepted.binary_search(&payment.id).is_ok();
        }
        let others = saved.waiting.iter().filter(|(_, accepted)| !accepted);
        let mut surplus = others.count().saturating_sub(MAX_WAITING);
        saved.waiting.retain(|(_, accepted)| {
            let dropped = !accepted && surplus > 0;
            surplus -= usize::from(dropped);
            !dropped
        });
        Records::default().write(saved, &mut self.batch);
        self.commit()?;
        Ok(self.done)
    }
}

fn check_header(header: &Header) -> Result<(), ChainError> {
    if header.format != FORMAT || header.version != VERSION {
        let reason = format!(
            "this is {} {}, and {FORMAT} {VERSION} can be read",
            header.format, header.version
        );
        return Err(wrong(reason));
    }
    let network = header.genesis.network_id();
    match network.map_err(|error| wrong(error.to_string()))? == header.network {
        true => Ok(()),
        false => Err(wrong("the genesis is not that of the network".to_owned())),
    }
}

fn wrong(reason: String) -> ChainError {
    ChainError::Header { reason }
}
