//! Connections between nodes that share a network key: the Noise protocol.
//!
//! The pattern is `Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s`. The network key is mixed in before anything
//! else, so that already the first message shows whether the dialler has it: who has not is cut off
//! without an answer. The prologue holds protocol version and network, so that another one's nodes are
//! strangers too. After three messages each side knows the other's public key, and all that follows is
//! sealed: two bytes of length, big-endian, and a Noise message of at most [`MAX_SEALED_BYTES`].
//!
//! Each direction counts its messages: one that is changed, left out, repeated or from elsewhere does not
//! open, which ends the connection.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use snow::{Builder, HandshakeState, StatelessTransportState};

use super::connection::End;
use crate::daemon::key::{NodeKey, PublicKey, Secret};
use crate::ledger::Hash;
use crate::wire::PROTOCOL_VERSION;

const PATTERN: &str = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s";

/// The most bytes of a Noise message, 65,535: its length takes two bytes.
pub const MAX_SEALED_BYTES: usize = 65_535;

/// What sealing adds to a message.
const TAG_BYTES: usize = 16;

/// The bytes of a length.
const LENGTH_BYTES: usize = 2;

/// The most bytes of a message before it is sealed.
const MAX_OPEN_BYTES: usize = MAX_SEALED_BYTES - TAG_BYTES;

/// How long the three messages of a handshake are, in bytes: keys have 32, and each part that is sealed a
/// tag. A message of another length is from no node with a network key.
const HANDSHAKE_BYTES: [usize; 3] = [48, 96, 64];

/// What is said where a handshake fails, whichever way: whoever fails it learns nothing.
const STRANGER: &str =
    "no handshake with the peer: its network key or its genesis differs, or it has no network key";

/// What a node needs for links by Noise.
#[derive(Debug)]
pub struct Noise {
    network_key: Secret,
    node_key: NodeKey,
    prologue: Vec<u8>,
}

impl Noise {
    /// Those of one node of a network.
    pub fn new(network_key: Secret, node_key: NodeKey, network: &Hash) -> Self {
        let mut prologue = b"tickchain peers".to_vec();
        prologue.extend(PROTOCOL_VERSION.to_be_bytes());
        prologue.extend(network.0);
        Self {
            network_key,
            node_key,
            prologue,
        }
    }

    /// Shakes hands on a new connection; what the other side's key is, and what seals from here on.
    pub async fn shake_hands(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        dialled: bool,
    ) -> Result<(PublicKey, Session), End> {
        let mut state = self.begin(dialled).map_err(|_| stranger())?;
        for (turn, length) in HANDSHAKE_BYTES.into_iter().enumerate() {
            match dialled == (turn % 2 == 0) {
                true => send(stream, &mut state, length).await?,
                false => receive(stream, &mut state, length).await?,
            }
        }
        let key = state.get_remote_static().and_then(PublicKey::from_slice);
        let keys = state.into_stateless_transport_mode();
        match (key, keys) {
            (Some(key), Ok(keys)) => Ok((key, Session(Arc::new(keys)))),
            _ => Err(stranger()),
        }
    }

    fn begin(&self, dialled: bool) -> Result<HandshakeState, snow::Error> {
        let builder = Builder::new(PATTERN.parse()?)
            .psk(0, self.network_key.bytes())?
            .local_private_key(self.node_key.secret().bytes())?
            .prologue(&self.prologue)?;
        match dialled {
            true => builder.build_initiator(),
            false => builder.build_responder(),
        }
    }
}

fn stranger() -> End {
    End::Stranger(STRANGER)
}

async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    state: &mut HandshakeState,
    length: usize,
) -> Result<(), End> {
    let mut bytes = vec![0; LENGTH_BYTES + length];
    let (head, message) = bytes.split_at_mut(LENGTH_BYTES);
    head.copy_from_slice(&(length as u16).to_be_bytes());
    let written = state.write_message(&[], message);
    debug_assert!(matches!(written, Ok(count) if count == length));
    written.map_err(|_| stranger())?;
    stream.write_all(&bytes).await.map_err(cut_off)
}

/// Reads the length first: a plain HELLO, or anything else, is refused by its first two bytes.
async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    state: &mut HandshakeState,
    length: usize,
) -> Result<(), End> {
    let mut head = [0; LENGTH_BYTES];
    stream.read_exact(&mut head).await.map_err(cut_off)?;
    if usize::from(u16::from_be_bytes(head)) != length {
        return Err(stranger());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await.map_err(cut_off)?;
    let read = state.read_message(&message, &mut []);
    read.map_err(|_| stranger()).map(drop)
}

/// The other side hangs up on strangers without a word.
fn cut_off(error: io::Error) -> End {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => stranger(),
        _ => End::Socket(error),
    }
}

/// The keys of one connection, for both directions.
#[derive(Clone)]
pub struct Session(Arc<StatelessTransportState>);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(…)")
    }
}

/// Seals what leaves.
#[derive(Debug)]
pub struct Sealer {
    session: Session,
    sealed: u64,
}

impl Sealer {
    /// One that has sealed nothing yet.
    pub fn new(session: Session) -> Self {
        Self { session, sealed: 0 }
    }

    /// The bytes as they go over the wire.
    pub fn seal(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let parts = bytes.len().div_ceil(MAX_OPEN_BYTES);
        let mut out = vec![0; bytes.len() + parts * (LENGTH_BYTES + TAG_BYTES)];
        let mut room = &mut out[..];
        for part in bytes.chunks(MAX_OPEN_BYTES) {
            let length = part.len() + TAG_BYTES;
            let (head, rest) = std::mem::take(&mut room).split_at_mut(LENGTH_BYTES);
            let (message, rest) = rest.split_at_mut(length);
            head.copy_from_slice(&(length as u16).to_be_bytes());
            let written = self.session.0.write_message(self.sealed, part, message);
            written.map_err(|error| io::Error::other(error.to_string()))?;
            self.sealed += 1;
            room = rest;
        }
        Ok(out)
    }
}

/// Opens what comes, however it was split on its way.
#[derive(Debug)]
pub struct Opener {
    session: Session,
    opened: u64,
    /// What is not whole yet: never more than one message and what was read with its end.
    waiting: Vec<u8>,
    /// What was opened last.
    open: Box<[u8]>,
}

impl Opener {
    /// One that has opened nothing yet.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            opened: 0,
            waiting: Vec::new(),
            open: vec![0; MAX_SEALED_BYTES].into(),
        }
    }

    /// How many bytes wait for the rest of their message.
    pub fn buffered(&self) -> usize {
        self.waiting.len()
    }

    /// Takes in what was read and gives what it opens to, message by message.
    pub fn open(&mut self, read: &[u8], mut give: impl FnMut(&[u8])) -> Result<(), End> {
        self.waiting.extend_from_slice(read);
        let mut start = 0;
        while let Some((head, rest)) = self.waiting[start..].split_first_chunk::<LENGTH_BYTES>() {
            let length = usize::from(u16::from_be_bytes(*head));
            let Some(message) = rest.get(..length) else {
                break;
            };
            let opened = self
                .session
                .0
                .read_message(self.opened, message, &mut self.open);
            let count = opened.map_err(|_| End::Tampered {
                number: self.opened,
            })?;
            // No node seals nothing; whoever does makes work that no frame is charged for.
            if count == 0 {
                return Err(End::Tampered {
                    number: self.opened,
                });
            }
            give(&self.open[..count]);
            self.opened += 1;
            start += LENGTH_BYTES + length;
        }
        self.waiting.drain(..start);
        Ok(())
    }
}
