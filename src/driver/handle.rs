//! What the rest of a program holds of a node.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::{Receiver, Sender};

use super::command::Command;
use super::error::DriverError;
use super::link::Link;
use super::observers::{Log, Subscription};
use crate::ledger::{Store, TxId, UncheckedBlock};
use crate::node::{Answer, Effect, HonestNode, Input, Name, Node, Payment, State, Status};

/// What a node is about at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The clock it has lived up to.
    pub clock: u64,
    /// What it does at this clock.
    pub status: Status,
    /// Whether it was started.
    pub started: bool,
}

impl View {
    pub(super) fn of(node: &impl Node) -> Self {
        Self {
            clock: node.clock(),
            status: node.status(),
            started: node.is_started(),
        }
    }
}

/// A handle to a running node. Cheap to clone; the node runs until the last one is gone or
/// [`Handle::stop`] is called.
///
/// Every async method sends one command to the [`Driver`](super::Driver) and waits for its reply. Commands are
/// carried out one after another, in the order they were sent. Dropping the future does not take the
/// command back once it was polled.
///
/// # Errors
/// Every async method fails with [`DriverError::Stopped`] when the driver is gone or goes away before
/// it replied. Under a [`Storage`](super::Storage) each replies when what it saw or did lasts, and fails
/// with [`DriverError::Storage`] when that is lost; while nothing can be written, all but
/// [`Handle::read`] do.
pub struct Handle<N: Node> {
    commands: Sender<Command<N>>,
    view: Arc<Mutex<View>>,
    log: Log,
}

impl<N: Node> Handle<N> {
    pub(super) fn new(commands: Sender<Command<N>>, view: Arc<Mutex<View>>, log: Log) -> Self {
        Self {
            commands,
            view,
            log,
        }
    }

    /// Switches the node on. A second start changes nothing. `salt` is a random number.
    ///
    /// # Errors
    /// See [`Handle`].
    pub async fn start(&self, salt: u64) -> Result<(), DriverError> {
        self.request(Input::Start { salt }).await.map(drop)
    }

    /// Back to clock 0 and genesis; links stay. Whoever waits for a clock gets
    /// [`DriverError::Reset`]. `salt` is a random number.
    ///
    /// # Errors
    /// [`DriverError::Refused`] when the node was not started; see [`Handle`].
    pub async fn reset(&self, salt: u64) -> Result<(), DriverError> {
        self.request(Input::Reset { salt }).await.map(drop)
    }

    /// Asks for a block to be mined.
    ///
    /// # Errors
    /// [`DriverError::Refused`] when the node was not started; see [`Handle`].
    pub async fn mine(&self) -> Result<(), DriverError> {
        self.request(Input::Mine).await.map(drop)
    }

    /// Moves the clock to `to`. Returns when the node has lived every clock up to there, and every
    /// message it has sent was acknowledged or has lost its link.
    ///
    /// # Errors
    /// [`DriverError::Refused`] when the clock is ahead already or the node was not started;
    /// [`DriverError::Reset`] when it was reset on the way; see [`Handle`].
    pub async fn clock(&self, to: u64) -> Result<(), DriverError> {
        self.ask(|reply| Command::Clock {
            to: Some(to),
            reply,
        })
        .await?
    }

    /// Moves the clock by one, from wherever it is when this request's turn comes: no reset can slip
    /// in between as it could when the clock is looked at first. Else as [`Handle::clock`].
    ///
    /// # Errors
    /// As [`Handle::clock`].
    pub async fn tick(&self) -> Result<(), DriverError> {
        self.ask(|reply| Command::Clock { to: None, reply }).await?
    }

    /// Adds a payment and returns its id.
    ///
    /// # Errors
    /// [`DriverError::Refused`] when it cannot be paid; see [`Handle`].
    pub async fn pay(&self, payment: Payment) -> Result<TxId, DriverError> {
        match self.request(Input::Pay(payment)).await? {
            Answer::Accepted { id } => Ok(id),
            Answer::Done => Err(DriverError::NoAnswer),
        }
    }

    /// Adds a block as if a peer had sent it.
    ///
    /// # Errors
    /// [`DriverError::Refused`] when it breaks a rule; see [`Handle`].
    pub async fn add_block(&self, block: UncheckedBlock) -> Result<(), DriverError> {
        self.request(Input::AddBlock(block)).await.map(drop)
    }

