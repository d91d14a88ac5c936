//! A blockchain you step through, one clock tick at a time.

pub mod ledger;
pub mod node;
