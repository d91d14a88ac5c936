//! `tickchain sim`: simulations from the command line.

pub mod args;
pub mod csv;
mod error;
mod help;
mod known;
pub mod load;
mod merge;
mod output;
pub mod plan;
mod presets;
pub mod report;
mod run;
pub mod set;
pub mod shard;
mod sweep;
pub mod swept;
mod swept_tables;
mod task;
pub mod trace;
mod validate;

pub use error::{Flaw, SimError};

use args::{SimArgs, SimCommand};

use super::DaemonError;
use super::banner::print;

/// Does what `tickchain sim` was asked for.
///
/// # Errors
/// A [`DaemonError`] when something asked for cannot be used, did not hold, or a signal came.
pub(super) fn run(args: &SimArgs) -> Result<(), DaemonError> {
    match &args.command {
        SimCommand::Presets { name } => {
            print(&presets::show(name.as_deref())?);
            Ok(())
        }
        SimCommand::Run(args) => run::run(args),
        SimCommand::Sweep(args) => sweep::run(args),
        SimCommand::Merge(args) => merge::run(args),
        SimCommand::Validate(args) => validate::run(args),
    }
}
