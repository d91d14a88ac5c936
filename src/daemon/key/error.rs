//! What can be wrong with key files.

use std::io;
use std::path::PathBuf;

use crate::ledger::PaymentError;

use super::file::{KEY_BYTES, Kind, MAX_KEY_FILE_BYTES};

/// Why a key file cannot be used or made. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is there already.
    #[error(
        "{} is there already, and a key that is lost cannot be made again: choose another file, or move this one away",
        .path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write the key file {}: {source}: choose another file", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read the key file {}: {source}: check the path", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "others than its owner may use the key file {path} (mode {mode:03o}): take it away from them \
         with `chmod 600 {path}`",
        path = .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is no key in it.
    #[error(
        "{} is no key file: one has a single line of at most {MAX_KEY_FILE_BYTES} bytes that ends in \
         {} hex digits; make one with `tickchain key`",
        .path.display(),
        2 * KEY_BYTES
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The key in it is of another kind.
    #[error("{} holds a {found} key where a {wanted} key is needed: make one with `tickchain key {wanted} FILE`", .path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: Kind,
        /// What is needed.
        wanted: Kind,
    },
    /// A payment is to be signed for a network without signatures.
    #[error(
        "payments of the network of {} are not signed: send them as they are, or begin another network with \
         signatures = true",
        .path.display()
    )]
    Unsigned {
        /// The genesis file.
        path: PathBuf,
    },
    /// No node of the network would take the payment.
    #[error("{source}")]
    Payment {
        /// The rule it breaks.
        source: PaymentError,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}
