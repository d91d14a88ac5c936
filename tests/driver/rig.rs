//! A node that does as each test says, and a driver that runs when it is told to.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_lite::future::{block_on, poll_once};
use tickchain::driver::{Driver, Found, Handle, Options, Searcher, Storage};
use tickchain::ledger::{Difficulty, Genesis};
use tickchain::node::{Answer, Effect, Input, Name, Node, Search, Status};

pub(crate) type Effects = Vec<Effect<u32>>;
pub(crate) type Script = Box<dyn FnMut(&Input<u32>) -> Option<Effects> + Send>;

/// Writes down what it is told. What `script` says nothing about it grants at once.
pub(crate) struct Fake {
    pub(crate) heard: Arc<Mutex<Vec<Input<u32>>>>,
    pub(crate) script: Script,
    pub(crate) clock: u64,
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

    fn promises(message: &u32) -> bool {
        *message != QUESTION
    }
}

/// The message that promises nothing.
pub(crate) const QUESTION: u32 = 100;

pub(crate) fn done() -> Effect<u32> {
    Effect::Answer(Ok(Answer::Done))
}

pub(crate) fn name(name: &str) -> Name {
    name.parse().unwrap()
}

pub(crate) fn send(to: &str, message: u32) -> Effect<u32> {
    Effect::Send {
        to: name(to),
        message,
    }
}

/// Keeps what it was asked to search, for the test to end.
#[derive(Default)]
pub(crate) struct Searches(pub(crate) Mutex<Vec<(Search, Arc<AtomicBool>, Found)>>);

impl Searcher for Searches {
    fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found) {
        self.0.lock().unwrap().push((search, stop, found));
    }
}

impl Searches {
    pub(crate) fn stopped(&self) -> Vec<bool> {
        let searches = self.0.lock().unwrap();
        let stopped = |(_, stop, _): &(_, Arc<AtomicBool>, _)| stop.load(Ordering::Relaxed);
        searches.iter().map(stopped).collect()
    }
}

/// A driver that runs when it is told to, until it has nothing left to do.
pub(crate) struct Rig {
    pub(crate) run: Option<Pin<Box<dyn Future<Output = ()>>>>,
    pub(crate) handle: Handle<Fake>,
    heard: Arc<Mutex<Vec<Input<u32>>>>,
    pub(crate) searches: Arc<Searches>,
}

impl Rig {
    pub(crate) fn new(script: impl FnMut(&Input<u32>) -> Option<Effects> + Send + 'static) -> Self {
        Self::with(script, Driver::new)
    }

    pub(crate) fn with_storage(
        script: impl FnMut(&Input<u32>) -> Option<Effects> + Send + 'static,
        storage: Box<dyn Storage<Fake>>,
    ) -> Self {
        Self::with(script, |node, options| {
            Driver::with_storage(node, options, storage)
        })
    }

    fn with(
        script: impl FnMut(&Input<u32>) -> Option<Effects> + Send + 'static,
        driver: impl FnOnce(Fake, Options) -> (Driver<Fake>, Handle<Fake>),
    ) -> Self {
        let (node, heard) = fake(script);
        let searches = Arc::new(Searches::default());
        let options = Options {
            searcher: searches.clone(),
            wall: Arc::new(|| 77),
        };
        let (driver, handle) = driver(node, options);
        Self {
            run: Some(Box::pin(driver.run())),
            handle,
            heard,
            searches,
        }
    }

    /// Lets the driver do all it has to do. `true` when it is over.
    pub(crate) fn turn(&mut self) -> bool {
        // Twice, since once in a while it gives other tasks a turn.
        self.poll() || self.poll()
    }

    /// Lets the driver go on until it waits or gives way. `true` when it is over.
    pub(crate) fn poll(&mut self) -> bool {
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
    pub(crate) fn get<T>(&mut self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        let early = block_on(poll_once(&mut call));
        self.turn();
        early
            .or_else(|| block_on(poll_once(call)))
            .expect("the call is answered in one turn")
    }

    pub(crate) fn heard(&self) -> Vec<Input<u32>> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

pub(crate) fn fake(
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

pub(crate) fn ready<T>(call: impl Future<Output = T>) -> Option<T> {
    block_on(poll_once(call))
}

/// A search that takes years.
pub(crate) fn search(id: u64) -> Search {
    Search {
        id,
        header: *Genesis::default().block().unwrap().header(),
        difficulty: Difficulty::new(Difficulty::MAX).unwrap(),
        start: 0,
    }
}
