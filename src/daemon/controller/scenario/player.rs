//! Playing a scenario upon a controller, step by step.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use smol::future::FutureExt;

use super::check::{self, Refusals};
use super::report::{PlayedStep, StepResult, Unmet};
use super::{Scenario, Step};
use crate::daemon::controller::conductor::Run;
use crate::daemon::controller::{
    Action, Activity, ActivityKind, Controller, ControllerError, ControllerEvent, LessonStep,
    LessonView, NodeAnswer, NodeEvent, Outcome, Pair, Until, Verdict,
};
use crate::driver::Next;

/// The most refusals of one step that are remembered.
const MAX_REFUSALS: usize = 1000;

/// A scenario that is being played.
#[derive(Debug)]
pub struct Player {
    scenario: Scenario,
    /// Its name among those that come with the program.
    lesson: Option<String>,
    /// Steps played.
    done: usize,
    /// Ticks of the present step that were done before a pause.
    ticks: u64,
    caption: String,
    unmet: Option<String>,
}

impl Player {
    /// Makes the controller's network the one that the scenario begins with.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when the controller has nodes that it did not start; others when a
    /// node cannot run.
    pub async fn open(
        controller: &Controller,
        scenario: Scenario,
        lesson: Option<String>,
    ) -> Result<Self, ControllerError> {
        let layout = &scenario.layout;
        let link =
            |&(a, b): &(usize, usize)| Pair::new(layout.nodes[a].clone(), layout.nodes[b].clone());
        let links: BTreeSet<Pair> = layout.links.iter().map(link).collect();
        let mut turn = controller.turn().await;
        let genesis = layout.genesis.clone();
        turn.rebuild(&layout.nodes, &links, genesis, layout.latency)
            .await?;
        turn.reload("a scenario was opened");
        drop(turn);
        Ok(Self {
            scenario,
            lesson,
            done: 0,
            ticks: 0,
            caption: String::new(),
            unmet: None,
        })
    }

    /// Plays the next step; `None` when there is none, an earlier one was not as expected, or a pause
    /// came before its last tick: then the next call goes on with it.
    ///
    /// # Errors
    /// [`ControllerError::Busy`] and [`ControllerError::Stopped`]; then the step was not played. Whatever
    /// else goes wrong is part of how the step went.
    pub async fn next(
        &mut self,
        controller: &Controller,
    ) -> Result<Option<PlayedStep>, ControllerError> {
        let mut run = controller.begin(playing(None))?;
        self.step(controller, &mut run).await
    }

    /// As [`Player::next`], within an activity that runs already.
    pub(in crate::daemon::controller) async fn step(
        &mut self,
        controller: &Controller,
        run: &mut Run,
    ) -> Result<Option<PlayedStep>, ControllerError> {
        let step = match self.scenario.steps.get(self.done) {
            Some(step) if self.unmet.is_none() => step,
            _ => return Ok(None),
        };
        if let Some(note) = &step.note {
            self.caption.clone_from(note);
        }
        let began = Instant::now();
        let result = match go(controller, run, step, self.ticks).await {
            Ok(Went::Paused { ticks }) => {
                self.ticks += ticks;
                return Ok(None);
            }
            Ok(Went::Done(None)) => StepResult::Met,
            Ok(Went::Done(Some(unmet))) => StepResult::Unmet(unmet),
            Err(ControllerError::Stopped) => return Err(ControllerError::Stopped),
            Err(error) => StepResult::Unmet(Unmet {
                problem: error.to_string(),
                line: step.line,
            }),
        };
        let played = PlayedStep {
            text: step.text(),
            line: step.line,
            result,
            time: began.elapsed(),
        };
        self.done += 1;
        self.ticks = 0;
        if let StepResult::Unmet(Unmet { problem, line }) = &played.result {
            self.unmet = Some(format!("step {}, line {line}: {problem}", self.done));
        }
        Ok(Some(played))
    }

    /// Steps that are still to be played; none after one that was not as expected.
    pub fn left(&self) -> usize {
        match self.unmet {
            Some(_) => 0,
            None => self.scenario.steps.len() - self.done,
        }
    }

    /// How far it is, for people to see.
    pub fn view(&self) -> LessonView {
        let step = |step: &Step| LessonStep {
            text: step.text(),
            note: step.note.clone(),
            expects: !step.expect.is_empty() || step.refused.is_some(),
        };
        let of = self.scenario.steps.len();
        LessonView {
            lesson: self.lesson.clone(),
            title: self.scenario.title.clone(),
            about: self.scenario.about.clone(),
            step: self.done,
            of,
            caption: self.caption.clone(),
            steps: self.scenario.steps.iter().map(step).collect(),
            unmet: self.unmet.clone(),
            done: self.left() == 0,
        }
    }
}

