//! `tickchain sim`: simulations from the command line.

pub mod args;
pub mod csv;
mod error;
mod help;
mod known;
pub mod load;
mod presets;
pub mod report;
pub mod set;
pub mod shard;
pub mod trace;

pub use error::{Flaw, SimError};
