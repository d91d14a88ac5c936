//! Events and their subscribers.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tickchain::driver::{EVENT_RING, Next, Subscription};
use tickchain::node::{Effect, Event, Input};

use crate::rig::{Effects, Rig, done, ready};

/// One event for each mine request, and as many as its salt says for a reset.
fn eventful(input: &Input<u32>) -> Option<Effects> {
    let events = match input {
        Input::Mine => 1,
        Input::Reset { salt } => *salt as usize,
        _ => return None,
    };
    let events = (0..events).map(|_| Effect::Event(Event::Reset));
    Some(events.chain([done()]).collect())
}

/// The ids of the events that are there, and `None` for anything else at the end.
pub(crate) fn event_ids(events: &mut Subscription) -> Vec<Option<u64>> {
    let mut ids = Vec::new();
    loop {
        match events.try_next() {
            Some(Next::Event(event)) => ids.push(Some(event.id)),
            None => return ids,
            Some(_) => {
                ids.push(None);
                return ids;
            }
        }
    }
}

#[test]
fn events_are_numbered_from_1_and_can_be_resumed() {
    let mut rig = Rig::new(eventful);
    let handle = rig.handle.clone();
    let mut early = handle.subscribe(None);
    assert!(ready(early.next()).is_none());
    for _ in 0..3 {
        rig.get(handle.mine()).unwrap();
    }
    assert_eq!(event_ids(&mut early), [Some(1), Some(2), Some(3)]);
    assert_eq!(event_ids(&mut handle.subscribe(None)), []);
    assert_eq!(event_ids(&mut handle.subscribe(Some(3))), []);
    assert_eq!(
        event_ids(&mut handle.subscribe(Some(1))),
        [Some(2), Some(3)]
    );
    assert_eq!(
        event_ids(&mut handle.subscribe(Some(0))),
        [Some(1), Some(2), Some(3)]
    );
    // From an earlier life of the node: nothing is known about what was missed.
    for unknown in [4, u64::MAX] {
        let mut stranger = handle.subscribe(Some(unknown));
        assert_eq!(
            ready(stranger.next()),
            Some(Next::Lagged { resumes: 1 }),
            "{unknown}"
        );
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_subscriber_that_waits_is_woken() {
    let mut rig = Rig::new(eventful);
    let handle = rig.handle.clone();
    let mut events = handle.subscribe(None);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    for id in 1..=2 {
        let mut next = pin!(events.next());
        assert!(next.as_mut().poll(&mut context).is_pending());
        let before = wakes.0.load(Ordering::Relaxed);
        rig.get(handle.mine()).unwrap();
        assert_eq!(wakes.0.load(Ordering::Relaxed), before + 1);
        let Poll::Ready(Next::Event(event)) = next.poll(&mut context) else {
            panic!("the event is there");
        };
        assert_eq!(event.id, id);
    }
}

#[test]
fn a_subscriber_that_falls_behind_is_told_and_holds_up_nobody() {
    let mut rig = Rig::new(eventful);
    let handle = rig.handle.clone();
    let mut slow = handle.subscribe(None);
    let ring = EVENT_RING as u64;
    rig.get(handle.reset(ring)).unwrap();
    let mut kept = handle.subscribe(Some(0));
    assert_eq!(event_ids(&mut kept).len(), EVENT_RING);
    rig.get(handle.mine()).unwrap();
    assert_eq!(event_ids(&mut kept), [Some(ring + 1)]);
    assert_eq!(slow.try_next(), Some(Next::Lagged { resumes: 2 }));
    let ids = event_ids(&mut slow);
    assert_eq!(ids.first(), Some(&Some(2)));
    assert_eq!(ids.len(), EVENT_RING);
}
