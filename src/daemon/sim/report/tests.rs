//! The page as a whole.

use quick_xml::Reader;
use quick_xml::events::Event as Xml;

use super::*;
use crate::ledger::Hash;
use crate::node::{Event, HonestNode};
use crate::sim::outcome::{End, Recorder};
use crate::sim::{Observer, Time};

pub(in crate::daemon::sim) struct Run {
    outcome: Outcome,
    graph: Graph,
    sites: Vec<Site>,
    regions: Vec<String>,
    groups: Vec<u16>,
}

impl Run {
    pub(in crate::daemon::sim) fn report(&self) -> Report<'_> {
        Report {
            title: "Forks & <script>alert(1)</script>",
            about: "With \"quotes\" and <b>.",
            outcome: &self.outcome,
            graph: &self.graph,
            sites: &self.sites,
            regions: &self.regions,
            groups: &self.groups,
            scenario: "title = \"</pre><script>\"\n",
        }
    }
}

/// A ring of nodes in some regions, the last of them selfish; 150 blocks and a fork now and then.
pub(in crate::daemon::sim) fn sample_run(nodes: usize, regions: u16) -> Run {
    let site = |node: usize| Site {
        region: node as u16 % regions,
        reachable: true,
        power: 1.0 + (node % 5) as f64,
    };
    let sites: Vec<Site> = (0..nodes).map(site).collect();
    let mut groups = vec![0; nodes];
    groups[nodes - 1] = 1;
    let names = vec!["honest".to_owned(), "<selfish>".to_owned()];
    let mut recorder = Recorder::new(&sites).with_groups(names, groups.clone());
    let watch: &mut dyn Observer<HonestNode> = &mut recorder;
    let hash = |number: u64| {
        Hash(std::array::from_fn(|byte| {
            (number >> (8 * (byte % 8))) as u8
        }))
    };
    for id in 1..=150_u64 {
        for (number, parent) in [(id, id - 1), (1_000 + id, id - 1)] {
            if number > 1_000 && id % 13 != 0 {
                continue;
            }
            let (at, hash, parent) = (Time(id * id * 40_000), hash(number), hash(parent));
            let first = (number * 31) as usize % nodes;
            watch.event(at, first, &Event::Mined { id, hash });
            for step in 0..nodes {
                let event = Event::Block {
                    id,
                    hash,
                    previous_block_hash: parent,
                    transactions: 0,
                    main: true,
                };
                let after = Time(step as u64 * 10_000 + number % 7);
                watch.event(at + after, (first + step) % nodes, &event);
            }
        }
    }
    let links = (0..nodes as u32).map(|node| (node, (node + 1) % nodes as u32));
    Run {
        outcome: recorder.finish(End {
            time: Time::from_secs(900.0),
            events: 12_345,
            digest: Hash::ZERO,
            complete: false,
        }),
        graph: Graph {
            nodes,
            links: links.collect(),
        },
        sites,
        regions: (0..regions)
            .map(|region| format!("region <{region}>"))
            .collect(),
        groups,
    }
}

/// The page's elements; panics where it is not well formed.
fn elements(page: &str) -> Vec<(String, String)> {
    let page = page.strip_prefix("<!DOCTYPE html>").unwrap();
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let mut elements = Vec::new();
    let mut depth = 0;
    loop {
        match reader.read_event().expect("the page is well formed") {
            Xml::Start(start) => {
                depth += 1;
                elements.push(element(&start));
            }
            Xml::Empty(start) => elements.push(element(&start)),
            Xml::End(_) => depth -= 1,
            Xml::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    elements
}

fn element(start: &quick_xml::events::BytesStart<'_>) -> (String, String) {
    (start.name().as_ref().to_owned(), start.to_string())
}

#[test]
fn a_page_is_well_formed_loads_nothing_and_takes_text_as_text() {
    let run = sample_run(40, 3);
    let page = html(&run.report());
    let elements = elements(&page);
    for (name, whole) in &elements {
        let harmless = !["script", "link", "img", "iframe", "object", "b"].contains(&name.as_str());
        assert!(harmless, "{whole}");
        for attribute in ["src=", "href=", "onload=", "style="] {
            assert!(!whole.contains(attribute), "{whole}");
        }
    }
    for outside in ["http://", "https://", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("<h1>Forks &amp; &lt;script&gt;"));
    assert!(page.contains("&lt;selfish&gt;") && page.contains("region &lt;2&gt;"));
    let count = |wanted: &str| elements.iter().filter(|(name, _)| name == wanted).count();
    assert_eq!(count("h1"), 1);
    assert!(
        count("circle") > 40,
        "a dot for each node, and marks of a curve"
    );
    // 150 blocks, and 11 beside them.
    assert_eq!(page.matches("class=\"block ").count(), 161);
    assert!(page.contains("stopped before its end"));
}

#[test]
fn a_run_without_a_block_has_a_page() {
    let site = Site {
        region: 0,
        reachable: true,
        power: 0.0,
    };
    let mut outcome = Recorder::new(&[site]).finish(End {
        time: Time::ZERO,
        events: 0,
        digest: Hash::ZERO,
        complete: true,
    });
    let graph = Graph {
        nodes: 1,
        links: Vec::new(),
    };
    for with_pictures in [true, false] {
        if !with_pictures {
            outcome.pictures = None;
        }
        let page = html(&Report {
            title: "",
            about: "",
            outcome: &outcome,
            graph: &graph,
            sites: &[site],
            regions: &[],
            groups: &[],
            scenario: "",
        });
        elements(&page);
        assert!(page.contains("<h1>Simulation</h1>") && !page.contains("NaN"));
        assert!(!page.contains("stopped before"));
    }
}

/// Writes pages to look at, where `REPORTS` names a directory.
#[test]
fn pages_to_look_at() {
    if let Some(directory) = std::env::var_os("REPORTS") {
        let run = sample_run(600, 6);
        let path = std::path::Path::new(&directory).join("sample.html");
        std::fs::write(path, html(&run.report())).unwrap();
    }
}
