//! The lines of JSON that a chain is exported as.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ChainError;
use crate::daemon::count::Count;
use crate::ledger::{Genesis, Hash, Transaction, TxId, UncheckedBlock};
use crate::node::{Name, Saved};

/// What the first line says of the rest.
pub(super) const FORMAT: &str = "tickchain chain";

/// The version of these lines.
pub(super) const VERSION: u32 = 1;

/// The most bytes of a line: that of a network with as many accounts as there may be.
const MAX_LINE_BYTES: u64 = 256 * 1024 * 1024;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) name: Name,
    pub(super) network: Hash,
    pub(super) genesis: Genesis,
    /// Blocks of the main chain, genesis too; they were that many when all could be read.
    pub(super) blocks: u64,
    pub(super) node: Numbers,
}

/// What a node goes on counting from.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Numbers {
    clock: u64,
    started: bool,
    salt: u64,
    issued: u64,
    lives: u64,
}

impl Numbers {
    pub(super) fn of(saved: &Saved) -> Self {
        Self {
            clock: saved.clock,
            started: saved.started,
            salt: saved.salt,
            issued: saved.issued,
            lives: saved.lives,
        }
    }

    /// A node that has these numbers and nothing else.
    pub(super) fn saved(self) -> Saved {
        Saved {
            clock: self.clock,
            started: self.started,
            salt: self.salt,
            issued: self.issued,
            lives: self.lives,
            ..Saved::default()
        }
    }
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The main chain's next block, from 1 on: genesis is the header's.
    Block(UncheckedBlock),
    /// A block of a side branch, after its parent.
    Side(UncheckedBlock),
    /// A payment that is not in a block yet.
    Payment { place: Place, payment: Transaction },
    /// A payment that the node's own controller added.
    Accepted(TxId),
    /// The last line: what was before it. A file without it was cut.
    End(Counts),
}

/// How many lines there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Blocks of the main chain, with genesis, which is the first line's.
    pub(super) blocks: u64,
    pub(super) side: u64,
    pub(super) payments: u64,
    pub(super) accepted: u64,
}

impl Counts {
    /// Of what fewer came than these say, in words.
    pub(super) fn less(&self, came: &Self) -> Vec<String> {
        let kinds = [
            (self.blocks, came.blocks, "block"),
            (self.side, came.side, "side block"),
            (self.payments, came.payments, "payment"),
            (self.accepted, came.accepted, "accepted id"),
        ];
        let less = kinds.into_iter().filter(|(said, came, _)| came < said);
        less.map(|(said, came, kind)| format!("of {} {came} came", Count(said, kind)))
            .collect()
    }
}

/// Where a payment was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Pool,
    Queue,
    Waiting,
}

/// Lines as they are read.
pub(super) struct Lines<R> {
    file: PathBuf,
    input: R,
    /// That of the line that was read last, counted from 1.
    pub(super) number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Those of `input`, which errors call `file`.
    pub(super) fn new(file: &Path, input: R) -> Self {
        Self {
            file: file.to_owned(),
            input,
            number: 0,
        }
    }

    /// The next line, or why it is none: those behind it can be read all the same.
    pub(super) fn next<T: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<Result<T, String>>, ChainError> {
        let failed = |source| ChainError::Read {
            file: self.file.clone(),
            source,
        };
        let mut line = Vec::new();
        let mut bounded = (&mut self.input).take(MAX_LINE_BYTES);
        if bounded.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.last() != Some(&b'\n') && line.len() as u64 == MAX_LINE_BYTES {
            self.input.skip_until(b'\n').map_err(failed)?;
            return Ok(Some(Err(format!(
                "it is longer than {MAX_LINE_BYTES} bytes"
            ))));
        }
        Ok(Some(parse(&line)))
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| {
        if error.is_eof() {
            return "it ends before it is whole".to_owned();
        }
        // The parser counts lines from this one.
        let text = error.to_string();
        let what = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(what, _)| what);
        format!("{what}, at byte {}", error.column())
    })
}
