//! Bytes between peers: however they were split, they decode alike, and what was decoded does so again.

use tickchain::wire::{MAX_FRAME_BYTES, MAX_HELLO_BYTES, encode};

use super::decode::decode;

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
