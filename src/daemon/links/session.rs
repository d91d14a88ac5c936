//! A link that is up: messages and acknowledgements both ways.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use smol::Timer;
use smol::future::{FutureExt, poll_once};

use super::connection::{End, Reader, Writer};
use super::greeting::{Greeted, Place, told_to_close};
use super::rates::Rates;
use crate::driver::{Delivery, Link};
use crate::node::{Body, MAX_LOCATOR, Message, Node, Offence};
use crate::wire::{Frame, encode_into};

/// The most messages on their way to a peer that it has not acknowledged; more wait in the link.
pub const MAX_UNACKNOWLEDGED: usize = 1024;

/// The most acknowledgements that wait for a peer to read them. An honest one never has more than
/// [`MAX_UNACKNOWLEDGED`] messages under way.
pub const MAX_OWED: usize = 2 * MAX_UNACKNOWLEDGED;

/// The most payments of a link that are handed in and not taken yet: under a storage as many become part
/// of one write. Anything else may be as large as a frame, and is read on only when it is taken.
pub const MAX_DELIVERING: usize = 256;

/// How long a peer has to acknowledge a message.
pub const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often that is looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Messages are gathered into one write until it has this many bytes.
const WRITE_BYTES: usize = 64 * 1024;

/// Carries messages until the link is over, and says why.
pub(super) async fn run<N: Node<Message = Message>>(greeted: Greeted<N>) {
    let Greeted {
        link,
        mut reader,
        mut writer,
        closing,
        place,
    } = greeted;
    let peer = link.peer().clone();
    log::info!("link to {peer} is up");
    let (wake, woken) = async_channel::bounded(1);
    let flow = Flow::new(wake);
    // Besides those in the channel there is one that is waited for, and one that finds no room.
    let (deliver, delivered) = async_channel::bounded(MAX_DELIVERING - 2);
    let read = read(&mut reader, &link, &flow, &deliver, || place.now());
    let take = take(&link, &delivered, &flow);
    let write = write(&mut writer, &link, &flow, &woken);
    let judge = judge(&link, &place);
    let told = told_to_close(&closing);
    let closed = async { Err(End::Tell(link.closed().await.reason)) };
    // Reading comes last: what the peer said before it closed counts, but so does the reason for
    // which this side closed first.
    let ended = told.or(closed).or(judge).or(overdue(&flow)).or(write);
    let ended = ended.or(take).or(read).await;
    let end = ended.expect_err("no part of a link ends well");
    log::info!("link to {peer} is gone: {end}");
    // What it did last may be why the node closed the link.
    while let Some(offence) = poll_once(link.offence()).await.flatten() {
        place.blame(offence);
    }
    if let End::Offence(offence, _) = end {
        place.blame(offence);
    }
    // The node and the book hear of it before the farewell, which takes a while.
    drop(link);
    let silent = flow.is_writing() || place.is_crashed();
    drop(place);
    if let (Some(reason), false) = (end.to_tell(), silent) {
        writer.say_bye(reason).await;
    }
}

/// What is under way on a link.
struct Flow {
    state: Mutex<State>,
    /// Wakes the writer.
    wake: Sender<()>,
    rates: Mutex<Rates>,
    /// Whether a write has begun and not ended: a frame may be out in part.
    writing: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Messages taken and not yet acknowledged to the peer.
    owed: VecDeque<u64>,
    /// Messages sent and not yet acknowledged by the peer, with the time they left.
    sent: VecDeque<(u64, Instant)>,
}

impl Flow {
    fn new(wake: Sender<()>) -> Self {
        Self {
            state: Mutex::default(),
            wake,
            rates: Mutex::default(),
            writing: AtomicBool::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rates(&self) -> MutexGuard<'_, Rates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Charges the peer for a frame; how long nothing more may be read of it.
    fn charge(&self, frame: &Frame, bytes: u64, now: Duration) -> Duration {
        let mut rates = self.rates();
        rates.read(now, bytes);
        if let Frame::Message(_) = frame {
            rates.message(now);
        }
        rates.wait(now)
    }

    /// Full: the writer has a reason to look already.
    fn wake(&self) {
        let _ = self.wake.try_send(());
    }

    fn owe(&self, sequence: u64) -> Result<(), End> {
        let mut state = self.state();
        if state.owed.len() >= MAX_OWED {
            return Err(End::Offence(
                Offence::Flood,
                format!("{MAX_OWED} acknowledgements wait to be read, no more are kept"),
            ));
        }
        state.owed.push_back(sequence);
        drop(state);
        self.wake();
        Ok(())
    }

    fn acknowledged(&self, sequence: u64) -> Result<(), End> {
        let mut state = self.state();
        match state.sent.front() {
            Some((next, _)) if *next == sequence => state.sent.pop_front(),
            next => {
                let wanted = next.map_or("none".to_owned(), |(next, _)| next.to_string());
                return Err(End::out_of_order(format!(
                    "ACK {sequence} came where {wanted} was due"
                )));
            }
        };
        drop(state);
        self.wake();
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.state().sent.len() < MAX_UNACKNOWLEDGED
    }

    fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed)
    }
}

