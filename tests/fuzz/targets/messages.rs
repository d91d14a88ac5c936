//! Every kind of frame with every content: it is one line, and decodes as what it was.

use arbitrary::{Result, Unstructured};
use tickchain::ledger::MAX_SAFE_INTEGER;
use tickchain::node::Message;
use tickchain::wire::{Decoder, Frame, Hello, encode};

use super::drawn;

pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    while !bytes.is_empty() {
        let Ok(frame) = frame(&mut bytes) else {
            return;
        };
        let line = encode(&frame);
        let newlines = line.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!((newlines, line.last()), (1, Some(&b'\n')));
        let mut decoder = Decoder::new(usize::MAX);
        decoder.feed(&line);
        assert_eq!(decoder.next_frame(), Ok(Some(frame)));
    }
}

fn frame(bytes: &mut Unstructured<'_>) -> Result<Frame> {
    let number = |bytes: &mut Unstructured<'_>| bytes.int_in_range(0..=MAX_SAFE_INTEGER);
    Ok(match bytes.int_in_range(0..=4)? {
        0 => Frame::Ack {
            sequence: number(bytes)?,
        },
        1 => Frame::bye(bytes.arbitrary()?),
        2 => Frame::Hello(Hello {
            version: bytes.arbitrary()?,
            network: drawn::hash(bytes)?,
            name: drawn::name(bytes)?,
            listen: (bytes.arbitrary::<[u8; 4]>()?, bytes.arbitrary()?).into(),
            latency: number(bytes)?,
        }),
        _ => Frame::Message(Message {
            stamp: number(bytes)?,
            sequence: number(bytes)?,
            body: drawn::body(bytes)?,
        }),
    })
}
