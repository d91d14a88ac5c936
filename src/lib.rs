//! A blockchain you step through, one clock tick at a time.

#[cfg(feature = "daemon")]
pub mod daemon;
pub mod driver;
pub mod ledger;
pub mod node;
pub mod wire;
