//! Nothing leaves before what it came from lasts, and what a failure takes with it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tickchain::driver::{
    CANNOT_WRITE, DriverError, Link, OUTGOING_QUEUE, Progress, Storage, StorageError,
};
use tickchain::node::{Effect, Event, Input, Persist};

use crate::events::event_ids;
use crate::rig::{Effects, Fake, QUESTION, Rig, done, fake, name, ready, search, send};

/// What the test sees of a [`Disk`], and does to it.
#[derive(Default)]
struct Platter {
    progress: Option<Progress>,
    /// The clocks of all that was given to be written.
    given: Vec<u64>,
    /// What keeps it from being read or written.
    unreadable: Option<StorageError>,
    unwritable: Option<StorageError>,
    finished: bool,
}

/// A storage whose writes last and fail when the test says so.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    fn tell(&self, writes: Result<u64, StorageError>) {
        self.0.lock().unwrap().progress.as_ref().unwrap()(writes);
    }

    fn given(&self) -> usize {
        self.0.lock().unwrap().given.len()
    }

    fn node(&self, clock: u64) -> Fake {
        let (mut node, _) = fake(script);
        node.clock = clock;
        node
    }
}

impl Storage<Fake> for Disk {
    fn start(&mut self, progress: Progress) {
        self.0.lock().unwrap().progress = Some(progress);
    }

    fn write(&mut self, persist: Persist) {
        self.0.lock().unwrap().given.push(persist.clock);
    }

    fn reload(&mut self, clock: u64) -> Result<Fake, StorageError> {
        let unreadable = self.0.lock().unwrap().unreadable.clone();
        unreadable.map_or_else(|| Ok(self.node(clock)), Err)
    }

    fn recover(&mut self, clock: u64) -> Result<Fake, StorageError> {
        let unwritable = self.0.lock().unwrap().unwritable.clone();
        unwritable.map_or_else(|| Ok(self.node(clock)), Err)
    }

    fn finish(&mut self) -> Result<(), StorageError> {
        let mut platter = self.0.lock().unwrap();
        platter.finished = true;
        platter.unwritable.clone().map_or(Ok(()), Err)
    }
}

fn full() -> StorageError {
    StorageError::Full {
        place: "/disk".to_owned(),
    }
}

/// A mine request, a reset and a payment are written, each with an event and a message to b; a start
/// searches. All else costs no write.
fn script(input: &Input<u32>) -> Option<Effects> {
    let kept = || Effect::Persist(Persist::default());
    let event = || Effect::Event(Event::Started);
    match input {
        Input::Mine => Some(vec![kept(), event(), send("b", 1), done()]),
        Input::Reset { .. } => Some(vec![kept(), Effect::Event(Event::Reset), done()]),
        Input::Start { .. } => Some(vec![done(), Effect::Search(search(1))]),
        Input::Message { message: 7, .. } => Some(vec![kept()]),
        Input::Message { message: 8, .. } => Some(vec![kept(), send("b", QUESTION)]),
        _ => None,
    }
}

fn rig() -> (Rig, Disk) {
    let disk = Disk::default();
    (Rig::with_storage(script, Box::new(disk.clone())), disk)
}

#[test]
fn a_question_leaves_at_once_unless_it_would_overtake() {
    let (mut rig, disk) = rig();
    let [a, b] = ["a", "b"].map(|peer| linked(&mut rig, peer));
    let sent = |link: &Arc<Link<u32>>| ready(Box::pin(link.outgoing()));
    let said = a.hand_in(8);
    rig.turn();
    assert_eq!((disk.given(), sent(&b)), (1, Some(Some(QUESTION))));
    let mut taken = Box::pin(said.taken());
    assert!(
        ready(&mut taken).is_none(),
        "what was said does not last yet"
    );

    let handle = rig.handle.clone();
    let _mine = ask(&mut rig, async move { handle.mine().await });
    let _said = a.hand_in(8);
    rig.turn();
    assert_eq!((disk.given(), sent(&b)), (3, None));
    disk.tell(Ok(2));
    rig.turn();
    assert!(ready(&mut taken).is_some());
    assert_eq!(sent(&b), Some(Some(1)));
    disk.tell(Ok(3));
    rig.turn();
    assert_eq!(sent(&b), Some(Some(QUESTION)));
}

type Call<T> = Pin<Box<dyn Future<Output = T>>>;

/// Asks, and lets the driver do all it has to do.
fn ask<T>(rig: &mut Rig, call: impl Future<Output = T> + 'static) -> Call<T> {
    let mut call: Call<T> = Box::pin(call);
    assert!(ready(&mut call).is_none());
    rig.turn();
    call
}

/// An end of a link that calls may outlive.
fn linked(rig: &mut Rig, peer: &str) -> Arc<Link<u32>> {
    let handle = rig.handle.clone();
    Arc::new(rig.get(handle.connect(name(peer), 0)).unwrap())
}

