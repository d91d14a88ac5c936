//! Whom this node knows and is linked to: plain data, no sockets.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use async_channel::Sender;

use super::address::{host, reachable};
use super::addresses::MAX_LINKS_AN_ADDRESS;
use super::refusal::Refusal;
use super::scores::Offender;
use super::trust::Trust;
use crate::daemon::key::PublicKey;
use crate::daemon::node_api::{Peer, PeerAddress, PeerError};
use crate::node::Name;

/// The most peers that are dialled, and the most that are kept as dropped.
pub const MAX_KNOWN_PEERS: usize = 256;

/// The most links that are up at once.
pub const MAX_PEERS: usize = 128;

/// A peer that is dialled until a link to it is up.
#[derive(Debug)]
struct Dialled {
    /// The name it said last.
    name: Option<Name>,
    /// Whether HELLO was sent to it on a connection that this node made.
    greeted: bool,
    /// Whether it was added since it was reached last: then the name it says is its own, whatever key
    /// that had before.
    renews: bool,
    /// Wakes the task that dials.
    wake: Sender<()>,
}

/// A link, or one that will be up once the other side agrees.
#[derive(Debug)]
struct Linked {
    id: u64,
    key: Option<PublicKey>,
    remote: IpAddr,
    ours: bool,
    told: SocketAddr,
    address: PeerAddress,
    up: bool,
    /// Takes the reason for which the link is to be closed.
    close: Sender<String>,
}

/// The other end of a connection, as its HELLO and its socket tell.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) name: Name,
    /// The key it has shown, on links by Noise.
    pub(super) key: Option<PublicKey>,
    /// Where it says it listens.
    pub(super) told: SocketAddr,
    /// Where its socket is.
    pub(super) remote: IpAddr,
    /// The address that was dialled; `None` when the other side did.
    pub(super) dialled: Option<PeerAddress>,
}

/// Peers by what is known of them.
#[derive(Debug)]
pub(super) struct Book {
    name: Name,
    listens: SocketAddr,
    trust: Trust,
    dialled: BTreeMap<PeerAddress, Dialled>,
    dropped: BTreeMap<PeerAddress, Option<Name>>,
    links: BTreeMap<Name, Linked>,
    made: u64,
}

impl Book {
    pub(super) fn new(name: Name, listens: SocketAddr, trust: Trust) -> Self {
        Self {
            name,
            listens,
            trust,
            dialled: BTreeMap::new(),
            dropped: BTreeMap::new(),
            links: BTreeMap::new(),
            made: 0,
        }
    }

    /// Takes in an address to dial. `Ok(false)`: it was there already, and is dialled at once if it
    /// has no link.
    pub(super) fn add(
        &mut self,
        address: &PeerAddress,
        wake: Sender<()>,
    ) -> Result<bool, PeerError> {
        if *address == reachable(self.listens, self.listens.ip()) {
            return Err(PeerError::Own {
                address: address.clone(),
            });
        }
        if let Some(dialled) = self.dialled.get_mut(address) {
            dialled.renews = true;
            let _ = dialled.wake.try_send(());
            return Ok(false);
        }
        if self.dialled.len() >= MAX_KNOWN_PEERS {
            return Err(PeerError::Full {
                max: MAX_KNOWN_PEERS,
            });
        }
        self.dropped.remove(address);
        let dialled = Dialled {
            name: self.linked_at(address).map(|(name, _)| name.clone()),
            greeted: false,
            renews: true,
            wake,
        };
        self.dialled.insert(address.clone(), dialled);
        Ok(true)
    }

    /// Forgets an address, cuts its link and refuses it from now on.
    pub(super) fn drop_peer(&mut self, address: &PeerAddress) -> Result<(), PeerError> {
        let unknown = PeerError::Unknown {
            address: address.clone(),
        };
        let name = match self.dialled.get(address) {
            Some(dialled) => dialled.name.clone(),
            None => None,
        };
        let name = name.or_else(|| self.linked_at(address).map(|(name, _)| name.clone()));
        let was_dialled = self.dialled.remove(address).is_some();
        if !was_dialled && name.is_none() && !self.dropped.contains_key(address) {
            return Err(unknown);
        }
        if self.dropped.len() >= MAX_KNOWN_PEERS {
            self.dropped.pop_first();
        }
        let before = self.dropped.remove(address).flatten();
        if let Some(link) = name.as_ref().and_then(|name| self.links.get(name)) {
            let _ = link
                .close
                .try_send(format!("{} dropped this peer", self.name));
        }
        self.dropped.insert(address.clone(), name.or(before));
        Ok(())
    }

