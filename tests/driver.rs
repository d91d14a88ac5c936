//! The driver's contract, with a node that does as each test says and an executor of one poll: so
//! "not yet" can be seen without waiting for a while.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_lite::future::{block_on, poll_once, zip};
use tickchain::driver::{
    Driver, DriverError, EVENT_RING, Found, Handle, Next, OUTGOING_QUEUE, Options, Searcher,
    Subscription, join,
};
use tickchain::ledger::{Difficulty, Genesis, TxId};
use tickchain::node::{
    Answer, Effect, Event, Input, Name, Node, Payment, RequestError, Search, Status,
};

type Effects = Vec<Effect<u32>>;
type Script = Box<dyn FnMut(&Input<u32>) -> Option<Effects> + Send>;

/// Writes down what it is told. What `script` says nothing about it grants at once.
struct Fake {
    heard: Arc<Mutex<Vec<Input<u32>>>>,
    script: Script,
    clock: u64,
}

impl Node for Fake {
    type Message = u32;

    fn handle(&mut self, input: Input<u32>) -> Effects {
        self.heard.lock().unwrap().push(input.clone());
        if let Some(effects) = (self.script)(&input) {
            return effects;
        }
        match input {
            Input::Clock { to, .. } => {
                self.clock = to;
                vec![done(), Effect::Reached { clock: to }]
            }
            Input::Reset { .. } => {
                self.clock = 0;
                vec![done()]
            }
            Input::Start { .. } | Input::Mine | Input::Pay(_) => vec![done()],
            _ => Vec::new(),
        }
    }

    fn next_clock(&self) -> Option<u64> {
        None
    }

    fn clock(&self) -> u64 {
        self.clock
    }

    fn status(&self) -> Status {
        Status::Idle
    }

    fn is_started(&self) -> bool {
        true
    }
}

fn done() -> Effect<u32> {
    Effect::Answer(Ok(Answer::Done))
}

fn name(name: &str) -> Name {
    name.parse().unwrap()
}

fn send(to: &str, message: u32) -> Effect<u32> {
    Effect::Send {
        to: name(to),
        message,
    }
}

/// Keeps what it was asked to search, for the test to end.
#[derive(Default)]
struct Searches(Mutex<Vec<(Search, Arc<AtomicBool>, Found)>>);

impl Searcher for Searches {
    fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found) {
        self.0.lock().unwrap().push((search, stop, found));
    }
}

impl Searches {
    fn stopped(&self) -> Vec<bool> {
        let searches = self.0.lock().unwrap();
        let stopped = |(_, stop, _): &(_, Arc<AtomicBool>, _)| stop.load(Ordering::Relaxed);
        searches.iter().map(stopped).collect()
    }
}

/// A driver that runs when it is told to, until it has nothing left to do.
struct Rig {
    run: Option<Pin<Box<dyn Future<Output = ()>>>>,
    handle: Handle<Fake>,
    heard: Arc<Mutex<Vec<Input<u32>>>>,
    searches: Arc<Searches>,
}

impl Rig {
    fn new(script: impl FnMut(&Input<u32>) -> Option<Effects> + Send + 'static) -> Self {
        let (node, heard) = fake(script);
        let searches = Arc::new(Searches::default());
        let options = Options {
            searcher: searches.clone(),
            wall: Arc::new(|| 77),
        };
        let (driver, handle) = Driver::new(node, options);
        Self {
            run: Some(Box::pin(driver.run())),
            handle,
            heard,
            searches,
        }
    }

    /// Lets the driver do all it has to do. `true` when it is over.
    fn turn(&mut self) -> bool {
        let over = self
            .run
            .as_mut()
            .is_none_or(|run| block_on(poll_once(run)).is_some());
        if over {
            self.run = None;
        }
        over
    }

    /// What a call comes to, which must not take more than one turn of the driver.
    fn get<T>(&mut self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        let early = block_on(poll_once(&mut call));
        self.turn();
        early
            .or_else(|| block_on(poll_once(call)))
            .expect("the call is answered in one turn")
    }

