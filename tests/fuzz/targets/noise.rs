//! Sealed connections: a handshake with anything but the right bytes gives no session and tells a stranger
//! nothing; what was sealed opens as it was, however it is split, and up to the first change only.

mod pipe;

use std::cell::OnceCell;

use arbitrary::{Result, Unstructured};
use smol::future;
use tickchain::daemon::key::{NodeKey, PublicKey, Secret};
use tickchain::daemon::links::MAX_SEALED_BYTES;
use tickchain::daemon::links::fuzzing::{End, Noise, Opener, Sealer, Session};
use tickchain::ledger::Hash;

use pipe::{Change, Pipe};

/// The most messages of one run, and the most bytes of one but for a long one.
const MOST_MESSAGES: usize = 8;
const MOST_BYTES: usize = 40;

/// Bytes of a length, and what a message has at least.
const LENGTH_BYTES: usize = 2;
const TAG_BYTES: usize = 16;

pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    // What is drawn of no bytes is as good as any.
    let _ = match bytes.arbitrary::<u8>() {
        Ok(0..32) => stranger(&mut bytes),
        Ok(32..64) => handshake(&mut bytes),
        _ => sealed(&mut bytes),
    };
}

fn noise(number: u8, network_key: u8) -> Noise {
    let node_key = NodeKey::new(Secret::new([number; 32]));
    Noise::new(
        Secret::new([network_key; 32]),
        node_key,
        &Hash([network_key; 32]),
    )
}

/// Whoever has not the network key gets no session, and no byte where it dialled.
fn stranger(bytes: &mut Unstructured<'_>) -> Result<()> {
    let dialled = bytes.arbitrary()?;
    let split = bytes.arbitrary()?;
    let (mut end, other) = Pipe::pair(split, None);
    other.says(bytes.bytes(bytes.len())?);
    let shaken = smol::block_on(noise(1, 7).shake_hands(&mut end, dialled));
    assert!(shaken.is_err(), "a handshake with a stranger");
    let sent = other.heard();
    // The first message of a dialler is sealed with the network key.
    assert_eq!(sent.len(), if dialled { 50 } else { 0 });
    Ok(())
}

/// Two ends, one byte between which may be changed: then at least one of them notices.
fn handshake(bytes: &mut Unstructured<'_>) -> Result<()> {
    let split = bytes.arbitrary()?;
    let change = match bytes.arbitrary::<bool>()? {
        true => Some(Change {
            by_dialler: bytes.arbitrary()?,
            at: bytes.int_in_range(0..=120)?,
            flips: bytes.int_in_range(1..=255)?,
        }),
        false => None,
    };
    let network_key = *bytes.choose(&[7, 7, 7, 8])?;
    let (dialler, listener, changed) = shake_hands(split, change, network_key);
    let same = network_key == 7;
    if changed || !same {
        assert!(dialler.is_err() || listener.is_err(), "nobody noticed");
        return Ok(());
    }
    let (listeners, dialler) = dialler.expect("nothing is wrong");
    let (diallers, listener) = listener.expect("nothing is wrong");
    assert_eq!(listeners, *NodeKey::new(Secret::new([2; 32])).public());
    assert_eq!(diallers, *NodeKey::new(Secret::new([1; 32])).public());
    for (from, to) in [(&dialler, &listener), (&listener, &dialler)] {
        let sealed = Sealer::new(from.clone()).seal(b"hello").expect("it fits");
        assert_eq!(open(to, [&sealed[..]]).0, b"hello");
    }
    Ok(())
}

type Shaken = std::result::Result<(PublicKey, Session), End>;

/// What both ends make of it, and whether a byte was changed.
fn shake_hands(split: u8, change: Option<Change>, network_key: u8) -> (Shaken, Shaken, bool) {
    let (mut dialler, mut listener) = Pipe::pair(split, change);
    let changed = dialler.changed();
    // An end that gives up hangs up: the other must not wait for it.
    let dialler = async move { noise(1, 7).shake_hands(&mut dialler, true).await };
    let listener = async move {
        noise(2, network_key)
            .shake_hands(&mut listener, false)
            .await
    };
    let (dialler, listener) = smol::block_on(future::zip(dialler, listener));
    (dialler, listener, changed.get())
}