    /// Decides whether a connection becomes a link, once its HELLO is known and agreed to. Gives what
    /// tells this link from others of the same name. `close` takes the reason when it has to end.
    pub(super) fn admit(&mut self, caller: &Caller, close: Sender<String>) -> Result<u64, Refusal> {
        let name = &caller.name;
        let address = reachable(caller.told, caller.remote);
        self.check_key(caller)?;
        self.check_dropped(caller, &address)?;
        let double = self.check_double(caller, &address);
        let at = caller.dialled.as_ref();
        if let Some(dialled) = at.and_then(|at| self.dialled.get_mut(at))
            && !matches!(double, Err(Refusal::SecondNode { .. }))
        {
            dialled.name = Some(name.clone());
        }
        let replaces = double?;
        if !replaces && self.links.len() >= MAX_PEERS {
            return Err(Refusal::TooMany);
        }
        self.check_room_there(caller)?;
        if let Some(key) = caller.key {
            self.trust.pin(name, key);
        }
        self.made += 1;
        let link = Linked {
            id: self.made,
            key: caller.key,
            remote: caller.remote,
            ours: caller.dialled.is_some(),
            told: caller.told,
            address,
            up: false,
            close,
        };
        if let Some(old) = self.links.insert(name.clone(), link) {
            let _ = old
                .close
                .try_send(Refusal::Double { name: name.clone() }.to_string());
        }
        Ok(self.made)
    }

    /// An address that links are dialled from has a bound, but for this machine's.
    fn check_room_there(&self, caller: &Caller) -> Result<(), Refusal> {
        let from = host(caller.remote);
        let there = |link: &&Linked| !link.ours && host(link.remote) == from;
        let free = caller.dialled.is_some() || from.is_loopback();
        match !free && self.links.values().filter(there).count() >= MAX_LINKS_AN_ADDRESS {
            true => Err(Refusal::TooManyThere { from }),
            false => Ok(()),
        }
    }

    fn check_key(&mut self, caller: &Caller) -> Result<(), Refusal> {
        let Some(key) = &caller.key else {
            return Ok(());
        };
        let dialled = caller.dialled.as_ref();
        if let Some(dialled) = dialled.and_then(|at| self.dialled.get_mut(at))
            && std::mem::take(&mut dialled.renews)
            && !self.links.contains_key(&caller.name)
        {
            self.trust.forget(&caller.name);
        }
        self.trust.check(&caller.name, key)
    }

    /// A peer whose address is dialled was added again, whatever name it had when it was dropped.
    fn check_dropped(&mut self, caller: &Caller, address: &PeerAddress) -> Result<(), Refusal> {
        let name = &caller.name;
        let dialled = caller.dialled.as_ref();
        if dialled.is_some_and(|at| self.dialled.contains_key(at)) {
            self.dropped
                .retain(|at, dropped| at != address && dropped.as_ref() != Some(name));
        }
        let refused = |(at, dropped): (&PeerAddress, &Option<Name>)| {
            at == address || Some(at) == dialled || dropped.as_ref() == Some(name)
        };
        match self.dropped.iter().any(refused) && !self.dialled.contains_key(address) {
            true => Err(Refusal::Dropped { name: name.clone() }),
            false => Ok(()),
        }
    }

    /// `Ok(true)`: there is a link that has to make way for this one.
    fn check_double(&self, caller: &Caller, address: &PeerAddress) -> Result<bool, Refusal> {
        let name = &caller.name;
        let double = Refusal::Double { name: name.clone() };
        let ours = caller.dialled.is_some();
        let smaller_dialled = ours == (self.name < *name);
        let Some(link) = self.links.get(name) else {
            // This node's own connection is under way and will win.
            let greeted = self.dialled.iter().any(|(at, dialled)| {
                dialled.greeted && (at == address || dialled.name.as_ref() == Some(name))
            });
            return match greeted && !ours && !smaller_dialled {
                true => Err(double),
                false => Ok(false),
            };
        };
        if link.told != caller.told {
            return Err(Refusal::SecondNode {
                name: name.clone(),
                listens: link.told,
            });
        }
        match link.ours != ours && smaller_dialled {
            true => Ok(true),
            false => Err(double),
        }
    }

