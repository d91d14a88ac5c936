//! Events as they happen, to whoever listens (server-sent events).

use std::fmt::{self, Display, Write};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use serde::Serialize;
use smol::future::FutureExt;
use smol::{Timer, stream};

use super::bounds::{Closing, Limit, Place};
use super::call::{Call, Outcome, Reply, number};
use super::problem::Problem;
use crate::driver::{Next, Subscription};

/// Event streams a service has open at once.
pub const MAX_STREAMS: usize = 64;

/// A stream on which nothing happens says so this often, so that both ends notice when the other is
/// gone.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// The most events in one write.
const BATCH: usize = 64;

/// Which life of a program its events are of: they are numbered from 1 in each. Drawn anew by each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct History(u32);

impl History {
    /// # Panics
    /// When the system has no randomness, without which nothing here runs.
    pub(crate) fn new() -> Self {
        Self(getrandom::u32().expect("the system has randomness"))
    }

    /// The number that an id ends with the last event seen: `17-0badcafe`, or `17` for one of this life.
    fn number_of(self, id: &str, what: &str) -> Result<u64, Problem> {
        let (seen, life) = match id.split_once('-') {
            Some((seen, life)) => (seen, Some(life)),
            None => (id, None),
        };
        let seen = number(seen, what)?;
        // What was missed since another life nobody knows.
        let other = life.is_some_and(|life| life != self.to_string());
        Ok(if other { u64::MAX } else { seen })
    }
}

impl Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

struct Feed<E> {
    subscription: Subscription<E>,
    history: History,
    closing: Closing,
    text: String,
    /// Gives the stream's place back when the client has left.
    _place: Place,
}

/// Answers a call with events, from where its `?after=` or `Last-Event-ID` left off. The stream takes a
/// place of `streams` and ends with the service.
pub(crate) fn feed<E: Serialize + Send + Sync + 'static>(
    call: &Call,
    streams: &Arc<Limit>,
    closing: &Closing,
    history: History,
    subscribe: impl FnOnce(Option<u64>) -> Subscription<E>,
) -> Outcome {
    call.check_query(&["after"])?;
    let after = match call.query("after")? {
        Some(after) => Some(history.number_of(&after, "?after=")?),
        None => last_event_id(&call.parts.headers, history)?,
    };
    let feed = Feed {
        _place: streams.take()?,
        subscription: subscribe(after),
        history,
        closing: closing.clone(),
        // Browsers wait this long before they come back.
        text: "retry: 1000\n\n".to_owned(),
    };
    let pieces = stream::unfold(Some(feed), async |feed: Option<Feed<E>>| {
        let mut feed = feed?;
        let open = feed.fill().await;
        let text = Bytes::from(std::mem::take(&mut feed.text));
        let piece: (io::Result<Bytes>, _) = (Ok(text), open.then_some(feed));
        Some(piece)
    });
    Ok(Reply::stream(Box::pin(pieces), "text/event-stream"))
}

fn last_event_id(headers: &HeaderMap, history: History) -> Result<Option<u64>, Problem> {
    let Some(id) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let id = id.to_str().unwrap_or("?");
    history.number_of(id, "Last-Event-ID").map(Some)
}

impl<E: Serialize> Feed<E> {
    /// Puts what happened next into the text; false when nothing more will.
    async fn fill(&mut self) -> bool {
        if !self.text.is_empty() {
            return true;
        }
        let closing = self.closing.clone();
        let next = async { Some(self.subscription.next().await) };
        let closed = async {
            closing.closed().await;
            Some(Next::Closed)
        };
        let heartbeat = async {
            Timer::after(HEARTBEAT).await;
            None
        };
        let mut next = match next.or(closed).or(heartbeat).await {
            Some(next) => next,
            None => {
                self.text.push_str(": nothing new\n\n");
                return true;
            }
        };
        for _ in 1..BATCH {
            if !self.write(next) {
                return false;
            }
            match self.subscription.try_next() {
                Some(more) => next = more,
                None => return true,
            }
        }
        self.write(next)
    }

    fn write(&mut self, next: Next<E>) -> bool {
        match next {
            Next::Event(numbered) => self.event(numbered.id, &numbered.event),
            Next::Lagged { resumes } => self.event(resumes.saturating_sub(1), &RESYNC),
            Next::Closed => return false,
        }
        true
    }

    fn event(&mut self, id: u64, event: &impl Serialize) {
        let json = serde_json::to_string(event).expect("events have string keys");
        // JSON has its line feeds escaped, so that one line holds it.
        let history = self.history;
        write!(self.text, "id: {id}-{history}\ndata: {json}\n\n")
            .expect("a string takes every write");
    }
}

/// Tells that events were missed: read the present state anew.
#[derive(Serialize)]
struct Resync {
    r#type: &'static str,
}

const RESYNC: Resync = Resync { r#type: "resync" };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Event;

    #[test]
    fn an_id_of_another_life_is_none_of_this_one() {
        let (this, other) = (History(0xbad), History(0xcafe));
        assert_eq!(this.number_of("17", "x").ok(), Some(17));
        assert_eq!(this.number_of("17-00000bad", "x").ok(), Some(17));
        assert_eq!(
            this.number_of(&format!("17-{other}"), "x").ok(),
            Some(u64::MAX)
        );
        assert_eq!(this.number_of("17-", "x").ok(), Some(u64::MAX));
        for bad in ["", "x", "-17", "1.5-00000bad"] {
            assert!(this.number_of(bad, "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn an_event_is_one_line_of_json() {
        let json = serde_json::to_string(&Event::Started).unwrap();
        assert_eq!(json, r#"{"type":"started"}"#);
        assert_eq!(
            serde_json::to_string(&RESYNC).unwrap(),
            r#"{"type":"resync"}"#
        );
    }
}
