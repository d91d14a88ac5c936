//! Looking at all nodes: how they are, what happened, which blocks there are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smol::Timer;

use super::ControllerEvent;
use super::blocks::{read_block, read_tree};
use super::client::{Client, NODE_TIMEOUT};
use super::error::{CallError, ControllerError};
use super::member::{GLANCE_TIMEOUT, Member};
use super::network::NodeEvent;
use super::outline::Outline;
use super::turn::Pair;
use super::world::World;
use crate::daemon::executor;
use crate::ledger::{Hash, UncheckedBlock};
use crate::node::Name;

/// How long the events of a tick may take to arrive.
const EVENTS_TIMEOUT: Duration = Duration::from_secs(1);

/// The most new blocks that are fetched whole at one go; of more the places are read.
const MAX_FETCHED: usize = 256;

/// What was seen in one look at all nodes.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) events: Vec<NodeEvent>,
    /// Blocks that no node had before.
    pub(super) new_blocks: usize,
    /// Nodes whose events were missed.
    pub(super) lost: Vec<Name>,
}

impl World {
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
        let deadline = Instant::now() + EVENTS_TIMEOUT;
        for member in self.members.iter().filter(|member| member.may_answer()) {
            let late = async {
                Timer::at(deadline).await;
            };
            member.events_there(late).await;
            self.take_events(member, &mut gathered);
        }
        self.note_links();
        self.note_addresses().await;
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
            self.board.publish(ControllerEvent::Reload { why });
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
            executor::spawn(async move { Outline::ask(&client, limit).await })
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

    /// Where nodes of others listen, once a peer of theirs can tell.
    async fn note_addresses(&mut self) {
        for index in 0..self.members.len() {
            let wanted = &self.members[index];
            if wanted.p2p.is_some() || !wanted.is_up() {
                continue;
            }
            let linked = |member: &&Member| member.is_linked_to(&wanted.name);
            if let Some(peer) = self.members.iter().find(linked) {
                let client = peer.client.clone();
                // It is asked again at the next look.
                let _ = self.learn_addresses(&client).await;
            }
        }
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
        let block = read_block(&client, hash).await?;
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
        let block = find_block(&self.answering(), hash).await?;
        Ok(self.blocks.keep(hash, block))
    }

    /// The nodes that are worth asking for something.
    pub(super) fn answering(&self) -> Vec<Client> {
        let up = self.members.iter().filter(|member| member.may_answer());
        up.map(|member| member.client.clone()).collect()
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
        match read_block(client, hash).await {
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
