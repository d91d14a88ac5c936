//! Links and cables.

use std::pin::pin;

use futures_lite::future::{block_on, zip};
use tickchain::driver::{Driver, DriverError, OUTGOING_QUEUE, Options, join};
use tickchain::node::{Effect, Input, Offence};

use crate::rig::{Rig, done, fake, name, ready, send};

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

#[test]
fn a_transport_hears_what_its_peer_did_also_after_the_link_is_closed() {
    let mut rig = Rig::new(|input| match input {
        Input::Message { from, message: 13 } => Some(vec![
            Effect::Offence {
                peer: from.clone(),
                offence: Offence::ForgedBlock,
            },
            Effect::Offence {
                peer: name("gone"),
                offence: Offence::Flood,
            },
            Effect::Close {
                peer: from.clone(),
                reason: "13 is not said".to_owned(),
            },
        ]),
        _ => None,
    });
    let handle = rig.handle.clone();
    let link = rig.get(handle.connect(name("b"), 0)).unwrap();
    assert_eq!(ready(link.offence()), None);
    assert!(rig.get(link.deliver(13)).is_err());
    assert_eq!(ready(link.offence()), Some(Some(Offence::ForgedBlock)));
    assert_eq!(ready(link.offence()), Some(None));
}
