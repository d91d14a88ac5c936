//! Payments as they wait: thousands of them, of which one at a time is looked at.

use crate::ledger::{Hash, Transaction, TxId};

/// What tells a payment from all others.
pub(super) type Mark = [u8; 16];

/// A payment as its canonical bytes: some 40 in one piece, where a [`Transaction`] takes three pieces and
/// four times as much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    pub(super) fn of(payment: &Transaction) -> Self {
        let mut bytes = Vec::with_capacity(payment.canonical_len());
        payment.write_canonical(&mut bytes);
        Self(bytes.into())
    }

    pub(super) fn open(&self) -> Transaction {
        let payment = Transaction::read_canonical(&mut &self.0[..]);
        payment.expect("a payment's own canonical bytes are read back")
    }

    /// The payment's id, which its bytes begin with.
    pub(super) fn id(&self) -> TxId {
        let id = self.0.first_chunk();
        TxId(*id.expect("canonical bytes begin with 16 of the id"))
    }

    /// What tells the payment from all others: the first half of the hash of all that it is, since there may be
    /// thousands of these too.
    pub(super) fn mark(&self) -> Mark {
        let hash = Hash::sha256(&self.0).0;
        *hash.first_chunk().expect("a hash has two halves")
    }
}
