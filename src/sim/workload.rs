//! Payments that nodes are asked for.

use serde::{Deserialize, Serialize};

use super::{Random, Time};
use crate::ledger::{
    Account, Genesis, GenesisAccount, MAX_GENESIS_ACCOUNTS, MAX_SAFE_INTEGER, TxId, Value,
};
use crate::node::Payment;

/// The most payments a second: above it most would come in the same microsecond.
pub const MAX_RATE: f64 = 1e6;
/// The steepest skew: at 5 the first account takes part in nearly all payments.
pub const MAX_SKEW: f64 = 5.0;

/// Payments by rate, between accounts of unequal popularity.
///
/// ```
/// use tickchain::sim::{Purpose, Random, Workload};
/// let workload: Workload = serde_json::from_str(r#"{"payments_per_s": 2.5, "skew": 1.0}"#)?;
/// let genesis = workload.genesis()?;
/// assert_eq!(genesis.accounts.len(), 100);
/// let payments = workload.payments(8, Random::new(7, Purpose::Workload, 0))?;
/// let hour = payments.take_while(|(at, ..)| at.as_secs() < 3600.0).count();
/// assert!((8_700..9_300).contains(&hour));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// The mean number of payments a second, at most [`MAX_RATE`]. They come as a Poisson process: at any
    /// moment, whenever the last one was.
    pub payments_per_s: f64,
    /// How many accounts there are, at least two: account1, account2, …
    #[serde(default = "default_accounts")]
    pub accounts: usize,
    /// What each has at genesis.
    #[serde(default = "default_balance")]
    pub balance: u64,
    /// How unequal accounts are, from 0 to [`MAX_SKEW`]. The account of rank r is drawn with a weight of
    /// 1 / r^skew (Zipf's law): 0 makes all equal, at 1 the first is twice as busy as the second.
    #[serde(default)]
    pub skew: f64,
    /// The largest value of a payment: each from 1 to it is as likely. Left out it is a thousandth of the
    /// balance, so that hardly any account runs dry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
}

fn default_accounts() -> usize {
    100
}

fn default_balance() -> u64 {
    1_000_000
}

/// Why there is no such workload.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// The rate is not above 0, or above [`MAX_RATE`].
    #[error("payments_per_s = {rate}: take a rate above 0 and up to {MAX_RATE}")]
    Rate {
        /// As given.
        rate: f64,
    },
    /// Fewer than two accounts, or more than a genesis block funds.
    #[error("accounts = {accounts}: take 2 to {MAX_GENESIS_ACCOUNTS}")]
    Accounts {
        /// As given.
        accounts: usize,
    },
    /// A balance of 0, or more in all accounts than a ledger holds.
    #[error(
        "{accounts} accounts with balance = {balance}: take 1 or more each, and up to \
         {MAX_SAFE_INTEGER} in all of them"
    )]
    Balance {
        /// How many accounts there are.
        accounts: usize,
        /// What each has, as given.
        balance: u64,
    },
    /// The skew is no number from 0 to [`MAX_SKEW`].
    #[error("skew = {skew}: take one from 0 (all accounts alike) to {MAX_SKEW}")]
    Skew {
        /// As given.
        skew: f64,
    },
    /// The largest value is 0 or more than a payment can have.
    #[error("value = {value}: take 1 to {MAX_SAFE_INTEGER}")]
    Value {
        /// As given.
        value: u64,
    },
}

impl Workload {
    /// Whether there is such a workload.
    ///
    /// # Errors
    /// A [`WorkloadError`] that names the first number out of bounds.
    pub fn check(&self) -> Result<(), WorkloadError> {
        let (accounts, balance) = (self.accounts, self.balance);
        let rate = self.payments_per_s;
        if !(rate > 0.0 && rate <= MAX_RATE) {
            return Err(WorkloadError::Rate { rate });
        }
        if !(2..=MAX_GENESIS_ACCOUNTS).contains(&accounts) {
            return Err(WorkloadError::Accounts { accounts });
        }
        let supply = accounts as u128 * u128::from(balance);
        if balance == 0 || supply > u128::from(MAX_SAFE_INTEGER) {
            return Err(WorkloadError::Balance { accounts, balance });
        }
        if !(0.0..=MAX_SKEW).contains(&self.skew) {
            return Err(WorkloadError::Skew { skew: self.skew });
        }
        match self.value {
            Some(value) if !(1..=MAX_SAFE_INTEGER).contains(&value) => {
                Err(WorkloadError::Value { value })
            }
            _ => Ok(()),
        }
    }

