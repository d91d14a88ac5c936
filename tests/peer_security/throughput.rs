//! How much a link carries, sealed and not. A measurement, which asserts nothing about speed:
//! `cargo test --test peer_security throughput -- --ignored --nocapture`.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use smol::Timer;
use tickchain::daemon::key::{NodeKey, Secret};
use tickchain::daemon::links::{Identity, Links, Security};
use tickchain::daemon::node_api::{PeerAddress, PeerBook};
use tickchain::driver::{Driver, Handle, Options};
use tickchain::ledger::{Hash, Transaction, UncheckedBlock};
use tickchain::node::{Answer, Body, Effect, Input, Message, Name, Node, Status};

/// Messages a round, and payments in each.
const MESSAGES: u64 = 32;
const PAYMENTS: u128 = 2_000;
const ROUNDS: u64 = 8;

/// Says much whenever it is asked to mine.
struct Talker {
    peer: Name,
    clock: u64,
    sequence: u64,
    /// What it says: this node does not look at it.
    block: UncheckedBlock,
}

fn block() -> UncheckedBlock {
    let payment = |id: u128| Transaction {
        id: id.into(),
        sender: Some("aki".parse().unwrap()),
        recipient: "so".parse().unwrap(),
        value: 1.try_into().unwrap(),
        signed: None,
    };
    let transactions: Vec<Transaction> = (0..PAYMENTS).map(payment).collect();
    UncheckedBlock {
        id: 1,
        hash: None,
        timestamp: 1_700_000_000,
        transactions: transactions.into(),
        previous_block_hash: Hash::ZERO,
        nonce: 0,
    }
}

impl Node for Talker {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        match input {
            Input::Mine => {
                let mut effects: Vec<Effect<Message>> = (0..MESSAGES)
                    .map(|number| Effect::Send {
                        to: self.peer.clone(),
                        message: Message {
                            stamp: 0,
                            sequence: self.sequence + number,
                            body: Body::NewBlock(Box::new(self.block.clone())),
                        },
                    })
                    .collect();
                self.sequence += MESSAGES;
                effects.push(Effect::Answer(Ok(Answer::Done)));
                effects
            }
            Input::Clock { to, .. } => {
                self.clock = to;
                let done = Effect::Answer(Ok(Answer::Done));
                vec![done, Effect::Reached { clock: to }]
            }
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

fn start(name: &str, peer: &str, sealed: bool) -> (Handle<Talker>, Links<Talker>, PeerAddress) {
    let talker = Talker {
        peer: peer.parse().unwrap(),
        clock: 0,
        sequence: 1,
        block: block(),
    };
    let (driver, handle) = Driver::new(talker, Options::default());
    smol::spawn(driver.run()).detach();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string().parse().unwrap();
    let security = sealed.then(|| Security {
        network_key: Secret::new([1; 32]),
        node_key: NodeKey::new(Secret::random().unwrap()),
        allowed: None,
    });
    let identity = Identity {
        name: name.parse().unwrap(),
        network: Hash::ZERO,
        latency: 0,
        security,
    };
    let listener = async_net::TcpListener::try_from(listener).unwrap();
    let links = Links::new(listener, handle.clone(), identity).unwrap();
    links.open();
    (handle, links, address)
}

/// MB a second over one link, from the first message to the last acknowledgement.
async fn rate(sealed: bool) -> f64 {
    let (a, a_links, _) = start("a", "b", sealed);
    let (_b, _b_links, to) = start("b", "a", sealed);
    a_links.add(to).unwrap();
    while !a_links.missing().is_empty() {
        Timer::after(Duration::from_millis(1)).await;
    }
    let began = Instant::now();
    for round in 1..=ROUNDS {
        a.mine().await.unwrap();
        a.clock(round).await.unwrap();
    }
    let length = serde_json::to_vec(&block()).unwrap().len() as u64;
    let bytes = ROUNDS * MESSAGES * length;
    bytes as f64 / 1e6 / began.elapsed().as_secs_f64()
}

#[test]
#[ignore = "a measurement"]
fn a_sealed_link_against_a_plain_one() {
    smol::block_on(async {
        for _ in 0..3 {
            let (plain, sealed) = (rate(false).await, rate(true).await);
            println!("plain {plain:.0} MB/s, sealed {sealed:.0} MB/s");
        }
    });
}
