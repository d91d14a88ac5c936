//! A controller with a scenario on its page: opened, played step by step, closed.

use std::time::Duration;

use super::player::playing;
use super::{Player, Scenario};
use crate::daemon::controller::join::parameters_of;
use crate::daemon::controller::world::World;
use crate::daemon::controller::{Controller, ControllerError, finished};
use crate::daemon::executor;
use crate::ledger::Genesis;

impl Controller {
    /// Makes the network the one that a scenario begins with, and shows the scenario. `lesson` is its
    /// name among those that come with the program. A network that has been ticked, and is no lesson's, is kept as
    /// a snapshot.
    ///
    /// # Errors
    /// As [`Player::open`] and [`Controller::save_snapshot`].
    pub async fn open_lesson(
        &self,
        scenario: Scenario,
        lesson: Option<String>,
    ) -> Result<(), ControllerError> {
        let controller = self.clone();
        finished(async move {
            controller.pause().await;
            let mut stage = controller.0.stage.lock().await;
            if stage.is_none() && controller.network().tick > 0 {
                let name = lesson.as_deref().unwrap_or("scenario");
                let name = format!("before lesson {name}");
                controller.save_snapshot(&name).await?;
            }
            let player = Player::open(&controller, scenario, lesson).await?;
            controller.show(Some(&player));
            *stage = Some(player);
            Ok(())
        })
        .await
    }

    /// Plays the next step of the lesson that is open; does nothing after the last, or after one that
    /// was not as expected.
    ///
    /// # Errors
    /// [`ControllerError::Busy`] when something runs, [`ControllerError::Conflict`] when no lesson is
    /// open.
    pub async fn next_step(&self) -> Result<(), ControllerError> {
        let controller = self.clone();
        finished(async move {
            // First, since what plays has the stage for as long as a step takes.
            let mut run = controller.begin(playing(None))?;
            let mut stage = controller.0.stage.lock().await;
            let player = stage.as_mut().ok_or_else(nothing_open)?;
            player.step(&controller, &mut run).await?;
            controller.show(Some(player));
            Ok(())
        })
        .await
    }

    /// Plays the lesson that is open until it is over or paused, with a pause of `interval` between two
    /// steps, and between two ticks.
    ///
    /// # Errors
    /// As [`Controller::next_step`].
    pub async fn play_lesson(&self, interval: Duration) -> Result<(), ControllerError> {
        let mut run = self.begin(playing(Some(interval)))?;
        if self.0.stage.lock().await.is_none() {
            return Err(nothing_open());
        }
        let controller = self.clone();
        let play = async move {
            while !run.is_stopped() {
                let mut stage = controller.0.stage.lock().await;
                let Some(player) = stage.as_mut() else { return };
                let played = player.step(&controller, &mut run).await;
                controller.show(Some(player));
                if !matches!(played, Ok(Some(_))) || player.left() == 0 {
                    return;
                }
                drop(stage);
                run.advance();
                run.wait().await;
            }
        };
        executor::spawn(play).detach();
        Ok(())
    }

    /// Closes the lesson that is open. The network stays as it is.
    pub async fn close_lesson(&self) {
        self.pause().await;
        let mut stage = self.0.stage.lock().await;
        *stage = None;
        self.show(None);
    }

    fn show(&self, player: Option<&Player>) {
        self.0.board.set_lesson(player.map(Player::view));
    }

    /// What was done since the network began, as a scenario file that does it again.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when that is not known, or too much.
    pub async fn scenario(&self) -> Result<String, ControllerError> {
        let mut turn = self.turn().await;
        let (genesis, latency) = turn.0.parameters().await?;
        let nodes = turn.0.sight().nodes;
        let scenario = turn
            .0
            .record
            .scenario(turn.0.tick, &nodes, genesis, latency);
        let scenario = scenario.map_err(|why| {
            ControllerError::Conflict(format!(
                "what was done cannot be told from its beginning, since {why}: reset all nodes to \
                 begin anew"
            ))
        })?;
        Ok(scenario.to_toml())
    }
}

impl World {
    /// What the network starts from, and its latency as far as that is known: that of its own nodes.
    async fn parameters(&mut self) -> Result<(Genesis, u64), ControllerError> {
        if let Some(fleet) = &mut self.fleet {
            let setup = fleet.setup_mut();
            return Ok((setup.genesis.clone(), setup.latency));
        }
        let unknown = || {
            let text = "no node has answered yet, so the network is not known: start one";
            ControllerError::Conflict(text.to_owned())
        };
        let difficulty = self.origin.as_ref().and_then(|origin| origin.difficulty);
        let hash = self.board.network().genesis.ok_or_else(unknown)?;
        let block = self.block(hash).await?;
        let genesis = parameters_of(&block, difficulty.ok_or_else(unknown)?)?;
        Ok((genesis, 0))
    }
}

fn nothing_open() -> ControllerError {
    let text = "no lesson is open: open one with POST /lesson/open";
    ControllerError::Conflict(text.to_owned())
}
