//! Genesis files: a network, or an error that names one of its lines.

use std::path::Path;

use tickchain::daemon::genesis_file;
use tickchain::ledger::{Genesis, Ledger};

use super::lines;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match genesis_file::parse(Path::new("file"), text) {
        Ok(genesis) => is_a_network(&genesis),
        Err(error) => lines::names_one(&error.to_string(), text),
    }
}

fn is_a_network(genesis: &Genesis) {
    let ledger = Ledger::new(genesis).expect("a file that is accepted is a network");
    let accounts = ledger.accounts();
    let balances = accounts.iter().map(|(_, balance)| balance);
    let given = genesis.accounts.iter().map(|account| account.balance.get());
    assert_eq!(balances.sum::<u64>(), given.sum::<u64>());
    let json = serde_json::to_string(genesis).expect("it has string keys only");
    assert_eq!(
        serde_json::from_str::<Genesis>(&json).ok().as_ref(),
        Some(genesis)
    );
}
