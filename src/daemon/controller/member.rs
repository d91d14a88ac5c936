//! One node as the controller knows it.

use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::future::FutureExt;
use smol::{Task, Timer};

use super::client::{Client, NODE_TIMEOUT};
use super::error::{CallError, ControllerError};
use super::follow::Follower;
use super::network::{NodeView, Reach};
use super::outline::Outline;
use super::{NodeAddress, NodeUrl};
use crate::daemon::executor;
use crate::daemon::node_api::PeerAddress;
use crate::node::{Name, Status};

/// How long a node that does not get to its clock has to show what it is about.
pub(super) const GLANCE_TIMEOUT: Duration = Duration::from_millis(250);

/// One node as the controller knows it.
pub(super) struct Member {
    pub(super) name: Name,
    pub(super) client: Client,
    /// Whether this controller started it.
    pub(super) own: bool,
    /// Where it listens for peers, once that is known.
    pub(super) p2p: Option<PeerAddress>,
    pub(super) reach: Reach,
    /// Why it is not up.
    pub(super) why: Option<String>,
    pub(super) outline: Option<Arc<Outline>>,
    /// Whether it has been read since it is there: its name, its tree.
    pub(super) joined: bool,
    pending: Option<Pending>,
    follower: Option<(Follower, Receiver<()>)>,
    /// Wakes the controller.
    news: Sender<()>,
}

/// A request that goes on though nobody waits for it any more.
struct Pending {
    ended: Receiver<Result<(), CallError>>,
    /// Whether the node answers other requests meanwhile.
    answers: bool,
    _task: Task<()>,
}

/// What came of a request that may take long.
enum Waited {
    Done(Result<(), CallError>),
    /// It goes on.
    Late(Pending),
}

impl Member {
    /// A node of others, or one of the fleet: `own` says whether it has just begun.
    pub(super) fn new(
        name: Name,
        address: &NodeAddress,
        own: Option<bool>,
        news: Sender<()>,
    ) -> Result<Self, ControllerError> {
        let client = Client::new(name.as_str(), address)?;
        let is_new = own == Some(true);
        let follower = Some(Follower::new(client.clone(), news.clone(), is_new));
        Ok(Self {
            name,
            client,
            own: own.is_some(),
            p2p: None,
            reach: Reach::Down,
            why: Some("it has not answered yet".to_owned()),
            outline: None,
            joined: false,
            pending: None,
            follower,
            news,
        })
    }

    pub(super) fn url(&self) -> &NodeUrl {
        self.client.url()
    }

    pub(super) fn is_up(&self) -> bool {
        self.reach == Reach::Up
    }

    /// Calls itself by the name the node gave.
    pub(super) fn rename(&mut self, name: Name) {
        self.client = self.client.named(name.as_str());
        self.name = name;
    }

    pub(super) fn clock(&self) -> u64 {
        self.outline
            .as_ref()
            .map_or(0, |outline| outline.node.state.clock)
    }

    /// Whether its clock is moved at a tick.
    pub(super) fn takes_ticks(&self) -> bool {
        let ready = |outline: &Arc<Outline>| outline.node.started && outline.ticks_itself.is_none();
        self.is_up() && self.outline.as_ref().is_some_and(ready)
    }

    /// Why its clock did not move at a tick.
    pub(super) fn why_still(&self) -> String {
        let outline = self.outline.as_ref();
        match outline.filter(|_| self.is_up()) {
            Some(outline) if !outline.node.started => {
                "it is not started: start it first, or give it --start".to_owned()
            }
            Some(outline) if outline.ticks_itself.is_some() => {
                "its clock runs by itself".to_owned()
            }
            _ => self
                .why
                .clone()
                .unwrap_or_else(|| "it does not answer".to_owned()),
        }
    }

    /// Whether it has a link, as far as it said itself.
    pub(super) fn is_linked_to(&self, peer: &Name) -> bool {
        let linked = |outline: &Arc<Outline>| outline.node.state.peers().any(|name| name == peer);
        self.is_up_or_slow() && self.outline.as_ref().is_some_and(linked)
    }

