//! Saving the whole network and bringing it back, as a file or under a name.

use std::sync::Arc;

use super::client::LARGE_TIMEOUT;
use super::error::ControllerError;
use super::join::parameters_of;
use super::network::ControllerEvent;
use super::network_file::NetworkFile;
use super::scenario::Record;
use super::snapshots::{SnapshotView, Snapshots};
use super::travel::{Target, can_be_restored};
use super::turn::Turn;
use super::{Controller, finished};
use crate::daemon::executor;
use crate::ledger::Genesis;
use crate::node::State;

/// What a network is made of before anything happens in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ground {
    genesis: Genesis,
    latency: u64,
}

impl Controller {
    /// The whole network as a network file: every node, every link, the tick.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when a node does not answer, [`ControllerError::NetworkFile`] when
    /// all that is too large.
    pub async fn save(&self) -> Result<Vec<u8>, ControllerError> {
        let file = self.turn().await.network_file().await?;
        Ok(smol::unblock(move || file.write()).await?)
    }

    /// Makes the network what a network file says, and begins a new history. Nodes of this controller
    /// are made to fit, others have to be those of the file. What runs is paused.
    ///
    /// # Errors
    /// [`ControllerError::NetworkFile`] when it is none, [`ControllerError::Conflict`] when it does not
    /// fit the network. Then all is as it was before.
    pub async fn load(
        &self,
        file: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<(), ControllerError> {
        self.load_because(file, "a network file was loaded".to_owned())
            .await
    }

    async fn load_because(
        &self,
        file: impl AsRef<[u8]> + Send + 'static,
        why: String,
    ) -> Result<(), ControllerError> {
        let file = smol::unblock(move || NetworkFile::read(file.as_ref())).await?;
        let controller = self.clone();
        finished(async move {
            controller.pause().await;
            let mut turn = controller.turn().await;
            turn.load(file).await?;
            turn.reload(&why);
            Ok(())
        })
        .await
    }

    /// The snapshots by name. One that is damaged says so.
    ///
    /// # Errors
    /// [`ControllerError::Snapshot`] when their folder cannot be read.
    pub async fn snapshots(&self) -> Result<Vec<SnapshotView>, ControllerError> {
        self.with_snapshots(Snapshots::list).await
    }

    /// Saves the network as it is under a name; one of that name is replaced.
    ///
    /// # Errors
    /// As [`Controller::save`], and [`ControllerError::Snapshot`] when the name is none, there are too
    /// many, or it cannot be written.
    pub async fn save_snapshot(&self, name: &str) -> Result<(), ControllerError> {
        let file = self.save().await?;
        let name = name.to_owned();
        self.with_snapshots(move |snapshots| snapshots.save(&name, &file))
            .await?;
        self.0.board.publish(ControllerEvent::Snapshots);
        Ok(())
    }

    /// Makes the network what it was when a snapshot was saved, which stays.
    ///
    /// # Errors
    /// As [`Controller::load`], and [`ControllerError::Snapshot`] when there is none of that name.
    pub async fn restore_snapshot(&self, name: &str) -> Result<(), ControllerError> {
        let why = format!("back to the snapshot {name}");
        let name = name.to_owned();
        let file = self
            .with_snapshots(move |snapshots| snapshots.open(&name))
            .await?;
        self.load_because(file, why).await
    }

    /// Removes a snapshot.
    ///
    /// # Errors
    /// [`ControllerError::Snapshot`] when there is none of that name.
    pub async fn remove_snapshot(&self, name: &str) -> Result<(), ControllerError> {
        let name = name.to_owned();
        self.with_snapshots(move |snapshots| snapshots.remove(&name))
            .await?;
        self.0.board.publish(ControllerEvent::Snapshots);
        Ok(())
    }

    /// Files are read and written where that holds up nobody.
    async fn with_snapshots<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Snapshots) -> Result<T, super::SnapshotError> + Send + 'static,
    ) -> Result<T, ControllerError> {
        let snapshots = Arc::clone(&self.0.snapshots);
        Ok(smol::unblock(move || call(&snapshots)).await?)
    }
}

