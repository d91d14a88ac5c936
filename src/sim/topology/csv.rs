//! Links as lines of text.

use std::fmt::{self, Write};

use rustc_hash::{FxHashMap, FxHashSet};

use super::draft::ordered;
use super::{Graph, MAX_LINKS, MAX_NODES};
use crate::sim::name;

/// The first lines that are no link.
const HEADERS: [[&str; 2]; 2] = [["source", "target"], ["from", "to"]];

/// Why a list of links cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// A line without two ends.
    #[error("line {line}: {columns} columns, a link needs two: who dials, and who is dialled")]
    Columns {
        /// Which line, counted from 1.
        line: usize,
        /// How many columns it has.
        columns: usize,
    },
    /// Nodes are called otherwise than on the lines before.
    #[error(
        "line {line}: {field:?} is not called as the nodes before it: call all of them node1, node2, …, \
         or number them from 0, or give all of them other names"
    )]
    Mixed {
        /// Which line, counted from 1.
        line: usize,
        /// What stands there.
        field: String,
    },
    /// A link from a node to itself.
    #[error("line {line}: a link from {field} to itself: take it out")]
    Loop {
        /// Which line, counted from 1.
        line: usize,
        /// What stands there, on both sides.
        field: String,
    },
    /// More than [`MAX_NODES`] nodes.
    #[error("line {line}: with {field} there would be more than {MAX_NODES} nodes")]
    Nodes {
        /// Which line, counted from 1.
        line: usize,
        /// What stands there.
        field: String,
    },
    /// More than [`MAX_LINKS`] links.
    #[error("line {line}: more than {MAX_LINKS} links")]
    Links {
        /// Which line, counted from 1.
        line: usize,
    },
}

impl Graph {
    /// Writes the links, one a line, under the header `source,target`: the [names](name) of who dialled
    /// and of who was dialled. Nodes without links are not in it.
    ///
    /// # Errors
    /// When `out` refuses; a `String` never does.
    ///
    /// ```
    /// use tickchain::sim::Graph;
    /// let graph = Graph { nodes: 3, links: vec![(0, 1), (2, 1)] };
    /// let mut text = String::new();
    /// graph.to_csv(&mut text)?;
    /// assert_eq!(text, "source,target\nnode1,node2\nnode3,node2\n");
    /// assert_eq!(Graph::from_csv(&text)?, graph);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_csv(&self, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "{}", HEADERS[0].join(","))?;
        let names: Vec<_> = (0..self.nodes).map(name).collect();
        for &(from, to) in &self.links {
            writeln!(out, "{},{}", names[from as usize], names[to as usize])?;
        }
        Ok(())
    }

    /// Reads links, one a line: who dials, and who is dialled, with a comma, semicolon, tab or spaces
    /// between. Further columns are passed over, so are empty lines, those that begin with `#`, and a
    /// first line `source,target` or `from,to`. A link that comes again, in either direction, is the same
    /// link.
    ///
    /// Nodes are all called node1, node2, …, or all numbered from 0, or all given other names; names are
    /// counted in the order they come. There are as many nodes as the highest one says: whoever has more,
    /// without links, raises [`Graph::nodes`].
    ///
    /// # Errors
    /// A [`CsvError`], which names the line.
    ///
    /// ```
    /// use tickchain::sim::Graph;
    /// let numbers = Graph::from_csv("0 1\n1 2\n")?;
    /// let names = Graph::from_csv("from;to\naki;so\nso;satoshi\n")?;
    /// assert_eq!(numbers, names);
    /// let error = Graph::from_csv("0,1\n1\n").unwrap_err();
    /// assert!(error.to_string().starts_with("line 2: "));
    /// # Ok::<(), tickchain::sim::CsvError>(())
    /// ```
    pub fn from_csv(text: &str) -> Result<Self, CsvError> {
        let mut graph = Self::default();
        let mut names = Names::default();
        let mut known = FxHashSet::default();
        let mut is_first = true;
        // Spreadsheets put a byte order mark first.
        let text = text.trim_start_matches('\u{feff}');
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let fields = fields(content);
            let &[from, to, ..] = fields.as_slice() else {
                let columns = fields.len();
                return Err(CsvError::Columns { line, columns });
            };
            if std::mem::take(&mut is_first) && is_header([from, to]) {
                continue;
            }
            let (from, to) = (names.node(line, from)?, names.node(line, to)?);
            if from == to {
                let field = fields[0].to_owned();
                return Err(CsvError::Loop { line, field });
            }
            if known.insert(ordered(from, to)) {
                graph.links.push((from, to));
            }
            if graph.links.len() as u64 > MAX_LINKS {
                return Err(CsvError::Links { line });
            }
            graph.nodes = graph.nodes.max(from.max(to) as usize + 1);
        }
        Ok(graph)
    }
}

fn is_header(fields: [&str; 2]) -> bool {
    let is = |header: &[&str; 2]| (0..2).all(|i| fields[i].eq_ignore_ascii_case(header[i]));
    HEADERS.iter().any(is)
}

