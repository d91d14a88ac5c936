//! Payments and their canonical bytes.

use serde::{Deserialize, Serialize};

use super::account::{Account, Value};
use super::hash::TxId;

/// A payment of `value` from `sender` to `recipient`.
///
/// The `id` makes it itself: the same id is the same payment, and stands on a branch once at most;
/// equal payments with different ids are two. A sender of `None` exists only in the genesis block.
///
/// ```
/// use tickchain::ledger::{Transaction, TxId};
/// let json = r#"{"id":"0000000000000000000000000000002a","sender":"aki","recipient":"so","value":2}"#;
/// let payment: Transaction = serde_json::from_str(json)?;
/// assert_eq!(payment.id, TxId::from(42));
/// assert_eq!(serde_json::to_string(&payment)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// What makes this payment itself.
    pub id: TxId,
    /// Who pays; `None` in the genesis block only.
    pub sender: Option<Account>,
    /// Who is paid.
    pub recipient: Account,
    /// How much.
    pub value: Value,
}

impl Transaction {
    /// Appends the canonical bytes, the Merkle leaf's content, to `out`:
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 16 | id |
    /// | 1 | 0 for a null sender, else 1 |
    /// | 1 + n | the sender's length and its UTF-8 bytes (absent after flag 0) |
    /// | 1 + n | the recipient's length and its UTF-8 bytes |
    /// | 8 | value, big-endian |
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        self.feed_canonical(|bytes| out.extend_from_slice(bytes));
    }

    /// Hands out the canonical bytes piece by piece.
    pub(super) fn feed_canonical(&self, mut feed: impl FnMut(&[u8])) {
        feed(&self.id.0);
        feed(&[u8::from(self.sender.is_some())]);
        for name in self.sender.iter().chain([&self.recipient]) {
            let name = name.as_str().as_bytes();
            feed(&[u8::try_from(name.len()).expect("an account name has at most 64 bytes")]);
            feed(name);
        }
        feed(&self.value.get().to_be_bytes());
    }

    /// Takes a payment's canonical bytes off the front of `bytes`, as [`Transaction::write_canonical`] wrote
    /// them; `None`, with `bytes` somewhere within, when they are none.
    ///
    /// ```
    /// use tickchain::ledger::Genesis;
    /// let genesis = Genesis::default().block()?;
    /// let payment = &genesis.transactions()[0];
    /// let mut bytes = Vec::new();
    /// payment.write_canonical(&mut bytes);
    /// let mut rest = &bytes[..];
    /// assert_eq!(tickchain::ledger::Transaction::read_canonical(&mut rest).as_ref(), Some(payment));
    /// assert!(rest.is_empty());
    /// # Ok::<(), tickchain::ledger::GenesisError>(())
    /// ```
    pub fn read_canonical(bytes: &mut &[u8]) -> Option<Self> {
        let id = TxId(*bytes.split_off(..16)?.first_chunk()?);
        let sender = match bytes.split_off_first()? {
            0 => None,
            1 => Some(read_name(bytes)?),
            _ => return None,
        };
        let recipient = read_name(bytes)?;
        let value = u64::from_be_bytes(*bytes.split_off(..8)?.first_chunk()?);
        let value = value.try_into().ok()?;
        Some(Self {
            id,
            sender,
            recipient,
            value,
        })
    }

    /// The number of canonical bytes, at most [`MAX_TRANSACTION_BYTES`].
    pub fn canonical_len(&self) -> usize {
        let sender = self
            .sender
            .as_ref()
            .map_or(0, |sender| 1 + sender.as_str().len());
        16 + 1 + sender + 1 + self.recipient.as_str().len() + 8
    }
}

fn read_name(bytes: &mut &[u8]) -> Option<Account> {
    let length = usize::from(*bytes.split_off_first()?);
    let name = bytes.split_off(..length)?;
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// The most canonical bytes a payment can have: two names of 64 bytes.
pub const MAX_TRANSACTION_BYTES: usize = 16 + 1 + 65 + 65 + 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn canonical_bytes_are_read_back(
            id in any::<u128>(),
            sender in prop::option::of("[a-zé]{1,20}"),
            recipient in "[a-zé]{1,20}",
            value in 1..=crate::ledger::MAX_SAFE_INTEGER,
            cut in any::<prop::sample::Index>(),
        ) {
            let payment = Transaction {
                id: TxId::from(id),
                sender: sender.map(|name| name.parse().unwrap()),
                recipient: recipient.parse().unwrap(),
                value: value.try_into().unwrap(),
            };
            let mut bytes = Vec::new();
            payment.write_canonical(&mut bytes);
            let cut = cut.index(bytes.len());
            prop_assert_eq!(Transaction::read_canonical(&mut &bytes[..cut]), None);
            bytes.push(7);
            let mut rest = &bytes[..];
            prop_assert_eq!(Transaction::read_canonical(&mut rest), Some(payment));
            prop_assert_eq!(rest, [7]);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Transaction::read_canonical(&mut &bytes[..]));
        }
    }

    #[test]
    fn canonical_bytes_are_as_documented() {
        let mut payment = Transaction {
            id: TxId::from(1),
            sender: Some("aki".parse().unwrap()),
            recipient: "so".parse().unwrap(),
            value: 258.try_into().unwrap(),
        };
        let mut bytes = Vec::new();
        payment.write_canonical(&mut bytes);
        let mut expected = vec![0; 15];
        expected.extend_from_slice(b"\x01\x01\x03aki\x02so\0\0\0\0\0\0\x01\x02");
        assert_eq!(bytes, expected);
        assert_eq!(payment.canonical_len(), bytes.len());

        payment.sender = None;
        bytes.clear();
        payment.write_canonical(&mut bytes);
        assert_eq!(bytes[16..19], *b"\x00\x02s");
        assert_eq!(payment.canonical_len(), bytes.len());
    }
}
