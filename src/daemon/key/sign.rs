//! Keys of accounts, and payments signed with them.

use std::path::Path;

use super::args::SignArgs;
use super::error::KeyError;
use super::file::{Kind, Secret, read};
use crate::daemon::error::DaemonError;
use crate::daemon::genesis_file;
use crate::ledger::{Account, Genesis, Hash, PrivateKey, Transaction};

pub(super) fn account_key(secret: &Secret) -> PrivateKey {
    PrivateKey::from_bytes(*secret.bytes())
}

/// A payment signed as asked for: the JSON that `POST /tx/add` takes, and a newline.
pub(super) fn sign(args: &SignArgs) -> Result<String, DaemonError> {
    let key = account_key(&read(&args.key, Kind::Account)?);
    let payment = match (&args.genesis, args.network) {
        (Some(path), _) => sign_for(path, args, &key)?,
        (None, Some(network)) => signed(args, &key, network, key.public().account()),
        (None, None) => {
            return Err(DaemonError::Usage(
                "say for which network: --genesis or --network".into(),
            ));
        }
    };
    let mut json = serde_json::to_string(&payment).expect("a payment has string keys only");
    json.push('\n');
    Ok(json)
}

/// A payment for the network of a genesis file, by whose rules it is checked: what a node would refuse is
/// said here.
fn sign_for(path: &Path, args: &SignArgs, key: &PrivateKey) -> Result<Transaction, DaemonError> {
    let genesis = genesis_file::read(Some(path), args.difficulty)?;
    if !genesis.signatures {
        let path = path.to_owned();
        return Err(KeyError::Unsigned { path }.into());
    }
    let payment = signed(args, key, genesis.network_id()?, owned_by(key, &genesis));
    let checked = genesis.rules()?.check_payment(&payment);
    checked.map_err(|source| KeyError::Payment { source })?;
    Ok(payment)
}

/// The first account that genesis gives this key, else the one that is named after it.
fn owned_by(key: &PrivateKey, genesis: &Genesis) -> Account {
    let public = key.public();
    let mut accounts = genesis.accounts.iter();
    let given = accounts.find(|account| account.key == Some(public));
    given.map_or_else(|| public.account(), |account| account.name.clone())
}

fn signed(args: &SignArgs, key: &PrivateKey, network: Hash, own: Account) -> Transaction {
    let sender = args.from.clone().unwrap_or(own);
    key.pay(&network, sender, args.to.clone(), args.value, args.sequence)
}
