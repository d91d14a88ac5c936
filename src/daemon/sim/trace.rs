//! Everything that happens in a run, written down as it happens.
//!
//! A trace is JSON lines, packed with gzip; lines come in the order things happened. `t_us` is virtual time
//! in microseconds; nodes are called by their names, `node1` and so on.
//!
//! | line | when |
//! |---|---|
//! | `{"t_us", "node", "event": {"type", …}}` | a node told an event: those of `GET events`, in the same form |
//! | `{"t_us", "from", "to", "sent", "bytes", "about", "arrives_us"}` | a message was sent; `sent` is its kind. Without `arrives_us` it was lost; one that arrives twice is sent twice |
//! | `{"t_us", "from", "to", "delivered", "about"}` | it was handed to the node it was for |
//! | `{"t_us", "done", "nodes"}` | something was done from outside (`"crash"`, `"heal"`, …), to these nodes |
//! | `{"t_us", "node", "accepted"}` | the node accepted the payment with this id |
//! | `{"t_us", "node", "refused"}` | the node refused what was asked of it, and why |
//!
//! `about` is 16 hex digits, the same in all messages about one block or payment; it is left out where a
//! message is about nothing.

use std::io::{self, BufWriter, IntoInnerError, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::ledger::TxId;
use crate::node::{Event, Name, Node, RequestError};
use crate::sim::{Action, Carried, Observer, Time, name};

/// Lines are gathered up to so many bytes before they are packed.
const BUFFER: usize = 64 * 1024;

/// Writes a trace. What cannot be written does not stop the run: nothing more is written then, and
/// [`Trace::finish`] tells why.
///
/// ```
/// use tickchain::daemon::sim::trace::Trace;
/// use tickchain::node::{Event, HonestNode};
/// use tickchain::sim::{Observer, Time};
///
/// let mut trace = Trace::new(Vec::new(), 2);
/// let watch: &mut dyn Observer<HonestNode> = &mut trace;
/// watch.event(Time::from_ms(2.0), 1, &Event::Started);
/// let mut text = String::new();
/// let packed = trace.finish()?;
/// std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text)?;
/// assert_eq!(text, "{\"t_us\":2000,\"node\":\"node2\",\"event\":{\"type\":\"started\"}}\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Trace<W: Write> {
    names: Vec<Name>,
    lines: Lines<W>,
}

#[derive(Debug)]
struct Lines<W: Write> {
    out: BufWriter<GzEncoder<W>>,
    failed: Option<io::Error>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Event {
        t_us: Time,
        node: &'a Name,
        event: &'a Event,
    },
    Sent {
        t_us: Time,
        from: &'a Name,
        to: &'a Name,
        sent: &'static str,
        bytes: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        arrives_us: Option<Time>,
    },
    Delivered {
        t_us: Time,
        from: &'a Name,
        to: &'a Name,
        delivered: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        about: Option<String>,
    },
    Done {
        t_us: Time,
        done: &'static str,
        nodes: Vec<&'a Name>,
    },
    Accepted {
        t_us: Time,
        node: &'a Name,
        accepted: TxId,
    },
    Refused {
        t_us: Time,
        node: &'a Name,
        refused: String,
    },
}

impl<W: Write> Trace<W> {
    /// A trace of a run with so many nodes, to be written to `out`.
    pub fn new(out: W, nodes: usize) -> Self {
        let packer = GzEncoder::new(out, Compression::fast());
        Self {
            names: (0..nodes).map(name).collect(),
            lines: Lines {
                out: BufWriter::with_capacity(BUFFER, packer),
                failed: None,
            },
        }
    }

    /// Whether something could not be written, so that going on is of no use.
    pub fn has_failed(&self) -> bool {
        self.lines.failed.is_some()
    }

    /// Writes what is left and gives back what was written to.
    ///
    /// # Errors
    /// The first thing that went wrong, now or before.
    pub fn finish(self) -> io::Result<W> {
        if let Some(error) = self.lines.failed {
            return Err(error);
        }
        let packer = self.lines.out.into_inner();
        let mut out = packer.map_err(IntoInnerError::into_error)?.finish()?;
        out.flush()?;
        Ok(out)
    }
}

impl<W: Write> Lines<W> {
    fn write(&mut self, line: &Line<'_>) {
        if self.failed.is_some() {
            return;
        }
        let written = serde_json::to_writer(&mut self.out, line).map_err(io::Error::from);
        let written = written.and_then(|()| self.out.write_all(b"\n"));
        self.failed = written.err();
    }
}