/// The keys of one connection: sealers and openers count for themselves.
fn session() -> (Session, Session) {
    thread_local!(static SESSION: OnceCell<(Session, Session)> = const { OnceCell::new() });
    SESSION.with(|session| {
        let made = session.get_or_init(|| {
            let (dialler, listener, _) = shake_hands(255, None, 7);
            let ours = dialler.expect("nothing is wrong").1;
            (ours, listener.expect("nothing is wrong").1)
        });
        made.clone()
    })
}

/// Messages on a connection, with something done to them on their way.
fn sealed(bytes: &mut Unstructured<'_>) -> Result<()> {
    let split = 1 + usize::from(bytes.arbitrary::<u8>()?);
    let (ours, theirs) = session();
    let mut sealer = Sealer::new(ours);
    let count = bytes.int_in_range(1..=MOST_MESSAGES)?;
    let (mut clear, mut parts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let length = match bytes.ratio(1, 255)? {
            true => MAX_SEALED_BYTES - 40 + bytes.int_in_range(0..=80)?,
            false => bytes.int_in_range(0..=MOST_BYTES)?,
        };
        let message: Vec<u8> = (0..length).map(|at| at as u8).collect();
        parts.push(sealer.seal(&message).expect("it fits"));
        clear.push(message);
    }
    // How many messages come as they were sent, and whether the next one does not open.
    let (intact, spoilt) = spoil(bytes, &mut parts)?;
    let wire = parts.concat();
    let (whole, end) = open(&theirs, [&wire[..]]);
    assert_eq!(whole, clear[..intact].concat());
    if let Some(spoilt) = spoilt {
        assert_eq!(end.is_some(), spoilt, "{end:?}");
    }
    let (pieces, ended) = open(&theirs, wire.chunks(split));
    assert_eq!(pieces, whole);
    assert_eq!(format!("{ended:?}"), format!("{end:?}"));
    Ok(())
}

/// Does something to messages on their way: how many come as they were sent before it, and whether that
/// ends the connection, where this can be told.
fn spoil(bytes: &mut Unstructured<'_>, parts: &mut Vec<Vec<u8>>) -> Result<(usize, Option<bool>)> {
    let at = bytes.choose_index(parts.len())?;
    let full = parts.len();
    // Of a message that is empty there is nothing on the wire, and of a long one two.
    let plain = parts
        .iter()
        .all(|part| (LENGTH_BYTES + TAG_BYTES + 1..200).contains(&part.len()));
    if !plain {
        return Ok((full, Some(false)));
    }
    Ok(match bytes.int_in_range(0..=6)? {
        0 => {
            let place = bytes.choose_index(parts[at].len())?;
            parts[at][place] ^= bytes.int_in_range(1..=255)?;
            // A changed length may wait for more than there is.
            (at, (place >= LENGTH_BYTES).then_some(true))
        }
        1 => {
            let again = parts[at].clone();
            parts.insert(at + 1, again);
            (at + 1, Some(true))
        }
        2 => {
            parts.remove(at);
            (at, Some(at + 1 < full))
        }
        3 => {
            parts.insert(at, bytes.bytes(bytes.len())?.to_vec());
            let made_up = !parts[at].is_empty();
            (if made_up { at } else { full }, (!made_up).then_some(false))
        }
        4 => {
            let length = bytes.choose_index(parts[at].len())?;
            parts[at].truncate(length);
            parts.truncate(at + 1);
            (at, Some(false))
        }
        5 if at > 0 => {
            parts.swap(at - 1, at);
            (at - 1, Some(true))
        }
        _ => (full, Some(false)),
    })
}

/// What the bytes open to, and what ended it.
fn open<'a>(
    session: &Session,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<End>) {
    let mut opener = Opener::new(session.clone());
    let mut opened = Vec::new();
    for piece in pieces {
        let result = opener.open(piece, |bytes| opened.extend_from_slice(bytes));
        if let Err(end) = result {
            return (opened, Some(end));
        }
        assert!(
            opener.buffered() < LENGTH_BYTES + MAX_SEALED_BYTES,
            "a message that is whole waits"
        );
    }
    (opened, None)
}