async fn read(
    reader: &mut Reader,
    link: &Link<Message>,
    flow: &Flow,
    deliver: &Sender<Delivered>,
    now: impl Fn() -> Duration,
) -> Result<(), End> {
    loop {
        let frame = reader.next_frame().await?;
        let wait = flow.charge(&frame, reader.take_count(), now());
        match frame {
            Frame::Message(message) => {
                let sequence = message.sequence;
                let handed = match message.body {
                    Body::NewTx(_) => Handed::In(link.hand_in(message)),
                    // Reading goes on meanwhile: what the peer acknowledges holds up this node's clock. One
                    // that is too long is not kept for that.
                    Body::ReqChain(ref locator) if locator.len() <= MAX_LOCATOR => {
                        Handed::After(flow.rates().question(now()), message)
                    }
                    _ => {
                        let taken = link.deliver(message).await;
                        taken.map_err(|closed| End::Tell(closed.reason))?;
                        Handed::Taken
                    }
                };
                let room = deliver.send(Delivered { sequence, handed }).await;
                room.expect("the receiver lives as long as the link");
            }
            Frame::Ack { sequence } => {
                flow.acknowledged(sequence)?;
                link.acknowledged(1);
            }
            Frame::Hello(_) => return Err(End::out_of_order("HELLO comes once")),
            Frame::Bye { reason } => return Err(End::Told(reason)),
        }
        if !wait.is_zero() {
            Timer::after(wait).await;
        }
    }
}

/// A message on its way into the inbox.
struct Delivered {
    sequence: u64,
    handed: Handed,
}

/// How far it has come.
enum Handed {
    /// It was taken.
    Taken,
    /// It was handed in.
    In(Delivery),
    /// It has to wait for so long.
    After(Duration, Message),
}

/// Acknowledges messages as they are taken, in the order in which they were handed in.
async fn take(
    link: &Link<Message>,
    delivered: &Receiver<Delivered>,
    flow: &Flow,
) -> Result<(), End> {
    loop {
        let next = delivered.recv().await;
        let Delivered { sequence, handed } = next.expect("the sender lives as long as the link");
        let taken = match handed {
            Handed::Taken => Ok(()),
            Handed::In(delivery) => delivery.taken().await,
            Handed::After(wait, message) => {
                if !wait.is_zero() {
                    Timer::after(wait).await;
                }
                link.deliver(message).await
            }
        };
        taken.map_err(|closed| End::Tell(closed.reason))?;
        flow.owe(sequence)?;
    }
}

/// Blames the peer for what the node saw it do, as long as the link is there.
async fn judge<N: Node<Message = Message>>(
    link: &Link<Message>,
    place: &Place<N>,
) -> Result<(), End> {
    while let Some(offence) = link.offence().await {
        place.blame(offence);
    }
    std::future::pending().await
}

async fn write(
    writer: &mut Writer,
    link: &Link<Message>,
    flow: &Flow,
    woken: &Receiver<()>,
) -> Result<(), End> {
    let mut next = None;
    loop {
        let mut bytes = Vec::new();
        let owed = std::mem::take(&mut flow.state().owed);
        for sequence in owed {
            encode_into(&Frame::Ack { sequence }, &mut bytes);
        }
        while let Some(message) = next.take() {
            push(message, flow, &mut bytes);
            if bytes.len() < WRITE_BYTES && flow.has_room() {
                next = poll_once(link.outgoing()).await.flatten();
            }
        }
        if !bytes.is_empty() {
            flow.writing.store(true, Ordering::Relaxed);
            writer.write_all(&bytes).await?;
            flow.writing.store(false, Ordering::Relaxed);
        }
        next = wait(link, flow, woken).await?;
    }
}

fn push(message: Message, flow: &Flow, bytes: &mut Vec<u8>) {
    let sent = (message.sequence, Instant::now());
    flow.state().sent.push_back(sent);
    let (is_answer, before) = (matches!(message.body, Body::Chain { .. }), bytes.len());
    encode_into(&Frame::Message(message), bytes);
    if is_answer {
        flow.rates().answered((bytes.len() - before) as u64);
    }
}

/// Waits for a message to send, if there is room for one, or for anything else to write.
async fn wait(
    link: &Link<Message>,
    flow: &Flow,
    woken: &Receiver<()>,
) -> Result<Option<Message>, End> {
    let other = async {
        let _ = woken.recv().await;
        Ok(None)
    };
    if !flow.has_room() {
        return other.await;
    }
    let message = async {
        match link.outgoing().await {
            Some(message) => Ok(Some(message)),
            None => Err(End::Tell(link.closed().await.reason)),
        }
    };
    other.or(message).await
}

/// Ends when a message stays unacknowledged for too long.
async fn overdue(flow: &Flow) -> Result<(), End> {
    loop {
        Timer::after(LOOK_INTERVAL).await;
        let oldest = flow.state().sent.front().copied();
        if let Some((sequence, left)) = oldest
            && left.elapsed() > ACKNOWLEDGEMENT_TIMEOUT
        {
            let seconds = ACKNOWLEDGEMENT_TIMEOUT.as_secs();
            return Err(End::Tell(format!(
                "message {sequence} was not acknowledged within {seconds} seconds"
            )));
        }
    }
}