    fn heard(&self) -> Vec<Input<u32>> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn fake(
    script: impl FnMut(&Input<u32>) -> Option<Effects> + Send + 'static,
) -> (Fake, Arc<Mutex<Vec<Input<u32>>>>) {
    let heard = Arc::default();
    let node = Fake {
        heard: Arc::clone(&heard),
        script: Box::new(script),
        clock: 0,
    };
    (node, heard)
}

fn ready<T>(call: impl Future<Output = T>) -> Option<T> {
    block_on(poll_once(call))
}

#[test]
fn requests_reach_the_node_in_order_and_bring_its_answers() {
    let refused = RequestError::NotStarted;
    let payment = Payment {
        id: None,
        sender: "aki".parse().unwrap(),
        recipient: "so".parse().unwrap(),
        value: 2.try_into().unwrap(),
    };
    let answer = Err(refused.clone());
    let mut rig = Rig::new(move |input| match input {
        Input::Pay(_) => Some(vec![Effect::Answer(Ok(Answer::Accepted {
            id: TxId::from(9),
        }))]),
        Input::Mine => Some(vec![Effect::Answer(answer.clone())]),
        _ => None,
    });
    let handle = rig.handle.clone();
    assert_eq!(rig.get(handle.start(5)), Ok(()));
    assert_eq!(rig.get(handle.pay(payment.clone())), Ok(TxId::from(9)));
    assert_eq!(rig.get(handle.mine()), Err(DriverError::Refused(refused)));
    assert_eq!(rig.get(handle.clock(3)), Ok(()));
    assert_eq!(handle.view().clock, 3);
    assert_eq!(rig.get(handle.read(|node| node.clock)), Ok(3));
    assert_eq!(rig.get(handle.update(|node| node.clock = 8)), Ok(()));
    assert_eq!(handle.view().clock, 8);
    let expected = [
        Input::Start { salt: 5 },
        Input::Pay(payment),
        Input::Mine,
        Input::Clock { to: 3, wall: 77 },
    ];
    assert_eq!(rig.heard(), expected);
}

#[test]
fn a_node_that_does_not_answer_is_told_on() {
    let mut rig = Rig::new(|_| Some(Vec::new()));
    let handle = rig.handle.clone();
    assert_eq!(rig.get(handle.mine()), Err(DriverError::NoAnswer));
    assert_eq!(rig.get(handle.clock(1)), Err(DriverError::NoAnswer));
}

/// Sends two messages to `b` at every clock.
fn chatty(input: &Input<u32>) -> Option<Effects> {
    match input {
        Input::Clock { to, .. } => Some(vec![
            done(),
            send("b", *to as u32),
            send("b", 100 + *to as u32),
            Effect::Reached { clock: *to },
        ]),
        _ => None,
    }
}

#[test]
fn a_clock_waits_for_the_acknowledgement_of_all_that_was_sent_until_there() {
    let mut rig = Rig::new(chatty);
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 4)).unwrap();
    let mut first = pin!(handle.clock(1));
    for acknowledged in 0..2 {
        assert_eq!(ready(&mut first), None, "{acknowledged} of 2");
        rig.turn();
        assert_eq!(ready(&mut first), None, "{acknowledged} of 2");
        link.acknowledged(1);
    }
    rig.turn();
    assert_eq!(ready(first), Some(Ok(())));
    let mut second = pin!(handle.clock(2));
    assert_eq!(ready(&mut second), None);
    rig.turn();
    assert_eq!(ready(&mut second), None);
    let out: Vec<_> = (0..4).map(|_| ready(link.outgoing()).flatten()).collect();
    assert_eq!(out, [Some(1), Some(101), Some(2), Some(102)]);
    link.acknowledged(2);
    rig.turn();
    assert_eq!(ready(second), Some(Ok(())));
    assert_eq!(
        rig.heard()[0],
        Input::PeerUp {
            peer: name("b"),
            latency: 4
        }
    );
}

#[test]
fn a_clock_does_not_wait_for_a_link_that_is_gone_nor_for_its_next_life() {
    let mut rig = Rig::new(chatty);
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    let mut clock = pin!(handle.clock(1));
    assert!(ready(&mut clock).is_none());
    rig.turn();
    assert!(ready(&mut clock).is_none());
    drop(link);
    let _next = rig.get(handle.connect(name("b"), 0)).unwrap();
    assert_eq!(ready(clock), Some(Ok(())));
}

