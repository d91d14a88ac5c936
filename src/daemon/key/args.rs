//! The command line of `tickchain key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `tickchain key`.
#[derive(Debug, Args)]
#[command(after_help = KEY_HELP)]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make the key that all nodes of a network share: who has it not gets no link
    Network {
        /// The file to make; one that is there stays as it is
        file: PathBuf,
    },
    /// Make the key of one node and print its public half
    Node {
        /// The file to make; one that is there stays as it is
        file: PathBuf,
    },
    /// Print what a key file is for, and the public half of its key
    Show {
        /// The file
        file: PathBuf,
    },
}

const KEY_HELP: &str = "\
Examples:
  tickchain key network network.key
  tickchain node --network-key network.key --node-key node1.key
  tickchain key show node1.key       the public key, as --allow-peers wants it

A key file is made for its owner alone (mode 600), and one that others may read is refused.";
