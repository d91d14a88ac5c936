//! Payments and their canonical bytes.

use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::account::{Account, Value};
use super::hash::TxId;
use super::signature::{HalfSigned, Signature, Signed};

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
/// A signed payment has `sequence` and `signature` besides, in JSON next to the others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Fields")]
pub struct Transaction {
    /// What makes this payment itself.
    pub id: TxId,
    /// Who pays; `None` in the genesis block only.
    pub sender: Option<Account>,
    /// Who is paid.
    pub recipient: Account,
    /// How much.
    pub value: Value,
    /// What makes it a signed one, in networks that ask for signatures. Shared by clones, and away from the
    /// payment, so that unsigned ones stay small.
    pub signed: Option<Arc<Signed>>,
}

/// A payment as JSON has it.
#[derive(Deserialize)]
struct Fields {
    id: TxId,
    sender: Option<Account>,
    recipient: Account,
    value: Value,
    sequence: Option<u64>,
    signature: Option<Signature>,
}

impl TryFrom<Fields> for Transaction {
    type Error = HalfSigned;

    fn try_from(fields: Fields) -> Result<Self, HalfSigned> {
        Ok(Self {
            id: fields.id,
            sender: fields.sender,
            recipient: fields.recipient,
            value: fields.value,
            signed: Signed::of(fields.sequence, fields.signature)?.map(Arc::new),
        })
    }
}

impl Serialize for Transaction {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let fields = if self.signed.is_some() { 6 } else { 4 };
        let mut out = out.serialize_struct("Transaction", fields)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("sender", &self.sender)?;
        out.serialize_field("recipient", &self.recipient)?;
        out.serialize_field("value", &self.value)?;
        if let Some(Signed {
            sequence,
            signature,
        }) = self.signed.as_deref()
        {
            out.serialize_field("sequence", sequence)?;
            out.serialize_field("signature", signature)?;
        }
        out.end()
    }
}

impl Transaction {
    /// Appends the canonical bytes, the Merkle leaf's content, to `out`:
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 16 | id |
    /// | 1 | flags: 1 where there is a sender, 2 where it is signed, 3 for both, 0 for none |
    /// | 1 + n | the sender's length and its UTF-8 bytes (absent without flag 1) |
    /// | 1 + n | the recipient's length and its UTF-8 bytes |
    /// | 8 | value, big-endian |
    /// | 8 | sequence, big-endian (absent without flag 2) |
    /// | 64 | signature (absent without flag 2) |
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        self.feed_canonical(|bytes| out.extend_from_slice(bytes));
    }

    /// Hands out the canonical bytes piece by piece.
    pub(super) fn feed_canonical(&self, mut feed: impl FnMut(&[u8])) {
        feed(&self.id.0);
        let sender = if self.sender.is_some() { HAS_SENDER } else { 0 };
        let signed = if self.signed.is_some() { IS_SIGNED } else { 0 };
        feed(&[sender | signed]);
        for name in self.sender.iter().chain([&self.recipient]) {
            name.feed_canonical(&mut feed);
        }
        feed(&self.value.get().to_be_bytes());
        if let Some(signed) = &self.signed {
            feed(&signed.sequence.to_be_bytes());
            feed(&signed.signature.0);
        }
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
        let flags = bytes.split_off_first()?;
        let sender = match flags & HAS_SENDER {
            0 => None,
            _ => Some(read_name(bytes)?),
        };
        let recipient = read_name(bytes)?;
        let value = u64::from_be_bytes(*bytes.split_off(..8)?.first_chunk()?);
        let value = value.try_into().ok()?;
        let signed = match flags & !HAS_SENDER {
            0 => None,
            IS_SIGNED => Some(Signed {
                sequence: u64::from_be_bytes(*bytes.split_off(..8)?.first_chunk()?),
                signature: Signature(*bytes.split_off(..64)?.first_chunk()?),
            }),
            _ => return None,
        };
        Some(Self {
            id,
            sender,
            recipient,
            value,
            signed: signed.map(Arc::new),
        })
    }

    /// The number of canonical bytes, at most [`MAX_TRANSACTION_BYTES`].
    pub fn canonical_len(&self) -> usize {
        let sender = self
            .sender
            .as_ref()
            .map_or(0, |sender| 1 + sender.as_str().len());
        let signed = self.signed.as_ref().map_or(0, |_| SIGNED_BYTES);
        16 + 1 + sender + 1 + self.recipient.as_str().len() + 8 + signed
    }
}

