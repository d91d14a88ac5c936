//! Following one node's events: a stream that is taken up again where it broke off.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use serde::Deserialize;
use serde_json::Value as Json;
use smol::future::FutureExt;
use smol::{Task, Timer};

use super::client::{Client, NODE_TIMEOUT, Stream};
use super::error::CallError;
use crate::daemon::executor;

/// The most events of a node that are kept until they are looked at. When there are more, the node is
/// read anew.
pub const MAX_PENDING_EVENTS: usize = 16_384;

/// The most bytes that those events took in the stream, 32 MiB.
pub const MAX_PENDING_BYTES: usize = 32 * 1024 * 1024;

/// The longest line of a stream, 4 MiB: a reorganisation names every block that left or joined.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// The first wait before a node that is not there is looked for again; each one after is twice as long.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// The longest.
pub const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// A stream that brings not even a heartbeat for so long is over: nodes send one each 15 seconds.
const SILENCE: Duration = Duration::from_secs(40);

/// Follows a node until dropped.
pub(super) struct Follower {
    feed: Arc<Feed>,
    _task: Task<()>,
}

/// What was brought and not looked at yet.
struct Feed {
    state: Mutex<State>,
    /// Wakes whoever waits for events of this node.
    moved: Sender<()>,
    /// Wakes the controller, which looks after all nodes.
    news: Sender<()>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Pending>,
    /// What they took in the stream.
    bytes: usize,
    /// The last event there is nothing to wait for up to; `None` before the node was there.
    seen: Option<u64>,
    /// The life of the node that these are of.
    history: Option<String>,
    /// `None` before it was tried.
    connected: Option<bool>,
    /// Events were missed for good.
    lost: bool,
}

struct Pending {
    id: u64,
    event: Json,
    bytes: usize,
}

/// What tells whether events go on where they ended.
#[derive(Deserialize)]
struct Glance {
    event: u64,
    history: String,
}

/// What the stream has to say now.
pub(super) struct News {
    /// Events, in their order.
    pub(super) events: Vec<(u64, Json)>,
    /// Whether some were missed for good before these.
    pub(super) lost: bool,
}

impl Follower {
    /// Follows the node from now on, or from its first event on if it is new. `news` is told when there
    /// is something to look at.
    pub(super) fn new(client: Client, news: Sender<()>, is_new: bool) -> (Self, Receiver<()>) {
        let (moved, moves) = async_channel::bounded(1);
        let state = State {
            seen: is_new.then_some(0),
            ..State::default()
        };
        let feed = Arc::new(Feed {
            state: Mutex::new(state),
            moved,
            news,
        });
        let task = executor::spawn(run(client, Arc::clone(&feed)));
        (Self { feed, _task: task }, moves)
    }

    /// Whether the node is there, as far as is known.
    pub(super) fn is_connected(&self) -> bool {
        self.feed.lock().connected == Some(true)
    }

    /// Whether there is something to look at.
    pub(super) fn has_news(&self) -> bool {
        let state = self.feed.lock();
        state.lost || !state.events.is_empty()
    }

    /// Takes what happened up to the event `id`.
    pub(super) fn take(&self, id: u64) -> News {
        let mut state = self.feed.lock();
        let count = state.events.partition_point(|event| event.id <= id);
        let taken: Vec<Pending> = state.events.drain(..count).collect();
        state.bytes -= taken.iter().map(|event| event.bytes).sum::<usize>();
        News {
            events: taken
                .into_iter()
                .map(|event| (event.id, event.event))
                .collect(),
            lost: std::mem::take(&mut state.lost),
        }
    }

    /// Whether everything up to the event `id` was brought, or will not be.
    pub(super) fn has_seen(&self, id: u64) -> bool {
        let state = self.feed.lock();
        state.lost || state.connected == Some(false) || state.seen.is_some_and(|seen| seen >= id)
    }
}

impl State {
    fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything in it can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Full: whoever it is for has a reason to look already.
    fn tell(&self) {
        let _ = self.moved.try_send(());
        let _ = self.news.try_send(());
    }

    /// Where to go on, now that the node is there.
    fn resume(&self, glance: &Glance) -> u64 {
        let mut state = self.lock();
        let known = state.history.replace(glance.history.clone());
        let same_life = known.is_none_or(|known| known == glance.history);
        if !same_life || state.seen.is_none_or(|seen| seen > glance.event) {
            state.lost |= state.seen.is_some();
            state.clear();
            state.seen = Some(glance.event);
        }
        state.seen.unwrap_or(glance.event)
    }

    fn set_connected(&self, connected: bool) {
        let before = self.lock().connected.replace(connected);
        if before != Some(connected) {
            self.tell();
        }
    }

    /// Takes in an event that took so many bytes.
    fn event(&self, id: u64, event: Json, bytes: usize) {
        let mut state = self.lock();
        state.seen = Some(id);
        let resync = event.get("type").and_then(Json::as_str) == Some("resync");
        let full = state.events.len() >= MAX_PENDING_EVENTS
            || state.bytes.saturating_add(bytes) > MAX_PENDING_BYTES;
        if resync || full {
            state.clear();
            state.lost = true;
        }
        if !resync {
            state.bytes += bytes;
            state.events.push_back(Pending { id, event, bytes });
        }
        drop(state);
        self.tell();
    }
}

