//! Links and the nodes at their ends: cutting, healing, crashing, starting again, adding, removing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use smol::Timer;

use super::action::Outcome;
use super::client::NODE_TIMEOUT;
use super::error::{CallError, ControllerError};
use super::fleet::Fleet;
use super::member::Member;
use super::network::Reach;
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

    fn pairs_of(&self, name: &Name, wanted: impl Fn(&Self, &Pair) -> bool) -> Vec<Pair> {
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
    async fn drop_peer(&self, at: &Name, other: &Name) -> Result<(), ControllerError> {
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

    async fn add_peers(&mut self, pair: &Pair) -> Result<(), ControllerError> {
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
            let answer = member.client.get("/outline", NODE_TIMEOUT).await;
            member.looked(answer);
        }
        Ok(())
    }

    pub(super) async fn crash(&mut self, name: &Name) -> Result<Outcome, ControllerError> {
        self.living(name)?;
        self.fleet_with(name, "crashed")?.crash(name).await;
        let index = self.index(name)?;
        self.members[index].has_crashed();
        let pairs: BTreeSet<Pair> = self.pairs_of(name, |_, _| true).into_iter().collect();
        self.wait_until(&pairs, false).await?;
        // Nobody dials it until it is there again, so that its links come back in the same order each
        // time.
        for other in pairs.iter().filter_map(|pair| pair.other(name)) {
            self.drop_peer(other, name).await?;
        }
        Ok(Outcome::success())
    }

    /// The fleet, where the node is of it.
    fn fleet_with(&mut self, name: &Name, done: &str) -> Result<&mut Fleet, ControllerError> {
        let own = self.member(name)?.own;
        let fleet = self.fleet.as_mut().filter(|_| own);
        fleet.ok_or_else(|| {
            ControllerError::Conflict(format!(
                "{name} cannot be {done} from here: this controller did not start it"
            ))
        })
    }

    /// Runs a node again that was crashed. Its memory is empty.
    pub(super) async fn start_again(&mut self, name: &Name) -> Result<Outcome, ControllerError> {
        self.fleet_with(name, "started again")?.run(name).await?;
        let index = self.index(name)?;
        self.members[index].was_started_again();
        self.bring_up(name).await?;
        for pair in self.pairs_of(name, |world, pair| !world.cut.contains(pair)) {
            self.connect(&pair).await?;
        }
        Ok(Outcome::success())
    }

    /// Starts a node of the fleet that runs, moves it to where the others are, and only then lets peers
    /// in.
    async fn bring_up(&mut self, name: &Name) -> Result<(), ControllerError> {
        let client = self.member(name)?.client.clone();
        client.post("/start", NODE_TIMEOUT).await?;
        if self.tick > 0 {
            client
                .post(&format!("/clock/{}", self.tick), NODE_TIMEOUT)
                .await?;
        }
        let index = self.index(name)?;
        self.members[index].looked(client.get("/outline", NODE_TIMEOUT).await);
        if let Some(fleet) = &self.fleet {
            fleet.open(name);
        }
        Ok(())
    }

    /// Adds a node to the fleet, linked to these; to all where none is named.
    pub(super) async fn add(&mut self, peers: &[Name]) -> Result<Outcome, ControllerError> {
        for peer in peers {
            self.member(peer)?;
        }
        let peers = match peers.is_empty() {
            true => self
                .members
                .iter()
                .map(|member| member.name.clone())
                .collect(),
            false => peers.to_vec(),
        };
        let name = self.free_name();
        self.add_named(&name).await?;
        for peer in peers {
            self.connect(&Pair::new(name.clone(), peer)).await?;
        }
        Ok(Outcome {
            name: Some(name),
            ..Outcome::success()
        })
    }

    pub(super) async fn add_named(&mut self, name: &Name) -> Result<(), ControllerError> {
        self.check_room()?;
        let Some(fleet) = &mut self.fleet else {
            return Err(ControllerError::Conflict(
                "this controller starts no nodes: start one with `tickchain node` and add it by its \
                 URL, as {\"add\": {\"url\": \"http://127.0.0.1:50085\"}}"
                    .to_owned(),
            ));
        };
        fleet.run(name).await?;
        self.add_own(name.clone(), true)?;
        self.bring_up(name).await
    }

    /// The first of node1, node2, … that nobody has.
    fn free_name(&self) -> Name {
        let taken = |name: &Name| self.members.iter().any(|member| member.name == *name);
        let mut names = (1u32..).map(|number| {
            let name = format!("node{number}").parse::<Name>();
            name.expect("a word and a number make a name")
        });
        names
            .find(|name| !taken(name))
            .expect("there are more numbers than nodes")
    }

    pub(super) async fn remove(&mut self, name: &Name) -> Result<Outcome, ControllerError> {
        let member = self.member(name)?;
        if member.own {
            if member.reach != Reach::Crashed {
                self.crash(name).await?;
            }
            if let Some(fleet) = &mut self.fleet {
                fleet.forget(name);
            }
        }
        self.members.retain(|member| member.name != *name);
        self.links.retain(|pair| pair.other(name).is_none());
        self.cut.retain(|pair| pair.other(name).is_none());
        Ok(Outcome::success())
    }

    /// Ends the whole fleet and starts another one, linked like this.
    pub(super) async fn build(
        &mut self,
        names: &[Name],
        links: &BTreeSet<Pair>,
    ) -> Result<(), ControllerError> {
        self.members.clear();
        self.links.clear();
        self.cut.clear();
        self.origin = None;
        self.set_tick(0);
        self.blocks.keep_only([]);
        if let Some(fleet) = &mut self.fleet {
            let old: Vec<Name> = fleet.names().into_iter().cloned().collect();
            for name in old {
                fleet.crash(&name).await;
                fleet.forget(&name);
            }
        }
        for name in names {
            self.add_named(name).await?;
        }
        for pair in links {
            self.add_peers(pair).await?;
        }
        self.wait_until(links, true).await
    }

    /// Whether every node is one of the fleet.
    pub(super) fn is_all_own(&self) -> bool {
        self.fleet.is_some() && self.members.iter().all(|member: &Member| member.own)
    }
}

fn unknown_address(name: &Name) -> ControllerError {
    ControllerError::Conflict(format!(
        "it is not known where {name} listens for peers, as no other node has had a link to it: add it \
         to one with POST /peer/add there"
    ))
}
