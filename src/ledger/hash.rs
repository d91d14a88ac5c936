//! Hashes and the ids of payments: fixed bytes, written in hex.

use sha2::{Digest, Sha256};

/// Text that is not a hash or an id in hex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HexError {
    /// The text has the wrong length.
    #[error("expected {expected} hex digits, got {got} bytes")]
    Length {
        /// Digits there should be.
        expected: usize,
        /// Bytes there are.
        got: usize,
    },
    /// A character is not a hex digit.
    #[error("expected hex digits 0-9a-f only")]
    Digit,
}

macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "std::borrow::Cow<'_, str>", into = "String")]
        pub struct $name(pub [u8; $len]);

        impl std::str::FromStr for $name {
            type Err = $crate::ledger::HexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::ledger::HexError;

                if text.len() != 2 * $len {
                    return Err(HexError::Length { expected: 2 * $len, got: text.len() });
                }
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| HexError::Digit)?;
                Ok(Self(bytes))
            }
        }

        impl TryFrom<std::borrow::Cow<'_, str>> for $name {
            type Error = $crate::ledger::HexError;

            fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(bytes: $name) -> Self {
                hex::encode(bytes.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(super) use hex_bytes;

hex_bytes!(
    /// A SHA-256 hash: of a header (twice hashed), a Merkle root, or a network's id. Shown as 64 hex
    /// digits in byte order, so that proof of work is seen as zeros at the end.
    #[derive(Default)]
    Hash,
    32
);

hex_bytes!(
    /// The id that makes a payment itself: the same id is the same payment. Shown as 32 hex digits.
    #[derive(Default)]
    TxId,
    16
);

impl Hash {
    /// 32 zero bytes: the hash before the genesis block.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of `bytes` ([FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4)).
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 of the SHA-256 of `bytes`.
    pub fn double_sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(Sha256::digest(bytes)).into())
    }

    /// The number of zero bits this hash, read as a big-endian number, ends in: 0 to 256.
    pub fn trailing_zeros(&self) -> u32 {
        let zero_bytes = self.0.iter().rev().take_while(|&&byte| byte == 0).count();
        match self.0.len().checked_sub(zero_bytes + 1) {
            Some(last) => zero_bytes as u32 * 8 + self.0[last].trailing_zeros(),
            None => 256,
        }
    }
}

impl From<u128> for TxId {
    fn from(number: u128) -> Self {
        Self(number.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_sha256_matches_a_known_vector() {
        let hello = "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50";
        assert_eq!(Hash::double_sha256(b"hello").to_string(), hello);
    }

    #[test]
    fn trailing_zeros_counts_bits_from_the_end() {
        let mut bytes = [0u8; 32];
        assert_eq!(Hash(bytes).trailing_zeros(), 256);
        bytes[30] = 0x10;
        assert_eq!(Hash(bytes).trailing_zeros(), 12);
        bytes[31] = 1;
        assert_eq!(Hash(bytes).trailing_zeros(), 0);
        bytes = [0; 32];
        bytes[0] = 0x80;
        assert_eq!(Hash(bytes).trailing_zeros(), 255);
    }

    #[test]
    fn hex_is_checked() {
        assert_eq!(
            "00".parse::<TxId>(),
            Err(HexError::Length {
                expected: 32,
                got: 2
            })
        );
        assert_eq!("zz".repeat(16).parse::<TxId>(), Err(HexError::Digit));
        let id: TxId = serde_json::from_str("\"000000000000000000000000000000ff\"").unwrap();
        assert_eq!(id, TxId::from(255));
    }
}