#[test]
fn a_clock_waits_for_a_node_that_stands_still() {
    let mut rig = Rig::new(|input| match input {
        Input::Clock { .. } => Some(vec![done()]),
        Input::NonceFound { .. } => Some(vec![Effect::Reached { clock: 2 }]),
        Input::Mine => Some(vec![done(), Effect::Search(search(1))]),
        _ => None,
    });
    let handle = rig.handle.clone();
    rig.get(handle.mine()).unwrap();
    let (mut near, mut far) = (pin!(handle.clock(2)), pin!(handle.clock(3)));
    assert!(ready(&mut near).is_none() && ready(&mut far).is_none());
    rig.turn();
    assert!(ready(&mut near).is_none() && ready(&mut far).is_none());
    let (_, _, found) = rig.searches.0.lock().unwrap().remove(0);
    found(1234);
    rig.turn();
    assert_eq!(ready(near), Some(Ok(())));
    assert!(ready(far).is_none());
    assert_eq!(
        rig.heard().last(),
        Some(&Input::NonceFound {
            search: 1,
            nonce: 1234
        })
    );
}

fn search(id: u64) -> Search {
    Search {
        id,
        header: *Genesis::default().block().unwrap().header(),
        difficulty: Difficulty::new(Difficulty::MAX).unwrap(),
        start: 0,
    }
}

#[test]
fn a_reset_fails_those_who_wait_for_a_clock() {
    let mut rig = Rig::new(|input| match input {
        Input::Clock { .. } => Some(vec![done()]),
        _ => None,
    });
    let handle = rig.handle.clone();
    let mut clock = pin!(handle.clock(9));
    assert!(ready(&mut clock).is_none());
    assert_eq!(rig.get(handle.reset(1)), Ok(()));
    assert_eq!(ready(clock), Some(Err(DriverError::Reset)));

    let mut clock = pin!(handle.clock(9));
    assert!(ready(&mut clock).is_none());
    rig.get(handle.update(|node| node.clock = 4)).unwrap();
    assert_eq!(ready(clock), Some(Err(DriverError::Reset)));
}

#[test]
fn a_message_is_taken_unless_the_node_closes_its_link() {
    let mut rig = Rig::new(|input| match input {
        Input::Message { from, message: 13 } => Some(vec![
            Effect::Close {
                peer: from.clone(),
                reason: "13 is not said".to_owned(),
            },
            send("b", 7),
        ]),
        _ => None,
    });
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    assert_eq!(rig.get(link.deliver(12)), Ok(()));
    assert_eq!(link.closed_reason(), None);
    assert!(ready(link.closed()).is_none());
    let refused = rig.get(link.deliver(13)).unwrap_err();
    assert_eq!(refused.reason, "13 is not said");
    assert_eq!(link.closed_reason(), Some("13 is not said"));
    assert_eq!(ready(link.closed()), Some(refused.clone()));
    assert_eq!(ready(link.outgoing()), Some(None));
    assert_eq!(rig.get(link.deliver(14)), Err(refused));

    // The old link's end changes nothing about a new one.
    let next = rig.get(handle.connect(name("b"), 0)).unwrap();
    drop(link);
    rig.turn();
    assert_eq!(rig.get(next.deliver(15)), Ok(()));
    let peer = name("b");
    let message = |message| Input::Message {
        from: name("b"),
        message,
    };
    let up = Input::PeerUp {
        peer: name("b"),
        latency: 0,
    };
    let expected = [
        up.clone(),
        message(12),
        message(13),
        Input::PeerDown { peer },
        up,
        message(15),
    ];
    assert_eq!(rig.heard(), expected);
}

#[test]
fn one_link_a_name() {
    let mut rig = Rig::new(|_| None);
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    let again = rig.get(handle.connect(name("b"), 0)).unwrap_err();
    assert_eq!(again, DriverError::LinkExists { peer: name("b") });
    drop(link);
    assert!(rig.get(handle.connect(name("b"), 0)).is_ok());
}

#[test]
fn a_link_that_nobody_waits_for_goes_down_again() {
    let mut rig = Rig::new(|_| None);
    let handle = rig.handle.clone();
    {
        let mut connect = pin!(handle.connect(name("b"), 0));
        assert!(ready(&mut connect).is_none());
    }
    rig.turn();
    let peer = name("b");
    assert_eq!(rig.heard().last(), Some(&Input::PeerDown { peer }));
}

