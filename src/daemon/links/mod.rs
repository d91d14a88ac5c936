//! Links to peers over TCP: whom to dial, whom to accept, and carrying messages both ways.
//!
//! # A link's life
//! 0. In a network that has a key both sides shake hands by Noise, and all that follows is sealed
//!    ([`Security`]). Who has not the key is cut off without a word.
//! 1. Both sides send HELLO as soon as the connection is there, and read the other's.
//! 2. Each side that agrees says so with ACK 0: HELLO counts as message 0. One that does not says BYE
//!    with the reason. The link is up, and the node hears of it, once both have agreed; so a refused
//!    connection never reaches the node.
//! 3. Messages go both ways. Each is acknowledged when it is in the inbox, in the order they came;
//!    acknowledgements that are due leave together in one write.
//! 4. Whoever closes the link says BYE with a reason first.
//!
//! Of two links between one pair, the one dialled by the smaller name stays. A node greets on its own
//! connection before it knows of another, so the larger name's is refused while the smaller name's is
//! under way, and makes way if it was there first.
//!
//! # Bounds
//! Everything a stranger can make this node keep is bounded: connections that have not greeted
//! ([`MAX_GREETINGS`], the oldest makes way), the time for it ([`GREETING_TIMEOUT`]), links
//! ([`MAX_PEERS`]), frames ([`MAX_FRAME_BYTES`](crate::wire::MAX_FRAME_BYTES)) and those of all links
//! that are not whole yet ([`MAX_BUFFERED_BYTES`]), messages
//! ([`MAX_UNACKNOWLEDGED`]), payments that wait to be written ([`MAX_DELIVERING`]) and acknowledgements
//! ([`MAX_OWED`]) under way, the time for one ([`ACKNOWLEDGEMENT_TIMEOUT`]). One address has only so many connections and links
//! ([`MAX_GREETINGS_AN_ADDRESS`], [`CONNECTIONS_BURST`], [`MAX_LINKS_AN_ADDRESS`]), unless it is this
//! machine's. A peer that says more than [`MESSAGES_PER_SECOND`] or [`BYTES_PER_SECOND`], or asks for
//! more than [`ANSWER_BYTES_PER_SECOND`], is read more slowly. Who does what no honest peer does
//! ([`Offence`]) gets points, and is banned for [`BAN_TIME`] when they are [`BAN_POINTS`].

mod accept;
mod address;
mod addresses;
mod book;
mod connection;
mod dial;
mod greeting;
mod noise;
mod rates;
mod refusal;
mod scores;
mod session;
mod trust;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_net::TcpListener;
use smol::{Task, Timer};

pub use accept::MAX_GREETINGS;
pub use address::AddressError;
pub use addresses::{
    CONNECTIONS_BURST, CONNECTIONS_PER_SECOND, MAX_COUNTED_ADDRESSES, MAX_GREETINGS_AN_ADDRESS,
    MAX_LINKS_AN_ADDRESS,
};
pub use book::{MAX_KNOWN_PEERS, MAX_PEERS};
pub use connection::MAX_BUFFERED_BYTES;
pub use dial::{DIAL_TIMEOUT, LONGEST_WAIT, SHORTEST_WAIT};
pub use greeting::GREETING_TIMEOUT;
pub use noise::MAX_SEALED_BYTES;
pub use rates::{
    ANSWER_BYTES_BURST, ANSWER_BYTES_PER_SECOND, BYTES_BURST, BYTES_PER_SECOND, MESSAGES_BURST,
    MESSAGES_PER_SECOND,
};
pub use scores::{BAN_POINTS, BAN_TIME, MAX_OFFENDERS, POINT_DECAY};
pub use session::{ACKNOWLEDGEMENT_TIMEOUT, MAX_DELIVERING, MAX_OWED, MAX_UNACKNOWLEDGED};
pub use trust::{AllowList, AllowListError, MAX_ALLOW_LIST_BYTES, MAX_PINNED_NAMES};

#[doc(hidden)]
pub mod fuzzing {
    //! Not for use: what tests/fuzz gives any bytes.
    pub use super::connection::End;
    pub use super::noise::{Noise, Opener, Sealer, Session};
}

use super::key::{NodeKey, Secret};
use super::node_api::{Peer, PeerAddress, PeerBook, PeerCounts, PeerError};
use crate::daemon::executor;
use crate::driver::Handle;
use crate::ledger::{Hash, format_timestamp};
use crate::node::{Message, Name, Node, Offence};
use crate::wire::{Hello, PROTOCOL_VERSION};
use address::normal;
use book::Book;
use connection::{Buffered, End};
use noise::Noise;
use scores::{Offender, Scores};
use trust::Trust;

