//! Asking for the blocks between this node's chain and a peer's.

use super::*;
use crate::node::message::Body;

/// How many clocks a peer may take to answer, besides the link's latency, before another one is asked.
pub const PATIENCE: u64 = 10;

/// Peers that announced a block whose parent is not known, and the one that was asked.
#[derive(Debug, Clone, Default)]
pub(super) struct CatchUp {
    /// In the order they are to be asked.
    pub(super) announcers: Vec<(Name, Hash)>,
    /// Who was asked last, and until which clock the answer is waited for.
    pub(super) asked: Option<(Name, u64)>,
}

impl CatchUp {
    /// Waits for an answer of `peer` no longer.
    fn ask_no_more(&mut self, peer: &Name) {
        self.asked.take_if(|(asked, _)| asked == peer);
    }

    /// The clock at which another peer is asked.
    pub(super) fn next_change(&self) -> Option<u64> {
        let (asked, until) = self.asked.as_ref()?;
        self.announcers
            .iter()
            .any(|(peer, _)| peer != asked)
            .then_some(*until)
    }
}

impl<S: Store> HonestNode<S> {
    /// A peer announced a block that cannot be connected: it is asked at once, at no cost, unless
    /// another one was asked already.
    pub(super) fn announced(&mut self, peer: Name, hash: Hash) {
        let Some(link) = self.links.get_mut(&peer) else {
            return;
        };
        // A peer that was reset has forgotten what it was asked, and will never answer.
        if self.clock >= link.patience {
            link.asked = None;
            self.catch_up.asked.take_if(|(asked, _)| *asked == peer);
        }
        link.announced_more = true;
        match self
            .catch_up
            .announcers
            .iter_mut()
            .find(|(announcer, _)| *announcer == peer)
        {
            Some((_, announced)) => *announced = hash,
            None => self.catch_up.announcers.push((peer, hash)),
        }
        self.ask_next();
    }

    /// Asks the first announcer that can be asked, if nobody is being asked.
    fn ask_next(&mut self) {
        if self.catch_up.asked.is_some() {
            return;
        }
        let ledger = &self.ledger;
        self.catch_up
            .announcers
            .retain(|(_, hash)| !ledger.contains(hash));
        let free = |peer: &Name| {
            self.links
                .get(peer)
                .is_some_and(|link| link.asked.is_none())
        };
        let next = self.catch_up.announcers.iter().find(|(peer, _)| free(peer));
        let Some(peer) = next.map(|(peer, _)| peer.clone()) else {
            return;
        };
        let sequence = self.send(&peer, Body::ReqChain(self.ledger.locator()));
        let link = self
            .links
            .get_mut(&peer)
            .expect("a peer that is free has a link");
        link.asked = Some(sequence);
        link.announced_more = false;
        let round_trip = link.latency.saturating_mul(2);
        let until = self
            .clock
            .saturating_add(self.patience)
            .saturating_add(round_trip);
        link.patience = until;
        self.catch_up.asked = Some((peer.clone(), until));
        self.tell(Event::CatchingUp { peer });
    }

    /// An answer was taken in. A peer whose answer brought nothing new is not asked again for what it had
    /// announced when it was asked; one that brought some, or announced more since, is, until level.
    pub(super) fn answered(&mut self, from: Option<&Name>, news: bool) {
        let Some(from) = from else { return };
        self.catch_up.ask_no_more(from);
        let more = self.links.get(from).is_some_and(|link| link.announced_more);
        if !news && !more {
            self.catch_up.announcers.retain(|(peer, _)| peer != from);
        }
        self.ask_next();
    }

    /// A peer that stays silent is passed over when there is another one.
    pub(super) fn lose_patience(&mut self) {
        let Some(until) = self.catch_up.next_change() else {
            return;
        };
        if self.clock >= until {
            if let Some((silent, _)) = self.catch_up.asked.take() {
                self.catch_up
                    .announcers
                    .sort_by_key(|(peer, _)| *peer == silent);
            }
            self.ask_next();
        }
    }

    /// A peer is gone.
    pub(super) fn forget_announcer(&mut self, peer: &Name) {
        self.catch_up
            .announcers
            .retain(|(announcer, _)| announcer != peer);
        self.catch_up.ask_no_more(peer);
        self.ask_next();
    }
}
