//! Node names.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ledger::{AccountError, check_name};

/// A node's name, unique in its network: 1–64 bytes of UTF-8 without control characters. Peers are
/// known by it, and it orders what arrives at once. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Arc<str>);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Name {
    type Err = AccountError;

    fn from_str(name: &str) -> Result<Self, AccountError> {
        check_name(name)?;
        Ok(Self(name.into()))
    }
}

impl TryFrom<String> for Name {
    type Error = AccountError;

    fn try_from(name: String) -> Result<Self, AccountError> {
        name.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