/// How long [`Links::stop`] waits for links to say BYE.
const STOP_TIMEOUT: Duration = Duration::from_millis(300);

/// Who this node is to its peers.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name, unique in the network.
    pub name: Name,
    /// What tells its network from others: [`crate::ledger::network_id`].
    pub network: Hash,
    /// The latency it wants of its links, in clocks.
    pub latency: u64,
    /// The keys of links by Noise; without them links are plain TCP.
    pub security: Option<Security>,
}

/// What links by Noise need.
#[derive(Debug, Clone)]
pub struct Security {
    /// Shared by all nodes of the network.
    pub network_key: Secret,
    /// This node's own.
    pub node_key: NodeKey,
    /// Who is let in; without it whoever has the network key, each name with the key it had first.
    pub allowed: Option<AllowList>,
}

/// What all tasks of one node's links share.
struct Shared<N: Node> {
    handle: Handle<N>,
    hello: Hello,
    noise: Option<Noise>,
    book: Mutex<Book>,
    scores: Mutex<Scores>,
    /// What the times of links are counted from.
    began: Instant,
    buffered: Arc<Buffered>,
    /// Nobody is told any more why a link ends.
    crashed: AtomicBool,
}

impl<N: Node> Shared<N> {
    fn book(&self) -> MutexGuard<'_, Book> {
        // Every change of the book is whole before anything in it can panic.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scores(&self) -> MutexGuard<'_, Scores> {
        self.scores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that everything about links is counted in.
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Counts an offence. Where it is one too many, a ban begins and the offender's links are closed.
    fn blame(&self, offender: &Offender, known: Option<(Name, PeerAddress)>, offence: Offence) {
        let who = known
            .as_ref()
            .map(|(name, address)| format!(" ({name} at {address})"));
        let who = who.unwrap_or_default();
        log::info!("{offender}{who} did what no honest peer does: {offence}");
        if !self.scores().blame(offender, known, offence, self.now()) {
            return;
        }
        let seconds = BAN_TIME.as_secs();
        log::warn!(
            "{offender}{who} is banned for {seconds} seconds, for what no honest peer does, last {offence}; \
             POST /peer/add with its address lifts the ban"
        );
        let reason = format!("banned for {seconds} seconds, last for {offence}");
        self.book().close_all_of(offender, &reason);
    }

    fn check_ban(&self, offender: &Offender) -> Result<(), End> {
        let now = self.now();
        match self.scores().banned_until(offender, now) {
            None => Ok(()),
            Some(until) => {
                let seconds = (until - now).as_secs() + 1;
                let reason = format!("{offender} is banned for another {seconds} seconds");
                Err(End::Tell(reason))
            }
        }
    }

    /// Whether nobody from there is let in.
    fn is_banned_host(&self, host: IpAddr) -> bool {
        let offender = Offender::Address(host);
        self.scores().banned_until(&offender, self.now()).is_some()
    }

    /// Whether nobody at an address that was dialled would get a link.
    fn is_banned_at(&self, address: &PeerAddress) -> bool {
        let name = self.book().name_at(address);
        let ban = self.scores().ban_of(address, name.as_ref(), self.now());
        ban.is_some()
    }

    /// A time of links as people read it.
    fn shown(&self, at: Duration) -> String {
        let left = at.saturating_sub(self.now());
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since_1970.unwrap_or_default() + left;
        format_timestamp(seconds.as_secs() as i64)
    }
}

/// The links of one node. Dropping it closes them.
pub struct Links<N: Node<Message = Message> + Send + 'static> {
    shared: Arc<Shared<N>>,
    dials: Mutex<BTreeMap<PeerAddress, Task<()>>>,
    accepting: Mutex<Accepting>,
}

/// What became of the socket that peers connect to.
enum Accepting {
    /// Peers that connect have to wait.
    Not(TcpListener),
    /// They are accepted.
    Now(Task<()>),
    /// Nobody is there.
    Never,
}

