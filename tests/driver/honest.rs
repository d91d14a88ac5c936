//! The driver with honest nodes.

use std::sync::Arc;
use std::thread;

use futures_lite::future::{block_on, zip};
use tickchain::driver::{Driver, DriverError, Handle, Options, join};
use tickchain::ledger::{Difficulty, Genesis, GenesisAccount};
use tickchain::node::{Config, HonestNode, MAX_POOL, Payment, RequestError, Status};

use crate::rig::name;

/// A node on a thread of its own, of a network with this proof of work.
fn spawn(own: &str, difficulty: u8) -> Handle<HonestNode> {
    let rich = GenesisAccount {
        name: "rich".parse().unwrap(),
        balance: 1_000_000.try_into().unwrap(),
        key: None,
    };
    let genesis = Genesis {
        difficulty: Difficulty::new(difficulty).unwrap(),
        accounts: vec![rich],
        ..Genesis::default()
    };
    let config = Config {
        genesis,
        ..Config::new(name(own))
    };
    let options = Options {
        wall: Arc::new(|| 1_700_000_000),
        ..Options::default()
    };
    let (driver, handle) = Driver::new(HonestNode::new(config).unwrap(), options);
    thread::spawn(|| driver.run_blocking());
    handle
}

fn payment() -> Payment {
    Payment {
        id: None,
        sender: "rich".parse().unwrap(),
        recipient: "aki".parse().unwrap(),
        value: 1.try_into().unwrap(),
        sequence: None,
        signature: None,
    }
}

async fn height(node: &Handle<HonestNode>) -> u64 {
    node.read(|node| node.ledger().tip().id()).await.unwrap()
}

#[test]
fn a_node_that_stands_still_is_reset_at_once() {
    // 64 zero bits: its block will not be there in our time.
    let node = spawn("node1", Difficulty::MAX);
    block_on(async {
        node.start(1).await.unwrap();
        node.mine().await.unwrap();
        node.clock(2).await.unwrap();
        let stands = async {
            assert_eq!(node.clock(3).await, Err(DriverError::Reset));
        };
        let reset = async {
            // Queued behind the clock's request: by then the node stands still.
            node.read(|_| ()).await.unwrap();
            assert_eq!(node.view().status, Status::Mining);
            node.reset(2).await.unwrap();
        };
        zip(stands, reset).await;
        assert_eq!((node.view().clock, node.view().status), (0, Status::Idle));
        node.clock(9).await.unwrap();
        assert_eq!(node.tick().await, Ok(()));
        assert_eq!(node.view().clock, 10);
        let behind = RequestError::ClockBehind {
            clock: 10,
            asked: 4,
        };
        assert_eq!(node.clock(4).await, Err(DriverError::Refused(behind)));
        node.stop();
    });
}

#[test]
fn a_state_with_a_search_under_way_is_restored_and_goes_on() {
    let node = spawn("node1", 12);
    block_on(async {
        node.start(1).await.unwrap();
        node.mine().await.unwrap();
        node.clock(2).await.unwrap();
        let state = node.read(HonestNode::state).await.unwrap();
        node.reset(2).await.unwrap();
        node.restore(state).await.unwrap();
        assert_eq!(node.view().clock, 2);
        node.clock(3).await.unwrap();
        assert_eq!(height(&node).await, 1);
    });
}

/// A node that was late gets the whole pool when its link comes up: the link's queue and the inbox
/// have to hold it.
#[test]
fn a_full_pool_fits_a_link() {
    let (first, late) = (spawn("node1", 4), spawn("node2", 4));
    block_on(async {
        first.start(1).await.unwrap();
        late.start(2).await.unwrap();
        for _ in 0..MAX_POOL {
            first.pay(payment()).await.unwrap();
        }
        first.clock(1).await.unwrap();
        let cable = join((&first, name("node1")), (&late, name("node2")), 0);
        let cable = cable.await.unwrap();
        let carried = thread::spawn(|| block_on(cable.run()));
        // Relays what it tells the late node anyway, and waits until that is in the inbox.
        first.clock(2).await.unwrap();
        late.clock(1).await.unwrap();
        let pool = late.read(HonestNode::pool_len).await.unwrap();
        assert_eq!(pool, MAX_POOL);
        first.stop();
        late.stop();
        carried.join().unwrap();
    });
}

/// Calls that wait for the same clock, on threads of their own.
#[test]
fn many_wait_for_one_nonce() {
    let node = spawn("node1", 14);
    block_on(async {
        node.start(1).await.unwrap();
        node.mine().await.unwrap();
    });
    let waits: Vec<_> = (0..8)
        .map(|number| {
            let node = node.clone();
            thread::spawn(move || {
                block_on(async {
                    // Some come late: then the clock is ahead of what they ask for, or there.
                    let clock = node.clock(3 + number % 2).await;
                    (clock, height(&node).await)
                })
            })
        })
        .collect();
    for wait in waits {
        let (clock, height) = wait.join().unwrap();
        let behind = matches!(
            clock,
            Err(DriverError::Refused(RequestError::ClockBehind {
                clock: 4,
                asked: 3
            }))
        );
        assert!(clock.is_ok() || behind, "{clock:?}");
        // Whoever was refused may have asked while the nonce was missing.
        assert!(height == 1 || behind);
    }
}
