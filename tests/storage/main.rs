//! Data directories: what was written is there, whoever opens them next.
#![cfg(feature = "daemon")]

mod chain;
mod directories;
mod nodes;
mod rig;
mod torn;