#[test]
fn a_full_queue_closes_its_link_and_no_other() {
    let mut rig = Rig::new(|input| match input {
        Input::Mine => {
            let flood = (0..=OUTGOING_QUEUE as u32).map(|number| send("b", number));
            Some(flood.chain([send("c", 1), done()]).collect())
        }
        _ => None,
    });
    let handle = rig.handle.clone();
    let stuck = rig.get(handle.connect(name("b"), 0)).unwrap();
    let other = rig.get(handle.connect(name("c"), 0)).unwrap();
    assert_eq!(rig.get(handle.mine()), Ok(()));
    let reason = stuck.closed_reason().unwrap();
    assert!(reason.contains(&OUTGOING_QUEUE.to_string()), "{reason}");
    for number in 0..OUTGOING_QUEUE as u32 {
        assert_eq!(ready(stuck.outgoing()), Some(Some(number)));
    }
    assert_eq!(ready(stuck.outgoing()), Some(None));
    assert_eq!(ready(other.outgoing()), Some(Some(1)));
    assert_eq!(other.closed_reason(), None);
    let peer = name("b");
    assert_eq!(rig.heard().last(), Some(&Input::PeerDown { peer }));
}

#[test]
fn one_search_runs_and_every_end_cancels_it_at_once() {
    let mut next = 0;
    let mut rig = Rig::new(move |input| match input {
        Input::Mine => {
            next += 1;
            Some(vec![done(), Effect::Search(search(next))])
        }
        Input::Reset { .. } => Some(vec![Effect::CancelSearch, done()]),
        _ => None,
    });
    let handle = rig.handle.clone();
    rig.get(handle.mine()).unwrap();
    assert_eq!(rig.searches.stopped(), [false]);
    rig.get(handle.mine()).unwrap();
    assert_eq!(rig.searches.stopped(), [true, false]);
    rig.get(handle.reset(0)).unwrap();
    assert_eq!(rig.searches.stopped(), [true, true]);
    rig.get(handle.mine()).unwrap();
    assert_eq!(rig.searches.stopped(), [true, true, false]);
    handle.stop();
    assert!(rig.turn());
    assert_eq!(rig.searches.stopped(), [true, true, true]);
    assert_eq!(ready(handle.mine()), Some(Err(DriverError::Stopped)));
}

#[test]
fn a_stop_comes_after_what_was_asked_before_and_ends_every_wait() {
    let mut rig = Rig::new(|input| match input {
        Input::Clock { .. } => Some(vec![done()]),
        Input::Start { .. } => Some(vec![Effect::Event(Event::Started), done()]),
        _ => None,
    });
    let handle = rig.handle.clone();
    let mut events = handle.subscribe(None);
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    let (mut start, mut clock) = (pin!(handle.start(1)), pin!(handle.clock(1)));
    assert!(ready(&mut start).is_none() && ready(&mut clock).is_none());
    handle.stop();
    assert!(rig.turn());
    assert_eq!(ready(start), Some(Ok(())));
    assert_eq!(ready(clock), Some(Err(DriverError::Stopped)));
    assert_eq!(ready(link.outgoing()), Some(None));
    assert_eq!(link.closed_reason(), Some("the node has stopped"));
    assert!(ready(link.deliver(1)).unwrap().is_err());
    assert_eq!(event_ids(&mut events), [Some(1), None]);
}

