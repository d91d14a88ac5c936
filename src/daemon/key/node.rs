//! Keys of nodes.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver, DefaultResolver};

use super::error::KeyError;
use super::file::{KEY_BYTES, Kind, Secret, read, write};

/// The public half of a node's key (X25519): who the node is, as 64 hex digits.
///
/// ```
/// use tickchain::daemon::key::PublicKey;
/// let text = "ab".repeat(32);
/// let key: PublicKey = text.parse().expect("64 hex digits");
/// assert_eq!(key.to_string(), text);
/// assert!("ab".parse::<PublicKey>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key of these bytes; `None` when they are not [`KEY_BYTES`].
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; KEY_BYTES];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A node's key, both halves.
#[derive(Debug, Clone)]
pub struct NodeKey {
    secret: Secret,
    public: PublicKey,
}

impl NodeKey {
    /// The key with this secret half.
    pub fn new(secret: Secret) -> Self {
        let mut curve = DefaultResolver
            .resolve_dh(&DHChoice::Curve25519)
            .expect("the crate is built with this curve");
        curve.set(secret.bytes());
        let public =
            PublicKey::from_slice(curve.pubkey()).expect("this curve's keys have 32 bytes");
        Self { secret, public }
    }

    /// The key in a file, which is made if it is not there.
    ///
    /// # Errors
    /// A [`KeyError`].
    pub fn keep(path: &Path) -> Result<Self, KeyError> {
        if !path.exists() {
            let secret = Secret::random()?;
            match write(path, Kind::Node, &secret) {
                // Another process was faster: its key is as good.
                Err(KeyError::Exists { .. }) => {}
                written => return written.map(|()| Self::new(secret)),
            }
        }
        read(path, Kind::Node).map(Self::new)
    }

    /// The half that is nobody else's.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The half that others know it by.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first of the iterated vectors in RFC 7748, section 5.2.
    #[test]
    fn public_halves_are_those_of_x25519() {
        let mut secret = [0; KEY_BYTES];
        secret[0] = 9;
        let key = NodeKey::new(Secret::new(secret));
        assert_eq!(
            key.public().to_string(),
            "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
        );
    }
}
