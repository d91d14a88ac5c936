//! Ticks, and what ticks by itself: at most one activity at a time. Actions may come in between its
//! ticks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::Timer;
use smol::future::FutureExt;

use super::action::{Action, Condition, MAX_TICKS, NodeAnswer, Outcome, Until, Verdict};
use super::board::Board;
use super::client::NODE_TIMEOUT;
use super::error::ControllerError;
use super::member::Member;
use super::network::{Activity, ActivityKind, Reach};
use super::outline::Outline;
use super::world::World;
use crate::node::{Name, Status};

/// What runs by itself.
#[derive(Default)]
pub(super) struct Conductor {
    running: Mutex<Option<Running>>,
}

#[derive(Clone)]
struct Running {
    /// In words.
    what: String,
    /// Closed by whoever wants it to end.
    stop: Sender<std::convert::Infallible>,
    /// Closed when it has ended.
    ended: Receiver<std::convert::Infallible>,
}

/// An activity, ended when dropped.
pub(super) struct Run {
    conductor: Arc<Conductor>,
    board: Arc<Board>,
    activity: Activity,
    stopped: Receiver<std::convert::Infallible>,
    ended: Sender<std::convert::Infallible>,
}

impl Conductor {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        // Every change is whole before anything in it can panic.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an activity.
    pub(super) fn begin(
        self: &Arc<Self>,
        board: &Arc<Board>,
        activity: Activity,
    ) -> Result<Run, ControllerError> {
        let mut running = self.running();
        if let Some(other) = &*running {
            return Err(ControllerError::Busy {
                what: other.what.clone(),
            });
        }
        let (stop, stopped) = async_channel::bounded(1);
        let (ended, end) = async_channel::bounded(1);
        *running = Some(Running {
            what: activity.what.clone(),
            stop,
            ended: end,
        });
        board.set_activity(Some(activity.clone()));
        Ok(Run {
            conductor: Arc::clone(self),
            board: Arc::clone(board),
            activity,
            stopped,
            ended,
        })
    }

    /// Ends the activity that runs, and returns when it has ended.
    pub(super) async fn pause(&self) {
        let running = self.running().clone();
        if let Some(running) = running {
            running.stop.close();
            // Nothing can be sent, so this ends when the channel is closed.
            let _ = running.ended.recv().await;
        }
    }
}

impl Run {
    /// Whether it is to end.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_closed()
    }

    /// Waits for the interval between two ticks, or until it is to end.
    pub(super) async fn wait(&self) {
        let Some(interval) = self.activity.interval_ms else {
            return;
        };
        let over = async {
            Timer::after(Duration::from_millis(interval)).await;
        };
        let stopped = async {
            let _ = self.stopped.recv().await;
        };
        over.or(stopped).await;
    }

    /// Tells that one more of its ticks, or steps, is done.
    pub(super) fn advance(&mut self) {
        self.activity.done += 1;
        self.board.set_activity(Some(self.activity.clone()));
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let mut running = self.conductor.running();
        *running = None;
        // Before another one can begin: else that would seem to be over.
        self.board.set_activity(None);
        drop(running);
        self.ended.close();
    }
}

/// What ticks are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// So many.
    Ticks(u64),
    /// Until something is so, with the most ticks there may be.
    Until(Condition, u64),
    /// Until it is paused.
    Play(Duration),
}

impl Goal {
    /// What an action ticks for; `None` where it does not tick.
    pub(super) fn of(action: &Action) -> Result<Option<Self>, ControllerError> {
        Ok(match action {
            Action::Tick(count) => Some(Self::Ticks(check(*count)?)),
            Action::Until(Until { condition, limit }) => {
                Some(Self::Until(*condition, check(*limit)?))
            }
            _ => None,
        })
    }

    pub(super) fn activity(self) -> Activity {
        let (kind, what, interval, of) = match self {
            Self::Ticks(1) => (ActivityKind::Tick, "a tick".to_owned(), None, Some(1)),
            Self::Ticks(count) => {
                let what = format!("{count} ticks");
                (ActivityKind::Tick, what, None, Some(count))
            }
            Self::Until(condition, limit) => {
                let what = format!("until {}", in_words(condition));
                (ActivityKind::Until, what, None, Some(limit))
            }
            Self::Play(interval) => {
                let what = format!("a tick each {} ms", interval.as_millis());
                (ActivityKind::Play, what, Some(interval), None)
            }
        };
        Activity {
            kind,
            what,
            interval_ms: interval.map(|interval| interval.as_millis() as u64),
            done: 0,
            of,
        }
    }

    fn most(self) -> u64 {
        match self {
            Self::Ticks(most) | Self::Until(_, most) => most,
            Self::Play(_) => u64::MAX,
        }
    }

    /// Whether there is nothing to do from the beginning. A block has to be waited for.
    pub(super) fn is_met_before(self, world: &World) -> bool {
        match self {
            Self::Until(Condition::Block, _) => false,
            _ => self.is_met(world, 0),
        }
    }

