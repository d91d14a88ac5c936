//! What nodes acknowledged, each for itself: it has to be there whatever happens to them.

use std::sync::{Mutex, MutexGuard};

/// The book, with a page for each node.
pub struct Book(Vec<Mutex<Page>>);

#[derive(Default)]
pub struct Page {
    /// Ids of payments that got `success`.
    pub payments: Vec<String>,
    /// Hashes of blocks that were shown as the latest, or acknowledged to a peer.
    pub blocks: Vec<String>,
    /// How many of either were found again already.
    pub found: (usize, usize),
    /// The highest tip that was shown.
    pub height: u64,
    /// How often a payment got no answer, or was told to come again.
    pub retries: u64,
    /// What should not have happened.
    pub troubles: Vec<String>,
}

impl Book {
    pub fn new(nodes: usize) -> Self {
        Self((0..nodes).map(|_| Mutex::default()).collect())
    }

    pub fn page(&self, node: usize) -> MutexGuard<'_, Page> {
        self.0[node].lock().unwrap()
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
            (payments + page.payments.len(), blocks + page.blocks.len())
        })
    }
}
