//! Actions other than ticks, each done at one go.

use serde::Deserialize;

use super::action::{Action, Add, Forge, GivenBlock, NodeAnswer, Outcome, Reset, Tx, Verdict};
use super::client::NODE_TIMEOUT;
use super::error::{CallError, ControllerError};
use super::forge::forge;
use super::network::Reach;
use super::outline::Outline;
use super::world::World;
use super::{ControllerEvent, NodeAddress};
use crate::ledger::{TxId, UncheckedBlock};
use crate::node::{Name, Payment};

/// What `POST tx/add` and `POST block/add` answer.
#[derive(Deserialize)]
struct Answer {
    result: Verdict,
    id: Option<TxId>,
    reason: Option<String>,
}

impl World {
    /// Does one action, other than ticks, and tells what it changed.
    pub(super) async fn act(&mut self, action: &Action) -> Result<Outcome, ControllerError> {
        let done = match action {
            Action::Mine(node) => self.mine(node).await,
            Action::Tx(tx) => self.pay(tx).await,
            Action::Reset(Reset { node: Some(node) }) => self.reset(node).await,
            Action::Reset(Reset { node: None }) => self.reset_all().await,
            Action::Start(node) => self.start(node).await,
            Action::Crash(node) => self.crash(node).await,
            Action::Cut(nodes) => self.cut(nodes).await,
            Action::Heal(nodes) => self.heal(nodes).await,
            Action::Add(Add::Link(peers)) => self.add(peers).await,
            Action::Add(Add::Url(url)) => self.add_url(url).await,
            Action::Remove(node) => self.remove(node).await,
            Action::Block(given) => self.give_block(given).await,
            Action::Forge(wanted) => self.forge(wanted).await,
            Action::Tick(_) | Action::Until(_) => Err(ControllerError::Malformed(
                "ticks are taken one by one, not within an action".to_owned(),
            )),
        };
        // Also after a failure: half of it may have been done.
        self.refresh().await;
        if done.as_ref().is_ok_and(Outcome::is_success) {
            self.note_action(action);
        }
        if self.keep_moment().await {
            let why = "a new branch of history".to_owned();
            self.board.publish(ControllerEvent::Reload { why });
        }
        done
    }

    async fn mine(&mut self, node: &Name) -> Result<Outcome, ControllerError> {
        refused(self.living(node)?.client.post("/mine", NODE_TIMEOUT).await)
    }

    async fn pay(&mut self, tx: &Tx) -> Result<Outcome, ControllerError> {
        let payment = Payment {
            id: tx.id,
            sender: tx.sender.clone(),
            recipient: tx.recipient.clone(),
            value: tx.value,
            sequence: tx.sequence,
            signature: tx.signature,
        };
        let client = &self.living(&tx.at)?.client;
        said(client.send("/tx/add", &payment).await)
    }

    async fn reset(&mut self, node: &Name) -> Result<Outcome, ControllerError> {
        let done = self.living(node)?.client.post("/reset", NODE_TIMEOUT).await;
        refused(done)
    }

    async fn reset_all(&mut self) -> Result<Outcome, ControllerError> {
        let mut answers = Vec::new();
        for member in &self.members {
            if member.reach != Reach::Crashed {
                let done = member.client.post("/reset", NODE_TIMEOUT).await;
                answers.push(answer(&member.name, refused(done)));
            }
        }
        self.set_tick(0);
        self.refresh().await;
        self.forget_old_blocks().await;
        self.begin_history().await;
        let why = "all nodes were reset".to_owned();
        self.board.publish(ControllerEvent::Reload { why });
        Ok(all(answers))
    }

    async fn start(&mut self, node: &Name) -> Result<Outcome, ControllerError> {
        let member = self.member(node)?;
        if member.reach == Reach::Crashed {
            return self.start_again(node).await;
        }
        let client = member.client.clone();
        let started = member
            .outline
            .as_ref()
            .is_some_and(|outline| outline.node.started);
        let done = client.post("/start", NODE_TIMEOUT).await;
        if !started && self.tick > 0 && done.is_ok() {
            // It takes part from here on, with its clock where the others' are.
            client
                .post(&format!("/clock/{}", self.tick), NODE_TIMEOUT)
                .await?;
        }
        refused(done)
    }

