//! What nodes acknowledged, each for itself: it has to be there whatever happens to them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The book, with a page for each node.
pub struct Book(Vec<Mutex<Page>>);

#[derive(Default)]
pub struct Page {
    /// Ids of payments that got `success`.
    pub payments: Vec<String>,
    /// Hashes of blocks that were shown as the latest.
    pub blocks: Vec<String>,
    /// Hashes of blocks that were acknowledged to a peer.
    pub told: Vec<String>,
    /// How many of each were looked for already.
    found: [usize; 3],
    /// The highest tip that was shown.
    pub height: u64,
    /// How often a payment got no answer, or was told to come again.
    pub retries: u64,
    /// What should not have happened.
    pub troubles: Vec<String>,
}

impl Page {
    /// Where payments and blocks are to be found that are new since the last time: those that have to be
    /// there at once, and those that a peer told of; and the highest tip.
    pub fn news(&mut self) -> (Vec<String>, Vec<String>, u64) {
        let [payments, blocks, told] = self.found;
        self.found = [self.payments.len(), self.blocks.len(), self.told.len()];
        let block = |hash: &String| format!("/block/{hash}");
        let payments = self.payments[payments..]
            .iter()
            .map(|id| format!("/tx/{id}"));
        let at_once = payments.chain(self.blocks[blocks..].iter().map(block));
        let told = self.told[told..].iter().map(block);
        (at_once.collect(), told.collect(), self.height)
    }
}

impl Book {
    pub fn new(nodes: usize) -> Self {
        Self((0..nodes).map(|_| Mutex::default()).collect())
    }

    pub fn page(&self, node: usize) -> MutexGuard<'_, Page> {
        self.0[node].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn paid(&self, node: usize, id: &str) {
        self.page(node).payments.push(id.to_owned());
    }

    pub fn shown(&self, node: usize, hash: &str, id: u64) {
        let mut page = self.page(node);
        if page.blocks.last().is_none_or(|last| last != hash) {
            page.blocks.push(hash.to_owned());
        }
        page.height = page.height.max(id);
    }

    pub fn acknowledged(&self, node: usize, hash: &str) {
        self.page(node).told.push(hash.to_owned());
    }

    pub fn trouble(&self, node: usize, what: String) {
        self.page(node).troubles.push(what);
    }

    /// What should not have happened, on all nodes.
    pub fn troubles(&self) -> Vec<String> {
        let pages = 0..self.0.len();
        pages
            .flat_map(|node| self.page(node).troubles.clone())
            .collect()
    }

    /// All payments and blocks so far.
    pub fn counts(&self) -> (usize, usize) {
        let pages = (0..self.0.len()).map(|node| self.page(node));
        pages.fold((0, 0), |(payments, blocks), page| {
            let more = page.blocks.len() + page.told.len();
            (payments + page.payments.len(), blocks + more)
        })
    }
}
