//! What a call of `clock` waits for.

use std::pin::pin;

use tickchain::driver::DriverError;
use tickchain::node::{Effect, Input};

use crate::rig::{Effects, Rig, done, name, ready, search, send};

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
    // One that fails changes nothing for whoever waits.
    assert_eq!(rig.get(handle.update(|_| Err("no"))), Ok(Err("no")));
    assert_eq!(ready(&mut clock), None);
    let changed = handle.update(|node| {
        node.clock = 4;
        Ok::<_, ()>(Vec::new())
    });
    rig.get(changed).unwrap().unwrap();
    assert_eq!(ready(clock), Some(Err(DriverError::Reset)));
}
