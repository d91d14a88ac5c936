//! What `tickchain chain` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::node::Name;

/// Options of `tickchain chain`.
#[derive(Debug, Args)]
pub struct ChainArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ChainCommand,
}

/// What can be done with a data directory while no node runs on it.
#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// Check everything that a data directory keeps; tells the first thing that is wrong
    Verify {
        /// The node's data directory
        #[arg(long, env = "TICKCHAIN_DATA_DIR", value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Write what a data directory keeps as lines of JSON; saves what can be saved of a damaged one
    Export {
        /// The node's data directory
        #[arg(long, env = "TICKCHAIN_DATA_DIR", value_name = "DIR")]
        data_dir: PathBuf,
        /// Where to; `-` is standard output
        #[arg(default_value = "-", value_name = "FILE")]
        file: PathBuf,
    },
    /// Make a data directory of what export wrote; every block is checked
    Import {
        /// The directory to make; it must be empty or not there
        #[arg(long, env = "TICKCHAIN_DATA_DIR", value_name = "DIR")]
        data_dir: PathBuf,
        /// Where from; `-` is standard input
        #[arg(default_value = "-", value_name = "FILE")]
        file: PathBuf,
        /// The name of the node that is to use it; the exported one's when left out
        #[arg(long, env = "TICKCHAIN_NAME")]
        name: Option<Name>,
    },
}
