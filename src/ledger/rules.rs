//! What a network asks of blocks and payments.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::account::{Account, MAX_SAFE_INTEGER};
use super::draft::PaymentError;
use super::hash::{Hash, TxId};
use super::header::Difficulty;
use super::merkle::leaf;
use super::signature::{PublicKey, Signed, signed_bytes, signed_id};
use super::transaction::Transaction;

/// Why a payment is not what its network asks for: signed by its sender, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The network knows no signatures.
    #[error("payments of this network are not signed: leave out sequence and signature")]
    Unwanted,
    /// The network asks for a signature.
    #[error(
        "payments of this network are signed: make one with `tickchain key sign` and send what it prints"
    )]
    Missing,
    /// The sequence is above [`MAX_SAFE_INTEGER`].
    #[error("sequence {sequence} is above {MAX_SAFE_INTEGER}")]
    Sequence {
        /// The sequence given.
        sequence: u64,
    },
    /// No key owns the sender.
    #[error(
        "no key owns {account}, so nobody can pay from it: an account is one of the genesis file or named \
         after a public key, as `tickchain key show` prints it"
    )]
    Sender {
        /// The sender.
        account: Account,
    },
    /// No key owns the recipient.
    #[error(
        "no key owns {account}, so it could never be paid from: an account is one of the genesis file or \
         named after a public key, as `tickchain key show` prints it"
    )]
    Recipient {
        /// The recipient.
        account: Account,
    },
    /// The id is not that of sender and sequence.
    #[error(
        "id {id} is not that of {sender}'s payment {sequence}, which is {expected}: leave it out"
    )]
    Id {
        /// The id given.
        id: TxId,
        /// The sender.
        sender: Account,
        /// The sequence.
        sequence: u64,
        /// The id it has.
        expected: TxId,
    },
    /// The signature is not the sender's.
    #[error(
        "the signature is not {sender}'s for this payment in this network: sign with the key that owns the \
         account, for this network's id, and change nothing afterwards"
    )]
    Wrong {
        /// The sender.
        sender: Account,
    },
}

/// What a network asks of blocks and payments: [`Genesis::rules`](super::Genesis::rules). Cheap to clone.
///
/// Of a difficulty alone it is what a network without signatures asks for.
#[derive(Debug, Clone)]
pub struct Rules {
    difficulty: Difficulty,
    signatures: Option<Arc<Signatures>>,
}

/// What a network with signatures knows of them.
#[derive(Debug)]
struct Signatures {
    network: Hash,
    /// Who owns the accounts of the genesis block.
    keys: HashMap<Account, PublicKey>,
}

impl From<Difficulty> for Rules {
    fn from(difficulty: Difficulty) -> Self {
        Self {
            difficulty,
            signatures: None,
        }
    }
}

impl Rules {
    /// Those of a network with signatures, whose genesis accounts are owned by `keys`.
    pub(super) fn signed(
        difficulty: Difficulty,
        network: Hash,
        keys: HashMap<Account, PublicKey>,
    ) -> Self {
        Self {
            difficulty,
            signatures: Some(Arc::new(Signatures { network, keys })),
        }
    }

    /// Proof of work asked of every block but genesis.
    pub fn difficulty(&self) -> Difficulty {
        self.difficulty
    }

    /// The same, but for the proof of work.
    pub fn with_difficulty(&self, difficulty: Difficulty) -> Self {
        Self {
            difficulty,
            ..self.clone()
        }
    }

    /// Whether payments are signed.
    pub fn asks_for_signatures(&self) -> bool {
        self.signatures.is_some()
    }

    /// The key that owns an account of a network with signatures: the one that genesis gives it, else the
    /// one it is named after.
    pub fn owner(&self, account: &Account) -> Option<PublicKey> {
        let signatures = self.signatures.as_ref()?;
        let given = signatures.keys.get(account).copied();
        given.or_else(|| PublicKey::named(account))
    }

    /// The id of a sender's signed payment; `None` where payments are not signed.
    pub fn signed_id(&self, sender: &Account, sequence: u64) -> Option<TxId> {
        let signatures = self.signatures.as_ref()?;
        Some(signed_id(&signatures.network, sender, sequence))
    }