/// One call of each kind, after something that is being written. Whether each was answered, and how.
struct Calls {
    mine: Call<Result<(), DriverError>>,
    clock: Call<Result<(), DriverError>>,
    read: Call<Result<u64, DriverError>>,
    update: Call<Result<Result<(), ()>, DriverError>>,
    deliver: Call<Result<(), tickchain::driver::LinkClosed>>,
    connect: Call<Result<Link<u32>, DriverError>>,
}

impl Calls {
    fn all(rig: &mut Rig, link: &Arc<Link<u32>>) -> Self {
        let handle = rig.handle.clone();
        let (h, l) = (handle.clone(), link.clone());
        let mine = ask(rig, async move { h.mine().await });
        let h = handle.clone();
        let clock = ask(rig, async move { h.clock(5).await });
        let h = handle.clone();
        let read = ask(rig, async move { h.read(|node| node.clock).await });
        let h = handle.clone();
        let update = ask(rig, async move { h.update(|_| Ok(Vec::new())).await });
        let deliver = ask(rig, async move { l.deliver(3).await });
        let connect = ask(rig, async move { handle.connect(name("c"), 0).await });
        Self {
            mine,
            clock,
            read,
            update,
            deliver,
            connect,
        }
    }

    fn none_is_answered(&mut self) -> bool {
        ready(&mut self.mine).is_none()
            && ready(&mut self.clock).is_none()
            && ready(&mut self.read).is_none()
            && ready(&mut self.update).is_none()
            && ready(&mut self.deliver).is_none()
            && ready(&mut self.connect).is_none()
    }
}

#[test]
fn what_needs_no_write_waits_for_none() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    assert_eq!(rig.get(handle.clock(3)), Ok(()));
    assert_eq!(rig.get(handle.read(|node| node.clock)), Ok(3));
    assert_eq!(handle.view().clock, 3);
    assert_eq!(disk.given(), 0);
}

#[test]
fn nothing_leaves_before_the_write_it_came_after_lasts() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let link = linked(&mut rig, "b");
    let mut events = handle.subscribe(None);
    let mut calls = Calls::all(&mut rig, &link);
    assert!(calls.none_is_answered());
    assert_eq!(ready(link.outgoing()), None);
    assert_eq!(event_ids(&mut events), []);
    assert_eq!(handle.view().clock, 0);
    // It has happened, and a look at the node that is answered later may say so.
    assert_eq!(handle.last_event(), 1);
    assert!(event_ids(&mut handle.subscribe(Some(1))).is_empty());
    // The node has gone on all the same.
    assert_eq!(rig.heard().len(), 5);
    disk.tell(Ok(1));
    rig.turn();
    assert_eq!(ready(calls.mine), Some(Ok(())));
    assert_eq!(ready(calls.read), Some(Ok(5)));
    assert_eq!(ready(calls.update), Some(Ok(Ok(()))));
    assert_eq!(ready(calls.deliver), Some(Ok(())));
    assert!(ready(calls.connect).unwrap().is_ok());
    assert_eq!(ready(link.outgoing()), Some(Some(1)));
    assert_eq!(event_ids(&mut events), [Some(1)]);
    assert_eq!(handle.view().clock, 5);
    // Another state was taken over before b had acknowledged what was sent until there.
    assert_eq!(ready(calls.clock), Some(Err(DriverError::Reset)));
}

#[test]
fn a_clock_waits_for_its_write_and_then_for_what_was_sent_until_there_alone() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let link = linked(&mut rig, "b");
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    let h = handle.clone();
    let mut clock = ask(&mut rig, async move { h.clock(1).await });
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    disk.tell(Ok(2));
    rig.turn();
    assert_eq!(ready(&mut clock), None);
    // Both messages left at once; the second one came after the clock.
    link.acknowledged(1);
    rig.turn();
    assert_eq!(ready(clock), Some(Ok(())));
}

#[test]
fn what_came_after_a_later_write_waits_for_that() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let mut events = handle.subscribe(None);
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let (h, g) = (handle.clone(), handle.clone());
            let mine = ask(&mut rig, async move { h.mine().await });
            let g = g.clone();
            let seen = ask(&mut rig, async move {
                let handle = g.clone();
                g.read(move |_| handle.last_event()).await
            });
            (mine, seen)
        })
        .collect();
    let mut calls = calls.into_iter();
    for write in 1..=3 {
        disk.tell(Ok(write));
        // Old news changes nothing.
        disk.tell(Ok(1));
        rig.turn();
        let (mine, seen) = calls.next().unwrap();
        assert_eq!(ready(mine), Some(Ok(())));
        assert_eq!(ready(seen), Some(Ok(write)));
        assert_eq!(event_ids(&mut events), [Some(write)]);
    }
    assert_eq!(rig.get(handle.clock(1)), Ok(()));
}