    /// The genesis that funds the accounts; otherwise [`Genesis::default`].
    ///
    /// # Errors
    /// As [`Workload::check`].
    pub fn genesis(&self) -> Result<Genesis, WorkloadError> {
        self.check()?;
        let balance = Value::try_from(self.balance).expect("checked above");
        let accounts = accounts(self.accounts).map(|name| GenesisAccount {
            name,
            balance,
            key: None,
        });
        Ok(Genesis {
            accounts: accounts.collect(),
            ..Genesis::default()
        })
    }

    /// All payments, made as they are asked for and without end: when, which of the `nodes` is asked (each
    /// as likely), and for what. Between one pair of accounts payments go either way equally often, so
    /// that none gets poorer but by chance. Their ids are their own in this stream, never a genesis
    /// payment's, and the same whenever it begins with the same `random`.
    ///
    /// # Errors
    /// As [`Workload::check`].
    ///
    /// # Panics
    /// The stream does, without nodes.
    pub fn payments(&self, nodes: usize, mut random: Random) -> Result<Payments, WorkloadError> {
        self.check()?;
        let mut sum = 0.0;
        let weights = (1..=self.accounts).map(|rank| {
            sum += libm::pow(rank as f64, -self.skew);
            sum
        });
        Ok(Payments {
            weights: weights.collect(),
            accounts: accounts(self.accounts).collect(),
            gap_s: 1.0 / self.payments_per_s,
            value: self.value.unwrap_or(self.balance / 1000).max(1),
            nodes,
            seconds: 0.0,
            // Genesis payments are numbered from 0, and the first bit keeps away from them.
            next_id: u128::from(random.bits() | 1 << 63) << 64,
            random,
        })
    }
}

fn accounts(count: usize) -> impl Iterator<Item = Account> {
    (1..=count).map(|rank| {
        let name = format!("account{rank}").parse();
        name.expect("a few letters and digits are a name")
    })
}

/// The payments of a [`Workload`], by time; see [`Workload::payments`].
#[derive(Debug, Clone)]
pub struct Payments {
    accounts: Vec<Account>,
    /// Of each account the sum of the weights up to its own.
    weights: Vec<f64>,
    gap_s: f64,
    value: u64,
    nodes: usize,
    seconds: f64,
    next_id: u128,
    random: Random,
}

impl Payments {
    /// An account, by weight.
    fn account(&mut self) -> usize {
        let all = self.weights[self.weights.len() - 1];
        let drawn = all * self.random.unit();
        self.weights.partition_point(|sum| *sum < drawn)
    }

    /// Two different accounts. Both are drawn anew when they are the same: so either order is as likely.
    fn pair(&mut self) -> (usize, usize) {
        loop {
            let (sender, recipient) = (self.account(), self.account());
            if sender != recipient {
                return (sender, recipient);
            }
        }
    }
}

impl Iterator for Payments {
    type Item = (Time, usize, Payment);

    fn next(&mut self) -> Option<Self::Item> {
        // Summed up before it is rounded: gaps may be shorter than a microsecond.
        self.seconds += self.random.exponential(self.gap_s);
        let node = self.random.index(self.nodes);
        let (sender, recipient) = self.pair();
        let value = 1 + self.random.below(self.value);
        let id = TxId::from(self.next_id);
        self.next_id += 1;
        let payment = Payment {
            id: Some(id),
            sender: self.accounts[sender].clone(),
            recipient: self.accounts[recipient].clone(),
            value: value.try_into().expect("not above what was checked"),
            sequence: None,
            signature: None,
        };
        Some((Time::from_secs(self.seconds), node, payment))
    }
}

#[cfg(test)]
mod tests;
