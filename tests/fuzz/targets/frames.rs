//! Bytes between peers: however they were split, they decode alike, and what was decoded does so again.

use tickchain::wire::{Decoder, Frame, MAX_FRAME_BYTES, MAX_HELLO_BYTES, WireError, encode};

/// Its first byte says how long a line may be, its second how the rest is split.
pub fn run(bytes: &[u8]) {
    let [cap, split, bytes @ ..] = bytes else {
        return;
    };
    let cap = [64, MAX_HELLO_BYTES, MAX_FRAME_BYTES][usize::from(*cap) % 3];
    let whole = decode(cap, [bytes]);
    assert_eq!(whole, decode(cap, bytes.chunks(1 + usize::from(*split))));
    assert_eq!(whole, decode(cap, bytes.chunks(1)));
    for frame in &whole.0 {
        let again = decode(usize::MAX, [&encode(frame)[..]]);
        assert_eq!(again, (vec![frame.clone()], None));
    }
}

/// The frames up to the first error, and that.
fn decode<'a>(
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
                    assert_eq!(decoder.next_frame(), Err(error.clone()));
                    return (frames, Some(error));
                }
            }
        }
        assert!(decoder.buffered() < cap, "it holds a line that is too long");
    }
    (frames, None)
}
