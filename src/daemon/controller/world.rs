//! Everything a controller holds while it acts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Sender;
use serde::Deserialize;
use smol::Timer;

use super::blocks::{Blocks, read_tree};
use super::board::{Board, Origin, Sight};
use super::client::{Client, NODE_TIMEOUT};
use super::error::{CallError, ControllerError};
use super::fleet::Fleet;
use super::member::{GLANCE_TIMEOUT, Member};
use super::network::{LinkState, LinkView, NodeEvent, Reach};
use super::outline::Outline;
use super::past::Past;
use super::turn::Pair;
use super::{MAX_NODES, NodeAddress};
use crate::daemon::node_api::PeerAddress;
use crate::ledger::{Difficulty, Genesis, GenesisAccount, Hash, UncheckedBlock, network_id};
use crate::node::Name;

/// How long the events of a tick may take to arrive.
const EVENTS_TIMEOUT: Duration = Duration::from_secs(1);

/// The most new blocks that are fetched whole at one go; of more the places are read.
const MAX_FETCHED: usize = 256;

/// Everything a controller holds while it acts. Whoever has the turn has it.
pub(super) struct World {
    pub(super) board: Arc<Board>,
    pub(super) members: Vec<Member>,
    /// The links that are there or should be, those that are cut as well.
    pub(super) links: BTreeSet<Pair>,
    pub(super) cut: BTreeSet<Pair>,
    pub(super) tick: u64,
    pub(super) blocks: Blocks,
    pub(super) fleet: Option<Fleet>,
    pub(super) origin: Option<Parameters>,
    pub(super) news: Sender<()>,
    pub(super) past: Past,
}

/// What all nodes of a network have in common.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    pub(super) network: Hash,
    pub(super) difficulty: Option<Difficulty>,
}

/// What was seen in one look at all nodes.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) events: Vec<NodeEvent>,
    /// Blocks that no node had before.
    pub(super) new_blocks: usize,
    /// Nodes whose events were missed.
    pub(super) lost: Vec<Name>,
}

/// A peer as `GET peer` shows it.
#[derive(Deserialize)]
pub(super) struct PeerLine {
    #[serde(flatten)]
    pub(super) address: PeerAddress,
    pub(super) name: Option<Name>,
}

impl World {
    pub(super) fn new(fleet: Option<Fleet>, news: Sender<()>) -> Result<Self, ControllerError> {
        let mut world = Self {
            board: Arc::new(Board::new(fleet.is_some())),
            members: Vec::new(),
            links: BTreeSet::new(),
            cut: BTreeSet::new(),
            tick: 0,
            blocks: Blocks::default(),
            fleet,
            origin: None,
            news,
            past: Past::default(),
        };
        if let Some(fleet) = &world.fleet {
            let names: Vec<Name> = fleet.names().into_iter().cloned().collect();
            let links = fleet.first_links();
            world.links = links.into_iter().map(|(a, b)| Pair::new(a, b)).collect();
            for name in names {
                world.add_own(name, false)?;
            }
        }
        Ok(world)
    }

    /// Takes in a node of the fleet; a new one is followed from its first event on.
    pub(super) fn add_own(&mut self, name: Name, new: bool) -> Result<(), ControllerError> {
        self.check_room()?;
        let fleet = self.fleet.as_ref();
        let address = fleet.and_then(|fleet| fleet.address(&name));
        let address = address.expect("a node of the fleet has an address");
        let p2p = fleet.and_then(|fleet| fleet.p2p(&name));
        let mut member = Member::new(name, &address, Some(new), self.news.clone())?;
        member.p2p = p2p.map(|socket| PeerAddress {
            addr: socket.ip().to_string(),
            port: socket.port(),
        });
        self.members.push(member);
        Ok(())
    }

    /// Takes in a node of others, under its address until it says its name.
    pub(super) fn add_other(&mut self, address: &NodeAddress) -> Result<usize, ControllerError> {
        self.check_room()?;
        if self
            .members
            .iter()
            .any(|member| *member.url() == address.url)
        {
            let text = format!("{} is controlled already", address.url);
            return Err(ControllerError::Conflict(text));
        }
        let name: Name = address.url.authority().parse().map_err(|_| {
            ControllerError::Malformed(format!("{} is too long for a name", address.url))
        })?;
        let member = Member::new(name, address, None, self.news.clone())?;
        self.members.push(member);
        Ok(self.members.len() - 1)
    }

