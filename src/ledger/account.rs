//! Account names and amounts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest integer every JSON reader sees exactly, 2^53 − 1. Values, balances, block ids, nonces
/// and clocks stay at or below it.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The longest name, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 64;

/// Why a name or a value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// A name has between 1 and [`MAX_NAME_BYTES`] bytes.
    #[error("a name has 1 to {MAX_NAME_BYTES} bytes of UTF-8, this one has {bytes}")]
    NameLength {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A name has no control characters.
    #[error("a name has no control characters, this one has U+{code:04X}")]
    ControlCharacter {
        /// The first control character's code point.
        code: u32,
    },
    /// A value lies between 1 and [`MAX_SAFE_INTEGER`].
    #[error("a value is an integer from 1 to {MAX_SAFE_INTEGER}, this one is {value}")]
    Value {
        /// The value as given.
        value: u64,
    },
}

/// Checks a name by the rule that accounts and nodes share: 1–64 bytes of UTF-8 without control
/// characters.
///
/// # Errors
/// [`AccountError::NameLength`] or [`AccountError::ControlCharacter`].
pub fn check_name(name: &str) -> Result<(), AccountError> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(AccountError::NameLength { bytes: name.len() });
    }
    match name.chars().find(|c| c.is_control()) {
        Some(c) => Err(AccountError::ControlCharacter { code: c.into() }),
        None => Ok(()),
    }
}

/// A type of names that keep the rule of [`check_name`]: text shared by its clones.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ledger::AccountError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                $crate::ledger::check_name(name)?;
                Ok(Self(name.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ledger::AccountError;

            fn try_from(name: String) -> Result<Self, Self::Error> {
                name.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

pub(crate) use name_type;

impl Account {
    /// Hands out the name as it stands in bytes that are hashed or signed: its length, then the name.
    pub(super) fn feed_canonical(&self, mut feed: impl FnMut(&[u8])) {
        let name = self.as_str().as_bytes();
        feed(&[u8::try_from(name.len()).expect("an account name has at most 64 bytes")]);
        feed(name);
    }
}

name_type!(
    /// An account: a name that holds a balance. Cheap to clone.
    ///
    /// ```
    /// use tickchain::ledger::Account;
    /// let aki: Account = "aki".parse()?;
    /// assert_eq!(aki.as_str(), "aki");
    /// assert!("".parse::<Account>().is_err());
    /// # Ok::<(), tickchain::ledger::AccountError>(())
    /// ```
    Account
);

/// What a payment moves: an integer from 1 to [`MAX_SAFE_INTEGER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Value(u64);

impl Value {
    /// The value as a number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Value {
    type Error = AccountError;

    fn try_from(value: u64) -> Result<Self, AccountError> {
        if (1..=MAX_SAFE_INTEGER).contains(&value) {
            Ok(Self(value))
        } else {
            Err(AccountError::Value { value })
        }
    }
}

impl From<Value> for u64 {
    fn from(value: Value) -> Self {
        value.0
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_1_to_64_bytes_and_no_control_characters() {
        assert!(check_name("佐藤").is_ok());
        assert!(check_name(&"x".repeat(64)).is_ok());
        assert_eq!(
            check_name(&"x".repeat(65)),
            Err(AccountError::NameLength { bytes: 65 })
        );
        assert_eq!(check_name(""), Err(AccountError::NameLength { bytes: 0 }));
        assert_eq!(
            check_name("a\nb"),
            Err(AccountError::ControlCharacter { code: 10 })
        );
        assert_eq!(
            check_name("a\u{85}"),
            Err(AccountError::ControlCharacter { code: 0x85 })
        );
    }

    #[test]
    fn values_are_positive_and_exact_in_json() {
        assert!(Value::try_from(0).is_err());
        assert_eq!(
            Value::try_from(MAX_SAFE_INTEGER).map(Value::get),
            Ok(MAX_SAFE_INTEGER)
        );
        assert!(Value::try_from(MAX_SAFE_INTEGER + 1).is_err());
        for json in ["1.5", "-1", "\"3\"", "0", "9007199254740992", "null", "1e3"] {
            assert!(serde_json::from_str::<Value>(json).is_err(), "{json}");
        }
    }
}
