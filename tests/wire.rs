//! The wire: whatever comes in pieces, whatever is said, and whatever is not even meant well.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use proptest::collection::vec;
use proptest::prelude::*;
use tickchain::ledger::{
    Account, Hash, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, MAX_NAME_BYTES, MAX_SAFE_INTEGER,
    MAX_TIMESTAMP, Transaction, TxId, UncheckedBlock,
};
use tickchain::node::{Body, MAX_LOCATOR, Message};
use tickchain::wire::{
    Decoder, Frame, Hello, MAX_FRAME_BYTES, MAX_HELLO_BYTES, MAX_REASON_CHARS, PROTOCOL_VERSION,
    WireError, encode,
};

/// What a decoder says to these pieces: frames, and the error that ended them.
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
                    assert_eq!(decoder.next_frame(), Err(error.clone()), "it stays broken");
                    return (frames, Some(error));
                }
            }
        }
    }
    (frames, None)
}

/// `bytes` in pieces that end at these places, each taken modulo the length.
fn split<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|ends| &bytes[ends[0]..ends[1]])
        .collect()
}

/// Names with what JSON has to escape, and with what takes several bytes.
fn name() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            Just('"'),
            Just('\\'),
            Just('/'),
            Just('\u{2028}'),
            any::<char>(),
            proptest::char::range('a', 'z'),
        ],
        1..=MAX_NAME_BYTES,
    )
    .prop_map(|chars| {
        let mut name = String::new();
        for c in chars.into_iter().filter(|c| !c.is_control()) {
            if name.len() + c.len_utf8() <= MAX_NAME_BYTES {
                name.push(c);
            }
        }
        if name.is_empty() {
            "x".to_owned()
        } else {
            name
        }
    })
}

fn account() -> impl Strategy<Value = Account> {
    name().prop_map(|name| name.parse().unwrap())
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let value = 1..=MAX_SAFE_INTEGER;
    let sender = proptest::option::weighted(0.9, account());
    (any::<u128>(), sender, account(), value).prop_map(|(id, sender, recipient, value)| {
        Transaction {
            id: TxId::from(id),
            sender,
            recipient,
            value: value.try_into().unwrap(),
        }
    })
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn block() -> impl Strategy<Value = UncheckedBlock> {
    (
        any::<u64>(),
        proptest::option::of(hash()),
        0..=MAX_TIMESTAMP,
        vec(transaction(), 0..8),
        hash(),
        any::<u64>(),
    )
        .prop_map(
            |(id, hash, timestamp, transactions, previous_block_hash, nonce)| UncheckedBlock {
                id,
                hash,
                timestamp,
                transactions: transactions.into(),
                previous_block_hash,
                nonce,
            },
        )
}

fn message() -> impl Strategy<Value = Message> {
    let body = prop_oneof![
        block().prop_map(Body::NewBlock),
        transaction().prop_map(Body::NewTx),
        vec(hash(), 0..MAX_LOCATOR).prop_map(Body::ReqChain),
        (0..=MAX_SAFE_INTEGER, vec(block(), 0..4))
            .prop_map(|(answers, blocks)| Body::Chain { answers, blocks }),
    ];
    let number = || 0..=MAX_SAFE_INTEGER;
    (number(), number(), body).prop_map(|(stamp, sequence, body)| Message {
        stamp,
        sequence,
        body,
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    let hello = (hash(), name(), any::<std::net::SocketAddr>(), 0..1000u64).prop_map(
        |(network, name, listen, latency)| {
            Frame::Hello(Hello {
                version: PROTOCOL_VERSION,
                network,
                name: name.parse().unwrap(),
                // A flow label is not part of an address as text.
                listen: (listen.ip(), listen.port()).into(),
                latency,
            })
        },
    );
    prop_oneof![
        hello,
        message().prop_map(Frame::Message),
        (0..=MAX_SAFE_INTEGER).prop_map(|sequence| Frame::Ack { sequence }),
        any::<String>().prop_map(|reason| Frame::bye(&reason)),
    ]
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

/// With the longest numbers there are around it.
fn chain(blocks: Vec<UncheckedBlock>) -> Frame {
    Frame::Message(Message {
        stamp: u64::MAX,
        sequence: u64::MAX,
        body: Body::Chain {
            answers: u64::MAX,
            blocks,
        },
    })
}

/// As large as the rules allow: `count` payments, and names of nothing but escapes.
fn largest_block(count: usize) -> UncheckedBlock {
    let per_payment = (MAX_BLOCK_BYTES / count).min(tickchain::ledger::MAX_TRANSACTION_BYTES);
    let name_bytes = (per_payment - 16 - 1 - 1 - 1 - 8) / 2;
    let name: Account = "\"".repeat(name_bytes).parse().unwrap();
    let payment = |number: usize| Transaction {
        id: TxId::from(u128::MAX - number as u128),
        sender: Some(name.clone()),
        recipient: name.clone(),
        value: MAX_SAFE_INTEGER.try_into().unwrap(),
    };
    UncheckedBlock {
        id: MAX_SAFE_INTEGER,
        hash: Some(Hash([0xff; 32])),
        timestamp: MAX_TIMESTAMP,
        transactions: (0..count).map(payment).collect(),
        previous_block_hash: Hash([0xff; 32]),
        nonce: MAX_SAFE_INTEGER,
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
            body: Body::NewBlock(block),
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

#[test]
fn a_later_version_is_told_so_whatever_else_it_says() {
    let ours = Hello {
        version: PROTOCOL_VERSION,
        network: Hash::ZERO,
        name: "node1".parse().unwrap(),
        listen: ([127, 0, 0, 1], 65001).into(),
        latency: 0,
    };
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
