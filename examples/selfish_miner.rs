//! A node that breaks the rules: `cargo run --example selfish_miner`.
//!
//! [`SelfishMiner`] is an honest node but for two things. It tells nobody of the blocks it mined until
//! the others have come within one block of it; then it shows them all, and the work of the others is
//! thrown away. And it takes no payments. It mines two blocks while an honest node mines one: watch the
//! honest nodes leave their block for its two, and the payment come back into their pools.

mod common;

use std::error::Error;
use std::sync::Arc;
use std::thread;

use common::{WALL, name, payment};
use futures_lite::future::block_on;
use tickchain::driver::{Driver, DriverError, Handle, Next, Options, Subscription, join};
use tickchain::node::{Body, Effect, Event, HonestNode, Input, Message, Name, Node, Place, Status};

/// Wraps an honest node and comes between it and the world.
struct SelfishMiner {
    honest: HonestNode,
    /// What it keeps to itself: its blocks, and for whom they are.
    withheld: Vec<(Name, Message)>,
    /// The highest block the others told of.
    public: u64,
}

impl SelfishMiner {
    fn new(honest: HonestNode) -> Self {
        Self {
            honest,
            withheld: Vec::new(),
            public: 0,
        }
    }

    /// Whether the others are about to draw level.
    fn shows_its_blocks(&self) -> bool {
        self.public > 0 && self.public + 1 >= self.honest.ledger().tip().id()
    }

    fn withhold(&mut self, effects: Vec<Effect<Message>>) -> Vec<Effect<Message>> {
        let mut rest = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send { to, message } if matches!(message.body, Body::NewBlock(_)) => {
                    self.withheld.push((to, message));
                }
                // Ahead of this one, so that whoever moves the clock waits for these to arrive.
                Effect::Reached { .. } if self.shows_its_blocks() => {
                    let shown = self.withheld.drain(..);
                    rest.extend(shown.map(|(to, message)| Effect::Send { to, message }));
                    rest.push(effect);
                }
                _ => rest.push(effect),
            }
        }
        rest
    }
}

impl Node for SelfishMiner {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        match &input {
            Input::Reset { .. } => {
                self.withheld.clear();
                self.public = 0;
            }
            Input::Message { message, .. } => match &message.body {
                Body::NewBlock(block) => self.public = self.public.max(block.id),
                Body::NewTx(_) => return Vec::new(),
                _ => {}
            },
            _ => {}
        }
        let effects = self.honest.handle(input);
        self.withhold(effects)
    }

    fn next_clock(&self) -> Option<u64> {
        self.honest.next_clock()
    }

    fn clock(&self) -> u64 {
        self.honest.clock()
    }

    fn status(&self) -> Status {
        self.honest.status()
    }

    fn is_started(&self) -> bool {
        self.honest.is_started()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    block_on(run()).map(drop)
}

/// Plays the attack and returns the hash of each node's tip, the selfish miner's last.
pub(crate) async fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let alice = spawn(common::node("alice"));
    let bob = spawn(common::node("bob"));
    let selfish = spawn(SelfishMiner::new(common::node("selfish")));
    let mut events = [
        ("alice", alice.subscribe(None)),
        ("bob", bob.subscribe(None)),
        ("selfish", selfish.subscribe(None)),
    ];
    link((&alice, "alice"), (&bob, "bob")).await?;
    link((&alice, "alice"), (&selfish, "selfish")).await?;
    link((&bob, "bob"), (&selfish, "selfish")).await?;
    alice.start(1).await?;
    bob.start(2).await?;
    selfish.start(3).await?;

    alice.pay(payment()).await?;
    for clock in 1..=10 {
        match clock {
            1 | 4 => selfish.mine().await?,
            5 => alice.mine().await?,
            _ => {}
        }
        alice.clock(clock).await?;
        bob.clock(clock).await?;
        selfish.clock(clock).await?;
        for (name, events) in &mut events {
            tell(clock, name, events);
        }
    }
    let tips = vec![
        alice.read(common::tip).await?,
        bob.read(common::tip).await?,
        selfish.read(|node| common::tip(&node.honest)).await?,
    ];
    println!(
        "all end at block 2, {}, and alice's work was for nothing",
        tips[2]
    );
    Ok(tips)
}

/// Runs a node on a thread of its own, of whatever kind it is. It ends with the last handle.
fn spawn<N: Node + Send + 'static>(node: N) -> Handle<N> {
    let options = Options {
        wall: Arc::new(|| WALL),
        ..Options::default()
    };
    let (driver, handle) = Driver::new(node, options);
    thread::spawn(|| driver.run_blocking());
    handle
}

async fn link<A, B>(a: (&Handle<A>, &str), b: (&Handle<B>, &str)) -> Result<(), DriverError>
where
    A: Node<Message = Message>,
    B: Node<Message = Message>,
{
    let cable = join((a.0, name(a.1)), (b.0, name(b.1)), 0).await?;
    thread::spawn(|| block_on(cable.run()));
    Ok(())
}

/// Prints what is worth knowing of what happened to a node.
fn tell(clock: u64, name: &str, events: &mut Subscription) {
    while let Some(Next::Event(numbered)) = events.try_next() {
        let what = match &numbered.event {
            Event::Mined { id, .. } => format!("has mined block {id}"),
            Event::Reorganisation { left, joined, .. } => format!(
                "leaves {} block for a branch of {}",
                left.len(),
                joined.len()
            ),
            Event::Payment { place, .. } => match place {
                Place::Pool => "has the payment in its pool".to_owned(),
                Place::Block { id } => format!("has the payment in block {id}"),
                _ => continue,
            },
            _ => continue,
        };
        println!("clock {clock:<2}  {name:<7}  {what}");
    }
}