impl<N: Node, W: Write> Observer<N> for Trace<W>
where
    N::Message: Carried,
{
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        self.lines.write(&Line::Event {
            t_us: at,
            node: &self.names[node],
            event,
        });
    }

    fn sent(
        &mut self,
        at: Time,
        from: usize,
        to: usize,
        message: &N::Message,
        arrives: Option<Time>,
    ) {
        self.lines.write(&Line::Sent {
            t_us: at,
            from: &self.names[from],
            to: &self.names[to],
            sent: N::Message::KINDS[message.kind()],
            bytes: message.bytes(),
            about: about(message),
            arrives_us: arrives,
        });
    }

    fn delivered(&mut self, at: Time, from: usize, to: usize, message: &N::Message) {
        self.lines.write(&Line::Delivered {
            t_us: at,
            from: &self.names[from],
            to: &self.names[to],
            delivered: N::Message::KINDS[message.kind()],
            about: about(message),
        });
    }

    fn acted(&mut self, at: Time, action: &Action) {
        let nodes = action.nodes();
        self.lines.write(&Line::Done {
            t_us: at,
            done: action.kind(),
            nodes: nodes.into_iter().map(|node| &self.names[node]).collect(),
        });
    }

    fn accepted(&mut self, at: Time, node: usize, id: TxId) {
        self.lines.write(&Line::Accepted {
            t_us: at,
            node: &self.names[node],
            accepted: id,
        });
    }

    fn refused(&mut self, at: Time, node: usize, error: &RequestError) {
        self.lines.write(&Line::Refused {
            t_us: at,
            node: &self.names[node],
            refused: error.to_string(),
        });
    }
}

fn about(message: &impl Carried) -> Option<String> {
    let about = message.about();
    (about != 0).then(|| format!("{about:016x}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::node::{Body, HonestNode, Message};

    fn trace_of(watch: impl FnOnce(&mut dyn Observer<HonestNode>)) -> String {
        let mut trace = Trace::new(Vec::new(), 3);
        watch(&mut trace);
        let packed = trace.finish().unwrap();
        let mut text = String::new();
        let mut unpacked = flate2::read::GzDecoder::new(&packed[..]);
        unpacked.read_to_string(&mut text).unwrap();
        text
    }

    fn asking(locator: &[u8]) -> Message {
        let hash = |&byte: &u8| crate::ledger::Hash([byte; 32]);
        Message {
            stamp: 0,
            sequence: 1,
            body: Body::ReqChain(locator.iter().map(hash).collect()),
        }
    }

    #[test]
    fn every_kind_of_line_is_as_documented() {
        let text = trace_of(|watch| {
            watch.event(Time(1), 0, &Event::Started);
            watch.sent(Time(2), 0, 1, &asking(&[0xab]), Some(Time(9)));
            watch.sent(Time(2), 0, 2, &asking(&[]), None);
            watch.delivered(Time(9), 0, 1, &asking(&[0xab]));
            watch.acted(Time(10), &Action::Cut { from: 1, to: 2 });
            watch.accepted(Time(11), 2, TxId::from(7));
            watch.refused(Time(12), 2, &RequestError::NotStarted);
        });
        let expected = [
            r#"{"t_us":1,"node":"node1","event":{"type":"started"}}"#,
            r#"{"t_us":2,"from":"node1","to":"node2","sent":"REQ_CHAIN","bytes":32,"about":"abababababababab","arrives_us":9}"#,
            r#"{"t_us":2,"from":"node1","to":"node3","sent":"REQ_CHAIN","bytes":0}"#,
            r#"{"t_us":9,"from":"node1","to":"node2","delivered":"REQ_CHAIN","about":"abababababababab"}"#,
            r#"{"t_us":10,"done":"cut","nodes":["node2","node3"]}"#,
            r#"{"t_us":11,"node":"node3","accepted":"00000000000000000000000000000007"}"#,
        ];
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..6], expected);
        let refused: serde_json::Value = serde_json::from_str(lines[6]).unwrap();
        assert_eq!(refused["refused"], RequestError::NotStarted.to_string());
        assert_eq!((lines.len(), text.ends_with('\n')), (7, true));
    }

    #[test]
    fn what_cannot_be_written_is_told_at_the_end() {
        /// Takes so many bytes, and no more.
        struct Full(usize);

        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let taken = bytes.len().min(self.0);
                self.0 -= taken;
                match taken {
                    0 => Err(io::Error::other("the disk is full")),
                    _ => Ok(taken),
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let mut trace = Trace::new(Full(2_000), 3);
        for number in 0..200_000 {
            Observer::<HonestNode>::accepted(&mut trace, Time(number), 0, TxId::from(7));
        }
        assert!(trace.has_failed());
        let error = trace.finish().err().unwrap();
        assert_eq!(error.to_string(), "the disk is full");
        // So little that it would only be written at the end.
        let error = Trace::new(Full(3), 3).finish().err().unwrap();
        assert_eq!(error.to_string(), "the disk is full");
    }
}