    pub(super) fn check_room(&self) -> Result<(), ControllerError> {
        match self.members.len() < MAX_NODES {
            true => Ok(()),
            false => Err(ControllerError::Conflict(format!(
                "there are {MAX_NODES} nodes already, the most a controller has: remove one first"
            ))),
        }
    }

    pub(super) fn index(&self, name: &Name) -> Result<usize, ControllerError> {
        let index = self.members.iter().position(|member| member.name == *name);
        index.ok_or_else(|| ControllerError::UnknownNode {
            name: name.clone(),
            names: self
                .members
                .iter()
                .map(|member| member.name.clone())
                .collect(),
        })
    }

    pub(super) fn member(&self, name: &Name) -> Result<&Member, ControllerError> {
        Ok(&self.members[self.index(name)?])
    }

    /// A node that can be asked for something.
    pub(super) fn living(&self, name: &Name) -> Result<&Member, ControllerError> {
        let member = self.member(name)?;
        match member.reach {
            Reach::Crashed => Err(ControllerError::Conflict(format!(
                "{name} was crashed: start it first, with {{\"start\": \"{name}\"}}"
            ))),
            _ => Ok(member),
        }
    }

    pub(super) fn set_tick(&mut self, tick: u64) {
        self.tick = tick;
        self.board.set_tick(tick);
    }

    /// All nodes and links as they were last seen.
    pub(super) fn sight(&self) -> Sight {
        Sight {
            nodes: self.members.iter().map(Member::view).collect(),
            links: self.link_views(),
        }
    }

    fn link_views(&self) -> Vec<LinkView> {
        let mut views = Vec::new();
        for (index, a) in self.members.iter().enumerate() {
            for b in &self.members[index + 1..] {
                let pair = Pair::new(a.name.clone(), b.name.clone());
                let state = match self.link_state(&pair, a, b) {
                    Some(state) => state,
                    None => continue,
                };
                views.push(LinkView {
                    a: a.name.clone(),
                    b: b.name.clone(),
                    state,
                });
            }
        }
        views
    }

    fn link_state(&self, pair: &Pair, a: &Member, b: &Member) -> Option<LinkState> {
        if self.cut.contains(pair) {
            return Some(LinkState::Cut);
        }
        if a.is_linked_to(&b.name) && b.is_linked_to(&a.name) {
            return Some(LinkState::Up);
        }
        self.links.contains(pair).then_some(LinkState::Down)
    }

    /// Looks at all nodes for the first time.
    pub(super) async fn meet(&mut self) {
        self.ask_for_outlines(|_| true).await;
        self.join_new().await;
        let clocks = self.members.iter().map(Member::clock);
        self.set_tick(clocks.max().unwrap_or(0));
        self.refresh().await;
    }

    /// Looks at every node that may answer: how it is, and what happened since the last look. Events
    /// come by node, in the order nodes are ticked.
    pub(super) async fn gather(&mut self) -> Gathered {
        for member in &mut self.members {
            member.settle();
        }
        self.ask_for_outlines(Member::may_answer).await;
        self.join_new().await;
        let mut gathered = Gathered::default();
        let deadline = std::time::Instant::now() + EVENTS_TIMEOUT;
        for member in self.members.iter().filter(|member| member.may_answer()) {
            let late = async {
                Timer::at(deadline).await;
            };
            member.events_there(late).await;
            self.take_events(member, &mut gathered);
        }
        self.note_links();
        self.note_blocks(&mut gathered).await;
        self.note_events(&gathered.events, gathered.new_blocks);
        for name in gathered.lost.clone() {
            self.read_tree_of(&name).await;
        }
        gathered
    }

    /// Looks, and tells what is new.
    pub(super) async fn refresh(&mut self) -> Gathered {
        let mut gathered = self.gather().await;
        let events = std::mem::take(&mut gathered.events);
        self.board.changed(self.sight(), events);
        self.tell_lost(&gathered.lost);
        gathered
    }

    pub(super) fn tell_lost(&self, lost: &[Name]) {
        if let Some(name) = lost.first() {
            let why = format!("{name} was read anew, events of it were missed");
            self.board.publish(super::ControllerEvent::Reload { why });
        }
    }