async fn run(client: Client, feed: Arc<Feed>) {
    let mut wait = SHORTEST_WAIT;
    loop {
        if let Ok(stream) = open(&client, &feed).await {
            feed.set_connected(true);
            wait = SHORTEST_WAIT;
            read(stream, &feed).await;
        }
        feed.set_connected(false);
        Timer::after(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn open(client: &Client, feed: &Feed) -> Result<Stream, CallError> {
    let glance: Glance = client.get("/outline", NODE_TIMEOUT).await?;
    let after = feed.resume(&glance);
    let history = &glance.history;
    client
        .stream(&format!("/events?after={after}-{history}"))
        .await
}

/// Reads until the stream ends, falls silent, or makes no sense.
async fn read(mut stream: Stream, feed: &Feed) {
    let mut lines = Lines::default();
    loop {
        let silence = async {
            Timer::after(SILENCE).await;
            None
        };
        let Some(bytes) = stream.next().or(silence).await else {
            return;
        };
        lines.feed(&bytes);
        while let Some(line) = lines.next() {
            if let Some((id, event)) = lines.take_field(&line) {
                feed.event(id, event, line.len());
            }
        }
        if lines.is_too_long() {
            return;
        }
    }
}

/// Server-sent events, as far as nodes use them: `id` and one line of `data`.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    /// The bytes of the buffer that were lines already.
    read: usize,
    id: Option<u64>,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..std::mem::take(&mut self.read));
        self.buffer.extend_from_slice(bytes);
    }

    fn is_too_long(&self) -> bool {
        self.buffer.len() - self.read > MAX_LINE_BYTES
    }

    fn next(&mut self) -> Option<String> {
        let rest = &self.buffer[self.read..];
        let end = memchr::memchr(b'\n', rest)?;
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.read += end + 1;
        Some(line)
    }

    /// Takes in a line; an event where it completes one.
    fn take_field(&mut self, line: &str) -> Option<(u64, Json)> {
        if let Some(id) = line.strip_prefix("id: ") {
            self.id = id
                .split('-')
                .next()
                .and_then(|id| id.trim_end().parse().ok());
            return None;
        }
        let data = line.strip_prefix("data: ")?;
        let id = self.id.take()?;
        Some((id, serde_json::from_str(data).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(parts: &[&str]) -> Vec<(u64, String)> {
        let mut lines = Lines::default();
        let mut events = Vec::new();
        for part in parts {
            lines.feed(part.as_bytes());
            while let Some(line) = lines.next() {
                if let Some((id, event)) = lines.take_field(&line) {
                    events.push((id, event.to_string()));
                }
            }
        }
        events
    }

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = "retry: 1000\n\nid: 1-0badcafe\ndata: {\"a\":1}\n\n: nothing new\n\nid: 2\ndata: {}\n\n";
        let wanted = [(1, "{\"a\":1}".to_owned()), (2, "{}".to_owned())];
        assert_eq!(events(&[text]), wanted);
        for cut in 0..text.len() {
            let (one, two) = text.split_at(cut);
            assert_eq!(events(&[one, two]), wanted, "cut at {cut}");
        }
        let none = ["data: {}\n", "id: x\ndata: {}\n", "id: 1\ndata: {\n"];
        assert!(events(&none).is_empty());
    }

    fn feed() -> Feed {
        Feed {
            state: Mutex::default(),
            moved: async_channel::bounded(1).0,
            news: async_channel::bounded(1).0,
        }
    }

    fn glance(event: u64, life: u32) -> Glance {
        Glance {
            event,
            history: life.to_string(),
        }
    }

    #[test]
    fn a_node_that_began_anew_is_told_from_one_that_was_away() {
        let feed = feed();
        assert_eq!(feed.resume(&glance(7, 1)), 7);
        feed.event(8, Json::Null, 4);
        assert_eq!((feed.resume(&glance(20, 1)), feed.lock().lost), (8, false));
        // Another life, with more events or with fewer.
        assert_eq!((feed.resume(&glance(20, 2)), feed.lock().lost), (20, true));
        feed.lock().lost = false;
        assert_eq!((feed.resume(&glance(3, 2)), feed.lock().lost), (3, true));
    }

    #[test]
    fn events_that_were_missed_are_owned_up_to() {
        let feed = feed();
        feed.resume(&glance(7, 1));
        feed.event(8, Json::Null, 4);
        feed.event(5000, serde_json::json!({"type": "resync"}), 4);
        feed.event(5001, Json::Null, 4);
        let state = feed.lock();
        assert!(state.lost);
        let kept: Vec<u64> = state.events.iter().map(|event| event.id).collect();
        assert_eq!((kept, state.seen), (vec![5001], Some(5001)));
    }

    #[test]
    fn what_nobody_looks_at_is_bounded() {
        let feed = feed();
        for id in 0..=MAX_PENDING_EVENTS as u64 {
            feed.event(id, Json::Null, 4);
        }
        let full = |wanted: (usize, usize)| {
            let state = feed.lock();
            assert!(state.lost);
            assert_eq!((state.events.len(), state.bytes), wanted);
        };
        full((1, 4));
        feed.event(1, Json::Null, MAX_PENDING_BYTES);
        full((1, MAX_PENDING_BYTES));
    }
}