#[test]
fn the_driver_ends_with_its_last_handle_whatever_links_are_left() {
    let mut rig = Rig::new(|_| None);
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    let Rig {
        run, handle: last, ..
    } = rig;
    let mut run = run.unwrap();
    drop(handle);
    assert!(ready(&mut run).is_none());
    drop(last);
    assert!(ready(&mut run).is_some());
    drop(run);
    assert_eq!(ready(link.outgoing()), Some(None));
}

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
fn event_ids(events: &mut Subscription) -> Vec<Option<u64>> {
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

#[test]
fn a_subscriber_that_waits_is_woken() {
    let mut rig = Rig::new(eventful);
    let handle = rig.handle.clone();
    let mut events = handle.subscribe(None);
    let waiting = std::thread::spawn(move || block_on(events.next()));
    rig.get(handle.mine()).unwrap();
    let Next::Event(event) = waiting.join().unwrap() else {
        panic!("the event comes");
    };
    assert_eq!(event.id, 1);
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

#[test]
fn an_answer_comes_after_everything_else_was_done() {
    let mut rig = Rig::new(|input| match input {
        Input::Mine => Some(vec![done(), send("b", 1), Effect::Event(Event::Started)]),
        _ => None,
    });
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    let mut events = handle.subscribe(None);
    rig.get(handle.mine()).unwrap();
    assert_eq!(ready(link.outgoing()), Some(Some(1)));
    assert_eq!(event_ids(&mut events), [Some(1)]);
}

#[test]
fn a_thread_will_do_for_an_executor() {
    let (node, _) = fake(|_| None);
    let (driver, handle) = Driver::new(node, Options::default());
    let thread = std::thread::spawn(|| driver.run_blocking());
    block_on(async {
        handle.start(1).await.unwrap();
        handle.clock(1_000_000).await.unwrap();
        assert_eq!(handle.view().clock, 1_000_000);
    });
    let link = block_on(handle.connect(name("b"), 0)).unwrap();
    assert_eq!(link.deliver_blocking(1), Ok(()));
    handle.stop();
    thread.join().unwrap();
    assert_eq!(link.outgoing_blocking(), None);
}

#[test]
fn a_search_on_a_thread_finds_what_its_node_waits_for_or_stops_with_it() {
    let easy = Search {
        difficulty: Difficulty::new(8).unwrap(),
        ..search(1)
    };
    let nonce = match tickchain::ledger::search::search_from(
        &easy.header,
        easy.difficulty,
        easy.start,
        || false,
    ) {
        tickchain::ledger::search::Outcome::Found(nonce) => nonce,
        other => panic!("{other:?}"),
    };
    let (node, heard) = fake(move |input| match input {
        Input::Mine => Some(vec![done(), Effect::Search(easy.clone())]),
        Input::Start { .. } => Some(vec![done(), Effect::Search(search(2))]),
        Input::Clock { .. } => Some(vec![done()]),
        Input::NonceFound { .. } => Some(vec![Effect::Reached { clock: 1 }]),
        _ => None,
    });
    let (driver, handle) = Driver::new(node, Options::default());
    block_on(zip(driver.run(), async {
        handle.mine().await.unwrap();
        handle.clock(1).await.unwrap();
        // 64 zero bits: this one would run for years, and the test with it.
        handle.start(0).await.unwrap();
        handle.stop();
    }));
    let found = Input::NonceFound { search: 1, nonce };
    assert!(heard.lock().unwrap().contains(&found));
}

#[test]
fn a_cable_carries_messages_both_ways_and_acknowledges_them() {
    // Each says its peer's numbers back until they reach 10.
    let echo = |peer: &'static str| {
        move |input: &Input<u32>| match input {
            Input::Message { message, .. } if *message < 10 => Some(vec![send(peer, message + 1)]),
            Input::Clock { to, .. } => {
                Some(vec![done(), send(peer, 0), Effect::Reached { clock: *to }])
            }
            _ => None,
        }
    };
    let (a, a_heard) = fake(echo("b"));
    let (b, b_heard) = fake(echo("a"));
    let (a_driver, a) = Driver::new(a, Options::default());
    let (b_driver, b) = Driver::new(b, Options::default());
    let script = async {
        let cable = join((&a, name("a")), (&b, name("b")), 3).await.unwrap();
        let again = join((&a, name("a")), (&b, name("b")), 3).await;
        assert!(matches!(again, Err(DriverError::LinkExists { .. })));
        let ticks = async {
            a.clock(1).await.unwrap();
            // `a` hears 9, says 10, and that is the end of it.
            while !a_heard.lock().unwrap().contains(&Input::Message {
                from: name("b"),
                message: 9,
            }) {
                a.read(|_| ()).await.unwrap();
                futures_lite::future::yield_now().await;
            }
            a.stop();
        };
        zip(cable.run(), ticks).await;
        b.stop();
    };
    block_on(zip(zip(a_driver.run(), b_driver.run()), script));
    let b_heard = b_heard.lock().unwrap();
    let from_a = |input: &&Input<u32>| matches!(input, Input::Message { .. });
    assert!(b_heard.iter().filter(from_a).count() >= 5, "{b_heard:?}");
    assert_eq!(
        b_heard[0],
        Input::PeerUp {
            peer: name("a"),
            latency: 3
        }
    );
    assert_eq!(b_heard.last(), Some(&Input::PeerDown { peer: name("a") }));
}