#[test]
fn a_failure_takes_with_it_what_did_not_last_and_nothing_else() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let link = linked(&mut rig, "b");
    let mut events = handle.subscribe(None);
    rig.get(handle.start(1)).unwrap();
    rig.get(handle.clock(2)).unwrap();
    let h = handle.clone();
    let lasting = ask(&mut rig, async move { h.mine().await });
    disk.tell(Ok(1));
    let calls = Calls::all(&mut rig, &link);
    disk.0.lock().unwrap().unwritable = Some(full());
    disk.tell(Err(full()));
    rig.turn();
    assert_eq!(ready(lasting), Some(Ok(())));
    let lost = DriverError::Storage(full());
    assert_eq!(ready(calls.mine), Some(Err(lost.clone())));
    assert_eq!(ready(calls.clock), Some(Err(lost.clone())));
    assert_eq!(ready(calls.read), Some(Err(lost.clone())));
    assert_eq!(ready(calls.update), Some(Err(lost.clone())));
    assert_eq!(ready(calls.connect).unwrap().unwrap_err(), lost);
    let closed = ready(calls.deliver).unwrap().unwrap_err();
    assert_eq!(closed.reason, CANNOT_WRITE);
    assert_eq!(link.closed_reason(), Some(CANNOT_WRITE));
    // What had left before is brought, and the rest never was.
    assert_eq!(ready(link.outgoing()), Some(Some(1)));
    assert_eq!(ready(link.outgoing()), Some(None));
    // One number is left out, for what no event told.
    assert_eq!(event_ids(&mut events), [Some(1), None]);
    assert_eq!(event_ids(&mut handle.subscribe(Some(1))), [None]);
    assert_eq!(event_ids(&mut handle.subscribe(Some(2))), []);
    assert_eq!(handle.last_event(), 2);
    assert_eq!(rig.searches.stopped(), [true]);
    assert_eq!(handle.view().clock, 2);
}

#[test]
fn after_a_failure_reading_goes_on_and_writing_once_it_can() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    rig.get(handle.clock(4)).unwrap();
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    disk.0.lock().unwrap().unwritable = Some(full());
    disk.tell(Err(full()));
    let refused = Err(DriverError::Storage(full()));
    for _ in 0..2 {
        assert_eq!(rig.get(handle.read(|node| node.clock)), Ok(4));
        assert_eq!(rig.get(handle.mine()), refused);
        assert_eq!(rig.get(handle.clock(5)), refused);
        assert_eq!(rig.get(handle.tick()), refused);
        let connected = rig.get(handle.connect(name("b"), 0));
        assert_eq!(connected.map(drop), refused);
        let updated = rig.get(handle.update(|node| {
            node.clock = 9;
            Ok::<_, ()>(Vec::new())
        }));
        assert_eq!(updated, Err(DriverError::Storage(full())));
    }
    disk.0.lock().unwrap().unwritable = None;
    assert_eq!(rig.get(handle.clock(5)), Ok(()));
    let link = linked(&mut rig, "b");
    let h = handle.clone();
    let mut mine = ask(&mut rig, async move { h.mine().await });
    // News of the writes before the failure.
    disk.tell(Ok(1));
    rig.turn();
    assert_eq!(ready(&mut mine), None);
    disk.tell(Ok(2));
    rig.turn();
    assert_eq!(ready(mine), Some(Ok(())));
    assert_eq!(ready(link.outgoing()), Some(Some(1)));
    assert_eq!(handle.last_event(), 2);
}

#[test]
fn who_waits_for_a_clock_that_cannot_come_any_more_hears_of_a_failure() {
    let (mut rig, disk) = rig_standing();
    let handle = rig.handle.clone();
    let h = handle.clone();
    let mut clock = ask(&mut rig, async move { h.clock(1).await });
    assert_eq!(ready(&mut clock), None);
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    disk.tell(Err(full()));
    rig.turn();
    assert_eq!(ready(clock), Some(Err(DriverError::Storage(full()))));
}

/// Its node does not reach the clocks it is asked for.
fn rig_standing() -> (Rig, Disk) {
    let disk = Disk::default();
    let standing = |input: &Input<u32>| match input {
        Input::Clock { .. } => Some(vec![done()]),
        input => script(input),
    };
    (Rig::with_storage(standing, Box::new(disk.clone())), disk)
}