fn read_name(bytes: &mut &[u8]) -> Option<Account> {
    let length = usize::from(*bytes.split_off_first()?);
    let name = bytes.split_off(..length)?;
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// Flags of the canonical bytes.
const HAS_SENDER: u8 = 1;
const IS_SIGNED: u8 = 2;

/// What a sequence and a signature take.
const SIGNED_BYTES: usize = 8 + 64;

/// The most canonical bytes a payment can have: two names of 64 bytes, and signed.
pub const MAX_TRANSACTION_BYTES: usize = 16 + 1 + 65 + 65 + 8 + SIGNED_BYTES;

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
            signed in prop::option::of((any::<u64>(), any::<[[u8; 32]; 2]>())),
            cut in any::<prop::sample::Index>(),
        ) {
            let payment = Transaction {
                id: TxId::from(id),
                sender: sender.map(|name| name.parse().unwrap()),
                recipient: recipient.parse().unwrap(),
                value: value.try_into().unwrap(),
                signed: signed.map(|(sequence, halves)| {
                    let signature = Signature(halves.concat().try_into().unwrap());
                    Signed { sequence, signature }.into()
                }),
            };
            let mut bytes = Vec::new();
            payment.write_canonical(&mut bytes);
            prop_assert_eq!(bytes.len(), payment.canonical_len());
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
            signed: None,
        };
        let mut bytes = Vec::new();
        payment.write_canonical(&mut bytes);
        let mut expected = vec![0; 15];
        expected.extend_from_slice(b"\x01\x01\x03aki\x02so\0\0\0\0\0\0\x01\x02");
        assert_eq!(bytes, expected);
        assert_eq!(payment.canonical_len(), bytes.len());

        let (sequence, signature) = (7, Signature([9; 64]));
        payment.signed = Some(
            Signed {
                sequence,
                signature,
            }
            .into(),
        );
        bytes.clear();
        payment.write_canonical(&mut bytes);
        expected[16] = 3;
        expected.extend_from_slice(b"\0\0\0\0\0\0\0\x07");
        expected.extend_from_slice(&[9; 64]);
        assert_eq!(bytes, expected);
        assert_eq!(payment.canonical_len(), bytes.len());

        (payment.sender, payment.signed) = (None, None);
        bytes.clear();
        payment.write_canonical(&mut bytes);
        assert_eq!(bytes[16..19], *b"\x00\x02s");
        assert_eq!(payment.canonical_len(), bytes.len());
    }

    #[test]
    fn a_sequence_and_a_signature_come_together_or_not_at_all() {
        let id = "00".repeat(16);
        let plain = format!(r#"{{"id":"{id}","sender":"aki","recipient":"so","value":1"#);
        let signature = format!(r#","signature":"{}""#, "0a".repeat(64));
        let read = |more: &str| serde_json::from_str::<Transaction>(&format!("{plain}{more}}}"));
        let signed = format!(",\"sequence\":3{signature}");
        let payment = read(&signed).unwrap();
        let expected = Signed {
            sequence: 3,
            signature: Signature([10; 64]),
        };
        assert_eq!(payment.signed.as_deref(), Some(&expected));
        let json = serde_json::to_string(&payment).unwrap();
        assert_eq!(json, format!("{plain}{signed}}}"));
        assert_eq!(read("").unwrap().signed, None);
        for half in [&signature, ",\"sequence\":3"] {
            let error = read(half).unwrap_err().to_string();
            assert!(error.contains("both"), "{error}");
        }
    }
}
