//! Nodes of the fleet come and go: crashing, starting again, adding, removing.

use std::collections::BTreeSet;

use super::action::Outcome;
use super::client::NODE_TIMEOUT;
use super::error::ControllerError;
use super::fleet::Fleet;
use super::member::Member;
use super::network::Reach;
use super::outline::Outline;
use super::turn::Pair;
use super::world::World;
use crate::node::Name;

impl World {
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
        if let Err(error) = self.bring_up(name).await {
            self.end(name).await;
            self.members[index].has_crashed();
            return Err(error);
        }
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
        self.members[index].looked(Outline::ask(&client, NODE_TIMEOUT).await);
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
            true => self.names(),
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
        let up = self.bring_up(name).await;
        if up.is_err() {
            self.end(name).await;
            self.forget(name);
        }
        up
    }

    /// Ends a node of the fleet that could not be brought up: it would run on and never let peers in.
    async fn end(&mut self, name: &Name) {
        if let Some(fleet) = &mut self.fleet {
            fleet.crash(name).await;
        }
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
        if member.own && member.reach != Reach::Crashed {
            self.crash(name).await?;
        }
        self.forget(name);
        Ok(Outcome::success())
    }

    fn forget(&mut self, name: &Name) {
        if let Some(fleet) = &mut self.fleet {
            fleet.forget(name);
        }
        self.members.retain(|member| member.name != *name);
        self.links.retain(|pair| pair.other(name).is_none());
        self.cut.retain(|pair| pair.other(name).is_none());
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

#[cfg(test)]
mod tests;
