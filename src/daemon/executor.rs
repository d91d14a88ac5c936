//! The executor of all tasks, which goes on while one of them blocks.
//!
//! One thread runs it, as with smol's global one. A task that blocks, on a disk that hangs say, would hold up all
//! others; so it says that it may, see [`in_place`]. A watcher looks every [`LOOK_INTERVAL`] for a thread that has
//! not come on since the last look, and lets another one stand in for it until it has.

use std::cell::OnceCell;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, Thread};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::Task;

/// A thread that blocks holds up the others for once to twice as long.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

static TASKS: Executor = Executor::new();

/// Runs a task beside all others. It must not block, but [`in_place`].
pub(super) fn spawn<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Task<T> {
    TASKS.spawn(future)
}

/// As [`spawn`], for a task that may block in any of its turns, and when it is dropped.
pub(super) fn spawn_in_place<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Task<T> {
    TASKS.spawn(InPlace::new(future))
}

/// Does work that may block, or take long. Other tasks than the one that calls this go on meanwhile.
pub(super) fn in_place<T>(work: impl FnOnce() -> T) -> T {
    WORKER.with(|worker| match worker.get() {
        Some(worker) => worker.in_place(work),
        None => work(),
    })
}

/// A future whose turns are in place, and its end.
struct InPlace<F>(Option<Pin<Box<F>>>);

impl<F> InPlace<F> {
    fn new(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Future> Future for InPlace<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.0.as_mut();
        let future = future.expect("it is there until it is dropped");
        in_place(|| future.as_mut().poll(cx))
    }
}

impl<F> Drop for InPlace<F> {
    fn drop(&mut self) {
        in_place(|| self.0 = None);
    }
}

struct Executor {
    tasks: smol::Executor<'static>,
    workers: Mutex<Vec<Watched>>,
    /// There before the first task.
    watcher: OnceLock<Thread>,
    /// Whether the watcher waits for somebody to wake it.
    parked: AtomicBool,
}

/// A thread that runs an executor.
struct Worker {
    executor: &'static Executor,
    /// Odd while the thread may block. Only the thread itself counts on.
    sections: AtomicU64,
}

/// A worker as the watcher knows it.
struct Watched {
    worker: Arc<Worker>,
    /// Its sections at the last look.
    seen: u64,
    /// Drops with the section that somebody stands in for, which ends that.
    stand_in: Option<Sender<Infallible>>,
}

thread_local! {
    static WORKER: OnceCell<Arc<Worker>> = const { OnceCell::new() };
}

impl Executor {
    const fn new() -> Self {
        Self {
            tasks: smol::Executor::new(),
            workers: Mutex::new(Vec::new()),
            watcher: OnceLock::new(),
            parked: AtomicBool::new(false),
        }
    }

    fn spawn<T: Send + 'static>(
        &'static self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        self.watcher.get_or_init(|| self.start());
        self.tasks.spawn(future)
    }

    /// The first thread, which runs for good, and the one that watches it.
    fn start(&'static self) -> Thread {
        const ROOM: &str = "the system has room for one more thread";
        std::mem::forget(self.worker("executor").expect(ROOM));
        let watcher = thread::Builder::new().name("watcher".to_owned());
        let watcher = watcher.spawn(|| self.watch()).expect(ROOM);
        watcher.thread().clone()
    }

    /// One more thread that runs this, until what is given back is dropped.
    fn worker(&'static self, name: &str) -> std::io::Result<Sender<Infallible>> {
        let (needed, over) = async_channel::bounded(1);
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || self.run(&over))?;
        Ok(needed)
    }

    fn run(&'static self, over: &Receiver<Infallible>) {
        let worker = Arc::new(Worker {
            executor: self,
            sections: AtomicU64::new(0),
        });
        self.workers().push(Watched {
            worker: Arc::clone(&worker),
            seen: 0,
            stand_in: None,
        });
        WORKER.with(|own| drop(own.set(Arc::clone(&worker))));
        while !over.is_closed() {
            let run = || smol::block_on(self.tasks.run(over.recv()));
            // A panic ends its task at most. Whoever waits for that is told.
            let _ = catch_unwind(AssertUnwindSafe(run));
        }
        self.workers()
            .retain(|watched| !Arc::ptr_eq(&watched.worker, &worker));
    }

    fn watch(&'static self) {
        loop {
            while self.look() {
                thread::sleep(LOOK_INTERVAL);
            }
            // A section that begins before this is there is seen by the second look, as all four are SeqCst;
            // one that begins later sees it, and wakes this thread.
            self.parked.store(true, Ordering::SeqCst);
            if self.look() {
                self.parked.store(false, Ordering::SeqCst);
                thread::sleep(LOOK_INTERVAL);
            }
            while self.parked.load(Ordering::SeqCst) {
                thread::park();
            }
        }
    }

    /// Lets somebody stand in for each thread that has not come on since the last look. Whether there will be
    /// something to see at the next one.
    fn look(&'static self) -> bool {
        let mut active = false;
        for watched in self.workers().iter_mut() {
            let sections = watched.worker.sections.load(Ordering::SeqCst);
            let inside = sections % 2 == 1;
            if sections != watched.seen {
                watched.seen = sections;
                watched.stand_in = None;
                active = true;
            } else if inside {
                // Where the system refuses a thread, the next look tries again.
                let stand_in = watched.stand_in.take();
                watched.stand_in = stand_in.or_else(|| self.worker("stand-in").ok());
                active = true;
            }
        }
        active
    }

    #[cold]
    fn wake_watcher(&self) {
        if self.parked.swap(false, Ordering::SeqCst) {
            let watcher = self.watcher.get();
            watcher.expect("it is there before any task").unpark();
        }
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    fn in_place<T>(&self, work: impl FnOnce() -> T) -> T {
        let within_another = self.sections.load(Ordering::Relaxed) % 2 == 1;
        let _section = (!within_another).then(|| Section::begin(self));
        work()
    }
}

/// While this is there, its thread may block.
struct Section<'worker>(&'worker Worker);

impl<'worker> Section<'worker> {
    fn begin(worker: &'worker Worker) -> Self {
        worker.sections.fetch_add(1, Ordering::SeqCst);
        if worker.executor.parked.load(Ordering::SeqCst) {
            worker.executor.wake_watcher();
        }
        Self(worker)
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        self.0.sections.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
