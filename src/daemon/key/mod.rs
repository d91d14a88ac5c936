//! Keys in files: `tickchain key` makes and shows them, nodes read them.
//!
//! A key file is one line of text that only its owner may read. A network's key is 64 hex digits, as
//! `openssl rand -hex 32` makes them too; every other key has its kind in front, so that none is taken
//! for one of another kind.

mod args;
mod error;
mod file;
mod node;
mod sign;

pub use args::{KeyArgs, KeyCommand, SignArgs};
pub use error::KeyError;
pub use file::{KEY_BYTES, Kind, MAX_KEY_FILE_BYTES, Secret, parse, read, read_any, write};
pub use node::{NodeKey, PublicKey};

use self::sign::{account_key, sign};
use super::banner;
use super::error::DaemonError;

/// Does what `tickchain key` was asked for.
///
/// # Errors
/// [`DaemonError::Key`].
pub(super) fn run(args: &KeyArgs) -> Result<(), DaemonError> {
    let said = match &args.command {
        KeyCommand::Network { file } => {
            write(file, Kind::Network, &Secret::random()?)?;
            format!(
                "A network key is in {}: give every node of the network a copy, with --network-key.\n",
                file.display()
            )
        }
        KeyCommand::Node { file } => {
            let key = NodeKey::new(Secret::random()?);
            write(file, Kind::Node, key.secret())?;
            format!("{}\n", key.public())
        }
        KeyCommand::Account { file } => {
            let secret = Secret::random()?;
            write(file, Kind::Account, &secret)?;
            format!("{}\n", account_key(&secret).public())
        }
        KeyCommand::Sign(args) => sign(args)?,
        KeyCommand::Show { file } => match read_any(file)? {
            (Kind::Network, _) => {
                "network: a secret, of which there is nothing to show\n".to_owned()
            }
            (Kind::Node, secret) => format!("node {}\n", NodeKey::new(secret).public()),
            (Kind::Account, secret) => format!("account {}\n", account_key(&secret).public()),
        },
    };
    banner::print(&said);
    Ok(())
}
