//! The clock that runs by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use smol::future::FutureExt;
use smol::{Task, Timer};

use super::executor;
use super::node_api::Ticker;
use crate::driver::{DriverError, Handle};
use crate::node::{Node, RequestError};

/// Ticks a node at an interval; off until one is set. Dropping it ends the ticking.
///
/// A tick that takes longer than the interval (a node that mines stands still until its nonce is
/// there) delays the next one: ticks that were missed are not caught up on. A node that is not started
/// is left alone, one that is reset goes on from clock 0.
#[derive(Debug)]
pub struct SelfTicker {
    interval: Arc<Mutex<Option<Duration>>>,
    changed: Sender<()>,
    _task: Task<()>,
}

impl SelfTicker {
    /// A ticker for the node behind `handle`, off for now.
    pub fn new<N: Node + Send + 'static>(handle: Handle<N>) -> Self {
        let interval = Arc::new(Mutex::new(None));
        let (changed, changes) = async_channel::bounded(1);
        Self {
            _task: executor::spawn(run(handle, Arc::clone(&interval), changes)),
            interval,
            changed,
        }
    }
}

impl Ticker for SelfTicker {
    fn set(&self, interval: Option<Duration>) {
        *lock(&self.interval) = interval;
        // Full: the task has a change to look at already, and will find this one.
        let _ = self.changed.try_send(());
    }

    fn interval(&self) -> Option<Duration> {
        *lock(&self.interval)
    }
}

fn lock(interval: &Mutex<Option<Duration>>) -> std::sync::MutexGuard<'_, Option<Duration>> {
    interval.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run<N: Node>(
    handle: Handle<N>,
    interval: Arc<Mutex<Option<Duration>>>,
    changes: Receiver<()>,
) {
    loop {
        let now = *lock(&interval);
        let change = async { changes.recv().await.is_ok() };
        let go_on = match now {
            None => change.await,
            Some(every) => change.or(tick(&handle, every)).await,
        };
        if !go_on {
            return;
        }
    }
}

/// Ticks until the node stops, then says `false`.
async fn tick<N: Node>(handle: &Handle<N>, every: Duration) -> bool {
    let mut next = Instant::now() + every;
    loop {
        Timer::at(next).await;
        match handle.tick().await {
            Ok(()) | Err(DriverError::Reset | DriverError::Refused(RequestError::NotStarted)) => {}
            Err(DriverError::Stopped) => return false,
            // The storage has said so, and a tick may find it well again.
            Err(DriverError::Storage(_)) => {}
            Err(error) => log::error!("the clock cannot run by itself: {error}"),
        }
        next = (next + every).max(Instant::now());
    }
}
