//! Frames out of bytes.

use super::error::WireError;
use super::frame::{Frame, tidy};

/// A buffer that has grown beyond this is given back when it is empty, 64 KiB.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Cuts bytes into frames, however they were split on their way.
///
/// Feed it what was read, take frames until there is none, read on. It holds no more than about twice
/// its cap and what was fed since, and looks at each byte a fixed number of times.
///
/// After an error it stays broken: where one line is not a frame, no later one can be trusted.
///
/// ```
/// use tickchain::wire::{Decoder, Frame, WireError};
/// let mut decoder = Decoder::new(64);
/// decoder.feed(b"{\"ACK\":{\"sequence\":1}}\n{\"ACK\":{\"sequence\":2}}\nnonsense\n");
/// assert_eq!(decoder.next_frame(), Ok(Some(Frame::Ack { sequence: 1 })));
/// assert_eq!(decoder.next_frame(), Ok(Some(Frame::Ack { sequence: 2 })));
/// assert!(matches!(decoder.next_frame(), Err(WireError::Malformed { bytes: 8, .. })));
/// ```
#[derive(Debug)]
pub struct Decoder {
    cap: usize,
    buffer: Vec<u8>,
    /// Where the line begins that comes next.
    start: usize,
    /// No newline stands between `start` and here.
    scanned: usize,
    broken: Option<WireError>,
}

impl Decoder {
    /// A decoder for lines of at most `cap` bytes, newline included.
    pub fn new(cap: usize) -> Self {
        Self {
            cap,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            broken: None,
        }
    }

    /// Changes the cap for the lines that come next: up to
    /// [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES) once the handshake is done.
    pub fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    /// How many bytes it holds that belong to no frame it gave yet.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Takes in bytes as they were read.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        // Only when it frees half the buffer: so every byte is moved once at most on average.
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame; `None` when more bytes are needed.
    ///
    /// # Errors
    /// A [`WireError`] when the next line is too long, not a frame, or holds a number out of range.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, WireError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let result = self.cut();
        if let Err(error) = &result {
            self.broken = Some(error.clone());
            self.buffer = Vec::new();
            (self.start, self.scanned) = (0, 0);
        }
        result
    }

    fn cut(&mut self) -> Result<Option<Frame>, WireError> {
        let newline = memchr::memchr(b'\n', &self.buffer[self.scanned..]);
        let Some(offset) = newline else {
            self.scanned = self.buffer.len();
            // Even a newline right now would make it longer than the cap.
            return if self.scanned - self.start >= self.cap {
                Err(WireError::TooLong { cap: self.cap })
            } else {
                Ok(None)
            };
        };
        let end = self.scanned + offset;
        if end - self.start >= self.cap {
            return Err(WireError::TooLong { cap: self.cap });
        }
        let frame = decode_line(&self.buffer[self.start..end])?;
        self.start = end + 1;
        self.scanned = self.start;
        self.release();
        Ok(Some(frame))
    }

    /// Starts over in an empty buffer, a small one if it has grown large.
    fn release(&mut self) {
        if self.start < self.buffer.len() {
            return;
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_CAPACITY);
        self.start = 0;
        self.scanned = 0;
    }
}

fn decode_line(line: &[u8]) -> Result<Frame, WireError> {
    let frame: Frame = serde_json::from_slice(line).map_err(|error| WireError::Malformed {
        bytes: line.len(),
        reason: tidy(&error.to_string()),
    })?;
    frame.check()?;
    Ok(frame)
}