    fn is_met(self, world: &World, new_blocks: usize) -> bool {
        match self {
            Self::Until(Condition::Block, _) => new_blocks > 0,
            Self::Until(Condition::Idle, _) => counted(world).all(is_idle),
            Self::Until(Condition::OneTip, _) => {
                let mut tips = counted(world).filter_map(|member| {
                    let outline = member.outline.as_ref()?;
                    Some(outline.node.tip)
                });
                let first = tips.next();
                tips.all(|tip| Some(tip) == first)
            }
            Self::Ticks(_) | Self::Play(_) => false,
        }
    }
}

fn check(ticks: u64) -> Result<u64, ControllerError> {
    match (1..=MAX_TICKS).contains(&ticks) {
        true => Ok(ticks),
        false => Err(ControllerError::Ticks { asked: ticks }),
    }
}

fn in_words(condition: Condition) -> &'static str {
    match condition {
        Condition::Block => "there is a new block",
        Condition::Idle => "all are idle",
        Condition::OneTip => "all have one tip",
    }
}

/// The nodes that have a say in a condition.
fn counted(world: &World) -> impl Iterator<Item = &Member> {
    let started = |member: &&Member| {
        let outline = member.outline.as_ref();
        outline.is_some_and(|outline| outline.node.started)
    };
    let there = |member: &&Member| matches!(member.reach, Reach::Up | Reach::Slow);
    world.members.iter().filter(there).filter(started)
}

fn is_idle(member: &Member) -> bool {
    member.outline.as_ref().is_some_and(|outline| {
        let node = &outline.node;
        let nothing_comes = node.inbox == 0 && node.queued == 0 && node.mining.is_none();
        node.state.status == Status::Idle && nothing_comes && !node.state.is_asked_to_mine()
    })
}

impl World {
    /// Moves every clock by one, in order, and tells what happened.
    pub(super) async fn tick(&mut self) -> Ticked {
        if self.members.iter().any(Member::has_news) {
            // What happened before is no part of this tick.
            self.refresh().await;
        }
        self.keep_moment().await;
        let mut missed = Vec::new();
        for member in &mut self.members {
            if member.reach != Reach::Crashed && !take_tick(member).await {
                missed.push((member.name.clone(), member.why_still()));
            }
        }
        self.set_tick(self.tick + 1);
        let gathered = self.gather().await;
        self.keep_moment().await;
        self.board.ticked(self.sight(), gathered.events);
        self.tell_lost(&gathered.lost);
        Ticked {
            new_blocks: gathered.new_blocks,
            missed,
        }
    }
}

/// What came of a tick.
pub(super) struct Ticked {
    /// How many blocks are new.
    new_blocks: usize,
    /// Whose clock did not move, and why.
    missed: Vec<(Name, String)>,
}

/// Moves a node's clock by one; whether it moved.
async fn take_tick(member: &mut Member) -> bool {
    if !member.takes_ticks() {
        return false;
    }
    if !member.move_clock().await {
        // Somebody else moved it, or switched it off.
        let answer = Outline::ask(&member.client, NODE_TIMEOUT).await;
        member.looked(answer);
        return member.takes_ticks() && member.move_clock().await && member.is_up();
    }
    member.is_up()
}

/// Ticks to the goal, with a turn for each tick.
pub(super) async fn pursue(run: &mut Run, goal: Goal, world: &smol::lock::Mutex<World>) -> Outcome {
    let mut met = goal.is_met_before(&*world.lock().await);
    let mut ticks = 0;
    let mut missed = BTreeMap::new();
    while !met && ticks < goal.most() && !run.is_stopped() {
        if ticks > 0 {
            run.wait().await;
            if run.is_stopped() {
                break;
            }
        }
        let mut world = world.lock().await;
        let ticked = world.tick().await;
        missed.extend(ticked.missed);
        met = goal.is_met(&world, ticked.new_blocks);
        ticks += 1;
        if run.activity.kind != ActivityKind::Lesson {
            run.advance();
        }
    }
    let answers = (!missed.is_empty()).then(|| missed.into_iter().map(stood_still).collect());
    let Goal::Until(condition, _) = goal else {
        let ended_early = ticks < goal.most() && !matches!(goal, Goal::Play(_));
        return Outcome {
            stopped: ended_early.then_some(true),
            answers,
            ..Outcome::success()
        };
    };
    let stopped = !met && run.is_stopped();
    let reason = match (met, stopped) {
        (true, _) => None,
        (_, true) => Some(format!(
            "paused after {ticks} ticks, not yet {}",
            in_words(condition)
        )),
        _ => Some(format!(
            "after {ticks} ticks it is not yet so that {}",
            in_words(condition)
        )),
    };
    Outcome {
        result: if met { Verdict::Success } else { Verdict::Fail },
        reason,
        met: Some(met),
        stopped: stopped.then_some(true),
        answers,
        ..Outcome::success()
    }
}

fn stood_still((node, why): (Name, String)) -> NodeAnswer {
    NodeAnswer {
        node,
        result: Verdict::Fail,
        reason: Some(why),
    }
}
