//! Blocks: one, all, and the tree with its side branches.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use serde::Serialize;
use smol::stream;

use super::api::Api;
use super::payments::Verdict;
use crate::daemon::http::Problem;
use crate::daemon::http::{Call, Outcome, Pieces, Reply, number};
use crate::daemon::storage::DaemonNode;
use crate::driver::{DriverError, Handle};
use crate::ledger::{Block, Hash, Ledger, Store, UncheckedBlock, format_timestamp};
use crate::node::RequestError;

/// The most blocks that are read from the node at one go, so that nobody waits long for a long list.
const PAGE_BLOCKS: usize = 256;

/// A page ends early after so many payments.
const PAGE_TRANSACTIONS: usize = 4096;

pub(super) async fn latest(api: Api, _call: Call) -> Outcome {
    let tip = api.node.handle.read(|node| node.ledger().tip().clone());
    Ok(Reply::json(&tip.await?))
}

pub(super) async fn one(api: Api, call: Call) -> Outcome {
    let wanted = call.param;
    let is_hash = wanted.len() == 64;
    let block = if is_hash {
        let hash: Hash = wanted
            .parse()
            .map_err(|error| Problem::bad(format!("a block's hash is 64 hex digits: {error}")))?;
        api.node
            .handle
            .read(move |node| node.ledger().block(&hash))
            .await?
    } else {
        let id = number(&wanted, "/block/ID, unless it is a hash of 64 hex digits,")?;
        api.node
            .handle
            .read(move |node| node.ledger().block_at(id))
            .await?
    };
    match block {
        Some(block) => Ok(Reply::json(&block)),
        None if is_hash => Err(Problem::absent(format!(
            "this node has no block with the hash {wanted}: GET /tree lists all it has"
        ))),
        None => Err(Problem::absent(format!(
            "the chain has no block {wanted} yet: GET /block/latest shows its last"
        ))),
    }
}

