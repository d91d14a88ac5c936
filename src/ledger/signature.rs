//! Keys, and the bytes that are signed.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::account::{Account, Value};
use super::hash::{Hash, TxId, hex_bytes};
use super::transaction::Transaction;

hex_bytes!(
    /// An ed25519 signature ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)). Shown as 128 hex digits.
    Signature,
    64
);

hex_bytes!(
    /// An ed25519 public key. Shown as 64 hex digits, which is also the name of the account it owns.
    PublicKey,
    32
);

/// What makes a payment a signed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signed {
    /// The sender's number of this payment, at most [`MAX_SAFE_INTEGER`](super::MAX_SAFE_INTEGER): a sender
    /// uses each once, in any order and with any gaps.
    pub sequence: u64,
    /// The sender's signature of [`signed_bytes`].
    pub signature: Signature,
}

/// A sequence without a signature, or a signature without a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signed payment has both sequence and signature, an unsigned one neither")]
pub struct HalfSigned;

impl Signed {
    /// Both or neither.
    ///
    /// # Errors
    /// [`HalfSigned`] where one is given alone.
    pub fn of(
        sequence: Option<u64>,
        signature: Option<Signature>,
    ) -> Result<Option<Self>, HalfSigned> {
        match (sequence, signature) {
            (Some(sequence), Some(signature)) => Ok(Some(Self {
                sequence,
                signature,
            })),
            (None, None) => Ok(None),
            _ => Err(HalfSigned),
        }
    }
}

impl PublicKey {
    /// The account that this key owns by its name.
    pub fn account(&self) -> Account {
        let name = self.to_string();
        name.parse().expect("64 hex digits are a name")
    }

    /// The key that an account is named after, where it is: 64 hex digits in lower case, and a key that
    /// somebody can have.
    pub fn named(account: &Account) -> Option<Self> {
        let name = account.as_str();
        let key: Self = name.parse().ok()?;
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        (is_lower && key.is_sound()).then_some(key)
    }

    /// Whether this is a key that signatures can be checked with: a point of the curve, and not one of
    /// the few with which anyone can sign.
    pub(super) fn is_sound(&self) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| !key.is_weak())
    }

    /// Whether `signature` is this key's for `message`. There is one signature only that holds for what
    /// its owner signed: nobody else can make another one of it.
    pub(super) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

/// An ed25519 private key: it pays from the account it owns. It is not shown, and wiped from memory when
/// it goes.
///
/// ```
/// use tickchain::ledger::{Genesis, GenesisAccount, PrivateKey, Rules};
/// let key = PrivateKey::from_bytes([7; 32]);
/// let aki = GenesisAccount { name: "aki".parse()?, balance: 5.try_into()?, key: Some(key.public()) };
/// let genesis = Genesis { signatures: true, accounts: vec![aki], ..Genesis::default() };
/// let network = genesis.network_id()?;
///
/// let friend = PrivateKey::from_bytes([8; 32]).public().account();
/// let payment = key.pay(&network, "aki".parse()?, friend, 3.try_into()?, 1);
/// let rules: Rules = genesis.rules()?;
/// assert!(rules.check_payment(&payment).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// The key of 32 secret bytes, which should be random.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&bytes))
    }

    /// The secret bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// A payment signed with this key, for the network with this id.
    pub fn pay(
        &self,
        network: &Hash,
        sender: Account,
        recipient: Account,
        value: Value,
        sequence: u64,
    ) -> Transaction {
        let message = signed_bytes(network, &sender, &recipient, value, sequence);
        let signature = Signature(self.0.sign(&message).to_bytes());
        Transaction {
            id: signed_id(network, &sender, sequence),
            sender: Some(sender),
            recipient,
            value,
            signed: Some(
                Signed {
                    sequence,
                    signature,
                }
                .into(),
            ),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey of {}", self.public())
    }
}

