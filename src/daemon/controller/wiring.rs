//! Links: cutting and healing them, and waiting until that is so.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use smol::Timer;

use super::action::Outcome;
use super::client::NODE_TIMEOUT;
use super::error::{CallError, ControllerError};
use super::network::Reach;
use super::outline::Outline;
use super::turn::Pair;
use super::world::{PeerLine, World};
use crate::daemon::node_api::PeerAddress;
use crate::node::Name;

/// How long a link may take to come up or go down.
const LINK_TIMEOUT: Duration = Duration::from_secs(10);

/// How often that is looked at.
const LINK_INTERVAL: Duration = Duration::from_millis(3);

impl World {
    pub(super) async fn cut(&mut self, nodes: &[Name]) -> Result<Outcome, ControllerError> {
        let pairs = match self.named_pair(nodes, "cut")? {
            Some(pair) if self.links.contains(&pair) => vec![pair],
            Some(pair) => {
                let (a, b) = pair.ends();
                let text = format!("{a} and {b} have no link that could be cut");
                return Err(ControllerError::Conflict(text));
            }
            None => self.pairs_of(&nodes[0], |world, pair| !world.cut.contains(pair)),
        };
        for pair in pairs {
            self.cut_pair(&pair).await?;
        }
        Ok(Outcome::success())
    }

    pub(super) async fn heal(&mut self, nodes: &[Name]) -> Result<Outcome, ControllerError> {
        let pairs = match self.named_pair(nodes, "heal")? {
            Some(pair) => vec![pair],
            None => self.pairs_of(&nodes[0], |world, pair| world.cut.contains(pair)),
        };
        for pair in pairs {
            self.connect(&pair).await?;
        }
        Ok(Outcome::success())
    }

    /// The pair of two nodes; `None` for one node.
    fn named_pair(&self, nodes: &[Name], verb: &str) -> Result<Option<Pair>, ControllerError> {
        for name in nodes {
            self.member(name)?;
        }
        match nodes {
            [_] => Ok(None),
            [a, b] if a != b => Ok(Some(Pair::new(a.clone(), b.clone()))),
            _ => Err(ControllerError::Malformed(format!(
                "name the two ends of a link, as {{\"{verb}\": [\"node1\", \"node2\"]}}, or one node \
                 for all its links"
            ))),
        }
    }

    pub(super) fn pairs_of(&self, name: &Name, wanted: impl Fn(&Self, &Pair) -> bool) -> Vec<Pair> {
        let ends_here = |pair: &&Pair| pair.other(name).is_some();
        let pairs = self
            .links
            .iter()
            .filter(ends_here)
            .filter(|pair| wanted(self, pair));
        pairs.cloned().collect()
    }

    /// Cuts a link at both ends, and waits until both say that it is gone.
    pub(super) async fn cut_pair(&mut self, pair: &Pair) -> Result<(), ControllerError> {
        let (a, b) = pair.ends();
        for (at, other) in [(a, b), (b, a)] {
            self.drop_peer(at, other).await?;
        }
        self.links.insert(pair.clone());
        self.cut.insert(pair.clone());
        self.wait_until(&BTreeSet::from([pair.clone()]), false)
            .await
    }