pub(super) async fn add(api: Api, call: Call) -> Outcome {
    let block: UncheckedBlock = serde_json::from_slice(&call.body).map_err(|error| {
        Problem::bad(format!(
            "this is not a block ({error}): send one as GET /block/latest shows it"
        ))
    })?;
    match api.node.handle.add_block(block).await {
        Ok(()) => Ok(Verdict::success(None)),
        Err(DriverError::Refused(refused)) if refused != RequestError::NotStarted => {
            Ok(Verdict::fail(refused))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn all(api: Api, call: Call) -> Outcome {
    list(api, call, Shape::Whole).await
}

pub(super) async fn tree(api: Api, call: Call) -> Outcome {
    list(api, call, Shape::Tree).await
}

/// What a list shows of each block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// All of it; the main chain only.
    Whole,
    /// Where it stands; side branches too.
    Tree,
}

/// A block as the tree shows it. Its work is not told: it is the same for every block of a network.
#[derive(Serialize)]
struct Summary {
    id: u64,
    hash: Hash,
    timestamp: String,
    transactions: usize,
    previous_block_hash: Hash,
    main: bool,
}

impl Shape {
    fn write(self, blocks: &[Block], main: bool, listed: u64, out: &mut Vec<u8>) {
        for (index, block) in blocks.iter().enumerate() {
            if listed > 0 || index > 0 {
                out.push(b',');
            }
            let written = match self {
                Self::Whole => serde_json::to_writer(&mut *out, block),
                Self::Tree => serde_json::to_writer(
                    &mut *out,
                    &Summary {
                        id: block.id(),
                        hash: block.hash(),
                        timestamp: format_timestamp(block.header().timestamp),
                        transactions: block.transactions().len(),
                        previous_block_hash: block.header().previous_block_hash,
                        main,
                    },
                ),
            };
            written.expect("blocks have string keys, and memory takes every write");
        }
    }
}

/// A list that is being sent, page by page.
struct Listing {
    handle: Handle<DaemonNode>,
    shape: Shape,
    /// Ids of main-chain blocks still to be sent.
    ids: Range<u64>,
    /// Ids that were asked for.
    asked: Range<u64>,
    /// The block that was sent last.
    last: Option<Hash>,
    listed: u64,
}

async fn list(api: Api, call: Call, shape: Shape) -> Outcome {
    call.check_query(&["from", "limit"])?;
    let from = call.query_number("from")?.unwrap_or(0);
    let limit = call.query_number("limit")?.unwrap_or(u64::MAX);
    let asked = from..from.saturating_add(limit);
    let handle = api.node.handle.clone();
    let (ids, first) = (asked.clone(), asked.start);
    let look = handle.read(move |node| {
        let ledger = node.ledger();
        let length = ledger.tip().id() + 1;
        let ids = ids.start.min(length)..ids.end.min(length);
        (ledger.tip().hash(), length, ids.clone(), page(ledger, ids))
    });
    let (tip, length, ids, blocks) = look.await?;
    let mut text = match shape {
        Shape::Whole => format!("{{\"length\":{length},\"blocks\":["),
        Shape::Tree => format!("{{\"length\":{length},\"tip\":\"{tip}\",\"blocks\":["),
    }
    .into_bytes();
    shape.write(&blocks, true, 0, &mut text);
    let listing = Listing {
        handle,
        shape,
        ids: first.min(length) + blocks.len() as u64..ids.end,
        asked,
        last: blocks.last().map(Block::hash),
        listed: blocks.len() as u64,
    };
    if listing.ids.is_empty() && shape == Shape::Whole {
        text.extend_from_slice(b"]}");
        return Ok(Reply::json_bytes(text));
    }
    Ok(Reply::stream(pieces(text, listing), "application/json"))
}

fn pieces(head: Vec<u8>, listing: Listing) -> Pieces {
    let head = stream::once(Ok(Bytes::from(head)));
    let rest = stream::unfold(Some(listing), async |listing| {
        let (piece, listing) = listing?.advance().await;
        Some((piece, listing))
    });
    Box::pin(stream::StreamExt::chain(head, rest))
}

impl Listing {
    /// The next piece, and what is left after it.
    async fn advance(mut self) -> (io::Result<Bytes>, Option<Self>) {
        match self.next_piece().await {
            Ok(Some(text)) => (Ok(text.into()), Some(self)),
            Ok(None) => (self.end().await, None),
            Err(error) => (Err(error), None),
        }
    }

    async fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.ids.is_empty() {
            return Ok(None);
        }
        let ids = self.ids.clone();
        let look = self.handle.read(move |node| page(node.ledger(), ids));
        let blocks = look.await.map_err(io::Error::other)?;
        // What was sent must still be the chain that the rest stands on.
        let parent = blocks
            .first()
            .map(|block| block.header().previous_block_hash);
        if parent.is_none() || parent != self.last {
            return Err(changed());
        }
        let mut text = Vec::new();
        self.shape.write(&blocks, true, self.listed, &mut text);
        self.listed += blocks.len() as u64;
        self.ids.start += blocks.len() as u64;
        self.last = blocks.last().map(Block::hash);
        Ok(Some(text))
    }

    /// The last piece: side branches where they are asked for.
    async fn end(self) -> io::Result<Bytes> {
        let mut text = Vec::new();
        if self.shape == Shape::Tree {
            let (last, asked) = (self.last, self.asked);
            let look = self.handle.read(move |node| {
                let ledger = node.ledger();
                let unchanged = last.is_none_or(|last| ledger.is_on_main_chain(&last));
                unchanged.then(|| side_blocks(ledger, &asked))
            });
            let sides = look.await.map_err(io::Error::other)?.ok_or_else(changed)?;
            self.shape.write(&sides, false, self.listed, &mut text);
        }
        text.extend_from_slice(b"]}");
        Ok(text.into())
    }
}

/// Cuts the connection: the client sees a list without an end, rather than one that never was.
fn changed() -> io::Error {
    io::Error::other("the chain changed while it was listed")
}

fn page(ledger: &Ledger<impl Store>, ids: Range<u64>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut transactions = 0;
    for id in ids.take(PAGE_BLOCKS) {
        let Some(block) = ledger.block_at(id) else {
            break;
        };
        transactions += block.transactions().len();
        blocks.push(block);
        if transactions > PAGE_TRANSACTIONS {
            break;
        }
    }
    blocks
}

fn side_blocks(ledger: &Ledger<impl Store>, ids: &Range<u64>) -> Vec<Block> {
    let sides = ledger.side_blocks().filter_map(|hash| ledger.block(hash));
    sides.filter(|block| ids.contains(&block.id())).collect()
}