impl Turn {
    pub(super) async fn network_file(&mut self) -> Result<NetworkFile, ControllerError> {
        self.refresh().await;
        let network = self.0.origin.as_ref().map(|origin| origin.network);
        let network = network.ok_or_else(|| {
            ControllerError::Conflict("no node has answered yet: look whether any runs".to_owned())
        })?;
        let ground = self.ground();
        let latency = ground.as_ref().map(|ground| ground.latency);
        let genesis = match ground {
            Some(ground) => ground.genesis,
            None => self.genesis().await?,
        };
        let target = Target {
            tick: self.tick(),
            topology: self.topology(),
            states: self.states().await?,
        };
        Ok(NetworkFile::of(target, network, genesis, latency))
    }

    /// The state of every node that is not crashed.
    async fn states(&mut self) -> Result<Vec<(crate::node::Name, State)>, ControllerError> {
        let topology = self.topology();
        let members = &self.0.members;
        if let Some(silent) = members.iter().find(|member| !can_be_restored(member)) {
            return Err(ControllerError::Conflict(format!(
                "{} does not answer, so that the network cannot be saved: look whether it runs, or remove \
                 it",
                silent.name
            )));
        }
        let there = members
            .iter()
            .filter(|member| !topology.crashed.contains(&member.name));
        let asked = there.map(|member| {
            let (name, client) = (member.name.clone(), member.client.clone());
            executor::spawn(async move {
                let state = client.get("/state", LARGE_TIMEOUT).await;
                state.map(|state: State| (name, state))
            })
        });
        let asked: Vec<_> = asked.collect();
        let mut states = Vec::new();
        for asked in asked {
            states.push(asked.await?);
        }
        Ok(states)
    }

    /// The parameters of a network of others, as its genesis block and its id tell them.
    async fn genesis(&mut self) -> Result<Genesis, ControllerError> {
        let origin = self.0.origin.clone();
        let difficulty = origin.and_then(|origin| origin.difficulty);
        let hash = self.0.board.network().genesis;
        let (Some(difficulty), Some(hash)) = (difficulty, hash) else {
            return Err(ControllerError::Conflict(
                "the network's parameters are not known, so that it cannot be saved".to_owned(),
            ));
        };
        let block = self.block(hash).await?;
        parameters_of(&block, difficulty)
    }

    /// What the fleet is made of; `None` where there are nodes of others.
    fn ground(&mut self) -> Option<Ground> {
        if !self.0.is_all_own() {
            return None;
        }
        let setup = self.0.fleet.as_mut()?.setup_mut();
        Some(Ground {
            genesis: setup.genesis.clone(),
            latency: setup.latency,
        })
    }

    pub(super) async fn load(&mut self, file: NetworkFile) -> Result<(), ControllerError> {
        self.refresh().await;
        let wanted = Ground {
            genesis: file.genesis.clone(),
            latency: file.latency.unwrap_or(0),
        };
        let here = self.ground();
        let network = self.0.origin.as_ref().map(|origin| origin.network);
        match here {
            Some(here)
                if here.genesis != wanted.genesis
                    || file.latency.is_some_and(|latency| latency != here.latency) =>
            {
                self.move_to(wanted, here, file.into_target()).await?;
            }
            _ if network.is_some_and(|network| network != file.network) => {
                return Err(ControllerError::Conflict(format!(
                    "the file is of network {}, the nodes are of another: start them with the genesis and \
                     the difficulty that the file has",
                    file.network
                )));
            }
            _ => self.travel(file.into_target()).await?,
        }
        self.0.begin_history().await;
        self.0.record = Record::lost("it was loaded");
        Ok(())
    }

    /// Ends the whole fleet and starts another one, of another network, where the target says.
    async fn move_to(
        &mut self,
        wanted: Ground,
        here: Ground,
        target: Target,
    ) -> Result<(), ControllerError> {
        self.check_reachable(&target.topology)?;
        let before = self.here().await?;
        let Err(error) = self.settle(wanted, target).await else {
            return Ok(());
        };
        Err(ControllerError::Conflict(
            match self.settle(here, before).await {
                Ok(()) => format!("{error}; everything is as it was before"),
                Err(back) => {
                    format!("{error}; and the way back failed as well ({back}): reset all nodes")
                }
            },
        ))
    }

    async fn settle(&mut self, ground: Ground, target: Target) -> Result<(), ControllerError> {
        let Target { topology, .. } = &target;
        let links = topology.links.difference(&topology.cut).cloned().collect();
        let Ground { genesis, latency } = ground;
        self.rebuild(&topology.nodes, &links, genesis, latency)
            .await?;
        self.go(target).await
    }
}