    fn is_up_or_slow(&self) -> bool {
        matches!(self.reach, Reach::Up | Reach::Slow)
    }

    /// Whether it is worth asking how it is.
    pub(super) fn may_answer(&self) -> bool {
        let connected = self
            .follower
            .as_ref()
            .is_some_and(|(follower, _)| follower.is_connected());
        match self.reach {
            Reach::Up => true,
            Reach::Slow => self.pending.as_ref().is_none_or(|pending| pending.answers),
            Reach::Down => connected,
            Reach::Crashed => false,
        }
    }

    /// Whether something about it is to be looked at.
    pub(super) fn has_news(&self) -> bool {
        let ended = self
            .pending
            .as_ref()
            .is_some_and(|pending| !pending.ended.is_empty());
        let told = self.follower.as_ref().is_some_and(|(follower, _)| {
            let back = self.reach == Reach::Down && follower.is_connected();
            let gone = self.is_up() && !follower.is_connected();
            follower.has_news() || back || gone
        });
        ended || told
    }

    pub(super) fn follower(&self) -> Option<&Follower> {
        self.follower.as_ref().map(|(follower, _)| follower)
    }

    /// Waits until the events up to the last outline were brought, or until `deadline`.
    pub(super) async fn events_there(&self, deadline: impl Future<Output = ()>) {
        let (Some((follower, moves)), Some(outline)) = (&self.follower, &self.outline) else {
            return;
        };
        let there = async {
            while !follower.has_seen(outline.event) {
                let _ = moves.recv().await;
            }
        };
        there.or(deadline).await;
    }

    /// Moves the clock by one. `false` when the node did not move and does not say why it could not:
    /// its clock was elsewhere.
    pub(super) async fn move_clock(&mut self) -> bool {
        let path = format!("/clock/{}", self.clock() + 1);
        let client = self.client.clone();
        let asked = async move { client.post_patiently(&path).await };
        match self.wait_for(asked).await {
            Waited::Done(Ok(())) => true,
            Waited::Done(Err(CallError::Refused { .. })) => false,
            Waited::Done(Err(error)) => {
                self.is_down(&error);
                true
            }
            Waited::Late(pending) => {
                self.pending = Some(pending);
                self.reach = Reach::Slow;
                self.look_at_it_while_slow().await;
                true
            }
        }
    }

    /// Says why its clock stands still, if it does show.
    async fn look_at_it_while_slow(&mut self) {
        let (to, seconds) = (self.clock() + 1, NODE_TIMEOUT.as_secs());
        match Outline::ask(&self.client, GLANCE_TIMEOUT).await {
            Ok(outline) => self.is_slow(outline),
            Err(_) => {
                self.hangs();
                self.why = Some(format!(
                    "it has not reached clock {to} within {seconds} seconds and does not answer: look \
                     whether its process runs"
                ));
            }
        }
    }

