//! Reports for people: one HTML page with pictures, that needs no script, no network and no other file.

mod map;
pub mod number;
pub mod plot;
mod shares;
mod tables;
#[cfg(test)]
pub(super) mod tests;
mod tree;

use plot::{Axis, Curve, Plot};
pub use tables::table;

use crate::sim::outcome::{Outcome, Pictures};
use crate::sim::{Graph, Site};

/// What a run's report shows.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The page's heading.
    pub title: &'a str,
    /// A few sentences under it.
    pub about: &'a str,
    /// What was measured.
    pub outcome: &'a Outcome,
    /// Who is linked to whom.
    pub graph: &'a Graph,
    /// What the nodes are.
    pub sites: &'a [Site],
    /// Names of regions; none where there are none.
    pub regions: &'a [String],
    /// The group of miners each node belongs to, by its place in [`Outcome::groups`]; none where all are
    /// of the first.
    pub groups: &'a [u16],
    /// The scenario as a file, to run it again; empty where it is not known.
    pub scenario: &'a str,
}

impl Report<'_> {
    fn group(&self, node: usize) -> usize {
        self.groups.get(node).copied().map_or(0, usize::from)
    }
}

/// The report of a run as a page.
pub fn html(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    let mut body = String::new();
    if !outcome.complete {
        body.push_str(
            "<p class=\"stopped\">The run was stopped before its end: these are the figures up to then.</p>\n",
        );
    }
    body += &tables::headline(outcome);
    let none = Pictures::default();
    let pictures = outcome.pictures.as_ref().unwrap_or(&none);
    body += &spreading(outcome, pictures);
    body += &revenue(outcome);
    body += &tree(report, pictures);
    let left = intervals(outcome, pictures) + &network(report);
    let right = [confirmations, reorganisations, payments, messages].map(|part| part(outcome));
    body += &format!(
        "<div class=\"pair\">\n<div>{left}</div>\n<div>{}</div>\n</div>\n",
        right.concat()
    );
    body += &provenance(report);
    page(report.title, report.about, &body)
}

/// A whole page around what it shows: `body` is HTML, the rest is text.
pub fn page(title: &str, about: &str, body: &str) -> String {
    let style = include_str!("style.css");
    let about = about.split("\n\n").filter(|part| !part.trim().is_empty());
    let about: String = about
        .map(|part| format!("<p class=\"about\">{}</p>\n", escape(part.trim())))
        .collect();
    let title = match title.trim() {
        "" => "Simulation".to_owned(),
        title => escape(title),
    };
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{about}{body}<footer>Made by tickchain {version}.</footer>\n</main>\n</body>\n</html>\n"
    )
}

/// A part of a page with a heading; nothing where it has nothing to show.
pub fn section(heading: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<h2>{}</h2>\n{body}</section>\n",
        escape(heading)
    )
}

/// A sentence under a picture.
pub fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(text))
}

/// Text as it stands in HTML.
pub fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// Which colour stands for what: the number of a colour, and a name.
fn legend<'a>(keys: impl Iterator<Item = (usize, &'a str)>) -> String {
    let key = |(place, name): (usize, &str)| {
        let (class, name) = (colour(place), escape(name));
        format!(
            "<li><svg class=\"key\" aria-hidden=\"true\" width=\"12\" height=\"12\">\
             <rect class=\"{class}\" width=\"12\" height=\"12\" rx=\"2\"/></svg>{name}</li>\n"
        )
    };
    format!(
        "<ul class=\"legend\">\n{}</ul>\n",
        keys.map(key).collect::<String>()
    )
}

/// The class that fills with the colour of this number; colours repeat.
fn colour(place: usize) -> String {
    format!("f{}", place % plot::CURVES.len())
}

fn spreading(outcome: &Outcome, pictures: &Pictures) -> String {
    let reach = pictures.propagation.iter();
    let at = |ms: f64, percent: u8| (ms / 1e3, f64::from(percent));
    let mean = reach
        .clone()
        .map(|reach| at(reach.mean_ms, reach.percent).into());
    let fast = reach.clone().map(|reach| at(reach.fast_ms, reach.percent));
    let slow = reach.rev().map(|reach| at(reach.slow_ms, reach.percent));
    let plot = Plot {
        title: "Share of the nodes that have a block, over time",
        x: Axis::new("seconds after a block was found"),
        y: Axis {
            to: Some(100.0),
            ..Axis::new("% of the nodes have it")
        },
        area: fast.chain(slow).collect(),
        curves: vec![Curve {
            points: mean.collect(),
            marked: true,
            ..Curve::default()
        }],
        ..Plot::default()
    };
    let said = "The line is the mean over blocks of the main chain. Of every ten blocks eight lie in the \
                band, one was faster and one slower. A block's miner counts as a node that has it.";
    let figures = tables::propagation(outcome) + &note(said);
    let body = format!(
        "<div class=\"beside\"><div>{}</div>\n<div>{figures}</div></div>\n",
        plot.svg()
    );
    section("How blocks spread", &body)
}

