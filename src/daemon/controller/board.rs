//! What everyone may look at without waiting for a turn.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::network::{
    Activity, BranchView, ControllerEvent, LessonView, LinkView, Network, NodeEvent, NodeView,
    Position,
};
use crate::driver::{Publisher, Subscription};
use crate::ledger::{Account, Hash};

/// How many of its events a controller keeps for those who resume or fall behind.
pub const CONTROLLER_EVENTS: usize = 1024;

/// The network as it was last seen, and everything that was told about it.
pub(super) struct Board {
    view: Mutex<Network>,
    publisher: Publisher<ControllerEvent>,
}

/// What a network starts from, as far as it is shown.
pub(super) struct Origin {
    pub(super) network: Hash,
    pub(super) genesis: Hash,
    pub(super) difficulty: Option<u8>,
    pub(super) signatures: bool,
    pub(super) accounts: Vec<Account>,
}

/// All nodes and links at one moment.
#[derive(Clone, PartialEq)]
pub(super) struct Sight {
    pub(super) nodes: Vec<NodeView>,
    pub(super) links: Vec<LinkView>,
}

impl Board {
    pub(super) fn new(fleet: bool) -> Self {
        let main = BranchView {
            id: 0,
            name: "main".to_owned(),
            parent: None,
            from: 0,
            first: 0,
            last: 0,
        };
        Self {
            view: Mutex::new(Network {
                event: 0,
                version: env!("CARGO_PKG_VERSION"),
                network: None,
                genesis: None,
                difficulty: None,
                signatures: false,
                accounts: Vec::new(),
                tick: 0,
                activity: None,
                nodes: Vec::new(),
                links: Vec::new(),
                position: Position {
                    branch: 0,
                    tick: 0,
                    live: true,
                },
                branches: vec![main],
                lesson: None,
                fleet,
            }),
            publisher: Publisher::keeping(CONTROLLER_EVENTS),
        }
    }

    fn view(&self) -> MutexGuard<'_, Network> {
        // Every change is whole before anything in it can panic.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the view and tells of it; nobody sees one without the other.
    fn tell(&self, change: impl FnOnce(&mut Network) -> ControllerEvent) {
        let mut view = self.view();
        let event = change(&mut view);
        view.event = self.publisher.publish(event);
    }

    pub(super) fn network(&self) -> Network {
        self.view().clone()
    }

    pub(super) fn subscribe(&self, after: Option<u64>) -> Subscription<ControllerEvent> {
        self.publisher.subscribe(after)
    }

    pub(super) fn publish(&self, event: ControllerEvent) {
        self.tell(|_| event);
    }

    pub(super) fn ticked(&self, sight: Sight, events: Vec<NodeEvent>) {
        self.tell(|view| {
            view.nodes.clone_from(&sight.nodes);
            view.links.clone_from(&sight.links);
            ControllerEvent::Tick {
                tick: view.tick,
                nodes: sight.nodes,
                links: sight.links,
                events,
                position: view.position,
                branches: view.branches.clone(),
            }
        });
    }

    /// Tells what is new, if anything is.
    pub(super) fn changed(&self, sight: Sight, events: Vec<NodeEvent>) {
        let same = {
            let view = self.view();
            events.is_empty() && view.nodes == sight.nodes && view.links == sight.links
        };
        if same {
            return;
        }
        self.tell(|view| {
            view.nodes.clone_from(&sight.nodes);
            view.links.clone_from(&sight.links);
            ControllerEvent::Changed {
                nodes: sight.nodes,
                links: sight.links,
                events,
            }
        });
    }

    pub(super) fn set_activity(&self, activity: Option<Activity>) {
        self.tell(|view| {
            view.activity.clone_from(&activity);
            ControllerEvent::Activity { activity }
        });
    }

    pub(super) fn set_lesson(&self, lesson: Option<LessonView>) {
        self.tell(|view| {
            view.lesson.clone_from(&lesson);
            ControllerEvent::Lesson { lesson }
        });
    }

    pub(super) fn set_origin(&self, origin: Option<Origin>) {
        let mut view = self.view();
        view.network = origin.as_ref().map(|origin| origin.network);
        view.genesis = origin.as_ref().map(|origin| origin.genesis);
        view.difficulty = origin.as_ref().and_then(|origin| origin.difficulty);
        view.signatures = origin.as_ref().is_some_and(|origin| origin.signatures);
        view.accounts = origin.map(|origin| origin.accounts).unwrap_or_default();
    }

    /// Says what tick it is, on the branch of history where the network is.
    pub(super) fn set_tick(&self, tick: u64) {
        let mut view = self.view();
        view.tick = tick;
        view.position.tick = tick;
        let branch = view.position.branch;
        if let Some(branch) = view.branches.iter_mut().find(|known| known.id == branch) {
            branch.last = tick;
        }
    }

    pub(super) fn set_place(&self, position: Position, branches: Vec<BranchView>) {
        let mut view = self.view();
        view.position = position;
        view.branches = branches;
    }
}