/// What runs while steps are played, with this pause between two of them.
pub(super) fn playing(interval: Option<Duration>) -> Activity {
    Activity {
        kind: ActivityKind::Lesson,
        what: "a lesson".to_owned(),
        interval_ms: interval.map(|interval| interval.as_millis() as u64),
        done: 0,
        of: None,
    }
}

/// How far a step went.
enum Went {
    /// To its end; with what was not as expected.
    Done(Option<Unmet>),
    /// A pause came after so many of its ticks.
    Paused { ticks: u64 },
}

/// Does what the step says, of which `ticks` were done before, and looks whether all is as it expects.
async fn go(
    controller: &Controller,
    run: &mut Run,
    step: &Step,
    ticks: u64,
) -> Result<Went, ControllerError> {
    let mut refusals = Refusals::new();
    if let Some(action) = &step.action {
        let before = controller.network().tick;
        let action = without(action, ticks);
        let outcome = act(controller, run, action, &mut refusals).await?;
        if outcome.stopped == Some(true) {
            let ticks = outcome.tick.saturating_sub(before);
            return Ok(Went::Paused { ticks });
        }
        if let Some(problem) = misdone(&outcome, step.refused.as_deref()) {
            let line = step.line;
            return Ok(Went::Done(Some(Unmet { problem, line })));
        }
    }
    for expectation in &step.expect {
        if let Some(problem) = check::unmet(controller, expectation, &refusals).await? {
            let line = expectation.line;
            return Ok(Went::Done(Some(Unmet { problem, line })));
        }
    }
    Ok(Went::Done(None))
}

/// The action without the ticks of it that are done; at least one is left.
fn without(action: &Action, ticks: u64) -> Action {
    let left = |all: u64| all.saturating_sub(ticks).max(1);
    match action {
        Action::Tick(all) => Action::Tick(left(*all)),
        Action::Until(until) => Action::Until(Until {
            limit: left(until.limit),
            ..until.clone()
        }),
        action => action.clone(),
    }
}

/// Does the action, and takes down what nodes refuse meanwhile.
async fn act(
    controller: &Controller,
    run: &mut Run,
    action: Action,
    refusals: &mut Refusals,
) -> Result<Outcome, ControllerError> {
    let mut events = controller.subscribe(None);
    let listening = async {
        loop {
            match events.next().await {
                Next::Event(event) => note(&event.event, refusals),
                Next::Lagged { .. } => {}
                Next::Closed => return Err(ControllerError::Stopped),
            }
        }
    };
    let outcome = controller.act_within(run, action).or(listening).await?;
    while let Some(Next::Event(event)) = events.try_next() {
        note(&event.event, refusals);
    }
    Ok(outcome)
}

fn note(event: &ControllerEvent, refusals: &mut Refusals) {
    let events = match event {
        ControllerEvent::Tick { events, .. } | ControllerEvent::Changed { events, .. } => events,
        _ => return,
    };
    for NodeEvent { node, event, .. } in events {
        let reason = event["reason"].as_str();
        if event["type"] == "refused" && refusals.len() < MAX_REFUSALS {
            refusals.insert((node.clone(), reason.unwrap_or_default().to_owned()));
        }
    }
}

/// What is wrong with the outcome of a step's action that is to succeed, or to be refused for a reason
/// with certain words.
fn misdone(outcome: &Outcome, refused: Option<&str>) -> Option<String> {
    let reason = outcome.reason.as_deref().unwrap_or("no reason is given");
    let Some(words) = refused else {
        return (!outcome.is_success())
            .then(|| format!("expected success, found a refusal: {reason}"));
    };
    let fits = |result: Verdict, reason: Option<&str>| {
        result == Verdict::Fail && reason.is_some_and(|reason| reason.contains(words))
    };
    let by_all = match &outcome.answers {
        Some(answers) => (answers.iter())
            .all(|NodeAnswer { result, reason, .. }| fits(*result, reason.as_deref())),
        None => true,
    };
    match outcome.result {
        Verdict::Success => Some(format!("expected a refusal with {words:?}, found success")),
        Verdict::Fail if by_all && fits(Verdict::Fail, outcome.reason.as_deref()) => None,
        Verdict::Fail => Some(format!("expected a refusal with {words:?}, found {reason}")),
    }
}
