//! What a decoder says, for fuzzing and for the tests of the wire.

use tickchain::wire::{Decoder, Frame, WireError};

/// The frames up to the first error, and that.
pub(crate) fn decode<'a>(
    cap: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Frame>, Option<WireError>) {
    let mut decoder = Decoder::new(cap);
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.buffered(), 0);
                    assert_eq!(decoder.next_frame(), Err(error.clone()), "it stays broken");
                    return (frames, Some(error));
                }
            }
        }
        assert!(decoder.buffered() < cap, "it holds a line that is too long");
    }
    (frames, None)
}
