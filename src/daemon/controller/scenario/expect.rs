//! What a step expects of the network once its action is done.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor};
use toml::Spanned;

use super::file::Named;
use super::short_id;
use crate::daemon::controller::Reach;
use crate::ledger::{Account, TxId};
use crate::node::{Name, Status};

/// The word for every node, where a node's name may stand.
pub(super) const EVERY_NODE: &str = "all";

/// The word for how many tips there are, where a node's name may stand.
pub(super) const TIPS: &str = "tips";

/// One thing that is expected, and where the file says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The line, from 1; 0 for one that was not read from a file.
    pub line: usize,
    /// Of whom it is expected.
    pub of: Of,
    /// What is expected.
    pub fact: Fact,
}

/// Of whom something is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Of every node that runs.
    Every,
    /// Of one node.
    Node(Name),
    /// Of the network as a whole.
    Network,
}

/// What is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Whether it answers.
    State(Reach),
    /// What it does at this clock.
    Status(Status),
    /// Its clock.
    Clock(u64),
    /// The id of its tip.
    Height(u64),
    /// Payments in its pool.
    Pool(u64),
    /// Messages in its inbox.
    Inbox(u64),
    /// Payments that wait until they can be paid.
    Waiting(u64),
    /// Blocks on its side branches.
    Side(u64),
    /// What an account has at its tip.
    Balance(Account, u64),
    /// It has the same tip as this node.
    Tip(Name),
    /// Where a payment is.
    Tx(TxId, TxPlace),
    /// Something was refused by it during this step, with a reason that has these words.
    Refused(String),
    /// How many different tips the nodes have.
    Tips(u64),
}

/// Where a payment is, as a file says it: `absent`, `waiting`, `pool`, `block`, `block 3` or `refused`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TxPlace {
    /// The node has not heard of it.
    Absent,
    /// Accepted but not in the pool.
    Waiting,
    /// In the pool.
    Pool,
    /// In a block of the main chain; in this one, where one is given.
    Block(Option<u64>),
    /// Refused or given up.
    Refused,
}

impl TryFrom<String> for TxPlace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let id = || text.strip_prefix("block ")?.parse().ok();
        match text.as_str() {
            "absent" => Ok(Self::Absent),
            "waiting" => Ok(Self::Waiting),
            "pool" => Ok(Self::Pool),
            "block" => Ok(Self::Block(None)),
            "refused" => Ok(Self::Refused),
            _ => id().map(|id| Self::Block(Some(id))).ok_or_else(|| {
                format!(
                    "{text:?} is no place of a payment: write absent, waiting, pool, block, \
                     \"block 1\" or refused"
                )
            }),
        }
    }
}

impl fmt::Display for TxPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Waiting => f.write_str("waiting"),
            Self::Pool => f.write_str("pool"),
            Self::Block(None) => f.write_str("block"),
            Self::Block(Some(id)) => write!(f, "block {id}"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

/// The table `expect` as it is written.
#[derive(Default)]
pub(super) struct RawExpect {
    pub(super) tips: Option<Spanned<u64>>,
    pub(super) nodes: Vec<(Spanned<String>, RawFacts)>,
}

/// What is expected of one node, or of every one.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "what is expected of a node, such as { status = \"idle\" }, or tips = 1"
)]
pub(super) struct RawFacts {
    state: Option<Spanned<Reach>>,
    status: Option<Spanned<Status>>,
    clock: Option<Spanned<u64>>,
    height: Option<Spanned<u64>>,
    pool: Option<Spanned<u64>>,
    inbox: Option<Spanned<u64>>,
    waiting: Option<Spanned<u64>>,
    side: Option<Spanned<u64>>,
    #[serde(default)]
    balance: Named<u64>,
    pub(super) tip: Option<Spanned<Name>>,
    #[serde(default)]
    tx: Named<TxPlace>,
    refused: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for RawExpect {
    fn deserialize<D: de::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = RawExpect;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nodes and what is expected of them, such as expect.node1.pool = 1")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawExpect, A::Error> {
                let mut expect = RawExpect::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    if key.get_ref() == TIPS {
                        expect.tips = Some(map.next_value()?);
                    } else {
                        expect.nodes.push((key, map.next_value()?));
                    }
                }
                Ok(expect)
            }
        }

        input.deserialize_map(Names)
    }
}

impl RawFacts {
    /// Every fact with its place, or where and why one is none.
    pub(super) fn into_facts(self) -> Result<Vec<(usize, Fact)>, (usize, String)> {
        let mut facts = Vec::new();
        macro_rules! take {
            ($($field:ident => $fact:ident),*) => {$(
                facts.extend(self.$field.map(|it| (it.span().start, Fact::$fact(it.into_inner()))));
            )*};
        }
        take!(
            state => State, status => Status, clock => Clock, height => Height, pool => Pool,
            inbox => Inbox, waiting => Waiting, side => Side, tip => Tip, refused => Refused
        );
        for (account, value) in self.balance {
            let at = value.span().start;
            let account = account
                .parse()
                .map_err(|error| (at, format!("balance: {error}")))?;
            facts.push((at, Fact::Balance(account, value.into_inner())));
        }
        for (id, place) in self.tx {
            let at = place.span().start;
            let id = short_id(&id).map_err(|error| (at, format!("tx {id:?}: {error}")))?;
            facts.push((at, Fact::Tx(id, place.into_inner())));
        }
        facts.sort_by_key(|(at, _)| *at);
        Ok(facts)
    }
}
