//! A scenario file as it is written: every key with its place, nothing checked but its form.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::expect::RawExpect;
use crate::daemon::cli::Topology;
use crate::ledger::{Difficulty, GenesisAccount};

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) version: Spanned<u64>,
    pub(super) title: Spanned<String>,
    pub(super) about: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) network: Network,
    #[serde(default)]
    pub(super) steps: Vec<Spanned<RawStep>>,
}

/// The table `[network]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) nodes: Option<Spanned<Nodes>>,
    pub(super) topology: Option<Spanned<Topology>>,
    pub(super) links: Option<Spanned<Vec<Spanned<[String; 2]>>>>,
    pub(super) latency: Option<Spanned<u64>>,
    pub(super) difficulty: Option<Spanned<Difficulty>>,
    pub(super) accounts: Option<Vec<Spanned<GenesisAccount>>>,
    pub(super) timestamp: Option<Spanned<String>>,
}

/// How many nodes, or their names.
pub(super) enum Nodes {
    Count(u64),
    Names(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: de::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Nodes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("how many nodes there are, or a list of their names")
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Nodes, E> {
                Ok(Nodes::Count(count.try_into().unwrap_or(0)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Nodes, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(Nodes::Names(names))
            }
        }

        input.deserialize_any(Either)
    }
}

/// One of `[[steps]]`. Keys that are none of these three are actions, or mistakes.
#[derive(Default)]
pub(super) struct RawStep {
    pub(super) note: Option<Spanned<String>>,
    pub(super) refused: Option<Spanned<String>>,
    pub(super) expect: RawExpect,
    pub(super) actions: Vec<(Spanned<String>, toml::Value)>,
}

impl<'de> Deserialize<'de> for RawStep {
    fn deserialize<D: de::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = RawStep;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a step, begun with [[steps]]")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawStep, A::Error> {
                let mut step = RawStep::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match key.get_ref().as_str() {
                        "note" => step.note = Some(map.next_value()?),
                        "refused" => step.refused = Some(map.next_value()?),
                        "expect" => step.expect = map.next_value()?,
                        _ => step.actions.push((key, map.next_value()?)),
                    }
                }
                // The order in the file, not the alphabet's.
                step.actions.sort_by_key(|(key, _)| key.span().start);
                Ok(step)
            }
        }

        input.deserialize_map(Keys)
    }
}

/// A table whose keys are names, in the order of the file.
pub(super) type Named<T> = BTreeMap<String, Spanned<T>>;