/// The columns of a line, without spaces and quotes around them.
fn fields(line: &str) -> Vec<&str> {
    match [',', ';', '\t']
        .into_iter()
        .find(|separator| line.contains(*separator))
    {
        Some(separator) => line
            .split(separator)
            .map(bare)
            .filter(|field| !field.is_empty())
            .collect(),
        None => line.split_whitespace().map(bare).collect(),
    }
}

fn bare(field: &str) -> &str {
    field.trim().trim_matches('"')
}

/// The node with this [`name`]; `None` when none can have it.
fn node_of(name: &str) -> Option<usize> {
    let number = name.strip_prefix("node")?;
    if !number.starts_with(|c: char| ('1'..='9').contains(&c)) {
        return None;
    }
    number.parse::<usize>().ok()?.checked_sub(1)
}

/// How a list calls its nodes; the first one decides.
#[derive(Default)]
enum Names<'a> {
    #[default]
    Unknown,
    /// node1, node2, …
    Ours,
    /// 0, 1, …
    Numbers,
    /// Anything else, counted as it comes.
    Others(FxHashMap<&'a str, u32>),
}

impl<'a> Names<'a> {
    /// Which node is called so.
    fn node(&mut self, line: usize, field: &'a str) -> Result<u32, CsvError> {
        let (ours, number) = (node_of(field), field.parse::<usize>().ok());
        if matches!(self, Self::Unknown) {
            *self = match (ours, number) {
                (Some(_), _) => Self::Ours,
                (_, Some(_)) => Self::Numbers,
                _ => Self::Others(FxHashMap::default()),
            };
        }
        let node = match self {
            Self::Others(known) if ours.or(number).is_none() => {
                let next = known.len();
                Some(*known.entry(field).or_insert(next as u32) as usize)
            }
            Self::Ours => ours,
            Self::Numbers => number,
            Self::Unknown | Self::Others(_) => None,
        };
        let field = || field.to_owned();
        let node = node.ok_or_else(|| CsvError::Mixed {
            line,
            field: field(),
        })?;
        if node >= MAX_NODES {
            return Err(CsvError::Nodes {
                line,
                field: field(),
            });
        }
        Ok(node as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<(u32, u32)> {
        Graph::from_csv(text).unwrap().links
    }

    #[test]
    fn lists_of_many_styles_are_read() {
        let expected = vec![(0, 1), (2, 0)];
        for text in [
            "source,target\nnode1,node2\nnode3,node1\n",
            "from,to\nnode1,node2\nnode3,node1",
            "\u{feff}Source;Target;Type\r\nnode1;node2;Undirected\r\nnode3;node1;Undirected\r\n",
            "# links\n0 1\n\n2   0\n",
            "0\t1\n2\t0\n",
            "0, 1\n2, 0\n",
            "\"aki\",\"so\"\n\"satoshi\",\"aki\"\n",
            "0,1\n1,0\n2,0\n0,1\n",
        ] {
            assert_eq!(links(text), expected, "{text:?}");
        }
        assert_eq!(Graph::from_csv(""), Ok(Graph::default()));
        assert_eq!(Graph::from_csv("source,target\n"), Ok(Graph::default()));
        assert_eq!(Graph::from_csv("3,7\n").unwrap().nodes, 8);
        assert_eq!(links("New York\tSan José\n"), [(0, 1)]);
    }

    #[test]
    fn names_lead_back_to_nodes() {
        for node in [0, 8, 9, 99_999] {
            assert_eq!(node_of(name(node).as_str()), Some(node));
        }
        let too_long = "node99999999999999999999";
        for other in [
            "node", "node0", "node01", "node+1", "Node1", "node1 ", too_long,
        ] {
            assert_eq!(node_of(other), None, "{other}");
        }
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| Graph::from_csv(text).unwrap_err();
        let mixed = |line, field: &str| CsvError::Mixed {
            line,
            field: field.to_owned(),
        };
        assert_eq!(
            error("source,target\nnode1,node2\n\nnode3\n"),
            CsvError::Columns {
                line: 4,
                columns: 1
            }
        );
        assert_eq!(error("node1,node2\nnode2,3\n"), mixed(2, "3"));
        assert_eq!(error("node1,node2\nnode2,nod3\n"), mixed(2, "nod3"));
        assert_eq!(error("0,1\n1,node3\n"), mixed(2, "node3"));
        assert_eq!(error("aki,so\nso,1\n"), mixed(2, "1"));
        assert_eq!(error("0,1\n1,-2\n"), mixed(2, "-2"));
        assert_eq!(error("0,1\nfrom,to\n"), mixed(2, "from"));
        let field = || "so".to_owned();
        assert_eq!(
            error("aki,so\nso,so\n"),
            CsvError::Loop {
                line: 2,
                field: field()
            }
        );
        let field = MAX_NODES.to_string();
        assert_eq!(
            error(&format!("0,{field}\n")),
            CsvError::Nodes { line: 1, field }
        );
    }
}