    /// Checks all that can be said of a payment without the chain: that it has a sender, and that it is
    /// signed as this network asks for. A signature takes some 50 µs.
    ///
    /// # Errors
    /// [`PaymentError::Minted`] or [`PaymentError::Signature`].
    pub fn check_payment(&self, payment: &Transaction) -> Result<(), PaymentError> {
        let sender = payment.sender.as_ref().ok_or(PaymentError::Minted)?;
        match (&self.signatures, payment.signed.as_deref()) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(SignatureError::Unwanted.into()),
            (Some(_), None) => Err(SignatureError::Missing.into()),
            (Some(rules), Some(signed)) => Ok(self.check_signed(rules, payment, sender, signed)?),
        }
    }

    fn check_signed(
        &self,
        Signatures { network, .. }: &Signatures,
        payment: &Transaction,
        sender: &Account,
        signed: &Signed,
    ) -> Result<(), SignatureError> {
        let (id, sequence) = (payment.id, signed.sequence);
        if sequence > MAX_SAFE_INTEGER {
            return Err(SignatureError::Sequence { sequence });
        }
        let expected = signed_id(network, sender, sequence);
        if id != expected {
            let sender = sender.clone();
            return Err(SignatureError::Id {
                id,
                sender,
                sequence,
                expected,
            });
        }
        let Some(key) = self.owner(sender) else {
            let account = sender.clone();
            return Err(SignatureError::Sender { account });
        };
        if self.owner(&payment.recipient).is_none() {
            let account = payment.recipient.clone();
            return Err(SignatureError::Recipient { account });
        }
        let message = signed_bytes(network, sender, &payment.recipient, payment.value, sequence);
        if !key.has_signed(&message, &signed.signature) {
            let sender = sender.clone();
            return Err(SignatureError::Wrong { sender });
        }
        Ok(())
    }

    /// Whether a payment that keeps the rules of some network can be one of this network's. The ids of
    /// signed payments say of which network they are.
    pub(super) fn is_ours(&self, payment: &Transaction) -> bool {
        match (&payment.sender, &payment.signed) {
            (Some(sender), Some(signed)) => {
                self.signed_id(sender, signed.sequence) == Some(payment.id)
            }
            _ => !self.asks_for_signatures(),
        }
    }
}

/// How many signed payments a [`Checker`] remembers at least. It is more than a node's pool and a block
/// hold together; twice as many take some 2 MB.
pub const MAX_CHECKED: usize = 16_384;

/// Checks payments by a network's rules, and remembers those whose signature was right: a block that brings
/// them then costs hashing only.
#[derive(Debug, Clone)]
pub struct Checker {
    rules: Rules,
    // Only looked up and dropped as a whole: their order never reaches an output.
    newer: HashSet<Hash>,
    older: HashSet<Hash>,
}