    /// Looks at the node between two inputs. `look` holds up the node: it should be quick, and copy
    /// what takes time to use.
    ///
    /// # Errors
    /// See [`Handle`].
    pub async fn read<R: Send + 'static>(
        &self,
        look: impl FnOnce(&N) -> R + Send + 'static,
    ) -> Result<R, DriverError> {
        self.ask(|reply| {
            Command::Read(Box::new(move |node, held| {
                held.reply(reply, node.map(look));
            }))
        })
        .await?
    }

    /// Makes the node another between two inputs, and carries out the effects that `change` gives back
    /// before it returns: for restoring a state. Whoever waits for a clock gets
    /// [`DriverError::Reset`]. A change that fails must leave the node as it was; then they go on
    /// waiting.
    ///
    /// # Errors
    /// See [`Handle`].
    pub async fn update<E: Send + 'static>(
        &self,
        change: impl FnOnce(&mut N) -> Result<Vec<Effect<N::Message>>, E> + Send + 'static,
    ) -> Result<Result<(), E>, DriverError> {
        self.ask(|reply| {
            Command::Update(Box::new(move |node| {
                let (effects, result) = match node.map(change) {
                    Ok(Ok(effects)) => (Some(effects), Ok(Ok(()))),
                    Ok(Err(error)) => (None, Ok(Err(error))),
                    Err(error) => (None, Err(error)),
                };
                let answer = move |lasts: Result<(), _>| drop(reply.try_send(lasts.and(result)));
                (effects, Box::new(answer))
            }))
        })
        .await?
    }

    /// What the node is about, as of the last input all of which lasts. Needs no driver that runs and waits for
    /// none.
    pub fn view(&self) -> View {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events from here on, or those after the event with the id `after`: 0 for all that are kept, the
    /// last [`EVENT_RING`](super::EVENT_RING). A subscriber that falls behind further is told so with
    /// [`Next::Lagged`](super::Next::Lagged) and harms nobody.
    pub fn subscribe(&self, after: Option<u64>) -> Subscription {
        self.log.subscribe(after)
    }

    /// The id of the last event, 0 before the first. Asked for within [`Handle::read`] it is that of the
    /// node as it is seen there: every event of what led up to it, and none of what comes after. Under a
    /// storage it may not be shown yet; what is read is answered after it is.
    pub fn last_event(&self) -> u64 {
        self.log.last()
    }

    /// Takes a link to `peer` up: the node is told, and the transport gets its end. `latency` is in
    /// clocks, the larger of what both ends want.
    ///
    /// # Errors
    /// [`DriverError::LinkExists`] when `peer` has one; see [`Handle`].
    pub async fn connect(&self, peer: Name, latency: u64) -> Result<Link<N::Message>, DriverError> {
        self.ask(|reply| Command::Connect {
            peer,
            latency,
            reply,
        })
        .await?
    }

    /// Ends the driver once it has carried out what it was asked before. Returns at once.
    pub fn stop(&self) {
        self.commands.close();
    }

    async fn request(&self, input: Input<N::Message>) -> Result<Answer, DriverError> {
        self.ask(|reply| Command::Request { input, reply }).await?
    }

    /// Sends the command that `command` makes of a place for its reply, and waits for that.
    async fn ask<R>(
        &self,
        command: impl FnOnce(Sender<R>) -> Command<N>,
    ) -> Result<R, DriverError> {
        let (reply, result): (_, Receiver<R>) = async_channel::bounded(1);
        self.send(command(reply))?;
        result.recv().await.map_err(|_| DriverError::Stopped)
    }

    fn send(&self, command: Command<N>) -> Result<(), DriverError> {
        self.commands
            .try_send(command)
            .map_err(|_| DriverError::Stopped)
    }
}

impl<S: Store + Clone + 'static> Handle<HonestNode<S>> {
    /// Makes the node what `state` says, see [`HonestNode::restore`]. Whoever waits for a clock gets
    /// [`DriverError::Reset`].
    ///
    /// # Errors
    /// [`DriverError::State`] when the state is refused: then nothing has changed; see [`Handle`].
    pub async fn restore(&self, state: State) -> Result<(), DriverError> {
        Ok(self.update(|node| node.restore(state)).await??)
    }
}

impl<N: Node> Clone for Handle<N> {
    fn clone(&self) -> Self {
        Self {
            commands: self.commands.clone(),
            view: Arc::clone(&self.view),
            log: self.log.clone(),
        }
    }
}

impl<N: Node> fmt::Debug for Handle<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("view", &self.view())
            .finish_non_exhaustive()
    }
}
