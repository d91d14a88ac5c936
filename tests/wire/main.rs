//! The wire: whatever comes in pieces, whatever is said, and whatever is not even meant well.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../fuzz/targets/decode.rs"]
mod decode;
mod frames;

use proptest::collection::vec;
use proptest::prelude::*;
use tickchain::ledger::{
    Hash, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, MAX_SAFE_INTEGER, Transaction, TxId,
    UncheckedBlock,
};
use tickchain::node::{Body, Message};
use tickchain::wire::{
    Decoder, Frame, Hello, MAX_FRAME_BYTES, MAX_HELLO_BYTES, MAX_LATENCY, MAX_REASON_CHARS,
    PROTOCOL_VERSION, WireError, encode,
};

use decode::decode;
use frames::{block, chain, frame, largest_block};

/// `bytes` in pieces that end at these places, each taken modulo the length.
fn split<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|ends| &bytes[ends[0]..ends[1]])
        .collect()
}

proptest! {
    #[test]
    fn frames_come_back_as_they_were_however_they_are_split(
        frames in vec(frame(), 0..6),
        cuts in vec(any::<usize>(), 0..40),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(encode).collect();
        let expected = (frames, None);
        prop_assert_eq!(&decode(MAX_FRAME_BYTES, split(&bytes, &cuts)), &expected);
        prop_assert_eq!(&decode(MAX_FRAME_BYTES, bytes.chunks(1)), &expected);
    }

    #[test]
    fn garbage_is_an_error_or_nothing_and_the_same_however_it_is_split(
        mut bytes in vec(any::<u8>(), 0..300),
        cap in 1..300usize,
        cuts in vec(any::<usize>(), 0..20),
    ) {
        bytes.insert(0, b'?'); // so that no first line is a frame
        let whole = decode(cap, [&bytes[..]]);
        prop_assert!(whole.0.is_empty());
        prop_assert_eq!(whole.1.is_some(), bytes.contains(&b'\n') || bytes.len() >= cap);
        prop_assert_eq!(&decode(cap, split(&bytes, &cuts)), &whole);
        prop_assert_eq!(&decode(cap, bytes.chunks(1)), &whole);
    }

    /// One byte of a good frame is another: an error, or another frame, but no panic; and what a
    /// decoder takes, it takes again when it is encoded.
    #[test]
    fn a_damaged_frame_never_panics(frame in frame(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = encode(&frame);
        let at = at % bytes.len();
        bytes[at] = byte;
        let (frames, _) = decode(MAX_FRAME_BYTES, [&bytes[..]]);
        let again: Vec<u8> = frames.iter().flat_map(encode).collect();
        prop_assert_eq!(decode(MAX_FRAME_BYTES, [&again[..]]), (frames, None));
    }

    #[test]
    fn json_bound_is_an_upper_bound(block in block()) {
        let json = serde_json::to_vec(&block).unwrap();
        prop_assert!(json.len() <= block.json_bound(), "{} > {}", json.len(), block.json_bound());
    }

    #[test]
    fn a_chain_within_its_bounds_fits_a_frame(blocks in vec(block(), 1..20)) {
        let bound: usize = blocks.iter().map(UncheckedBlock::json_bound).sum();
        let bytes = encode(&chain(blocks));
        prop_assert!(bytes.len() <= bound, "{} > {bound}", bytes.len());
    }
}

#[test]
fn the_largest_legal_block_fits_a_frame() {
    for count in [1, 100, 3382, 3383, 4000, MAX_BLOCK_TRANSACTIONS] {
        let block = largest_block(count);
        let canonical: usize = block
            .transactions
            .iter()
            .map(Transaction::canonical_len)
            .sum();
        assert!(canonical <= MAX_BLOCK_BYTES, "{count}: {canonical}");
        assert!(block.json_bound() <= MAX_FRAME_BYTES, "{count}");
        let frame = Frame::Message(Message {
            stamp: MAX_SAFE_INTEGER,
            sequence: MAX_SAFE_INTEGER,
            body: Body::NewBlock(Box::new(block)),
        });
        let bytes = encode(&frame);
        assert!(bytes.len() <= MAX_FRAME_BYTES, "{count}: {}", bytes.len());
        assert_eq!(
            decode(MAX_FRAME_BYTES, bytes.chunks(65_536)),
            (vec![frame], None)
        );
    }
}

#[test]
fn a_full_chain_fits_a_frame() {
    for payments in [0, 1, 10, 1000] {
        let block = match payments {
            0 => UncheckedBlock {
                transactions: [].into(),
                ..largest_block(1)
            },
            _ => largest_block(payments),
        };
        let blocks = MAX_FRAME_BYTES / block.json_bound();
        let bytes = encode(&chain(vec![block; blocks]));
        assert!(
            bytes.len() <= MAX_FRAME_BYTES,
            "{payments}: {}",
            bytes.len()
        );
    }
}

#[test]
fn a_line_may_be_as_long_as_the_cap_and_not_a_byte_longer() {
    let bytes = encode(&Frame::Ack { sequence: 1 });
    let fits = decode(bytes.len(), [&bytes[..]]);
    assert_eq!(fits, (vec![Frame::Ack { sequence: 1 }], None));
    let cap = bytes.len() - 1;
    for pieces in [1, 2, 3, 100] {
        let error = Some(WireError::TooLong { cap });
        assert_eq!(decode(cap, bytes.chunks(pieces)), (vec![], error));
    }
}

#[test]
fn an_endless_line_is_refused_as_soon_as_the_cap_is_passed() {
    let mut decoder = Decoder::new(MAX_HELLO_BYTES);
    decoder.feed(&vec![b'{'; MAX_HELLO_BYTES - 1]);
    assert_eq!(decoder.next_frame(), Ok(None));
    decoder.feed(b"{");
    let error = WireError::TooLong {
        cap: MAX_HELLO_BYTES,
    };
    assert_eq!(decoder.next_frame(), Err(error.clone()));
    assert_eq!(
        error.to_string(),
        "a frame has at most 4096 bytes here, this one has more"
    );
}

#[test]
fn the_cap_can_be_raised_between_two_frames() {
    let large = encode(&Frame::bye(&"x".repeat(100)));
    let mut decoder = Decoder::new(64);
    decoder.feed(&encode(&Frame::Ack { sequence: 1 }));
    decoder.feed(&large);
    assert_eq!(decoder.next_frame(), Ok(Some(Frame::Ack { sequence: 1 })));
    decoder.set_cap(MAX_FRAME_BYTES);
    assert!(matches!(decoder.next_frame(), Ok(Some(Frame::Bye { .. }))));
}

/// The error for one line.
fn refused(line: &str) -> WireError {
    let (frames, error) = decode(MAX_FRAME_BYTES, [line.as_bytes(), b"\n"]);
    assert_eq!(frames, [], "{line}");
    error.unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn what_is_not_a_frame_is_refused() {
    let deep = "[".repeat(100_000);
    let lines = [
        "",
        "null",
        "\"ACK\"",
        "{}",
        "GET / HTTP/1.1",
        r#"{"ACK":{}}"#,
        r#"{"ack":{"sequence":1}}"#,
        r#"{"ACK":{"sequence":-1}}"#,
        r#"{"ACK":{"sequence":1.0}}"#,
        r#"{"ACK":{"sequence":"1"}}"#,
        r#"{"ACK":{"sequence":1,"sequence":1}}"#,
        r#"{"ACK":{"sequence":1,"more":1}}"#,
        r#"{"ACK":{"sequence":1}} {"ACK":{"sequence":2}}"#,
        r#"{"ACK":{"sequence":1},"BYE":{"reason":""}}"#,
        r#"{"REQ_CHAIN":{"stamp":1,"sequence":1,"locator":["00"]}}"#,
        r#"{"REQ_CHAIN":{"stamp":1,"sequence":1,"locator":[0]}}"#,
        &deep,
    ];
    for line in lines {
        let error = refused(line);
        let bytes = line.len();
        assert!(
            matches!(error, WireError::Malformed { bytes: told, .. } if told == bytes),
            "{line}: {error}"
        );
    }
}

#[test]
fn errors_are_short_and_say_numbers() {
    let huge = format!("{{\"{}\":1}}", "x".repeat(1_000_000));
    let error = refused(&huge).to_string();
    assert!(error.contains("1000006 bytes"), "{error}");
    assert!(error.chars().count() < MAX_REASON_CHARS + 100, "{error}");
    let error = refused(r#"{"ACK":{"sequence":9007199254740992}}"#);
    assert_eq!(
        error.to_string(),
        "sequence 9007199254740992 is above 9007199254740991"
    );
    let stamp = r#"{"REQ_CHAIN":{"stamp":18446744073709551615,"sequence":1,"locator":[]}}"#;
    let value = u64::MAX;
    let field = "stamp";
    assert_eq!(refused(stamp), WireError::Number { field, value });
}

#[test]
fn a_reason_is_one_short_line_of_a_log() {
    let line = format!(
        "{{\"BYE\":{{\"reason\":\"\\n\\u001b[31m{}\"}}}}\n",
        "y".repeat(1000)
    );
    let (frames, error) = decode(MAX_FRAME_BYTES, [line.as_bytes()]);
    assert_eq!(error, None);
    let Frame::Bye { reason } = &frames[0] else {
        panic!("{frames:?}");
    };
    assert_eq!(reason.chars().count(), MAX_REASON_CHARS);
    assert!(reason.starts_with("  [31my"), "{reason:?}");
}

#[test]
fn frames_look_as_documented() {
    let transaction = Transaction {
        id: TxId::from(1),
        sender: Some("aki".parse().unwrap()),
        recipient: "so".parse().unwrap(),
        value: 2.try_into().unwrap(),
        signed: None,
    };
    let message = |body| {
        Frame::Message(Message {
            stamp: 2,
            sequence: 7,
            body,
        })
    };
    let hello = Frame::Hello(Hello {
        version: 1,
        network: Hash::ZERO,
        name: "node1".parse().unwrap(),
        listen: ([127, 0, 0, 1], 65001).into(),
        latency: 0,
    });
    let zeros = "0".repeat(64);
    let cases = [
        (
            hello,
            format!(
                r#"{{"HELLO":{{"version":1,"network":"{zeros}","name":"node1","listen":"127.0.0.1:65001","latency":0}}}}"#
            ),
        ),
        (
            message(Body::NewTx(transaction)),
            r#"{"NEW_TX":{"stamp":2,"sequence":7,"transaction":{"id":"00000000000000000000000000000001","sender":"aki","recipient":"so","value":2}}}"#.to_owned(),
        ),
        (
            message(Body::ReqChain(vec![Hash::ZERO])),
            format!(r#"{{"REQ_CHAIN":{{"stamp":2,"sequence":7,"locator":["{zeros}"]}}}}"#),
        ),
        (
            message(Body::Chain {
                answers: 5,
                blocks: vec![],
            }),
            r#"{"CHAIN":{"stamp":2,"sequence":7,"answers":5,"blocks":[]}}"#.to_owned(),
        ),
        (Frame::bye("a \"b\""), r#"{"BYE":{"reason":"a \"b\""}}"#.to_owned()),
    ];
    for (frame, json) in cases {
        assert_eq!(String::from_utf8(encode(&frame)).unwrap(), json + "\n");
    }
}

fn hello() -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        network: Hash::ZERO,
        name: "node1".parse().unwrap(),
        listen: ([127, 0, 0, 1], 65001).into(),
        latency: 0,
    }
}

#[test]
fn a_later_version_is_told_so_whatever_else_it_says() {
    let ours = hello();
    let line = String::from_utf8(encode(&Frame::Hello(Hello {
        version: 2,
        ..ours.clone()
    })))
    .unwrap()
    .replace("\"latency\"", "\"colour\":\"red\",\"latency\"");
    let (frames, error) = decode(MAX_HELLO_BYTES, [line.as_bytes()]);
    assert_eq!(error, None);
    let Frame::Hello(theirs) = &frames[0] else {
        panic!("{frames:?}");
    };
    assert_eq!(ours.agree(theirs), Err(WireError::Version { theirs: 2 }));
    let stranger = Hello {
        network: Hash([1; 32]),
        name: "node2".parse().unwrap(),
        ..ours.clone()
    };
    assert!(matches!(
        ours.agree(&stranger),
        Err(WireError::Network { .. })
    ));
}

#[test]
fn a_latency_out_of_all_bounds_is_cut_to_the_most_there_is() {
    let ours = Hello {
        latency: 3,
        ..hello()
    };
    let agreed = |latency| {
        ours.agree(&Hello {
            name: "node2".parse().unwrap(),
            latency,
            ..ours.clone()
        })
    };
    assert_eq!(agreed(MAX_LATENCY), Ok(MAX_LATENCY));
    assert_eq!(agreed(MAX_LATENCY + 1), Ok(MAX_LATENCY));
    assert_eq!(agreed(MAX_SAFE_INTEGER), Ok(MAX_LATENCY));
    assert_eq!(agreed(2), Ok(3));
}

/// A byte at a time, a line of the cap's length is looked at once, not once a byte: that would take
/// minutes.
#[test]
fn a_long_line_in_single_bytes_takes_linear_time() {
    let blocks = MAX_FRAME_BYTES / largest_block(1000).json_bound();
    let bytes = encode(&Frame::Message(Message {
        stamp: 1,
        sequence: 1,
        body: Body::Chain {
            answers: 1,
            blocks: vec![largest_block(1000); blocks],
        },
    }));
    assert!(bytes.len() > MAX_FRAME_BYTES / 2);
    let mut all = bytes.clone();
    all.extend_from_slice(&bytes);
    assert_eq!(decode(MAX_FRAME_BYTES, all.chunks(1)).0.len(), 2);
}