impl<N: Node<Message = Message> + Send + 'static> Links<N> {
    /// The links of the node behind `handle`, on the daemon's executor. Peers connect to `listener`, and
    /// are accepted from [`Links::open`] on.
    ///
    /// # Errors
    /// When the listener does not know its own address.
    pub fn new(listener: TcpListener, handle: Handle<N>, identity: Identity) -> io::Result<Self> {
        let listen = listener.local_addr()?;
        let Identity {
            name,
            network,
            latency,
            security,
        } = identity;
        let (noise, trust) = match security {
            None => (None, Trust::default()),
            Some(security) => (
                Some(Noise::new(
                    security.network_key,
                    security.node_key,
                    &network,
                )),
                Trust::new(security.allowed),
            ),
        };
        let shared = Arc::new(Shared {
            handle,
            noise,
            book: Mutex::new(Book::new(name.clone(), listen, trust)),
            scores: Mutex::default(),
            began: Instant::now(),
            buffered: Arc::default(),
            hello: Hello {
                version: PROTOCOL_VERSION,
                network,
                name,
                listen,
                latency,
            },
            crashed: AtomicBool::new(false),
        });
        Ok(Self {
            shared,
            dials: Mutex::default(),
            accepting: Mutex::new(Accepting::Not(listener)),
        })
    }

    /// Accepts peers from now on.
    pub fn open(&self) {
        let mut accepting = self.accepting();
        *accepting = match std::mem::replace(&mut *accepting, Accepting::Never) {
            Accepting::Not(listener) => {
                let accept = accept::run(Arc::clone(&self.shared), listener);
                Accepting::Now(executor::spawn(accept))
            }
            other => other,
        };
    }

    /// Ends every link without a word. The port is free when this returns.
    pub async fn crash(&self) {
        self.shared.crashed.store(true, Ordering::Relaxed);
        let accepting = std::mem::replace(&mut *self.accepting(), Accepting::Never);
        if let Accepting::Now(task) = accepting {
            task.cancel().await;
        }
        self.close();
    }

    /// Accepts and dials nobody from now on, says BYE on every link, and waits a moment for that.
    pub async fn stop(&self) {
        self.close();
        let deadline = std::time::Instant::now() + STOP_TIMEOUT;
        while !self.shared.book().is_empty() && std::time::Instant::now() < deadline {
            Timer::after(Duration::from_millis(1)).await;
        }
    }

    /// Dials nobody from now on, but for new addresses that are added.
    pub fn dial_nobody(&self) {
        self.dials().clear();
    }

    fn close(&self) {
        *self.accepting() = Accepting::Never;
        self.dial_nobody();
        self.shared.book().close_all("the node is stopping");
    }

    fn accepting(&self) -> MutexGuard<'_, Accepting> {
        self.accepting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn dials(&self) -> MutexGuard<'_, BTreeMap<PeerAddress, Task<()>>> {
        self.dials.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<N: Node<Message = Message> + Send + 'static> PeerBook for Links<N> {
    fn list(&self) -> Vec<Peer> {
        let mut peers = self.shared.book().list();
        let (scores, now) = (self.shared.scores(), self.shared.now());
        for (name, address) in scores.banned(now) {
            if !peers.iter().any(|peer| peer.name.as_ref() == Some(name)) {
                peers.push(Peer::absent(address.clone(), Some(name.clone())));
            }
        }
        for peer in &mut peers {
            let until = scores.ban_of(&peer.address, peer.name.as_ref(), now);
            peer.banned_until = until.map(|until| self.shared.shown(until));
        }
        peers.sort_by(|a, b| a.address.cmp(&b.address));
        peers
    }

    fn counts(&self) -> PeerCounts {
        let scores = self.shared.scores();
        PeerCounts {
            offences: scores.offences().collect(),
            bans: scores.bans(),
            banned: scores.bans_on(self.shared.now()) as u64,
        }
    }

    fn add(&self, address: PeerAddress) -> Result<(), PeerError> {
        let address = normal(&address);
        let mut dials = self.dials();
        let name = self.shared.book().name_at(&address);
        self.shared.scores().lift(&address, name.as_ref());
        let (wake, woken) = async_channel::bounded(1);
        if self.shared.book().add(&address, wake)? {
            let dial = dial::run(Arc::clone(&self.shared), address.clone(), woken);
            dials.insert(address, executor::spawn(dial));
        }
        Ok(())
    }

    fn remove(&self, address: &PeerAddress) -> Result<(), PeerError> {
        let address = normal(address);
        let mut dials = self.dials();
        self.shared.book().drop_peer(&address)?;
        let dial = dials.remove(&address);
        // Let go of before the task, whose end may want them.
        drop(dials);
        drop(dial);
        Ok(())
    }

    fn missing(&self) -> Vec<PeerAddress> {
        self.shared.book().missing()
    }
}

impl<N: Node<Message = Message> + Send + 'static> Drop for Links<N> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<N: Node<Message = Message> + Send + 'static> std::fmt::Debug for Links<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links")
            .field("name", &self.shared.hello.name)
            .field("peers", &self.list())
            .finish_non_exhaustive()
    }
}