    /// Takes in a node of others. No secret is sent to it: it was said for other nodes.
    async fn add_url(&mut self, url: &str) -> Result<Outcome, ControllerError> {
        let (url, token) = (url.parse()?, None);
        let index = self.add_other(&NodeAddress { url, token })?;
        let client = self.members[index].client.clone();
        let met = match Outline::ask(&client, NODE_TIMEOUT).await {
            Ok(outline) => {
                self.members[index].looked(Ok(outline));
                self.gather().await;
                let member = &self.members[index];
                let why = || member.why.clone().unwrap_or_default();
                member
                    .joined
                    .then(|| member.name.clone())
                    .ok_or_else(|| ControllerError::Conflict(why()))
            }
            Err(error) => Err(error.into()),
        };
        match met {
            Ok(name) => Ok(Outcome {
                name: Some(name),
                ..Outcome::success()
            }),
            Err(error) => {
                self.members.remove(index);
                Err(error)
            }
        }
    }

    async fn give_block(&mut self, given: &GivenBlock) -> Result<Outcome, ControllerError> {
        let at = self.all_or(&given.at)?;
        let mut answers = Vec::new();
        for node in at {
            let client = &self.living(&node)?.client;
            let done = said(client.send("/block/add", &given.block).await);
            answers.push(answer(&node, done));
        }
        Ok(all(answers))
    }

    async fn forge(&mut self, wanted: &Forge) -> Result<Outcome, ControllerError> {
        if wanted.id == 0 {
            let text = "genesis is never received: forge a block from 1 on".to_owned();
            return Err(ControllerError::Malformed(text));
        }
        let difficulty = self.origin.as_ref().and_then(|origin| origin.difficulty);
        let client = &self.living(&wanted.of)?.client;
        let path = format!("/block/{}", wanted.id);
        let block: UncheckedBlock = client.get(&path, NODE_TIMEOUT).await.map_err(absent)?;
        let remine = match (wanted.remine, difficulty) {
            (false, _) => None,
            (true, Some(difficulty)) => Some(difficulty),
            (true, None) => {
                return Err(ControllerError::Conflict(
                    "the network's difficulty is not known: leave remine out".to_owned(),
                ));
            }
        };
        let forged = forge(&block, &wanted.change, remine).await;
        let block = forged.map_err(|error| ControllerError::Malformed(error.to_string()))?;
        let at = wanted.at.clone();
        self.give_block(&GivenBlock { at, block }).await
    }

    /// These nodes; all that run where none is named.
    fn all_or(&self, named: &[Name]) -> Result<Vec<Name>, ControllerError> {
        for name in named {
            self.living(name)?;
        }
        if !named.is_empty() {
            return Ok(named.to_vec());
        }
        let living = self.members.iter().filter(|member| member.is_up());
        Ok(living.map(|member| member.name.clone()).collect())
    }
}

/// What a node says no to is an outcome; that it does not answer is an error.
pub(super) fn refused(done: Result<(), CallError>) -> Result<Outcome, ControllerError> {
    match done {
        Ok(()) => Ok(Outcome::success()),
        Err(CallError::Refused { status, detail, .. }) if status < 500 => Ok(Outcome::fail(detail)),
        Err(error) => Err(error.into()),
    }
}

fn said(answer: Result<Answer, CallError>) -> Result<Outcome, ControllerError> {
    match answer {
        Ok(answer) => Ok(Outcome {
            result: answer.result,
            id: answer.id,
            reason: answer.reason,
            ..Outcome::success()
        }),
        Err(error) => refused(Err(error)),
    }
}

fn answer(node: &Name, done: Result<Outcome, ControllerError>) -> NodeAnswer {
    let outcome = done.unwrap_or_else(|error| Outcome::fail(error.to_string()));
    NodeAnswer {
        node: node.clone(),
        result: outcome.result,
        reason: outcome.reason,
    }
}

/// Done where all did it.
fn all(answers: Vec<NodeAnswer>) -> Outcome {
    let failed = answers.iter().find(|answer| answer.result == Verdict::Fail);
    let reason = failed.map(|failed| {
        let reason = failed.reason.as_deref().unwrap_or("no reason is given");
        format!("{}: {reason}", failed.node)
    });
    let outcome = match reason {
        Some(reason) => Outcome::fail(reason),
        None => Outcome::success(),
    };
    Outcome {
        answers: Some(answers),
        ..outcome
    }
}

fn absent(error: CallError) -> ControllerError {
    match error {
        CallError::Refused {
            status: 404,
            node,
            detail,
            ..
        } => ControllerError::Absent(format!("{node}: {detail}")),
        error => error.into(),
    }
}
