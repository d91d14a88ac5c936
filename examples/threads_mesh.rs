//! Three honest nodes on three threads, with channels between them and nothing else: no executor, no
//! driver, only the [`Node`] trait. `cargo run --example threads_mesh`.
//!
//! This is what a driver has to do, in short: hand inputs to the node one at a time and carry out the
//! effects it gets back. `tickchain::driver` does the same with bounds, events and links that fail.

mod common;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use common::{NODES, Step, WALL, name, payment, print_clock, print_names, print_tips, story};
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::node::{
    Answer, Effect, HonestNode, Input, Message, Name, Node, RequestError, Search, Status,
};

/// What a thread finds in its letter box.
enum Mail {
    /// A fact, with a place for the answer where it is a request.
    Input(Input<Message>, Option<Sender<Result<Answer, RequestError>>>),
    /// As [`Input::Clock`]; the status is sent back when the clock is over.
    Clock(u64, Sender<Status>),
    /// The message to this peer is in its inbox.
    Acknowledged,
    /// The end; the node's tip is sent back.
    Stop(Sender<String>),
}

/// One node on its thread.
struct Runner {
    node: HonestNode,
    name: Name,
    letter_box: Receiver<Mail>,
    everyone: BTreeMap<Name, Sender<Mail>>,
    /// Messages that no peer has acknowledged.
    unacknowledged: usize,
    reached: u64,
    waits: Option<(u64, Sender<Status>)>,
    /// Ends the search that runs.
    stop_search: Arc<AtomicBool>,
}

impl Runner {
    fn run(mut self) {
        while let Ok(mail) = self.letter_box.recv() {
            match mail {
                Mail::Input(input, reply) => {
                    let from = match &input {
                        Input::Message { from, .. } => Some(from.clone()),
                        _ => None,
                    };
                    let answer = self.hand_in(input);
                    if let (Some(reply), Some(answer)) = (reply, answer) {
                        post(&reply, answer);
                    }
                    // The message is in the inbox now: no tick was needed for that.
                    if let Some(from) = from {
                        post(&self.everyone[&from], Mail::Acknowledged);
                    }
                }
                Mail::Clock(to, reply) => {
                    self.waits = Some((to, reply));
                    self.hand_in(Input::Clock { to, wall: WALL });
                }
                Mail::Acknowledged => self.unacknowledged -= 1,
                Mail::Stop(reply) => return post(&reply, common::tip(&self.node)),
            }
            self.answer_clock();
        }
    }

    /// Carries out the effects of one input, in their order.
    fn hand_in(&mut self, input: Input<Message>) -> Option<Result<Answer, RequestError>> {
        let mut answer = None;
        for effect in self.node.handle(input) {
            match effect {
                Effect::Send { to, message } => {
                    let from = self.name.clone();
                    let input = Input::Message { from, message };
                    post(&self.everyone[&to], Mail::Input(input, None));
                    self.unacknowledged += 1;
                }
                Effect::Search(search) => self.start_search(search),
                Effect::CancelSearch => self.stop_search.store(true, Ordering::Relaxed),
                Effect::Answer(given) => answer = Some(given),
                Effect::Reached { clock } => self.reached = clock,
                // Nothing is stored, nobody watches, and honest peers give no reason to cut a link.
                _ => {}
            }
        }
        answer
    }

    /// A clock is over when it is reached and everything that was sent has arrived.
    fn answer_clock(&mut self) {
        let reached = self.reached;
        let arrived = self.unacknowledged == 0;
        if let Some((_, reply)) = self.waits.take_if(|(to, _)| *to <= reached && arrived) {
            post(&reply, self.node.status());
        }
    }

    /// Searches on a thread of its own, and ends the search before.
    fn start_search(&mut self, search: Search) {
        self.stop_search.store(true, Ordering::Relaxed);
        let stop = Arc::new(AtomicBool::new(false));
        self.stop_search = Arc::clone(&stop);
        let own = self.everyone[&self.name].clone();
        thread::spawn(move || {
            let stopped = || stop.load(Ordering::Relaxed);
            let outcome = search_from(&search.header, search.difficulty, search.start, stopped);
            if let Outcome::Found(nonce) = outcome {
                let search = search.id;
                post(&own, Mail::Input(Input::NonceFound { search, nonce }, None));
            }
        });
    }
}

/// A thread that has ended needs no mail.
fn post<T>(to: &Sender<T>, mail: T) {
    let _ = to.send(mail);
}

fn main() -> Result<(), Box<dyn Error>> {
    run().map(drop)
}

/// Plays the story and returns the hash of each node's tip.
pub(crate) fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let (nodes, threads) = spawn_all();
    for (node, (own, salt)) in nodes.iter().zip(NODES) {
        for (peer, _) in NODES.iter().filter(|(peer, _)| *peer != own) {
            let peer = name(peer);
            post(node, Mail::Input(Input::PeerUp { peer, latency: 0 }, None));
        }
        request(node, Input::Start { salt })?;
    }
    print_names();
    for step in story() {
        match step {
            Step::Pay => {
                request(&nodes[0], Input::Pay(payment()))?;
                println!("a payment is added to node1");
            }
            Step::Mine => {
                request(&nodes[0], Input::Mine)?;
                println!("node1 is asked to mine");
            }
            Step::Clock(clock) => {
                let tick = |node| ask(node, |reply| Mail::Clock(clock, reply));
                let statuses: Vec<_> = nodes.iter().map(tick).collect::<Result<_, _>>()?;
                print_clock(clock, &statuses);
            }
        }
    }
    let stop = |node| ask(node, Mail::Stop);
    let tips: Vec<_> = nodes.iter().map(stop).collect::<Result<_, _>>()?;
    for thread in threads {
        thread.join().map_err(|_| "a node's thread panicked")?;
    }
    print_tips(&tips);
    Ok(tips)
}

/// A thread for each node, and where its mail goes.
fn spawn_all() -> (Vec<Sender<Mail>>, Vec<thread::JoinHandle<()>>) {
    let (senders, boxes): (Vec<_>, Vec<_>) = NODES.iter().map(|_| channel()).unzip();
    let names = NODES.iter().map(|(own, _)| name(own));
    let everyone: BTreeMap<_, _> = names.zip(senders.iter().cloned()).collect();
    let runner = |((own, _), letter_box): (&(&str, u64), Receiver<Mail>)| Runner {
        node: common::node(own),
        name: name(own),
        letter_box,
        everyone: everyone.clone(),
        unacknowledged: 0,
        reached: 0,
        waits: None,
        stop_search: Arc::default(),
    };
    let runners = NODES.iter().zip(boxes).map(runner);
    let threads = runners
        .map(|runner| thread::spawn(|| runner.run()))
        .collect();
    (senders, threads)
}

/// Sends a request and waits for the node's answer.
fn request(node: &Sender<Mail>, input: Input<Message>) -> Result<Answer, Box<dyn Error>> {
    Ok(ask(node, |reply| Mail::Input(input, Some(reply)))??)
}

/// Sends what `mail` makes of a place for the reply, and waits for that.
fn ask<T>(
    node: &Sender<Mail>,
    mail: impl FnOnce(Sender<T>) -> Mail,
) -> Result<T, std::sync::mpsc::RecvError> {
    let (reply, answer) = channel();
    post(node, mail(reply));
    answer.recv()
}