    fn hangs(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.answers = false;
        }
    }

    /// Takes in how it is while a request to it goes on.
    fn is_slow(&mut self, outline: Outline) {
        let searches = outline.node.state.status == Status::Mining
            && (outline.node.mining).is_some_and(|mining| mining.clock == mining.of);
        self.why = Some(match searches {
            true => "still searching its nonce".to_owned(),
            false => {
                "it has not got to its clock yet, messages of it are not acknowledged".to_owned()
            }
        });
        self.outline = Some(Arc::new(outline));
    }

    /// Waits for a request for [`NODE_TIMEOUT`]; it goes on after that.
    async fn wait_for(
        &self,
        asked: impl Future<Output = Result<(), CallError>> + Send + 'static,
    ) -> Waited {
        let (ending, ended) = async_channel::bounded(1);
        let news = self.news.clone();
        let task = executor::spawn(async move {
            let answer = asked.await;
            // Fails when the node was given up meanwhile.
            let _ = ending.try_send(answer);
            let _ = news.try_send(());
        });
        let answer = async {
            // The task sends before it ends.
            ended.recv().await.ok()
        };
        let late = async {
            Timer::after(NODE_TIMEOUT).await;
            None
        };
        match answer.or(late).await {
            Some(answer) => Waited::Done(answer),
            None => Waited::Late(Pending {
                ended,
                answers: true,
                _task: task,
            }),
        }
    }

    /// Looks whether a request that took long is answered now.
    pub(super) fn settle(&mut self) {
        let Some(pending) = &self.pending else {
            return;
        };
        let Ok(answer) = pending.ended.try_recv() else {
            return;
        };
        self.pending = None;
        match answer {
            // What a node says no to it has at least heard.
            Ok(()) | Err(CallError::Refused { .. }) => self.reach = Reach::Up,
            Err(error) => self.is_down(&error),
        }
    }

    /// Whether a request to it goes on.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Takes in what `GET outline` came to.
    pub(super) fn looked(&mut self, answer: Result<Outline, CallError>) {
        match answer {
            Ok(outline) if self.is_pending() => self.is_slow(outline),
            Ok(outline) => {
                self.outline = Some(Arc::new(outline));
                self.reach = Reach::Up;
                self.why = None;
            }
            Err(error @ CallError::Late { .. }) => {
                self.why = Some(format!("{error}"));
                self.reach = Reach::Slow;
                self.hangs();
                if self.pending.is_none() {
                    self.ask_patiently();
                }
            }
            Err(error) => self.is_down(&error),
        }
    }

    /// Asks how it is, however long that takes.
    fn ask_patiently(&mut self) {
        let (ending, ended) = async_channel::bounded(1);
        let (client, news) = (self.client.clone(), self.news.clone());
        let task = executor::spawn(async move {
            let answer = client.get_patiently("/status").await;
            let _ = ending.try_send(answer);
            let _ = news.try_send(());
        });
        self.pending = Some(Pending {
            ended,
            answers: false,
            _task: task,
        });
    }

    /// Nobody answers, or nothing that makes sense.
    pub(super) fn is_down(&mut self, error: &CallError) {
        self.pending = None;
        self.reach = Reach::Down;
        self.why = Some(error.to_string());
    }

    /// It was ended by this controller.
    pub(super) fn has_crashed(&mut self) {
        self.pending = None;
        self.follower = None;
        self.outline = None;
        self.reach = Reach::Crashed;
        self.why = Some(format!(
            "it was crashed: start it again with {{\"start\": \"{}\"}}",
            self.name
        ));
    }

    /// It runs again, with nothing left of what it was.
    pub(super) fn was_started_again(&mut self) {
        self.client = self.client.named(self.name.as_str());
        self.follower = Some(Follower::new(self.client.clone(), self.news.clone(), true));
        self.reach = Reach::Down;
        self.why = Some("it has not answered yet".to_owned());
    }

    pub(super) fn view(&self) -> NodeView {
        let outline = self.outline.as_ref();
        let node = outline.map(|outline| &outline.node);
        let count = |count: fn(&crate::node::Outline) -> usize| node.map_or(0, count) as u64;
        NodeView {
            name: self.name.clone(),
            http: self.url().to_string(),
            p2p: self.p2p.as_ref().map(ToString::to_string),
            own: self.own,
            state: self.reach,
            why: self.why.clone(),
            started: node.is_some_and(|node| node.started),
            ticks_itself: outline.and_then(|outline| outline.ticks_itself),
            clock: self.clock(),
            status: node.map_or(Status::Idle, |node| node.state.status),
            mining: node.and_then(|node| node.mining),
            height: node.map_or(0, |node| node.height),
            tip: node.map(|node| node.tip),
            pool: count(|node| node.pool),
            inbox: count(|node| node.inbox),
            waiting: count(|node| node.waiting),
            queued: count(|node| node.queued),
        }
    }
}
