//! Searches and how they end.

use futures_lite::future::{block_on, zip};
use tickchain::driver::{Driver, DriverError, Options};
use tickchain::ledger::Difficulty;
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::node::{Effect, Input, Search};

use crate::rig::{Rig, done, fake, ready, search};

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
fn a_search_on_a_thread_finds_what_its_node_waits_for_or_stops_with_it() {
    let easy = Search {
        difficulty: Difficulty::new(8).unwrap(),
        ..search(1)
    };
    let nonce = match search_from(&easy.header, easy.difficulty, easy.start, || false) {
        Outcome::Found(nonce) => nonce,
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
