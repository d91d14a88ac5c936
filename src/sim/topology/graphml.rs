//! Graphs for other programs.

use std::fmt::{self, Write};

use super::Graph;
use crate::sim::{Site, name};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
  <key id="label" for="node" attr.name="label" attr.type="string"/>
  <key id="region" for="node" attr.name="region" attr.type="string"/>
  <key id="power" for="node" attr.name="power" attr.type="double"/>
  <key id="reachable" for="node" attr.name="reachable" attr.type="boolean"/>
  <graph id="network" edgedefault="undirected">
"#;

impl Graph {
    /// Writes [GraphML](http://graphml.graphdrawing.org), which Gephi, yEd and networkx read: nodes with
    /// their [names](name) (as `id` and as `label`), `region`, hash `power` and whether they are
    /// `reachable`, and the links, each from who dialled to who was dialled though it serves both ways.
    /// `regions` are the names of the sites' regions; of one that has none the number is told.
    ///
    /// # Errors
    /// When `out` refuses; a `String` never does.
    ///
    /// # Panics
    /// When there are not as many sites as nodes.
    ///
    /// ```
    /// use tickchain::sim::{Graph, Site};
    /// let graph = Graph { nodes: 2, links: vec![(0, 1)] };
    /// let sites = [Site { region: 0, reachable: true, power: 1.5 }; 2];
    /// let mut text = String::new();
    /// graph.to_graphml(&sites, &["Asia & Pacific".to_owned()], &mut text)?;
    /// assert!(text.contains(r#"<data key="region">Asia &amp; Pacific</data>"#));
    /// assert!(text.contains(r#"<edge source="node1" target="node2"/>"#));
    /// # Ok::<(), std::fmt::Error>(())
    /// ```
    pub fn to_graphml(
        &self,
        sites: &[Site],
        regions: &[String],
        out: &mut impl Write,
    ) -> fmt::Result {
        assert_eq!(sites.len(), self.nodes, "as many sites as nodes");
        out.write_str(HEAD)?;
        let names: Vec<_> = (0..self.nodes).map(name).collect();
        for (name, site) in names.iter().zip(sites) {
            writeln!(out, r#"    <node id="{name}">"#)?;
            writeln!(out, r#"      <data key="label">{name}</data>"#)?;
            write!(out, r#"      <data key="region">"#)?;
            match regions.get(usize::from(site.region)) {
                Some(region) => write_escaped(region, out)?,
                None => write!(out, "{}", site.region)?,
            }
            writeln!(out, "</data>")?;
            writeln!(out, r#"      <data key="power">{}</data>"#, site.power)?;
            writeln!(
                out,
                r#"      <data key="reachable">{}</data>"#,
                site.reachable
            )?;
            writeln!(out, "    </node>")?;
        }
        for &(from, to) in &self.links {
            let (from, to) = (&names[from as usize], &names[to as usize]);
            writeln!(out, r#"    <edge source="{from}" target="{to}"/>"#)?;
        }
        out.write_str("  </graph>\n</graphml>\n")
    }
}

/// Writes text as XML has it between tags. What XML cannot hold at all becomes U+FFFD.
fn write_escaped(text: &str, out: &mut impl Write) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            // A reader makes a line feed of a plain one.
            '\r' => out.write_str("&#13;")?,
            '\0'..'\t' | '\u{b}' | '\u{c}' | '\u{e}'..' ' | '\u{fffe}' | '\u{ffff}' => {
                out.write_char(char::REPLACEMENT_CHARACTER)?;
            }
            _ => out.write_char(c)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_carry_what_they_are_and_names_cannot_break_out() {
        let site = |region, reachable, power| Site {
            region,
            reachable,
            power,
        };
        let sites = [site(1, true, 0.25), site(7, false, 400_000.0)];
        let graph = Graph {
            nodes: 2,
            links: vec![(1, 0)],
        };
        let regions = [
            "Europe".to_owned(),
            "]]></data><x a=\"\u{1}\r\">&日本".to_owned(),
        ];
        let mut text = String::new();
        graph.to_graphml(&sites, &regions, &mut text).unwrap();
        let body = text.strip_prefix(HEAD).unwrap();
        let expected = r#"    <node id="node1">
      <data key="label">node1</data>
      <data key="region">]]&gt;&lt;/data&gt;&lt;x a="REPLACED&#13;"&gt;&amp;日本</data>
      <data key="power">0.25</data>
      <data key="reachable">true</data>
    </node>
    <node id="node2">
      <data key="label">node2</data>
      <data key="region">7</data>
      <data key="power">400000</data>
      <data key="reachable">false</data>
    </node>
    <edge source="node2" target="node1"/>
  </graph>
</graphml>
"#;
        assert_eq!(body, expected.replace("REPLACED", "\u{fffd}"));
    }
}
