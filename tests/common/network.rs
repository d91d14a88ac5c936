//! Honest nodes joined without sockets, drivers or threads: every effect is carried out at once.
#![allow(
    unreachable_pub,
    dead_code,
    reason = "shared by several tests, each of which uses a part"
)]

use std::collections::BTreeMap;

use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{Account, Difficulty, Genesis, Hash, TxId};
use tickchain::node::{
    Answer, Config, Costs, Effect, Event, HonestNode, Input, Message, Name, Node, Payment,
    RequestError, State, StateError, Status,
};

/// The wall time at clock 0, seconds since 1970 UTC.
pub const WALL: i64 = 1_700_000_000;

/// A few nodes and the links between them.
pub struct Network {
    pub nodes: BTreeMap<Name, HonestNode>,
    links: Vec<(Name, Name)>,
    /// Everything the nodes told, in order.
    pub events: Vec<(Name, Event)>,
    answers: Vec<Result<Answer, RequestError>>,
    /// Every input a node was given, with what it did about it.
    pub log: Vec<(Name, Input<Message>, Vec<Effect<Message>>)>,
}

pub fn name(number: usize) -> Name {
    format!("node{number}").parse().unwrap()
}

pub fn account(name: &str) -> Account {
    name.parse().unwrap()
}

pub fn payment(sender: &str, recipient: &str, value: u64) -> Payment {
    let value = value.try_into().unwrap();
    Payment {
        id: None,
        sender: account(sender),
        recipient: account(recipient),
        value,
        sequence: None,
        signature: None,
    }
}

impl Network {
    /// `count` started nodes of the document's network, at a low difficulty, without links.
    pub fn new(count: usize) -> Self {
        let genesis = Genesis {
            difficulty: Difficulty::new(4).unwrap(),
            ..Genesis::default()
        };
        Self::with(count, &genesis, Costs::default())
    }

    pub fn with(count: usize, genesis: &Genesis, costs: Costs) -> Self {
        let mut network = Self {
            nodes: BTreeMap::new(),
            links: Vec::new(),
            events: Vec::new(),
            answers: Vec::new(),
            log: Vec::new(),
        };
        for number in 1..=count {
            let config = Config {
                name: name(number),
                genesis: genesis.clone(),
                costs,
            };
            network
                .nodes
                .insert(name(number), HonestNode::new(config).unwrap());
            network
                .give(
                    number,
                    Input::Start {
                        salt: number as u64,
                    },
                )
                .unwrap();
        }
        network
    }

    /// The same with a link of no latency between any two.
    pub fn full_mesh(count: usize) -> Self {
        let mut network = Self::new(count);
        network.join_all(0);
        network
    }

    pub fn join_all(&mut self, latency: u64) {
        let count = self.nodes.len();
        for a in 1..=count {
            for b in a + 1..=count {
                self.join(a, b, latency);
            }
        }
    }

    pub fn join(&mut self, a: usize, b: usize, latency: u64) {
        let (a, b) = (name(a), name(b));
        self.links.push((a.clone(), b.clone()));
        // Both ends are up before either says something.
        let first = self.handle(
            &a,
            Input::PeerUp {
                peer: b.clone(),
                latency,
            },
        );
        let second = self.handle(
            &b,
            Input::PeerUp {
                peer: a.clone(),
                latency,
            },
        );
        self.carry_out(&a, first);
        self.carry_out(&b, second);
    }

    pub fn cut(&mut self, a: usize, b: usize) {
        let (a, b) = (name(a), name(b));
        self.links
            .retain(|link| *link != (a.clone(), b.clone()) && *link != (b.clone(), a.clone()));
        self.feed(&a, Input::PeerDown { peer: b.clone() });
        self.feed(&b, Input::PeerDown { peer: a });
    }

    pub fn node(&self, number: usize) -> &HonestNode {
        &self.nodes[&name(number)]
    }

