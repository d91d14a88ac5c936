//! A connection as frames.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_net::TcpStream;
use smol::Timer;
use smol::future::{FutureExt, yield_now};
use smol::io::{AsyncReadExt, AsyncWriteExt};

use super::noise::{Opener, Sealer, Session};
use super::refusal::Refusal;
use crate::node::Offence;
use crate::wire::{Decoder, Frame, MAX_FRAME_BYTES, MAX_HELLO_BYTES, WireError, encode};

/// The most bytes that all links of a node hold together of frames that are not whole yet, 32 MiB. The
/// link that would exceed it is closed: many peers that send long frames and never end them cannot
/// take more.
pub const MAX_BUFFERED_BYTES: usize = 32 * 1024 * 1024;

/// How many bytes are read at a time.
const READ_BYTES: usize = 16 * 1024;

/// How long a connection that is closed waits for the other side to read the reason.
const LINGER: Duration = Duration::from_millis(500);

/// The system sees that a silent peer is gone after this and three probes at [`PROBE_EVERY`].
#[cfg(target_os = "linux")]
const PROBE_AFTER: Duration = Duration::from_secs(15);

/// How often the system probes a silent peer.
#[cfg(target_os = "linux")]
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// The socket failed.
    #[error("{0}")]
    Socket(#[from] io::Error),
    /// The other side closed it without a word.
    #[error("the peer closed the connection")]
    Closed,
    /// The other side closed it and said why.
    #[error("the peer said: {0}")]
    Told(String),
    /// This side closes it and says why.
    #[error("{0}")]
    Tell(String),
    /// This side closes it and says why: no honest peer does this.
    #[error("{1}")]
    Offence(Offence, String),
    /// This side closes it without a word: who has no business here learns nothing.
    #[error("{0}")]
    Stranger(&'static str),
    /// What came was changed on its way.
    #[error("sealed message {number} does not open: it was changed or repeated on its way")]
    Tampered {
        /// Which one, counted from 0.
        number: u64,
    },
}

impl End {
    /// What the other side is told.
    pub(super) fn to_tell(&self) -> Option<&str> {
        match self {
            Self::Tell(reason) | Self::Offence(_, reason) => Some(reason),
            _ => None,
        }
    }

    pub(super) fn out_of_order(reason: impl Into<String>) -> Self {
        Self::Offence(Offence::OutOfOrder, reason.into())
    }
}

impl From<WireError> for End {
    fn from(error: WireError) -> Self {
        match error {
            // An honest node of another version or network says no more than its HELLO.
            WireError::Version { .. } | WireError::Network { .. } | WireError::SameName { .. } => {
                Self::Tell(error.to_string())
            }
            _ => Self::Offence(Offence::Malformed, error.to_string()),
        }
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Tell(refusal.to_string())
    }
}

/// What all links of a node hold of frames that are not whole yet, in bytes.
#[derive(Debug, Default)]
pub(super) struct Buffered(AtomicUsize);

/// One link's part of it, given back when dropped.
#[derive(Debug)]
struct Share {
    all: Arc<Buffered>,
    held: usize,
}

impl Share {
    fn hold(&mut self, bytes: usize) -> Result<(), End> {
        self.all.0.fetch_sub(self.held, Ordering::Relaxed);
        let others = self.all.0.fetch_add(bytes, Ordering::Relaxed);
        self.held = bytes;
        match others + bytes > MAX_BUFFERED_BYTES && bytes > MAX_HELLO_BYTES {
            true => Err(End::Tell(format!(
                "frames that are not whole take {MAX_BUFFERED_BYTES} bytes already, no more are kept"
            ))),
            false => Ok(()),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.held, Ordering::Relaxed);
    }
}

/// The reading half of a connection.
#[derive(Debug)]
pub(super) struct Reader {
    stream: TcpStream,
    /// Where the connection is sealed.
    opener: Option<Opener>,
    decoder: Decoder,
    buffer: Box<[u8]>,
    share: Share,
    /// Bytes read since they were asked for last.
    count: u64,
}

impl Reader {
    /// A reader that takes short frames only, until [`Reader::take_long_frames`].
    pub(super) fn new(stream: TcpStream, session: Option<Session>, all: Arc<Buffered>) -> Self {
        Self {
            share: Share { all, held: 0 },
            stream,
            opener: session.map(Opener::new),
            decoder: Decoder::new(MAX_HELLO_BYTES),
            buffer: vec![0; READ_BYTES].into(),
            count: 0,
        }
    }

    /// How many bytes were read since this was asked last.
    pub(super) fn take_count(&mut self) -> u64 {
        std::mem::take(&mut self.count)
    }

    pub(super) fn take_long_frames(&mut self) {
        self.decoder.set_cap(MAX_FRAME_BYTES);
    }

    /// The next frame; BYE is the end.
    pub(super) async fn next_frame(&mut self) -> Result<Frame, End> {
        let mut in_part = false;
        loop {
            match self.decoder.next_frame()? {
                Some(Frame::Bye { reason }) => return Err(End::Told(reason)),
                Some(frame) => return Ok(frame),
                None => {
                    let sealed = self.opener.as_ref().map_or(0, Opener::buffered);
                    self.share.hold(self.decoder.buffered() + sealed)?;
                    // A frame that comes in pieces without end holds nobody else up.
                    if std::mem::replace(&mut in_part, true) {
                        yield_now().await;
                    }
                }
            }
            let count = self.stream.read(&mut self.buffer).await?;
            self.count += count as u64;
            let read = &self.buffer[..count];
            match &mut self.opener {
                _ if count == 0 => return Err(End::Closed),
                None => self.decoder.feed(read),
                Some(opener) => opener.open(read, |bytes| self.decoder.feed(bytes))?,
            }
        }
    }
}

/// The writing half of a connection.
#[derive(Debug)]
pub(super) struct Writer {
    stream: TcpStream,
    /// Where the connection is sealed.
    sealer: Option<Sealer>,
}

impl Writer {
    pub(super) fn new(stream: TcpStream, session: Option<Session>) -> Self {
        Self {
            stream,
            sealer: session.map(Sealer::new),
        }
    }

    /// Writes frames. One whose future is dropped before its end may have written in part.
    pub(super) async fn write_all(&mut self, frames: &[u8]) -> io::Result<()> {
        match &mut self.sealer {
            None => self.stream.write_all(frames).await,
            Some(sealer) => self.stream.write_all(&sealer.seal(frames)?).await,
        }
    }

    /// Says why and closes the connection. What still comes in is read away for a moment: a socket
    /// closed with bytes unread resets the connection, and the reason would be lost with it.
    pub(super) async fn say_bye(mut self, reason: &str) {
        let bye = encode(&Frame::bye(reason));
        let farewell = async {
            self.write_all(&bye).await?;
            self.stream.shutdown(std::net::Shutdown::Write)?;
            let mut unread = [0; 1024];
            while self.stream.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        };
        let too_late = async {
            Timer::after(LINGER).await;
            Ok(())
        };
        // It is over either way.
        let _ = farewell.or(too_late).await;
    }
}

/// Small frames leave at once, and a peer that vanished is noticed though nothing is sent to it.
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt;
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, PROBE_AFTER)?;
        sockopt::set_tcp_keepintvl(stream, PROBE_EVERY)?;
        sockopt::set_tcp_keepcnt(stream, 3)?;
    }
    Ok(())
}
