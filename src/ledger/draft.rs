//! The ledger as it would be after payments that are not on the chain yet.

use super::account::Account;
use super::block::Block;
use super::hash::TxId;
use super::listed::Listed;
use super::rules::SignatureError;
use super::store::{Changes, Store, Undo};
use super::transaction::Transaction;

/// Why a payment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// The sender has less than it would pay.
    #[error("{account} has {balance}, which is less than the {value} to be paid")]
    Overdrawn {
        /// The sender.
        account: Account,
        /// What it has, after all that goes before.
        balance: u64,
        /// What it would pay.
        value: u64,
    },
    /// The payment is there already.
    #[error("payment {id} is there already: an id is paid once")]
    Twice {
        /// The payment's id.
        id: TxId,
    },
    /// A payment without a sender.
    #[error("a payment needs a sender: only the genesis block makes coins")]
    Minted,
    /// The payment is not signed as its network asks for.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Balances and payments as they would be after some more payments. Reads fall through to the store
/// where nothing was drafted; the store is not written to.
///
/// One draft serves a block that is being connected, a reorganisation, a pool and a miner's candidate,
/// so that all of them mean the same by *payable*.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    balances: Listed<Account, Drafted>,
    /// The block each payment is in.
    payments: Listed<TxId, Option<u64>>,
    /// Counts blocks that came and went, so that undo data has each account once.
    round: u64,
}

#[derive(Debug, Clone)]
struct Drafted {
    balance: Option<u64>,
    /// The round in which the balance was last changed.
    round: u64,
}

type UndoList = Vec<(Account, Option<u64>)>;

impl Draft {
    /// An empty draft with room for `payments`.
    pub fn with_capacity(payments: usize) -> Self {
        Self {
            balances: Listed::with_capacity(2 * payments),
            payments: Listed::with_capacity(payments),
            round: 0,
        }
    }

    /// The balance of `account`.
    pub fn balance(&self, store: &impl Store, account: &Account) -> u64 {
        match self.balances.get(account) {
            Some(drafted) => drafted.balance,
            None => store.balance(account),
        }
        .unwrap_or(0)
    }

    /// The block that `transaction` is in, if it is in one.
    pub fn block_of(&self, store: &impl Store, transaction: &TxId) -> Option<u64> {
        match self.payments.get(transaction) {
            Some(block) => *block,
            None => store.block_of(transaction),
        }
    }

    /// Pays `transaction` as part of the block `id`, or changes nothing.
    ///
    /// # Errors
    /// A [`PaymentError`] with the rule it breaks.
    pub fn pay(
        &mut self,
        store: &impl Store,
        transaction: &Transaction,
        id: u64,
    ) -> Result<(), PaymentError> {
        let known = (self.balances.len(), self.payments.len());
        let paid = self.pay_recording(store, transaction, id, None);
        if paid.is_err() {
            self.balances.truncate(known.0);
            self.payments.truncate(known.1);
        }
        paid
    }

    /// Pays, or says why not; what it read then stays drafted.
    fn pay_recording(
        &mut self,
        store: &impl Store,
        transaction: &Transaction,
        id: u64,
        mut undo: Option<&mut UndoList>,
    ) -> Result<(), PaymentError> {
        let sender = transaction.sender.as_ref().ok_or(PaymentError::Minted)?;
        let payment = self.payment(store, transaction.id);
        if self.payments.at(payment).1.is_some() {
            return Err(PaymentError::Twice { id: transaction.id });
        }
        let value = transaction.value.get();
        let payer = self.account(store, sender);
        let balance = self.balances.at(payer).1.balance.unwrap_or(0);
        let Some(rest) = balance.checked_sub(value) else {
            return Err(PaymentError::Overdrawn {
                account: sender.clone(),
                balance,
                value,
            });
        };
        self.set_balance(payer, rest, undo.as_deref_mut());
        self.credit(store, transaction, undo);
        self.payments.at(payment).1 = Some(id);
        Ok(())
    }

    /// Applies a block that follows the last one applied; its undo data, or the position and error of
    /// the first payment that cannot be paid, after which the draft is of no use.
    pub(super) fn connect(
        &mut self,
        store: &impl Store,
        block: &Block,
    ) -> Result<Undo, (usize, PaymentError)> {
        self.round += 1;
        let mut undo = UndoList::with_capacity(2 * block.transactions().len());
        for (index, transaction) in block.transactions().iter().enumerate() {
            self.pay_recording(store, transaction, block.id(), Some(&mut undo))
                .map_err(|error| (index, error))?;
        }
        Ok(undo.into())
    }

    /// Applies a genesis block, whose payments come out of nothing.
    pub(super) fn connect_genesis(&mut self, store: &impl Store, genesis: &Block) {
        for transaction in genesis.transactions() {
            self.credit(store, transaction, None);
            let payment = self.payment(store, transaction.id);
            self.payments.at(payment).1 = Some(0);
        }
    }

    /// Takes back the last block applied.
    pub(super) fn disconnect(&mut self, store: &impl Store, block: &Block, undo: &Undo) {
        self.round += 1;
        for (account, before) in undo.iter() {
            let slot = self.account(store, account);
            self.balances.at(slot).1.balance = *before;
        }
        for transaction in block.transactions() {
            let payment = self.payment(store, transaction.id);
            self.payments.at(payment).1 = None;
        }
    }