fn revenue(outcome: &Outcome) -> String {
    if outcome.blocks == 0 || outcome.miners.is_empty() {
        return String::new();
    }
    let said =
        "The pale bar is the share of hash power, the full one that of the main chain's blocks.";
    let body = match outcome.groups.len() {
        // A single group has everything: then its members are of interest.
        0 | 1 => shares::svg(&outcome.miners, |_| 0) + &note(said),
        _ => {
            let drawn = shares::svg(&outcome.groups, |place| place);
            drawn + &note(said) + &tables::miners(&outcome.groups)
        }
    };
    section("Revenue and hash power", &body)
}

fn tree(report: &Report<'_>, pictures: &Pictures) -> String {
    if pictures.tree.is_empty() {
        return String::new();
    }
    let names = report
        .outcome
        .groups
        .iter()
        .map(|group| group.name.as_str());
    let keys = match report.outcome.groups.len() {
        0 | 1 => String::new(),
        _ => legend(names.enumerate()),
    };
    let said = format!(
        "The last {} blocks from left to right, the main chain on top of each row. Below it, framed, are \
         blocks that others had and that are not main; dashed ones only their miner had.",
        number::count(pictures.tree.len() as u64)
    );
    let drawn = tree::svg(&pictures.tree, |node| report.group(node));
    let body = format!("<div class=\"wide\">{drawn}</div>{keys}{}", note(&said));
    section("The block tree", &body)
}

fn intervals(outcome: &Outcome, pictures: &Pictures) -> String {
    let (Some(mean), Some(last)) = (outcome.interval.mean_s, pictures.intervals.last()) else {
        return String::new();
    };
    let all = outcome.interval.count as f64;
    let bars = pictures.intervals.iter();
    let expected = |from: f64, to: f64| all * ((-from / mean).exp() - (-to / mean).exp());
    let middle = |from: f64, to: f64| (from + to) / 2.0;
    // The last bar holds what lies beyond, too.
    let curve = bars.clone().take(pictures.intervals.len() - 1).map(|bar| {
        let height = expected(bar.from_s, bar.to_s);
        (middle(bar.from_s, bar.to_s), height).into()
    });
    let plot = Plot {
        title: "Times between blocks",
        x: Axis {
            to: Some(last.to_s),
            ..Axis::new("seconds between blocks of the main chain")
        },
        y: Axis::new("blocks"),
        bars: bars
            .map(|bar| (bar.from_s, bar.to_s, bar.count as f64))
            .collect(),
        curves: vec![Curve {
            name: "",
            points: curve.collect(),
            marked: false,
        }],
        ..Plot::default()
    };
    let said = "Bars are what was measured, the last one with all that lies beyond; the line is the \
                exponential distribution of the same mean.";
    section("Times between blocks", &(plot.svg() + &note(said)))
}

fn network(report: &Report<'_>) -> String {
    let (drawn, said) = map::svg(report);
    let keys = match report.regions.len() {
        0 | 1 => String::new(),
        _ => legend(report.regions.iter().map(String::as_str).enumerate()),
    };
    let odd = match report.outcome.groups.len() {
        0 | 1 => "",
        _ => " Framed ones are not of the first group of miners.",
    };
    section("The network", &(drawn + &keys + &note(&(said + odd))))
}

fn reorganisations(outcome: &Outcome) -> String {
    let body = match outcome.reorganisations.count {
        0 => note("No node ever changed its branch."),
        _ => {
            let said = "One fork makes one in every node that had taken the other branch.";
            tables::reorganisations(outcome) + &note(said)
        }
    };
    section("Reorganisations", &body)
}

fn confirmations(outcome: &Outcome) -> String {
    if outcome.confirmations.is_empty() {
        return String::new();
    }
    section("Waiting for blocks above", &tables::confirmations(outcome))
}

fn payments(outcome: &Outcome) -> String {
    if outcome.payments.accepted + outcome.payments.refused == 0 {
        return String::new();
    }
    section("Payments", &tables::payments(outcome))
}

fn messages(outcome: &Outcome) -> String {
    if outcome.messages.iter().all(|kind| kind.sent == 0) {
        return String::new();
    }
    section("Messages", &tables::messages(outcome))
}

fn provenance(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    let mut body = format!(
        "<p class=\"note\">{} nodes, {} events in {} of virtual time. Digest of all that happened: <code>{}</code>. \
         The same scenario and seed give the same one on any machine.</p>\n",
        number::count(outcome.nodes as u64),
        number::count(outcome.events),
        number::seconds(outcome.time_s),
        outcome.digest
    );
    if !report.scenario.trim().is_empty() {
        body += &format!(
            "<details><summary>The scenario</summary>\n<pre>{}</pre></details>\n",
            escape(report.scenario)
        );
    }
    section("How to repeat it", &body)
}
