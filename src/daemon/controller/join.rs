//! Nodes that are there for the first time.

use super::blocks::read_tree;
use super::board::Origin;
use super::client::{Client, NODE_TIMEOUT};
use super::error::{CallError, ControllerError};
use super::member::Member;
use super::network::Reach;
use super::world::{Parameters, PeerLine, World};
use crate::ledger::{Difficulty, Genesis, GenesisAccount, Hash, UncheckedBlock, network_id};
use crate::node::Name;

impl World {
    /// What is asked of a node once, when it is first there.
    pub(super) async fn join_new(&mut self) {
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
            genesis: block.header().hash(),
            difficulty: difficulty.map(Difficulty::bits),
            signatures: signs(&block),
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
}

/// The difficulty that makes this network of this genesis block: nodes do not say it by itself.
fn difficulty_of(network: Hash, genesis: &UncheckedBlock) -> Option<Difficulty> {
    let block = genesis.clone().seal();
    let mut all = (0..=Difficulty::MAX).filter_map(Difficulty::new);
    all.find(|difficulty| network_id(&block, *difficulty) == network)
}

/// Whether payments are signed in the network of this genesis block.
fn signs(genesis: &UncheckedBlock) -> bool {
    genesis.previous_block_hash != Hash::ZERO
}

/// The parameters of a network of others, as its genesis block tells them.
///
/// # Errors
/// [`ControllerError::Conflict`] where payments are signed: the keys are not in the block.
pub(super) fn parameters_of(
    genesis: &UncheckedBlock,
    difficulty: Difficulty,
) -> Result<Genesis, ControllerError> {
    if signs(genesis) {
        return Err(ControllerError::Conflict(
            "the payments of this network are signed, and nodes do not tell the keys of its accounts: do this \
             where the nodes were started with the genesis file, with `tickchain mesh --genesis FILE`"
                .to_owned(),
        ));
    }
    let accounts = genesis.transactions.iter().map(|paid| GenesisAccount {
        name: paid.recipient.clone(),
        balance: paid.value,
        key: None,
    });
    Ok(Genesis {
        difficulty,
        timestamp: genesis.timestamp,
        accounts: accounts.collect(),
        ..Genesis::default()
    })
}
