//! The event loop: one command at a time in, effects carried out.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_channel::{Receiver, Sender};

use super::command::{Command, Commands, Update, Written};
use super::error::DriverError;
use super::failure::Keeping;
use super::handle::{Handle, View};
use super::held::{Held, Outward};
use super::link::{Link, LinkId, Links, OUTGOING_QUEUE, Port, Report};
use super::observers::{EVENT_RING, Publisher};
use super::options::Options;
use super::search::Running;
use super::storage::Storage;
use super::waits::{ClockReply, Waits};
use crate::node::{Answer, Effect, Input, Name, Node, RequestError, Search};

/// After so many commands the other tasks of the executor get a turn, even if more commands wait.
const COMMANDS_A_TURN: usize = 64;

/// One node as an event loop: run it as a task of any executor with [`Driver::run`], or on a thread
/// with [`Driver::run_blocking`]. All else goes through its [`Handle`].
pub struct Driver<N: Node> {
    pub(super) node: N,
    options: Options,
    commands: Receiver<Command<N>>,
    port: Arc<Commands<N>>,
    pub(super) links: Links<N::Message>,
    pub(super) waits: Waits,
    pub(super) search: Option<Running>,
    view: Arc<Mutex<View>>,
    pub(super) publisher: Publisher,
    /// Where what must last is written; without, nothing lasts longer than the driver.
    pub(super) keeping: Option<Keeping<N>>,
    pub(super) held: Held<N::Message>,
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
            keeping: None,
            held: Held::new(),
        };
        let handle = Handle::new(sender, view, driver.publisher.log());
        (driver, handle)
    }

    /// As [`Driver::new`], for a node whose [`Effect::Persist`] goes to `storage`. The event loop does not
    /// wait for it, and the node goes on; but nothing that came after a write is answered, sent,
    /// acknowledged, shown or read by anyone before that write lasts, unless it [`promises`](Node::promises)
    /// nothing.
    ///
    /// When a write is lost, so is all that came after it: who waited gets [`DriverError::Storage`],
    /// links are closed, the search ends, and the node is the one that was written. It is read as
    /// before. Whatever would change it first tries whether writes last again, and is refused while they
    /// do not.
    ///
    /// Once the driver stops it waits for the storage to finish: for that long it blocks its thread.
    pub fn with_storage(
        node: N,
        options: Options,
        mut storage: Box<dyn Storage<N>>,
    ) -> (Self, Handle<N>) {
        let (mut driver, handle) = Self::new(node, options);
        let port = Arc::clone(&driver.port);
        storage.start(Box::new(move |writes| port.send(Command::Written(writes))));
        driver.keeping = Some(Keeping::new(storage));
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
        self.finish();
    }

    /// As [`Driver::run`], on this thread and without an executor.
    pub fn run_blocking(mut self) {
        while let Ok(command) = self.commands.recv_blocking() {
            self.carry_out_command(command);
        }
        self.finish();
    }

    fn carry_out_command(&mut self, command: Command<N>) {
        match command {
            Command::Request { input, reply } => self.request(input, reply),
            Command::Clock { to, reply } => self.clock(to, reply),
            Command::Read(look) => {
                let refused = self.unreadable();
                look(refused.map_or(Ok(&self.node), Err), &mut self.held);
            }
            Command::Update(update) => self.update(update),
            Command::Connect {
                peer,
                latency,
                reply,
            } => {
                let link = self.connect(peer, latency);
                self.held.reply(reply, link);
            }
            Command::Link { peer, link, report } => self.link_report(peer, link, report),
            Command::Found { search, nonce } => {
                if self.search.is_some() {
                    self.hand_in(Input::NonceFound { search, nonce });
                }
            }
            Command::Written(Ok(writes)) => {
                self.held.last(writes);
                self.release();
            }
            Command::Written(Err(error)) => self.fail(error),
        }
        self.waits.settle(&self.links);
    }

    fn request(&mut self, input: Input<N::Message>, reply: Sender<Result<Answer, DriverError>>) {
        if let Err(error) = self.recover() {
            return self.held.reply(reply, Err(error));
        }
        let resets = matches!(input, Input::Reset { .. });
        let answer = self.hand_in(input);
        if resets && matches!(answer, Some(Ok(_))) {
            self.show(Outward::Reset);
        }
        let answer = match answer {
            Some(answer) => answer.map_err(DriverError::Refused),
            None => Err(DriverError::NoAnswer),
        };
        self.held.reply(reply, answer);
    }

    fn clock(&mut self, to: Option<u64>, reply: ClockReply) {
        if let Err(error) = self.recover() {
            return self.held.reply(reply, Err(error));
        }
        let to = to.unwrap_or_else(|| self.node.clock().saturating_add(1));
        let wall = (self.options.wall)();
        let refused = match self.hand_in(Input::Clock { to, wall }) {
            Some(Ok(_)) => return self.show(Outward::Wait { to, reply }),
            Some(Err(refused)) => DriverError::Refused(refused),
            None => DriverError::NoAnswer,
        };
        self.held.reply(reply, Err(refused));
    }

    fn update(&mut self, update: Update<N>) {
        let ready = self.recover();
        let (effects, reply) = update(ready.map(|()| &mut self.node));
        if let Some(effects) = effects {
            let effects = self.write(effects);
            self.show(Outward::Reset);
            let mut down = VecDeque::new();
            self.carry_out(effects, &mut down);
            self.take_down(down);
        }
        self.show(Outward::Reply(reply));
    }

    fn connect(&mut self, peer: Name, latency: u64) -> Result<Link<N::Message>, DriverError> {
        self.recover()?;
        if self.links.contains(&peer) {
            return Err(DriverError::LinkExists { peer });
        }
        let port: Arc<dyn Port<N::Message>> = self.port.clone();
        let link = self.links.open(peer.clone(), port);
        self.hand_in(Input::PeerUp { peer, latency });
        // A caller that no longer waits drops the link, which takes it down again.
        Ok(link)
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
                    self.show(Outward::Taken(reply));
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
        let effects = self.write(effects);
        let answer = self.carry_out(effects, &mut down);
        self.take_down(down);
        answer
    }

    /// Tells the node of the links that went down, and carries out what comes of that.
    fn take_down(&mut self, mut down: VecDeque<Name>) {
        while let Some(peer) = down.pop_front() {
            let effects = self.node.handle(Input::PeerDown { peer });
            let effects = self.write(effects);
            self.carry_out(effects, &mut down);
        }
    }

    fn carry_out(
        &mut self,
        effects: Written<N>,
        down: &mut VecDeque<Name>,
    ) -> Option<Result<Answer, RequestError>> {
        let mut answer = None;
        for effect in effects {
            match effect {
                Effect::Persist(_) => debug_assert!(false, "a persist effect comes first"),
                Effect::Send { to, message } => {
                    if !self.send(&to, message) {
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
                Effect::Reached { clock } => self.show(Outward::Reached(clock)),
                Effect::Event(event) => self.show_event(event),
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

    pub(super) fn view(&self) -> View {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_view(&self, view: View) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
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
