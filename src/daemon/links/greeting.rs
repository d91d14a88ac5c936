//! The exchange of HELLO.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_channel::Receiver;
use async_net::TcpStream;
use smol::Timer;
use smol::future::FutureExt;

use super::Shared;
use super::address::reachable;
use super::book::Caller;
use super::connection::{End, Reader, Writer};
use super::noise::Session;
use super::scores::Offender;
use crate::daemon::key::PublicKey;
use crate::daemon::node_api::PeerAddress;
use crate::driver::{CANNOT_WRITE, DriverError, Link};
use crate::node::{Message, Name, Node, Offence};
use crate::wire::{Frame, encode};

/// How long both sides have to say HELLO and agree.
pub const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// HELLO counts as the message with this sequence number.
const HELLO_SEQUENCE: u64 = 0;

/// How long a link that has to make way may take, and how often that is looked at.
const WAY_TIMEOUT: Duration = Duration::from_secs(2);
const WAY_INTERVAL: Duration = Duration::from_millis(5);

/// A place in the book; dropping it gives it up.
pub(super) struct Place<N: Node> {
    shared: Arc<Shared<N>>,
    name: Name,
    id: u64,
    /// Whom to blame for what comes over the link.
    offender: Option<Offender>,
    known: (Name, PeerAddress),
}

impl<N: Node> Place<N> {
    /// Whether the node ends without a word.
    pub(super) fn is_crashed(&self) -> bool {
        self.shared.crashed.load(Ordering::Relaxed)
    }

    /// Counts what the peer did. Where it is one time too many, its links are closed.
    pub(super) fn blame(&self, offence: Offence) {
        if let Some(offender) = &self.offender {
            self.shared
                .blame(offender, Some(self.known.clone()), offence);
        }
    }

    /// The time that everything about links is counted in.
    pub(super) fn now(&self) -> Duration {
        self.shared.now()
    }
}

impl<N: Node> Drop for Place<N> {
    fn drop(&mut self) {
        self.shared.book().gone(&self.name, self.id);
    }
}

/// A link that is up. Its fields are dropped in this order: the node hears of its end first.
pub(super) struct Greeted<N: Node> {
    pub(super) link: Link<Message>,
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    /// Takes the reason to close the link.
    pub(super) closing: Receiver<String>,
    pub(super) place: Place<N>,
}

/// This node's own greeting at an address it dialled.
struct Greeting<'a, N: Node> {
    shared: &'a Shared<N>,
    dialled: Option<&'a PeerAddress>,
}

impl<N: Node> Drop for Greeting<'_, N> {
    fn drop(&mut self) {
        if let Some(address) = self.dialled {
            self.shared.book().greeted(address);
        }
    }
}

/// Makes a link of a connection. `dialled` is the address this node dialled, `None` when the other
/// side did. Where the two do not agree, and this side is to say so, that is done when this returns.
pub(super) async fn greet<N: Node<Message = Message>>(
    shared: &Arc<Shared<N>>,
    stream: TcpStream,
    remote: IpAddr,
    dialled: Option<PeerAddress>,
) -> Result<Greeted<N>, End> {
    if dialled.as_ref().is_some_and(|at| !shared.book().greet(at)) {
        return Err(End::Closed);
    }
    let _greeting = Greeting {
        shared,
        dialled: dialled.as_ref(),
    };
    let deadline = Instant::now() + GREETING_TIMEOUT;
    let handshake = shake_hands(shared, &stream, dialled.is_some());
    let (key, session) = handshake.or(too_late(deadline)).await?;
    let mut reader = Reader::new(
        stream.clone(),
        session.clone(),
        Arc::clone(&shared.buffered),
    );
    let mut writer = Writer::new(stream, session);
    let halves = (&mut reader, &mut writer);
    let stranger = Stranger {
        key,
        remote,
        dialled: dialled.as_ref(),
    };
    let exchange = exchange(shared, halves, stranger);
    match exchange.or(too_late(deadline)).await {
        Ok((link, closing, place)) => Ok(Greeted {
            link,
            reader,
            writer,
            closing,
            place,
        }),
        Err(end) => {
            // Where this node dialled, somebody else may be at the address by mistake.
            if let (End::Offence(offence, _), None) = (&end, &dialled)
                && let Some(offender) = Offender::of(key, remote, None)
            {
                shared.blame(&offender, None, *offence);
            }
            if let Some(reason) = end.to_tell() {
                writer.say_bye(reason).await;
            }
            Err(end)
        }
    }
}

