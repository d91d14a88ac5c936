//! Nodes as a scenario names them: `node1` is the first.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One node, written `node1` and so on; counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeNumber(
    /// Its index.
    pub usize,
);

impl fmt::Display for NodeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node{}", self.0 + 1)
    }
}

impl NodeNumber {
    fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix("node")?;
        let number: usize = number.parse().ok().filter(|number| *number > 0)?;
        // One way to write each.
        (format!("node{number}") == text).then_some(Self(number - 1))
    }
}

impl Serialize for NodeNumber {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeNumber {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no node: write \"node1\"")))
    }
}

/// Some nodes, written `"node3"`, `"node1..node300"` (both ends are meant too) or a list of these.
///
/// ```
/// use tickchain::sim::scenario::NodeSet;
/// let nodes: NodeSet = serde_json::from_str(r#"["node7", "node1..node3"]"#)?;
/// assert_eq!(nodes.iter().collect::<Vec<usize>>(), [6, 0, 1, 2]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet(Vec<RangeInclusive<usize>>);

impl NodeSet {
    /// Their indices, in the order they are written in.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().cloned().flatten()
    }

    /// The highest index.
    pub fn last(&self) -> Option<usize> {
        self.0.iter().map(|range| *range.end()).max()
    }

    fn range(text: &str) -> Result<RangeInclusive<usize>, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (NodeNumber::parse(first), NodeNumber::parse(last)) {
            (Some(first), Some(last)) if first <= last => Ok(first.0..=last.0),
            _ => Err(format!(
                "{text:?} names no nodes: write \"node1\" or \"node1..node5\""
            )),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "nodes are written \"node1\", \"node1..node5\" or as a list of these"
)]
enum Written {
    One(String),
    Many(Vec<String>),
}

impl Serialize for NodeSet {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let text = |range: &RangeInclusive<usize>| {
            let (first, last) = (NodeNumber(*range.start()), NodeNumber(*range.end()));
            match first == last {
                true => first.to_string(),
                false => format!("{first}..{last}"),
            }
        };
        Written::Many(self.0.iter().map(text).collect()).serialize(output)
    }
}

impl<'de> Deserialize<'de> for NodeSet {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let texts = match Written::deserialize(input)? {
            Written::One(text) => vec![text],
            Written::Many(texts) => texts,
        };
        let ranges = texts.iter().map(|text| Self::range(text));
        ranges
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_written_in_one_way() {
        let read = |text: &str| serde_json::from_value::<NodeSet>(text.into());
        assert_eq!(read("node2").unwrap().iter().collect::<Vec<_>>(), [1]);
        assert_eq!(read("node2..node4").unwrap().last(), Some(3));
        for text in [
            "",
            "2",
            "node0",
            "node01",
            "node+1",
            "node4..node2",
            "node1..",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{text:?} names no nodes")),
                "{error}"
            );
        }
        let error = serde_json::from_str::<NodeSet>("3")
            .unwrap_err()
            .to_string();
        assert!(error.contains("nodes are written"), "{error}");
        let one = serde_json::from_str::<NodeNumber>(r#""first""#).unwrap_err();
        assert!(one.to_string().contains("write \"node1\""), "{one}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let nodes: NodeSet = serde_json::from_str(r#"["node7", "node1..node3"]"#).unwrap();
        let text = serde_json::to_string(&nodes).unwrap();
        assert_eq!(text, r#"["node7","node1..node3"]"#);
        assert_eq!(serde_json::from_str::<NodeSet>(&text).unwrap(), nodes);
    }
}