    /// Has a node that is there drop another: nothing to do where it does not know it.
    pub(super) async fn drop_peer(&self, at: &Name, other: &Name) -> Result<(), ControllerError> {
        let member = self.member(at)?;
        if !member.may_answer() {
            return Ok(());
        }
        let peers: Vec<PeerLine> = member.client.get("/peer", NODE_TIMEOUT).await?;
        let named = peers
            .into_iter()
            .filter(|peer| peer.name.as_ref() == Some(other));
        let mut addresses: BTreeSet<PeerAddress> = named.map(|peer| peer.address).collect();
        addresses.extend(self.member(other)?.p2p.clone());
        if addresses.is_empty() {
            return Err(unknown_address(other));
        }
        for address in addresses {
            match member.client.tell("/peer/clear", &address).await {
                Ok(()) | Err(CallError::Refused { status: 404, .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Links two nodes, waits until both say so, and until what they tell each other then has arrived.
    /// Where an end is not there, the link comes up with it.
    pub(super) async fn connect(&mut self, pair: &Pair) -> Result<(), ControllerError> {
        let (a, b) = pair.ends();
        for name in [a, b] {
            let member = self.member(name)?;
            if member.reach == Reach::Slow && !member.may_answer() {
                return Err(ControllerError::Conflict(format!(
                    "{name} does not answer, so it cannot be told of a link: wait until it does"
                )));
            }
        }
        self.add_peers(pair).await?;
        if !self.member(a)?.may_answer() || !self.member(b)?.may_answer() {
            return Ok(());
        }
        self.wait_until(&BTreeSet::from([pair.clone()]), true)
            .await?;
        // Its own clock is answered when all it has sent was acknowledged.
        for name in [a, b] {
            self.let_messages_arrive(name).await?;
        }
        Ok(())
    }

    pub(super) async fn add_peers(&mut self, pair: &Pair) -> Result<(), ControllerError> {
        let (a, b) = pair.ends();
        let crashed = |name| Ok::<_, ControllerError>(self.member(name)?.reach == Reach::Crashed);
        // A crashed one is linked when it is started again: nobody dials it before, see `crash`.
        let told = match crashed(a)? || crashed(b)? {
            true => Vec::new(),
            false => vec![(a, b), (b, a)],
        };
        for (at, other) in told {
            let member = self.member(at)?;
            if !member.may_answer() {
                continue;
            }
            let address = self.member(other)?.p2p.clone();
            let address = address.ok_or_else(|| unknown_address(other))?;
            member.client.tell("/peer/add", &address).await?;
        }
        self.cut.remove(pair);
        self.links.insert(pair.clone());
        Ok(())
    }

    async fn let_messages_arrive(&mut self, name: &Name) -> Result<(), ControllerError> {
        let member = self.member(name)?;
        if member.takes_ticks() {
            let path = format!("/clock/{}", member.clock());
            match member.client.post(&path, NODE_TIMEOUT).await {
                // Somebody else moves it: then nothing here is the same twice anyway.
                Ok(()) | Err(CallError::Refused { .. } | CallError::Late { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until these links are up, or gone, at those ends that are there.
    pub(super) async fn wait_until(
        &mut self,
        pairs: &BTreeSet<Pair>,
        up: bool,
    ) -> Result<(), ControllerError> {
        let deadline = Instant::now() + LINK_TIMEOUT;
        let mut left = pairs.clone();
        loop {
            let ends: BTreeSet<Name> = left.iter().flat_map(Pair::names).collect();
            for name in ends {
                self.look_at(&name).await?;
            }
            left.retain(|pair| !self.is_so(pair, up));
            let Some(pair) = left.first() else {
                return Ok(());
            };
            if Instant::now() > deadline {
                let (a, b) = pair.ends();
                let (wanted, seconds) = (if up { "up" } else { "gone" }, LINK_TIMEOUT.as_secs());
                return Err(ControllerError::Conflict(format!(
                    "the link of {a} and {b} is not {wanted} after {seconds} seconds: look for the \
                     reason with --log info"
                )));
            }
            Timer::after(LINK_INTERVAL).await;
        }
    }

    fn is_so(&self, pair: &Pair, up: bool) -> bool {
        let (a, b) = pair.ends();
        let (Ok(a), Ok(b)) = (self.member(a), self.member(b)) else {
            return true;
        };
        [(a, b), (b, a)]
            .iter()
            .all(|(at, other)| !at.may_answer() || at.is_linked_to(&other.name) == up)
    }

    pub(super) async fn look_at(&mut self, name: &Name) -> Result<(), ControllerError> {
        let index = self.index(name)?;
        let member = &mut self.members[index];
        if member.may_answer() {
            let answer = Outline::ask(&member.client, NODE_TIMEOUT).await;
            member.looked(answer);
        }
        Ok(())
    }
}

fn unknown_address(name: &Name) -> ControllerError {
    ControllerError::Conflict(format!(
        "it is not known where {name} listens for peers, as no other node has had a link to it: add it \
         to one with POST /peer/add there"
    ))
}
