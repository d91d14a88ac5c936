//! The event loop: one command at a time in, effects carried out.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_channel::{Receiver, Sender, WeakSender};

use super::error::DriverError;
use super::handle::{Handle, View};
use super::link::{Link, LinkId, Links, OUTGOING_QUEUE, Port, Report};
use super::observers::{EVENT_RING, Publisher};
use super::options::Options;
use super::search::Running;
use super::waits::{ClockReply, Waits};
use crate::node::{Answer, Effect, Input, Name, Node, RequestError, Search};

/// After so many commands the other tasks of the executor get a turn, even if more commands wait.
const COMMANDS_A_TURN: usize = 64;

/// Where the answer to a request goes.
pub(super) type Reply = Sender<Result<Answer, DriverError>>;

/// Changes the node, and gives back what is to be done about it, `None` where the change failed, and
/// what replies: only when everyone sees the change.
pub(super) type Update<N> =
    Box<dyn FnOnce(&mut N) -> (Option<Effects<N>>, Box<dyn FnOnce() + Send>) + Send>;

type Effects<N> = Vec<Effect<<N as Node>::Message>>;

/// What the event loop is asked to do.
///
/// The channel of commands has no bound and needs none: whoever waits for a reply has one command in
/// it at a time, a link reports no more acknowledgements than it was given messages and goes down
/// once, a search finds once.
pub(super) enum Command<N: Node> {
    /// A controller's request, all but the clock.
    Request {
        input: Input<N::Message>,
        reply: Reply,
    },
    /// The clock's request, answered when it is reached. `None`: one clock on from wherever it is.
    Clock { to: Option<u64>, reply: ClockReply },
    /// Something to do with the node that leaves it as it is.
    Read(Box<dyn FnOnce(&N) + Send>),
    /// Something to do with the node that makes it another.
    Update(Update<N>),
    /// A transport offers a link.
    Connect {
        peer: Name,
        latency: u64,
        reply: Sender<Result<Link<N::Message>, DriverError>>,
    },
    /// A link's transport reports.
    Link {
        peer: Name,
        link: LinkId,
        report: Report<N::Message>,
    },
    /// A search found its nonce.
    Found { search: u64, nonce: u64 },
}

/// How links and searches send commands. Weak: they do not keep the event loop going.
struct Commands<N: Node>(WeakSender<Command<N>>);

impl<N: Node> Commands<N> {
    /// Lost when the event loop is over, which its links see for themselves.
    fn send(&self, command: Command<N>) {
        if let Some(commands) = self.0.upgrade() {
            let _ = commands.try_send(command);
        }
    }
}

impl<N: Node> Port<N::Message> for Commands<N> {
    fn report(&self, peer: Name, link: LinkId, report: Report<N::Message>) {
        self.send(Command::Link { peer, link, report });
    }
}

/// One node as an event loop: run it as a task of any executor with [`Driver::run`], or on a thread
/// with [`Driver::run_blocking`]. All else goes through its [`Handle`].
pub struct Driver<N: Node> {
    node: N,
    options: Options,
    commands: Receiver<Command<N>>,
    port: Arc<Commands<N>>,
    links: Links<N::Message>,
    waits: Waits,
    search: Option<Running>,
    view: Arc<Mutex<View>>,
    publisher: Publisher,
}