#[test]
fn a_reset_takes_clocks_away_when_it_lasts() {
    let (mut rig, disk) = rig_standing();
    let handle = rig.handle.clone();
    let h = handle.clone();
    let mut clock = ask(&mut rig, async move { h.clock(1).await });
    let h = handle.clone();
    let mut reset = ask(&mut rig, async move { h.reset(1).await });
    assert_eq!((ready(&mut clock), ready(&mut reset)), (None, None));
    disk.tell(Ok(1));
    rig.turn();
    assert_eq!(ready(clock), Some(Err(DriverError::Reset)));
    assert_eq!(ready(reset), Some(Ok(())));
}

#[test]
fn while_what_was_written_cannot_be_read_nothing_is() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.clock(7).await }));
    let failed = StorageError::Failed {
        reason: "gone".to_owned(),
    };
    disk.0.lock().unwrap().unreadable = Some(failed.clone());
    disk.0.lock().unwrap().unwritable = Some(failed.clone());
    disk.tell(Err(full()));
    let read = rig.get(handle.read(|node| node.clock));
    assert_eq!(read, Err(DriverError::Storage(failed)));
    assert_eq!(handle.view().clock, 0, "nobody sees a clock that is lost");
    disk.0.lock().unwrap().unwritable = None;
    assert_eq!(rig.get(handle.clock(1)), Ok(()));
    assert_eq!(rig.get(handle.read(|node| node.clock)), Ok(1));
}

#[test]
fn while_a_storage_is_closed_nothing_is_read() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    disk.0.lock().unwrap().unwritable = Some(full());
    disk.tell(Err(full()));
    assert_eq!(rig.get(handle.read(|node| node.clock)), Ok(0));
    let closed = StorageError::Closed {
        reason: "too many open files".to_owned(),
    };
    disk.0.lock().unwrap().unwritable = Some(closed.clone());
    let refused = Err(DriverError::Storage(closed));
    assert_eq!(rig.get(handle.mine()), refused);
    let read = rig.get(handle.read(|node| node.clock));
    assert_eq!(read.map(drop), refused);
    disk.0.lock().unwrap().unwritable = None;
    assert_eq!(rig.get(handle.clock(1)), Ok(()));
    assert_eq!(rig.get(handle.read(|node| node.clock)), Ok(1));
}

#[test]
fn a_stop_writes_the_clock_which_ticks_alone_do_not() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    assert_eq!(rig.get(handle.clock(7)), Ok(()));
    assert_eq!(disk.given(), 0);
    handle.stop();
    assert!(rig.turn());
    assert_eq!(disk.0.lock().unwrap().given, [7]);
}

#[test]
fn a_stop_waits_for_what_is_being_written() {
    for failure in [None, Some(full())] {
        let (mut rig, disk) = rig();
        let handle = rig.handle.clone();
        let link = linked(&mut rig, "b");
        let mut events = handle.subscribe(None);
        let h = handle.clone();
        let mine = ask(&mut rig, async move { h.mine().await });
        disk.0.lock().unwrap().unwritable.clone_from(&failure);
        handle.stop();
        assert!(rig.turn());
        assert!(disk.0.lock().unwrap().finished);
        match failure {
            None => {
                assert_eq!(ready(mine), Some(Ok(())));
                assert_eq!(ready(link.outgoing()), Some(Some(1)));
                assert_eq!(event_ids(&mut events), [Some(1), None]);
            }
            Some(error) => {
                assert_eq!(ready(mine), Some(Err(DriverError::Storage(error))));
                assert_eq!(ready(link.outgoing()), Some(None));
                assert_eq!(event_ids(&mut events), [None]);
            }
        }
    }
}

#[test]
fn a_message_that_waits_for_a_write_goes_to_the_link_it_was_made_for() {
    let (mut rig, disk) = rig();
    let handle = rig.handle.clone();
    let before = linked(&mut rig, "b");
    let h = handle.clone();
    drop(ask(&mut rig, async move { h.mine().await }));
    drop(before);
    rig.turn();
    let h = handle.clone();
    let after = ask(&mut rig, async move { h.connect(name("b"), 0).await });
    disk.tell(Ok(1));
    rig.turn();
    let after = ready(after).unwrap().unwrap();
    assert_eq!(ready(after.outgoing()), None);
}

#[test]
fn messages_that_wait_for_a_write_count_for_the_queue_of_their_link() {
    let (mut rig, disk) = rig();
    let link = linked(&mut rig, "b");
    let handle = rig.handle.clone();
    for sent in 1..=OUTGOING_QUEUE {
        let h = handle.clone();
        drop(ask(&mut rig, async move { h.mine().await }));
        assert_eq!(link.closed_reason(), None, "after {sent}");
    }
    drop(ask(&mut rig, async move { handle.mine().await }));
    assert!(link.closed_reason().unwrap().contains("no more fit"));
    disk.tell(Ok(OUTGOING_QUEUE as u64));
    rig.turn();
    // What waited for a link that is gone is gone with it.
    assert_eq!(ready(link.outgoing()), Some(None));
}