    /// Asks all of these at once how they are.
    async fn ask_for_outlines(&mut self, wanted: impl Fn(&Member) -> bool) {
        let ask = |member: &Member| {
            let client = member.client.clone();
            let limit = match member.is_pending() {
                true => GLANCE_TIMEOUT,
                false => NODE_TIMEOUT,
            };
            smol::spawn(async move { client.get::<Outline>("/outline", limit).await })
        };
        let asked = self
            .members
            .iter()
            .map(|member| wanted(member).then(|| ask(member)));
        let asked: Vec<_> = asked.collect();
        for (member, asked) in self.members.iter_mut().zip(asked) {
            if let Some(asked) = asked {
                member.looked(asked.await);
            }
        }
    }

    /// What is asked of a node once, when it is first there.
    async fn join_new(&mut self) {
        for index in 0..self.members.len() {
            let member = &self.members[index];
            if !member.is_up() || member.joined {
                continue;
            }
            if let Err(error) = self.join(index).await {
                let member = &mut self.members[index];
                member.reach = Reach::Down;
                member.why = Some(error.to_string());
            }
        }
    }

    async fn join(&mut self, index: usize) -> Result<(), ControllerError> {
        let client = self.members[index].client.clone();
        if let Some(outline) = self.members[index].outline.clone() {
            self.name_other(index, &outline.node.state.name)?;
            self.check_network(index, &client, outline.node.state.network)
                .await?;
        }
        let tree = read_tree(&client).await?;
        self.blocks.note_tree(tree);
        self.members[index].joined = true;
        self.learn_addresses(&client).await?;
        Ok(())
    }

    fn name_other(&mut self, index: usize, name: &Name) -> Result<(), ControllerError> {
        let other = self.members.iter().position(|member| member.name == *name);
        match other {
            Some(other) if other != index => Err(ControllerError::Conflict(format!(
                "it is named {name}, as the node at {}: names are unique in a network, give one of \
                 them another with --name",
                self.members[other].url()
            ))),
            Some(_) => Ok(()),
            None => {
                self.members[index].rename(name.clone());
                Ok(())
            }
        }
    }

    /// All nodes are of one network.
    async fn check_network(
        &mut self,
        index: usize,
        client: &Client,
        network: Hash,
    ) -> Result<(), ControllerError> {
        match &self.origin {
            Some(known) if known.network == network => return Ok(()),
            Some(known) => {
                return Err(ControllerError::Conflict(format!(
                    "{} is of network {network}, the others are of {}: start it with the same \
                     --genesis and --difficulty",
                    self.members[index].name, known.network
                )));
            }
            None => {}
        }
        let block: UncheckedBlock = client.get("/block/0", NODE_TIMEOUT).await?;
        let difficulty = difficulty_of(network, &block);
        let accounts = block.transactions.iter().map(|paid| paid.recipient.clone());
        self.board.set_origin(Some(Origin {
            network,
            genesis: block.hash.unwrap_or_default(),
            difficulty: difficulty.map(Difficulty::bits),
            accounts: accounts.collect(),
        }));
        self.origin = Some(Parameters {
            network,
            difficulty,
        });
        Ok(())
    }

    /// Whom a node knows, by address: nodes do not say where they listen, their peers do.
    pub(super) async fn learn_addresses(&mut self, client: &Client) -> Result<(), CallError> {
        let peers: Vec<PeerLine> = client.get("/peer", NODE_TIMEOUT).await?;
        for peer in peers {
            let known = |member: &&mut Member| Some(&member.name) == peer.name.as_ref();
            if let Some(member) = self.members.iter_mut().find(known)
                && !member.own
            {
                member.p2p = Some(peer.address);
            }
        }
        Ok(())
    }

    fn take_events(&self, member: &Member, gathered: &mut Gathered) {
        let (Some(follower), Some(outline)) = (member.follower(), &member.outline) else {
            return;
        };
        let news = follower.take(outline.event);
        if news.lost {
            gathered.lost.push(member.name.clone());
        }
        let told = news.events.into_iter().map(|(id, event)| NodeEvent {
            node: member.name.clone(),
            id,
            event,
        });
        gathered.events.extend(told);
    }

    /// A link that was seen once belongs to the network.
    fn note_links(&mut self) {
        for (index, a) in self.members.iter().enumerate() {
            for b in &self.members[index + 1..] {
                if a.is_linked_to(&b.name) && b.is_linked_to(&a.name) {
                    self.links.insert(Pair::new(a.name.clone(), b.name.clone()));
                }
            }
        }
    }

