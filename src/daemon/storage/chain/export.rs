//! `tickchain chain export`: all that can be read, as lines of JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::Source;
use super::lines::{Counts, FORMAT, Header, Line, Numbers, Place, VERSION};
use crate::daemon::progress::Watcher;
use crate::daemon::storage::check;
use crate::daemon::storage::codec::{self, Table};
use crate::daemon::storage::error::describe;
use crate::daemon::storage::kept;
use crate::daemon::storage::payment_log::{self, KeptPayment, Payments};
use crate::ledger::Hash;

/// After so many blocks of the main chain in a row that cannot be read, the rest is given up.
const MAX_GAP: u64 = 10_000;

/// How much was written, and could not be read.
#[derive(Debug)]
pub(super) struct Exported {
    pub(super) written: Counts,
    pub(super) missing: u64,
}

struct Export<'a, W> {
    source: &'a Source,
    out: W,
    done: Exported,
}

/// Writes everything to `out`. What could not be read is named in the log.
pub(super) fn export(source: &Source, out: impl Write, watcher: &Watcher) -> io::Result<Exported> {
    let mut export = Export {
        source,
        out,
        done: Exported {
            written: Counts {
                blocks: 1,
                ..Counts::default()
            },
            missing: 0,
        },
    };
    export.header()?;
    export.main_chain(watcher)?;
    if !watcher.is_interrupted() {
        export.side()?;
        export.payments()?;
        export.line(&Line::End(export.done.written))?;
    }
    export.out.flush()?;
    Ok(export.done)
}

impl<W: Write> Export<'_, W> {
    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    fn miss(&mut self, what: &str) {
        self.done.missing += 1;
        log::error!("missing: {what}");
    }

    fn header(&mut self) -> io::Result<()> {
        let saved = kept::read_numbers(&self.source.tables).unwrap_or_else(|error| {
            self.miss(&error.to_string());
            Default::default()
        });
        self.line(&Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            name: self.source.name.clone(),
            network: self.source.network,
            genesis: self.source.genesis.clone(),
            blocks: self.source.length,
            node: Numbers::of(&saved),
        })
    }

    /// Genesis is made from the header; the rest is read by id, as a file that is broken in one place says
    /// nothing of others.
    fn main_chain(&mut self, watcher: &Watcher) -> io::Result<()> {
        let tables = &self.source.tables;
        if self.source.length == 0 {
            self.miss("the genesis block, and all blocks on it");
        }
        let mut gap = 0;
        for id in 0..self.source.length {
            match check::hash_at(tables, id).and_then(|hash| check::block(tables, id, &hash)) {
                Ok(_) if id == 0 => {}
                Ok(block) => {
                    gap = 0;
                    self.line(&Line::Block(block.to_unchecked()))?;
                    self.done.written.blocks += 1;
                }
                Err(what) => {
                    gap += 1;
                    self.miss(&what);
                }
            }
            watcher.at(id, String::new);
            if gap == MAX_GAP || watcher.is_interrupted() {
                break;
            }
        }
        Ok(())
    }

    /// Lower blocks first, so that each comes after its parent.
    fn side(&mut self) -> io::Result<()> {
        let mut side = Vec::new();
        for (key, order) in self.table(Table::Side) {
            let read = codec::read_hash_key(&key).zip(codec::read_number(&order));
            match read.and_then(|(hash, order)| Some((self.id_of(&hash)?, order, hash))) {
                Some(place) => side.push(place),
                None => self.miss(&format!("the side block {}", hex::encode(&key[1..]))),
            }
        }
        side.sort_unstable();
        for (id, _, hash) in side {
            match check::block(&self.source.tables, id, &hash) {
                Ok(block) => {
                    self.line(&Line::Side(block.to_unchecked()))?;
                    self.done.written.side += 1;
                }
                Err(what) => self.miss(&what),
            }
        }
        Ok(())
    }

    fn id_of(&self, hash: &Hash) -> Option<u64> {
        let value = self.source.tables.get(&Table::Block.key(&hash.0)).ok()??;
        Some(codec::read_entry(hash, &value)?.header.id)
    }

    fn payments(&mut self) -> io::Result<()> {
        let mut kept = Payments::default();
        for (key, row) in self.table(Table::Kept) {
            for entry in payment_log::entries(&row) {
                match entry {
                    Some((entry, _)) => kept.apply(entry),
                    None => self.miss(&payment_log::row_at(&key)),
                }
            }
        }
        let mut kept = kept.in_order();
        let place = |payment: &KeptPayment| match payment.place {
            payment_log::POOL => Place::Pool,
            payment_log::QUEUE => Place::Queue,
            _ => Place::Waiting,
        };
        // The pool's come first: what it holds can be paid, in its order.
        kept.sort_by_key(place);
        for payment in kept {
            self.line(&Line::Payment {
                place: place(&payment),
                payment: payment.transaction,
            })?;
            self.done.written.payments += 1;
        }
        let mut accepted = Vec::new();
        for (key, value) in self.table(Table::Accepted) {
            // That a row of before schema 3 went may be what could not be read.
            accepted.extend(codec::read_id(&key));
            match kept::read_ids(&value) {
                Some(ids) => accepted.extend(ids),
                None => self.miss(kept::ACCEPTED_IDS),
            }
        }
        accepted.sort_unstable();
        accepted.dedup();
        for id in accepted {
            self.line(&Line::Accepted(id))?;
            self.done.written.accepted += 1;
        }
        Ok(())
    }

    /// A table's entries, up to the first that cannot be read.
    fn table(&mut self, table: Table) -> Vec<(fjall::Slice, fjall::Slice)> {
        let mut entries = Vec::new();
        for entry in self.source.tables.table(table) {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    self.miss(&format!("what follows in {table:?}: {}", describe(&error)));
                    break;
                }
            }
        }
        entries
    }
}
