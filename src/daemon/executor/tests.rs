use std::sync::mpsc;
use std::time::Instant;

use smol::future::block_on;

use super::*;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

thread_local! {
    /// Drops when a thread ends.
    static LEFT: OnceCell<mpsc::Sender<()>> = const { OnceCell::new() };
}

/// Lets the channel close when this thread ends, unless that is the one that never does.
fn leave(left: &mpsc::Sender<()>) {
    if thread::current().name() == Some("stand-in") {
        LEFT.with(|own| drop(own.set(left.clone())));
    }
}

/// Blocks this thread until somebody sends something.
#[track_caller]
fn wait(receiver: &mpsc::Receiver<()>) {
    let received = receiver.recv_timeout(PATIENCE);
    received.expect("a task of the same executor sends");
}

#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "never came about");
        thread::yield_now();
    }
}

#[test]
fn tasks_that_block_are_stood_in_for_while_they_do() {
    static TASKS: Executor = Executor::new();
    let (left, all_left) = mpsc::channel();
    // At first nobody has blocked before; later the watcher has to be woken.
    for _ in 0..3 {
        let (wakers, waiting): (Vec<_>, Vec<_>) = (0..4).map(|_| mpsc::channel()).unzip();
        let blocked: Vec<_> = (waiting.into_iter())
            .map(|receiver| {
                let left = left.clone();
                TASKS.spawn(async move {
                    leave(&left);
                    in_place(|| wait(&receiver));
                })
            })
            .collect();
        let serves = TASKS.spawn({
            let left = left.clone();
            async move {
                leave(&left);
                let send = |waker: &mpsc::Sender<()>| waker.send(()).unwrap();
                wakers.iter().for_each(send);
            }
        });
        block_on(async {
            serves.await;
            for task in blocked {
                task.await;
            }
        });
        until(|| TASKS.parked.load(Ordering::SeqCst));
    }
    drop(left);
    let left = all_left.recv_timeout(PATIENCE);
    assert_eq!(left, Err(mpsc::RecvTimeoutError::Disconnected));
    until(|| TASKS.workers().len() == 1);
}

#[test]
fn a_section_within_another_is_part_of_it() {
    static TASKS: Executor = Executor::new();
    let (waker, receiver) = mpsc::channel();
    let (next_waker, next_receiver) = mpsc::channel();
    let (within, is_within) = async_channel::bounded(2);
    let blocked = TASKS.spawn(async move {
        in_place(|| {
            in_place(|| wait(&receiver));
            within.try_send(()).unwrap();
            wait(&next_receiver);
        });
    });
    let serves = TASKS.spawn(async move {
        waker.send(()).unwrap();
        is_within.recv().await.unwrap();
        next_waker.send(()).unwrap();
    });
    block_on(async { (blocked.await, serves.await) });
}

#[test]
fn a_panic_ends_a_section_and_nothing_else() {
    static TASKS: Executor = Executor::new();
    let panics = TASKS.spawn(async {
        let panicked = catch_unwind(|| in_place(|| panic!("on purpose")));
        let sections = WORKER.with(|own| own.get().unwrap().sections.load(Ordering::SeqCst));
        (panicked.is_err(), sections)
    });
    assert_eq!(block_on(panics), (true, 2));
}

/// Tells that it is being dropped, and blocks that.
struct Blocks(async_channel::Sender<()>, mpsc::Receiver<()>);

impl Drop for Blocks {
    fn drop(&mut self) {
        self.0.try_send(()).unwrap();
        wait(&self.1);
    }
}

#[test]
fn a_task_may_block_in_a_turn_and_when_it_is_cancelled() {
    static TASKS: Executor = Executor::new();
    let (waker, waits) = mpsc::channel();
    let (ends, ending) = async_channel::bounded(1);
    let (last_waker, last_waits) = mpsc::channel();
    let (idle, is_idle) = async_channel::bounded(1);
    let task = TASKS.spawn(InPlace::new(async move {
        let _blocks = Blocks(ends, last_waits);
        wait(&waits);
        idle.send(()).await.unwrap();
        smol::future::pending::<()>().await;
    }));
    block_on(TASKS.spawn(async move { waker.send(()).unwrap() }));
    block_on(is_idle.recv()).unwrap();
    until(|| TASKS.workers().len() == 1);
    drop(task);
    block_on(ending.recv()).unwrap();
    block_on(TASKS.spawn(async move { last_waker.send(()).unwrap() }));
}

#[test]
fn elsewhere_work_is_just_done() {
    let here = thread::current().id();
    assert_eq!(in_place(|| thread::current().id()), here);
    let task = spawn(async { (in_place(|| 1), thread::current().id()) });
    let (one, there) = block_on(task);
    assert_eq!(one, 1);
    assert_ne!(there, here);
}