    fn handle(&mut self, name: &Name, input: Input<Message>) -> Vec<Effect<Message>> {
        let effects = self.nodes.get_mut(name).unwrap().handle(input.clone());
        self.log.push((name.clone(), input, effects.clone()));
        effects
    }

    /// Hands a request to a node; its answer.
    pub fn give(&mut self, number: usize, request: Input<Message>) -> Result<Answer, RequestError> {
        self.answers.clear();
        self.feed(&name(number), request);
        assert_eq!(self.answers.len(), 1, "one answer a request");
        self.answers.remove(0)
    }

    pub fn pay(&mut self, number: usize, payment: Payment) -> Result<TxId, RequestError> {
        match self.give(number, Input::Pay(payment))? {
            Answer::Accepted { id } => Ok(id),
            other => panic!("a payment was answered with {other:?}"),
        }
    }

    pub fn mine(&mut self, number: usize) {
        self.give(number, Input::Mine).unwrap();
    }

    /// Moves one node's clock.
    pub fn tick(&mut self, number: usize, to: u64) {
        self.give(
            number,
            Input::Clock {
                to,
                wall: WALL + to as i64,
            },
        )
        .unwrap();
        assert_eq!(self.node(number).clock(), to);
    }

    /// Moves every node's clock, one after the other; their statuses.
    pub fn tick_all(&mut self, to: u64) -> Vec<Status> {
        let count = self.nodes.len();
        (1..=count).for_each(|number| self.tick(number, to));
        self.nodes.values().map(HonestNode::status).collect()
    }

    /// Ticks all nodes from `from` up to `to`.
    pub fn run(&mut self, from: u64, to: u64) {
        for clock in from..=to {
            self.tick_all(clock);
        }
    }

    pub fn tips(&self) -> Vec<Hash> {
        self.nodes
            .values()
            .map(|node| node.ledger().tip().hash())
            .collect()
    }

    pub fn balance(&self, number: usize, name: &str) -> u64 {
        self.node(number)
            .ledger()
            .balance(&account(name))
            .unwrap_or(0)
    }

    /// Makes a node what a state of its own says.
    pub fn restore(&mut self, state: State) -> Result<(), StateError> {
        let name = state.name.clone();
        let effects = self.nodes.get_mut(&name).unwrap().restore(state)?;
        self.carry_out(&name, effects);
        Ok(())
    }

    /// Feeds an input and carries out what follows, messages in the order they were sent.
    pub fn feed(&mut self, name: &Name, input: Input<Message>) {
        let effects = self.handle(name, input);
        self.carry_out(name, effects);
    }

    fn carry_out(&mut self, name: &Name, effects: Vec<Effect<Message>>) {
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    assert!(
                        self.are_linked(name, &to),
                        "{name} sends to {to} without a link"
                    );
                    self.feed(
                        &to,
                        Input::Message {
                            from: name.clone(),
                            message,
                        },
                    );
                }
                Effect::Search(search) => {
                    let outcome =
                        search_from(&search.header, search.difficulty, search.start, || false);
                    let Outcome::Found(nonce) = outcome else {
                        panic!("{outcome:?}")
                    };
                    self.feed(
                        name,
                        Input::NonceFound {
                            search: search.id,
                            nonce,
                        },
                    );
                }
                Effect::Answer(answer) => self.answers.push(answer),
                Effect::Event(event) => self.events.push((name.clone(), event)),
                Effect::Close { peer, reason } => {
                    panic!("{name} closes the link to {peer}: {reason}")
                }
                Effect::Offence { peer, offence } => {
                    panic!("{name} takes {peer}, which is honest, for a liar: {offence}")
                }
                _ => {}
            }
        }
    }

    pub fn are_linked(&self, a: &Name, b: &Name) -> bool {
        self.links
            .iter()
            .any(|(x, y)| (x, y) == (a, b) || (x, y) == (b, a))
    }
}
