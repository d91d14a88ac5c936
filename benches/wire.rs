//! Bytes decoded per second, beside bare serde_json on the same lines: `cargo bench --bench wire`.
//!
//! The rival gets each line ready cut, so the difference is what cutting, caps and checks cost.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tickchain::ledger::{Hash, Transaction, TxId, UncheckedBlock};
use tickchain::node::{Body, Message};
use tickchain::wire::{Decoder, Frame, MAX_FRAME_BYTES, encode};

/// What one read from a socket brings, in bytes.
const READ: usize = 16 * 1024;

fn transaction(number: u64) -> Transaction {
    Transaction {
        id: TxId::from(u128::from(number) << 64),
        sender: Some("satoshi".parse().expect("a short name")),
        recipient: "aki".parse().expect("a short name"),
        value: (number + 1).try_into().expect("a small value"),
        signed: None,
    }
}

fn message(sequence: u64, body: Body) -> Vec<u8> {
    encode(&Frame::Message(Message {
        stamp: sequence / 10,
        sequence,
        body,
    }))
}

/// A thousand payments, a frame each.
fn payments() -> Vec<u8> {
    (0..1000)
        .flat_map(|number| message(number, Body::NewTx(transaction(number))))
        .collect()
}

/// As many blocks of 100 payments as fit one frame.
fn chain() -> Vec<u8> {
    let block = UncheckedBlock {
        id: 7,
        hash: Some(Hash([7; 32])),
        timestamp: 1_700_000_000,
        transactions: (0..100).map(transaction).collect(),
        previous_block_hash: Hash([6; 32]),
        nonce: 1234,
    };
    let count = MAX_FRAME_BYTES / block.json_bound();
    let blocks = vec![block; count];
    message(1, Body::Chain { answers: 1, blocks })
}

fn decode(bytes: &[u8]) -> usize {
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    let mut frames = 0;
    for read in bytes.chunks(READ) {
        decoder.feed(read);
        while let Some(frame) = decoder.next_frame().expect("the frames are sound") {
            black_box(frame);
            frames += 1;
        }
    }
    frames
}

fn bare(lines: &[&[u8]]) -> usize {
    for line in lines {
        let frame: Frame = serde_json::from_slice(line).expect("the frames are sound");
        black_box(frame);
    }
    lines.len()
}

fn decoding(criterion: &mut Criterion) {
    for (name, bytes) in [("NEW_TX", payments()), ("CHAIN", chain())] {
        let mut group = criterion.benchmark_group(format!("decode {name}"));
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let lines: Vec<_> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        group.bench_function("decoder", |bencher| {
            bencher.iter(|| decode(black_box(&bytes)));
        });
        group.bench_function("bare serde_json", |bencher| {
            bencher.iter(|| bare(black_box(&lines)));
        });
        group.finish();
    }
}

criterion_group!(benches, decoding);
criterion_main!(benches);