    /// Adds the drafted balances and payments to `changes`, in the order of first touch.
    pub(super) fn into_changes(self, changes: &mut Changes) {
        let balances = self.balances.into_entries().into_iter();
        changes.balances = balances
            .map(|(account, drafted)| (account, drafted.balance))
            .collect();
        changes.transactions = self.payments.into_entries();
    }

    fn credit(
        &mut self,
        store: &impl Store,
        transaction: &Transaction,
        undo: Option<&mut UndoList>,
    ) {
        let slot = self.account(store, &transaction.recipient);
        let balance = self.balances.at(slot).1.balance.unwrap_or(0);
        let sum = balance.checked_add(transaction.value.get());
        let sum = sum.expect("no balance exceeds the supply, below 2^53");
        self.set_balance(slot, sum, undo);
    }

    fn set_balance(&mut self, slot: usize, balance: u64, undo: Option<&mut UndoList>) {
        let (account, drafted) = self.balances.at(slot);
        if drafted.round != self.round {
            drafted.round = self.round;
            if let Some(undo) = undo {
                undo.push((account.clone(), drafted.balance));
            }
        }
        drafted.balance = Some(balance);
    }

    /// Where `account` is drafted, read from the store the first time.
    fn account(&mut self, store: &impl Store, account: &Account) -> usize {
        self.balances.slot(account, || Drafted {
            balance: store.balance(account),
            // No round is this high: the first change in the present one is recorded.
            round: u64::MAX,
        })
    }

    /// Where a payment is drafted, read from the store the first time.
    fn payment(&mut self, store: &impl Store, id: TxId) -> usize {
        self.payments.slot(&id, || store.block_of(&id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Genesis, Ledger};

    fn payment(id: u128, sender: &str, recipient: &str, value: u64) -> Transaction {
        Transaction {
            id: TxId::from(id),
            sender: Some(sender.parse().unwrap()),
            recipient: recipient.parse().unwrap(),
            value: value.try_into().unwrap(),
            signed: None,
        }
    }

    #[test]
    fn payments_see_those_before_them() {
        let ledger = Ledger::new(&Genesis::default()).unwrap();
        let (store, mut draft) = (ledger.store(), Draft::default());
        let balance = |draft: &Draft, name: &str| draft.balance(store, &name.parse().unwrap());
        draft.pay(store, &payment(10, "so", "new", 7), 1).unwrap();
        draft.pay(store, &payment(11, "new", "aki", 3), 1).unwrap();
        draft.pay(store, &payment(12, "aki", "aki", 5), 1).unwrap();
        assert_eq!(balance(&draft, "so"), 0);
        assert_eq!(balance(&draft, "new"), 4);
        assert_eq!(balance(&draft, "aki"), 5);
        assert_eq!(balance(&draft, "satoshi"), 5);
        assert_eq!(balance(&draft, "nobody"), 0);
        assert_eq!(draft.block_of(store, &TxId::from(11)), Some(1));
        assert_eq!(draft.block_of(store, &TxId::from(2)), Some(0));
        assert_eq!(draft.block_of(store, &TxId::from(13)), None);
    }

    #[test]
    fn a_refused_payment_changes_nothing() {
        let ledger = Ledger::new(&Genesis::default()).unwrap();
        let (store, mut draft) = (ledger.store(), Draft::default());
        let overdrawn = PaymentError::Overdrawn {
            account: "aki".parse().unwrap(),
            balance: 2,
            value: 3,
        };
        let refused = draft.pay(store, &payment(10, "aki", "so", 3), 1);
        assert_eq!(refused, Err(overdrawn));
        let minted = Transaction {
            sender: None,
            ..payment(10, "aki", "so", 1)
        };
        assert_eq!(draft.pay(store, &minted, 1), Err(PaymentError::Minted));
        assert_eq!(format!("{draft:?}"), format!("{:?}", Draft::default()));
        // The id of a refused payment is free; one that was paid, here or on the chain, is not.
        draft.pay(store, &payment(10, "aki", "so", 2), 1).unwrap();
        for id in [10, 0].map(TxId::from) {
            let again = Transaction {
                id,
                ..payment(0, "so", "aki", 1)
            };
            assert_eq!(draft.pay(store, &again, 1), Err(PaymentError::Twice { id }));
        }
        assert_eq!(draft.balance(store, &"aki".parse().unwrap()), 0);
        assert_eq!(draft.balance(store, &"so".parse().unwrap()), 9);
    }

    #[test]
    fn changes_come_in_the_order_of_first_touch() {
        let ledger = Ledger::new(&Genesis::default()).unwrap();
        let (store, mut draft) = (ledger.store(), Draft::default());
        for (id, sender, recipient) in [(9, "so", "zoe"), (8, "aki", "so"), (7, "zoe", "abe")] {
            draft
                .pay(store, &payment(id, sender, recipient, 1), 4)
                .unwrap();
        }
        let mut changes = Changes::default();
        draft.into_changes(&mut changes);
        let balances = changes.balances.iter();
        let balances: Vec<_> = balances
            .map(|(name, after)| (name.as_str(), *after))
            .collect();
        let expected = [("so", 7), ("zoe", 0), ("aki", 1), ("abe", 1)];
        assert_eq!(balances, expected.map(|(name, after)| (name, Some(after))));
        let ids = [9, 8, 7].map(|id| (TxId::from(id), Some(4)));
        assert_eq!(changes.transactions, ids);
    }
}
