//! Miners that do not do as they should.

mod contest;
mod double_spender;
mod ledger_node;
mod secret;
mod secret_miner;
mod withheld;

pub use contest::Contest;
pub use double_spender::{Attempts, DoubleSpend, DoubleSpender, MAX_HIDDEN};
pub use ledger_node::LedgerNode;
pub use secret::{Move, Plan, SecretBranch};
pub use secret_miner::SecretMiner;
