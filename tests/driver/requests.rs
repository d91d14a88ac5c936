//! Requests, their answers, and the end.

use std::pin::pin;

use futures_lite::future::block_on;
use tickchain::driver::{Driver, DriverError, Options};
use tickchain::ledger::TxId;
use tickchain::node::{Answer, Effect, Event, Input, Payment, RequestError};

use crate::events::event_ids;
use crate::rig::{Rig, done, fake, name, ready, send};

#[test]
fn requests_reach_the_node_in_order_and_bring_its_answers() {
    let refused = RequestError::NotStarted;
    let payment = Payment {
        id: None,
        sender: "aki".parse().unwrap(),
        recipient: "so".parse().unwrap(),
        value: 2.try_into().unwrap(),
        sequence: None,
        signature: None,
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
    let changed = handle.update(|node| {
        node.clock = 8;
        Ok::<_, ()>(Vec::new())
    });
    assert_eq!(rig.get(changed), Ok(Ok(())));
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
fn other_tasks_get_a_turn_however_many_commands_wait() {
    let mut rig = Rig::new(|_| None);
    let handle = rig.handle.clone();
    let mut calls: Vec<_> = (0..1000).map(|_| Box::pin(handle.mine())).collect();
    for call in &mut calls {
        assert_eq!(ready(call), None);
    }
    rig.poll();
    let first = rig.heard().len();
    assert!((1..500).contains(&first), "{first} at once");
    for _ in 0..1000 {
        rig.poll();
    }
    assert_eq!(rig.heard().len(), 1000 - first);
}