async fn too_late<T>(deadline: Instant) -> Result<T, End> {
    Timer::at(deadline).await;
    let seconds = GREETING_TIMEOUT.as_secs();
    Err(End::Tell(format!(
        "HELLO was not exchanged within {seconds} seconds"
    )))
}

/// The peer's key and what seals the connection, in a network that has a key.
async fn shake_hands<N: Node>(
    shared: &Shared<N>,
    stream: &TcpStream,
    dialled: bool,
) -> Result<(Option<PublicKey>, Option<Session>), End> {
    let Some(noise) = &shared.noise else {
        return Ok((None, None));
    };
    let (key, session) = noise.shake_hands(&mut stream.clone(), dialled).await?;
    Ok((Some(key), Some(session)))
}

/// Who has not said HELLO yet.
struct Stranger<'a> {
    key: Option<PublicKey>,
    remote: IpAddr,
    dialled: Option<&'a PeerAddress>,
}

type Agreed<N> = (Link<Message>, Receiver<String>, Place<N>);

async fn exchange<N: Node<Message = Message>>(
    shared: &Arc<Shared<N>>,
    (reader, writer): (&mut Reader, &mut Writer),
    stranger: Stranger<'_>,
) -> Result<Agreed<N>, End> {
    let hello = Frame::Hello(shared.hello.clone());
    writer.write_all(&encode(&hello)).await?;
    let first = reader.next_frame().await;
    let Frame::Hello(theirs) = first.map_err(|end| mute(end, &stranger))? else {
        return Err(End::out_of_order("the first frame has to be HELLO"));
    };
    let latency = shared.hello.agree(&theirs)?;
    let caller = Caller {
        name: theirs.name.clone(),
        key: stranger.key,
        told: theirs.listen,
        remote: stranger.remote,
        dialled: stranger.dialled.cloned(),
    };
    let offender = Offender::of(caller.key, caller.remote, Some(&caller.name));
    if let Some(offender) = &offender {
        shared.check_ban(offender)?;
    }
    let known = (caller.name.clone(), reachable(caller.told, caller.remote));
    let (close, closing) = async_channel::bounded(1);
    let id = shared.book().admit(&caller, close)?;
    let place = Place {
        shared: Arc::clone(shared),
        name: theirs.name,
        id,
        offender,
        known,
    };
    agree(writer, reader).or(told_to_close(&closing)).await?;
    reader.take_long_frames();
    let link = take_up(shared, &place.name, latency).await?;
    shared.book().up(&place.name, id);
    Ok((link, closing, place))
}

/// A peer that hangs up on a plain HELLO without a word most likely wants a handshake by Noise.
fn mute(end: End, stranger: &Stranger<'_>) -> End {
    let cut = match &end {
        End::Closed => true,
        End::Socket(error) => error.kind() == ErrorKind::ConnectionReset,
        _ => false,
    };
    match cut && stranger.key.is_none() && stranger.dialled.is_some() {
        true => End::Stranger(
            "the peer closed the connection without a word: if its network has a key, give it with \
             --network-key",
        ),
        false => end,
    }
}

/// Each side agrees to the other's HELLO.
async fn agree(writer: &mut Writer, reader: &mut Reader) -> Result<(), End> {
    let sequence = HELLO_SEQUENCE;
    writer.write_all(&encode(&Frame::Ack { sequence })).await?;
    match reader.next_frame().await? {
        Frame::Ack { sequence } if sequence == HELLO_SEQUENCE => Ok(()),
        _ => Err(End::out_of_order(format!(
            "the second frame has to be ACK {HELLO_SEQUENCE}, which agrees to HELLO"
        ))),
    }
}

/// Waits for the order to close a link, which is its end.
pub(super) async fn told_to_close<T>(closing: &Receiver<String>) -> Result<T, End> {
    let reason = closing.recv().await;
    Err(End::Tell(
        reason.unwrap_or_else(|_| "the link made way".into()),
    ))
}

/// Tells the node. A link that has to make way may take a moment.
async fn take_up<N: Node<Message = Message>>(
    shared: &Shared<N>,
    name: &Name,
    latency: u64,
) -> Result<Link<Message>, End> {
    let deadline = std::time::Instant::now() + WAY_TIMEOUT;
    loop {
        match shared.handle.connect(name.clone(), latency).await {
            Ok(link) => return Ok(link),
            Err(DriverError::LinkExists { .. }) if std::time::Instant::now() < deadline => {
                Timer::after(WAY_INTERVAL).await;
            }
            Err(DriverError::Storage(_)) => return Err(End::Tell(CANNOT_WRITE.into())),
            Err(error) => return Err(End::Tell(error.to_string())),
        }
    }
}