    /// Whether HELLO may be said to an address that was dialled: not if a link came up meanwhile.
    pub(super) fn greet(&mut self, address: &PeerAddress) -> bool {
        if self.is_linked(address) {
            return false;
        }
        match self.dialled.get_mut(address) {
            Some(dialled) => {
                dialled.greeted = true;
                true
            }
            None => false,
        }
    }

    /// The greeting at an address that was dialled is over, well or not.
    pub(super) fn greeted(&mut self, address: &PeerAddress) {
        if let Some(dialled) = self.dialled.get_mut(address) {
            dialled.greeted = false;
        }
    }

    /// Both sides agreed: the link is up.
    pub(super) fn up(&mut self, name: &Name, id: u64) {
        if let Some(link) = self.links.get_mut(name).filter(|link| link.id == id) {
            link.up = true;
        }
    }

    /// A connection that was admitted is over.
    pub(super) fn gone(&mut self, name: &Name, id: u64) {
        if self.links.get(name).is_some_and(|link| link.id == id) {
            let gone = self.links.remove(name);
            for (at, dialled) in &self.dialled {
                let there = gone.as_ref().is_some_and(|link| link.address == *at);
                if there || dialled.name.as_ref() == Some(name) {
                    let _ = dialled.wake.try_send(());
                }
            }
        }
    }

    /// Whether there is no link, not even one about to be.
    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Closes every link.
    pub(super) fn close_all(&self, reason: &str) {
        for link in self.links.values() {
            let _ = link.close.try_send(reason.to_owned());
        }
    }

    /// Closes every link that this offender has.
    pub(super) fn close_all_of(&self, offender: &Offender, reason: &str) {
        for (name, link) in &self.links {
            if Offender::of(link.key, link.remote, Some(name)).as_ref() == Some(offender) {
                let _ = link.close.try_send(reason.to_owned());
            }
        }
    }

    /// The name that the peer at an address said last.
    pub(super) fn name_at(&self, address: &PeerAddress) -> Option<Name> {
        self.dialled.get(address)?.name.clone()
    }

    /// Whether there is a link, up or about to be, to the peer at an address.
    pub(super) fn is_linked(&self, address: &PeerAddress) -> bool {
        self.link_of(address).is_some()
    }

    /// All peers by address: those that are dialled and those that dialled.
    pub(super) fn list(&self) -> Vec<Peer> {
        let mut peers: BTreeMap<PeerAddress, Peer> = BTreeMap::new();
        let mut shown = std::collections::BTreeSet::new();
        for (address, dialled) in &self.dialled {
            let link = self.link_of(address);
            let name = link.map(|(name, _)| name).or(dialled.name.as_ref());
            shown.extend(link.map(|(name, _)| name));
            let peer = Peer {
                address: address.clone(),
                name: name.cloned(),
                connected: link.is_some_and(|(_, link)| link.up),
                key: link.and_then(|(_, link)| link.key),
                banned_until: None,
            };
            peers.insert(address.clone(), peer);
        }
        for (name, link) in self.links.iter().filter(|(_, link)| link.up) {
            if !shown.contains(name) {
                let peer = Peer {
                    address: link.address.clone(),
                    name: Some(name.clone()),
                    connected: true,
                    key: link.key,
                    banned_until: None,
                };
                peers.insert(link.address.clone(), peer);
            }
        }
        peers.into_values().collect()
    }

    /// Dialled peers without a link.
    pub(super) fn missing(&self) -> Vec<PeerAddress> {
        let is_missing =
            |address: &&PeerAddress| !self.link_of(address).is_some_and(|(_, link)| link.up);
        self.dialled.keys().filter(is_missing).cloned().collect()
    }

    fn link_of(&self, address: &PeerAddress) -> Option<(&Name, &Linked)> {
        // Where this node has reached somebody, another one's word does not count.
        match &self.dialled.get(address)?.name {
            Some(name) => self.links.get_key_value(name),
            None => self.linked_at(address),
        }
    }

    fn linked_at(&self, address: &PeerAddress) -> Option<(&Name, &Linked)> {
        self.links.iter().find(|(_, link)| link.address == *address)
    }
}

#[cfg(test)]
mod tests;