impl<N: Node + 'static> Driver<N> {
    /// A driver for `node`, and the first handle to it.
    pub fn new(node: N, options: Options) -> (Self, Handle<N>) {
        let (sender, commands) = async_channel::unbounded();
        let publisher = Publisher::keeping(EVENT_RING);
        let view = Arc::new(Mutex::new(View::of(&node)));
        let driver = Self {
            port: Arc::new(Commands(sender.downgrade())),
            links: Links::new(),
            waits: Waits::default(),
            search: None,
            view: Arc::clone(&view),
            node,
            options,
            commands,
            publisher,
        };
        let handle = Handle::new(sender, view, driver.publisher.log());
        (driver, handle)
    }

    /// Runs until every [`Handle`] is gone or [`Handle::stop`] was called. Then the search that runs
    /// is cancelled, every link closed, and whoever still waits gets [`DriverError::Stopped`].
    pub async fn run(mut self) {
        let mut carried_out = 0usize;
        while let Ok(command) = self.commands.recv().await {
            self.carry_out_command(command);
            carried_out = carried_out.wrapping_add(1);
            if carried_out.is_multiple_of(COMMANDS_A_TURN) {
                yield_now().await;
            }
        }
    }

    /// As [`Driver::run`], on this thread and without an executor.
    pub fn run_blocking(mut self) {
        while let Ok(command) = self.commands.recv_blocking() {
            self.carry_out_command(command);
        }
    }

    /// Replies fail when the caller no longer waits for one, which is nobody's loss.
    fn carry_out_command(&mut self, command: Command<N>) {
        match command {
            Command::Request { input, reply } => self.request(input, &reply),
            Command::Clock { to, reply } => self.clock(to, reply),
            Command::Read(read) => read(&self.node),
            Command::Update(update) => {
                let (effects, reply) = update(&mut self.node);
                if let Some(effects) = effects {
                    self.waits.reset();
                    let mut down = VecDeque::new();
                    self.carry_out(effects, &mut down);
                    self.take_down(down);
                }
                reply();
            }
            Command::Connect {
                peer,
                latency,
                reply,
            } => self.connect(peer, latency, &reply),
            Command::Link { peer, link, report } => self.link_report(peer, link, report),
            Command::Found { search, nonce } => {
                self.hand_in(Input::NonceFound { search, nonce });
            }
        }
        self.waits.settle(&self.links);
    }

    fn request(&mut self, input: Input<N::Message>, reply: &Reply) {
        let resets = matches!(input, Input::Reset { .. });
        let answer = self.hand_in(input);
        if resets && matches!(answer, Some(Ok(_))) {
            self.waits.reset();
        }
        let _ = reply.try_send(match answer {
            Some(answer) => answer.map_err(DriverError::Refused),
            None => Err(DriverError::NoAnswer),
        });
    }

    fn clock(&mut self, to: Option<u64>, reply: ClockReply) {
        let to = to.unwrap_or_else(|| self.node.clock().saturating_add(1));
        let wall = (self.options.wall)();
        let refused = match self.hand_in(Input::Clock { to, wall }) {
            Some(Ok(_)) => return self.waits.add(to, reply),
            Some(Err(refused)) => DriverError::Refused(refused),
            None => DriverError::NoAnswer,
        };
        let _ = reply.try_send(Err(refused));
    }

    fn connect(
        &mut self,
        peer: Name,
        latency: u64,
        reply: &Sender<Result<Link<N::Message>, DriverError>>,
    ) {
        if self.links.contains(&peer) {
            let _ = reply.try_send(Err(DriverError::LinkExists { peer }));
            return;
        }
        let port: Arc<dyn Port<N::Message>> = self.port.clone();
        let link = self.links.open(peer.clone(), port);
        self.hand_in(Input::PeerUp { peer, latency });
        // A caller that no longer waits drops the link, which takes it down again.
        let _ = reply.try_send(Ok(link));
    }

    fn link_report(&mut self, peer: Name, link: LinkId, report: Report<N::Message>) {
        if !self.links.is(&peer, link) {
            return;
        }
        match report {
            Report::Deliver { message, reply } => {
                let from = peer.clone();
                self.hand_in(Input::Message { from, message });
                if self.links.is(&peer, link) {
                    let _ = reply.try_send(());
                }
            }
            Report::Acknowledged { count } => self.links.acknowledge(&peer, link, count),
            Report::Down => {
                self.links.close(&peer, "the transport let go".to_owned());
                self.hand_in(Input::PeerDown { peer });
            }
        }
    }

    /// Hands one fact to the node and carries out what comes of it, then does the same with the links
    /// that went down on the way. The answer is given back and so goes out last: whoever has it finds
    /// all the rest done.
    fn hand_in(&mut self, input: Input<N::Message>) -> Option<Result<Answer, RequestError>> {
        let mut down = VecDeque::new();
        let effects = self.node.handle(input);
        let answer = self.carry_out(effects, &mut down);
        self.take_down(down);
        answer
    }

    /// Tells the node of the links that went down, and carries out what comes of that.
    fn take_down(&mut self, mut down: VecDeque<Name>) {
        while let Some(peer) = down.pop_front() {
            let effects = self.node.handle(Input::PeerDown { peer });
            self.carry_out(effects, &mut down);
        }
    }

    fn carry_out(
        &mut self,
        effects: Effects<N>,
        down: &mut VecDeque<Name>,
    ) -> Option<Result<Answer, RequestError>> {
        let mut answer = None;
        let mut effects = effects.into_iter().peekable();
        while let Some(Effect::Persist(_)) = effects.peek() {
            // Here a driver with storage writes, before anything below is seen by anyone.
            effects.next();
        }
        self.refresh_view();
        for effect in effects {
            match effect {
                Effect::Persist(_) => debug_assert!(false, "a persist effect comes first"),
                Effect::Send { to, message } => {
                    if !self.links.send(&to, message) {
                        let reason =
                            format!("{OUTGOING_QUEUE} messages wait to be sent, no more fit");
                        self.close(to, reason, down);
                    }
                }
                Effect::Offence { peer, offence } => self.links.offended(&peer, offence),
                Effect::Close { peer, reason } => self.close(peer, reason, down),
                Effect::Search(search) => self.start_search(search),
                Effect::CancelSearch => self.search = None,
                Effect::Answer(given) => answer = Some(given),
                Effect::Reached { clock } => self.waits.reached(clock),
                Effect::Event(event) => {
                    self.publisher.publish(event);
                }
            }
        }
        answer
    }

    fn close(&mut self, peer: Name, reason: String, down: &mut VecDeque<Name>) {
        if self.links.close(&peer, reason) {
            down.push_back(peer);
        }
    }

    fn start_search(&mut self, search: Search) {
        let running = Running::default();
        let (port, id) = (Arc::clone(&self.port), search.id);
        let found = Box::new(move |nonce| port.send(Command::Found { search: id, nonce }));
        let stop = running.stop_flag();
        // Ends the one before.
        self.search = Some(running);
        self.options.searcher.search(search, stop, found);
    }

    fn refresh_view(&self) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = View::of(&self.node);
    }
}

/// Not ready once.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<N: Node + std::fmt::Debug> std::fmt::Debug for Driver<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}