    async fn note_blocks(&mut self, gathered: &mut Gathered) {
        let mut new: Vec<(Hash, Name)> = Vec::new();
        for NodeEvent { node, event, .. } in &gathered.events {
            let kind = event.get("type").and_then(serde_json::Value::as_str);
            let hash = event.get("hash").and_then(serde_json::Value::as_str);
            let Some(hash) = hash.and_then(|hash| hash.parse().ok()) else {
                continue;
            };
            if kind == Some("mined") {
                self.blocks.note_miner(hash, node.clone());
            }
            let listed = matches!(kind, Some("mined" | "block"));
            if listed && !self.blocks.knows(&hash) && new.iter().all(|(known, _)| *known != hash) {
                new.push((hash, node.clone()));
            }
        }
        gathered.new_blocks = new.len();
        if new.len() > MAX_FETCHED {
            gathered
                .lost
                .extend(new.last().map(|(_, node)| node.clone()));
            return;
        }
        for (hash, node) in new {
            // Gone already, with its node or by a reset: then nobody has it to show.
            let _ = self.fetch(hash, &node).await;
        }
    }

    async fn fetch(
        &mut self,
        hash: Hash,
        node: &Name,
    ) -> Result<Arc<UncheckedBlock>, ControllerError> {
        let client = self.member(node)?.client.clone();
        let block = client.get(&format!("/block/{hash}"), NODE_TIMEOUT).await?;
        Ok(self.blocks.note(hash, block))
    }

    /// A block that some node has or had.
    pub(super) async fn block(
        &mut self,
        hash: Hash,
    ) -> Result<Arc<UncheckedBlock>, ControllerError> {
        if let Some(block) = self.blocks.whole(&hash) {
            return Ok(block);
        }
        let up = self.members.iter().filter(|member| member.may_answer());
        let clients: Vec<Client> = up.map(|member| member.client.clone()).collect();
        let block = find_block(&clients, hash).await?;
        Ok(self.blocks.keep(hash, block))
    }

    pub(super) async fn read_tree_of(&mut self, name: &Name) {
        let Ok(member) = self.member(name) else {
            return;
        };
        match read_tree(&member.client).await {
            Ok(lines) => self.blocks.note_tree(lines),
            Err(error) => log::warn!("the tree is not whole: {error}"),
        }
    }

    /// Forgets the places of blocks that no node has any more.
    pub(super) async fn forget_old_blocks(&mut self) {
        let outlines = self
            .members
            .iter()
            .filter_map(|member| member.outline.as_ref());
        let tips = outlines.flat_map(|outline| {
            let side = outline.node.side.iter().copied();
            side.chain([outline.node.tip])
        });
        if !self.blocks.keep_only(tips.collect::<Vec<_>>()) {
            let up = self.members.iter().filter(|member| member.may_answer());
            let names: Vec<Name> = up.map(|member| member.name.clone()).collect();
            for name in names {
                self.read_tree_of(&name).await;
            }
        }
    }
}

/// Asks one node after another for a block.
pub(super) async fn find_block(
    clients: &[Client],
    hash: Hash,
) -> Result<UncheckedBlock, ControllerError> {
    let mut failed = None;
    for client in clients {
        match client.get(&format!("/block/{hash}"), NODE_TIMEOUT).await {
            Ok(block) => return Ok(block),
            Err(CallError::Refused { status: 404, .. }) => {}
            Err(error) => failed = Some(error),
        }
    }
    Err(match failed {
        Some(error) => error.into(),
        None => ControllerError::Absent(format!(
            "no node has the block {hash}: GET /tree lists those there are"
        )),
    })
}

/// The difficulty that makes this network of this genesis block: nodes do not say it by itself.
fn difficulty_of(network: Hash, genesis: &UncheckedBlock) -> Option<Difficulty> {
    let accounts = genesis.transactions.iter().map(|paid| GenesisAccount {
        name: paid.recipient.clone(),
        balance: paid.value,
    });
    let parameters = Genesis {
        timestamp: genesis.timestamp,
        accounts: accounts.collect(),
        ..Genesis::default()
    };
    let block = parameters.block().ok()?;
    let mut all = (0..=Difficulty::MAX).filter_map(Difficulty::new);
    all.find(|difficulty| network_id(&block, *difficulty) == network)
}
