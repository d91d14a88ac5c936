//! The command line of `tickchain key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::daemon::cli::values::{parse_difficulty, parse_value};
use crate::ledger::{Account, Difficulty, Hash, MAX_SAFE_INTEGER, Value};

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
    /// Make the key of an account, in a network with signatures, and print its public half
    Account {
        /// The file to make; one that is there stays as it is
        file: PathBuf,
    },
    /// Sign a payment and print it as POST /tx/add takes it
    Sign(SignArgs),
    /// Print what a key file is for, and the public half of its key
    Show {
        /// The file
        file: PathBuf,
    },
}

/// Options of `tickchain key sign`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("for").required(true).args(["genesis", "network"]))]
pub struct SignArgs {
    /// The file of the key that owns the sender
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The genesis file of the network; the payment is checked by its rules
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Zero bits, where nodes are started with --difficulty
    #[arg(long, value_name = "BITS", value_parser = parse_difficulty, requires = "genesis")]
    pub difficulty: Option<Difficulty>,
    /// The network's id instead of a genesis file, 64 hex digits
    #[arg(long, value_name = "ID")]
    pub network: Option<Hash>,
    /// Who pays; without it the account that the genesis file gives the key, else the one named after it
    #[arg(long, value_name = "NAME")]
    pub from: Option<Account>,
    /// Who is paid: an account of the genesis file, or a public key
    #[arg(long, value_name = "NAME")]
    pub to: Account,
    /// How much
    #[arg(long, value_name = "N", value_parser = parse_value)]
    pub value: Value,
    /// A number that this sender has not used, in any order
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=MAX_SAFE_INTEGER))]
    pub sequence: u64,
}

const KEY_HELP: &str = "\
Examples:
  tickchain key network network.key
  tickchain node --network-key network.key --node-key node1.key
  tickchain key show node1.key       the public key, as --allow-peers wants it

  tickchain key account aki.key      the public key, as a genesis file with signatures wants it
  tickchain key sign --key aki.key --genesis net.toml --to so --value 2 --sequence 1 |
      curl -H 'content-type: application/json' -d @- http://127.0.0.1:50082/tx/add

A key file is made for its owner alone (mode 600), and one that others may read is refused.";