impl Checker {
    /// One that remembers nothing yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            newer: HashSet::new(),
            older: HashSet::new(),
        }
    }

    /// The rules it checks by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// As [`Rules::check_payment`].
    ///
    /// # Errors
    /// The same.
    pub fn check_payment(&mut self, payment: &Transaction) -> Result<(), PaymentError> {
        if !self.rules.asks_for_signatures() || payment.signed.is_none() {
            return self.rules.check_payment(payment);
        }
        // All there is of a payment goes into this hash, its signature too.
        let hash = leaf(payment);
        if self.newer.contains(&hash) {
            return Ok(());
        }
        if !self.older.contains(&hash) {
            self.rules.check_payment(payment)?;
        }
        if self.newer.len() == MAX_CHECKED {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Genesis, GenesisAccount, PrivateKey, Signature};

    /// aki's key is 1, so's 2; a stranger's is 3.
    fn key(number: u8) -> PrivateKey {
        PrivateKey::from_bytes([number; 32])
    }

    fn genesis() -> Genesis {
        let account = |(name, number): (&str, u8)| GenesisAccount {
            name: name.parse().unwrap(),
            balance: 9.try_into().unwrap(),
            key: Some(key(number).public()),
        };
        Genesis {
            signatures: true,
            accounts: [("aki", 1), ("so", 2)].map(account).into(),
            ..Genesis::default()
        }
    }

    fn pay(by: u8, sender: &str, recipient: &str, sequence: u64) -> Transaction {
        let network = genesis().network_id().unwrap();
        let (sender, recipient) = (sender.parse().unwrap(), recipient.parse().unwrap());
        key(by).pay(&network, sender, recipient, 3.try_into().unwrap(), sequence)
    }

    fn refusal(rules: &Rules, payment: &Transaction) -> Option<SignatureError> {
        match rules.check_payment(payment) {
            Ok(()) => None,
            Err(PaymentError::Signature(error)) => Some(error),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn owners_pay_and_nobody_else() {
        let rules = genesis().rules().unwrap();
        let stranger = key(3).public().account();
        let name = stranger.as_str();
        assert_eq!(refusal(&rules, &pay(1, "aki", "so", 1)), None);
        assert_eq!(
            refusal(&rules, &pay(1, "aki", name, MAX_SAFE_INTEGER)),
            None
        );
        assert_eq!(refusal(&rules, &pay(3, name, "aki", 0)), None);
        for (by, sender) in [(2, "aki"), (1, name)] {
            let wrong = SignatureError::Wrong {
                sender: sender.parse().unwrap(),
            };
            assert_eq!(refusal(&rules, &pay(by, sender, "so", 1)), Some(wrong));
        }
        let account: Account = "eve".parse().unwrap();
        let unowned = refusal(&rules, &pay(3, "eve", "so", 1));
        assert_eq!(
            unowned,
            Some(SignatureError::Sender {
                account: account.clone()
            })
        );
        let lost = refusal(&rules, &pay(1, "aki", "eve", 1));
        assert_eq!(lost, Some(SignatureError::Recipient { account }));
        let sequence = MAX_SAFE_INTEGER + 1;
        let high = refusal(&rules, &pay(1, "aki", "so", sequence));
        assert_eq!(high, Some(SignatureError::Sequence { sequence }));
    }

    #[test]
    fn payments_are_signed_where_that_is_asked_for_and_nowhere_else() {
        let rules = genesis().rules().unwrap();
        let signed = pay(1, "aki", "so", 1);
        let plain = Transaction {
            signed: None,
            ..signed.clone()
        };
        assert_eq!(refusal(&rules, &plain), Some(SignatureError::Missing));
        let unsigned = Genesis::default().rules().unwrap();
        assert_eq!(refusal(&unsigned, &plain), None);
        assert_eq!(refusal(&unsigned, &signed), Some(SignatureError::Unwanted));
        for rules in [rules, unsigned] {
            let minted = Transaction {
                sender: None,
                ..plain.clone()
            };
            assert_eq!(rules.check_payment(&minted), Err(PaymentError::Minted));
        }
    }

    #[test]
    fn an_id_is_that_of_sender_and_sequence() {
        let rules = genesis().rules().unwrap();
        let right = pay(1, "aki", "so", 1);
        let id = TxId::from(1);
        let expected = SignatureError::Id {
            id,
            sender: "aki".parse().unwrap(),
            sequence: 1,
            expected: right.id,
        };
        assert_eq!(
            refusal(&rules, &Transaction { id, ..right }),
            Some(expected)
        );
        let ids = [
            pay(1, "aki", "so", 1),
            pay(1, "aki", "so", 2),
            pay(2, "so", "aki", 1),
        ];
        let ids: std::collections::BTreeSet<TxId> = ids.iter().map(|paid| paid.id).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn a_checker_remembers_what_was_right_and_only_that() {
        let mut checker = Checker::new(genesis().rules().unwrap());
        let right = pay(1, "aki", "so", 1);
        let mut signed = *right.signed.clone().unwrap();
        signed.signature = Signature([1; 64]);
        let wrong = Transaction {
            signed: Some(signed.into()),
            ..right.clone()
        };
        for _ in 0..2 {
            assert!(checker.check_payment(&wrong).is_err());
            assert!(checker.newer.is_empty());
        }
        assert!(checker.check_payment(&right).is_ok());
        assert_eq!(checker.newer.len(), 1);
        assert!(checker.check_payment(&wrong).is_err());

        // As many more are taken in before it is forgotten.
        checker
            .newer
            .extend((1..MAX_CHECKED).map(|number| Hash::sha256(&number.to_be_bytes())));
        assert!(checker.check_payment(&pay(1, "aki", "so", 2)).is_ok());
        assert_eq!((checker.newer.len(), checker.older.len()), (1, MAX_CHECKED));
        assert!(checker.check_payment(&right).is_ok());
        assert_eq!(checker.newer.len(), 2);
    }
}