/// The bytes that a payment's signature is over, integers big-endian:
///
/// | bytes | what |
/// |---|---|
/// | 19 | `tickchain signature` in ASCII |
/// | 32 | the network's id |
/// | 1 + n | the sender's length and its UTF-8 bytes |
/// | 1 + n | the recipient's length and its UTF-8 bytes |
/// | 8 | value |
/// | 8 | sequence |
pub fn signed_bytes(
    network: &Hash,
    sender: &Account,
    recipient: &Account,
    value: Value,
    sequence: u64,
) -> Vec<u8> {
    let mut bytes = b"tickchain signature".to_vec();
    bytes.extend_from_slice(&network.0);
    sender.feed_canonical(|part| bytes.extend_from_slice(part));
    recipient.feed_canonical(|part| bytes.extend_from_slice(part));
    bytes.extend_from_slice(&value.get().to_be_bytes());
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes
}

/// The id of a signed payment: the first 16 bytes of SHA-256 of
///
/// | bytes | what |
/// |---|---|
/// | 17 | `tickchain payment` in ASCII |
/// | 32 | the network's id |
/// | 1 + n | the sender's length and its UTF-8 bytes |
/// | 8 | sequence, big-endian |
///
/// An id is paid once, so a second payment with one sequence is refused, and so is the same one again.
pub fn signed_id(network: &Hash, sender: &Account, sequence: u64) -> TxId {
    let mut hasher = Sha256::new_with_prefix(b"tickchain payment");
    hasher.update(network.0);
    sender.feed_canonical(|part| hasher.update(part));
    hasher.update(sequence.to_be_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    TxId(
        *hash
            .first_chunk()
            .expect("a hash has more bytes than an id"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_rfc_8032() {
        // Section 7.1, test 1.
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = PrivateKey::from_bytes(secret.parse::<Hash>().unwrap().0);
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public().to_string(), public);
        assert_eq!(hex::encode(key.to_bytes()), secret);
        assert!(!format!("{key:?}").contains(secret));
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        let signature: Signature = signature.parse().unwrap();
        assert!(key.public().has_signed(b"", &signature));
        assert!(!key.public().has_signed(b"x", &signature));
    }

    #[test]
    fn a_name_is_a_key_only_as_it_is_written_and_when_one_can_have_it() {
        let key = PrivateKey::from_bytes([7; 32]).public();
        assert_eq!(PublicKey::named(&key.account()), Some(key));
        let named = |name: String| PublicKey::named(&name.parse().unwrap());
        assert_eq!(named(key.to_string().to_uppercase()), None);
        assert_eq!(named("aki".into()), None);
        // Not on the curve; the neutral element, with which anyone can sign.
        assert_eq!(named(format!("02{}", "00".repeat(31))), None);
        assert_eq!(named(format!("01{}", "00".repeat(31))), None);
    }

    /// The order of the group, which a stranger could add to a signature's second half.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    #[test]
    fn a_signature_cannot_be_turned_into_another_one() {
        let key = PrivateKey::from_bytes([7; 32]);
        let mut signature = Signature(key.0.sign(b"message").to_bytes());
        assert!(key.public().has_signed(b"message", &signature));
        let mut carry = 0;
        for (byte, order) in signature.0[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        assert!(!key.public().has_signed(b"message", &signature));
    }

    #[test]
    fn what_is_signed_is_as_documented() {
        let (aki, so) = ("aki".parse().unwrap(), "so".parse().unwrap());
        let network = Hash([9; 32]);
        let bytes = signed_bytes(&network, &aki, &so, 258.try_into().unwrap(), 7);
        let mut expected = b"tickchain signature".to_vec();
        expected.extend([9; 32]);
        expected.extend(b"\x03aki\x02so\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x07");
        assert_eq!(bytes, expected);
        let mut named = b"tickchain payment".to_vec();
        named.extend([9; 32]);
        named.extend(b"\x03aki\0\0\0\0\0\0\0\x07");
        assert_eq!(signed_id(&network, &aki, 7).0, Hash::sha256(&named).0[..16]);
    }
}
