//! The network as a map: a disc of nodes for each region, or one circle where they are few.

use std::f64::consts::PI;
use std::fmt::Write;

use super::{Report, colour, escape, number};

/// The most nodes and links that are drawn.
const MAX_NODES: usize = 400;
const MAX_LINKS: usize = 2_000;
/// Fewer links than these are drawn stronger.
const FEW: usize = 200;
/// Up to how many nodes of a network without regions stand in one circle, in their order.
const CIRCLE: usize = 60;
/// Width and height.
const SIZE: f64 = 560.0;

/// A node on the map.
struct Dot {
    node: usize,
    x: f64,
    y: f64,
}

/// The map as SVG and what it shows, in a sentence.
pub(super) fn svg(report: &Report<'_>) -> (String, String) {
    let nodes = sample(report);
    let dots = place(report, &nodes);
    let mut places = vec![None; report.graph.nodes];
    for (place, dot) in dots.iter().enumerate() {
        places[dot.node] = Some(place);
    }
    let links = report.graph.links.iter();
    let links =
        links.filter_map(|&(from, to)| Some((places[from as usize]?, places[to as usize]?)));
    let links: Vec<(usize, usize)> = links.collect();
    let (dots, height) = fit(dots);
    let mut svg = format!(
        "<svg class=\"plot\" role=\"img\" aria-label=\"Map of the network\" viewBox=\"0 0 {SIZE} {height:.0}\">\n"
    );
    let step = |place: usize| place * MAX_LINKS / links.len().max(MAX_LINKS);
    let shown =
        (0..links.len()).filter(|&place| links.len() <= MAX_LINKS || step(place) < step(place + 1));
    let shown: Vec<(usize, usize)> = shown.map(|place| links[place]).collect();
    let class = if shown.len() < FEW {
        "link few"
    } else {
        "link"
    };
    for &(from, to) in &shown {
        let (from, to) = (&dots[from], &dots[to]);
        writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.x, from.y, to.x, to.y
        )
        .expect("writing into memory does not fail");
    }
    let most = report
        .sites
        .iter()
        .map(|site| site.power)
        .fold(0.0, f64::max);
    for dot in &dots {
        draw(&mut svg, report, dot, most, dots.len());
    }
    let said = said(report, dots.len(), links.len(), shown.len());
    (svg + "</svg>\n", said)
}

fn draw(svg: &mut String, report: &Report<'_>, dot: &Dot, most: f64, drawn: usize) {
    let site = &report.sites[dot.node];
    let share = if most > 0.0 { site.power / most } else { 0.0 };
    // The area of a dot goes with its power; one without power can still be seen.
    let full = (90.0 / (drawn as f64).sqrt()).clamp(4.0, 13.0);
    let radius = (full * share.sqrt()).max(full * 0.3);
    let class = colour(usize::from(site.region));
    let odd = if report.group(dot.node) > 0 {
        " odd"
    } else {
        ""
    };
    let mut title = format!("node{}", dot.node + 1);
    if let Some(region) = report.regions.get(usize::from(site.region)) {
        title = format!("{title}, {region}");
    }
    if let Some(group) = report.outcome.groups.get(report.group(dot.node)) {
        title = format!("{title}, {}", group.name);
    }
    writeln!(
        svg,
        "<circle class=\"dot {class}{odd}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"><title>{}</title></circle>",
        dot.x,
        dot.y,
        escape(&title)
    )
    .expect("writing into memory does not fail");
}

fn said(report: &Report<'_>, nodes: usize, links: usize, drawn: usize) -> String {
    let all = report.graph.nodes;
    let mut said = match nodes < all {
        true => format!(
            "{} of {} nodes and the {} links between them",
            number::count(nodes as u64),
            number::count(all as u64),
            number::count(links as u64)
        ),
        false => format!(
            "{} nodes and {} links",
            number::count(nodes as u64),
            number::count(links as u64)
        ),
    };
    if drawn < links {
        let _ = write!(said, ", of which {} are drawn", number::count(drawn as u64));
    }
    said + ". The area of a dot goes with its hash power."
}

/// Nodes to draw: all, or the miners unlike the others where they are few, and of the rest some that no
/// pattern in their numbers has a part in.
fn sample(report: &Report<'_>) -> Vec<usize> {
    let all = report.graph.nodes;
    let mut nodes: Vec<usize> = (0..all).collect();
    if all > MAX_NODES {
        let scattered = |node: usize| {
            (node as u64 + 1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(32)
        };
        let odd = nodes.iter().filter(|node| report.group(**node) > 0).count();
        // Many of them are drawn as the others are.
        let first = |node: usize| odd <= MAX_NODES / 4 && report.group(node) > 0;
        nodes.sort_by_key(|&node| (!first(node), scattered(node)));
        nodes.truncate(MAX_NODES);
        nodes.sort_unstable();
    }
    nodes
}

/// Where nodes stand: regions around the middle, and their nodes in a spiral that fills a disc.
fn place(report: &Report<'_>, nodes: &[usize]) -> Vec<Dot> {
    let region = |node: usize| usize::from(report.sites[node].region);
    let regions = nodes
        .iter()
        .map(|&node| region(node))
        .max()
        .map_or(0, |last| last + 1);
    let mut members = vec![Vec::new(); regions];
    for &node in nodes {
        members[region(node)].push(node);
    }
    members.retain(|members| !members.is_empty());
    let middle = SIZE / 2.0;
    if members.len() < 2 {
        let reach = middle - 20.0;
        return match nodes.len() <= CIRCLE {
            true => circle(nodes, reach),
            false => disc(nodes, (middle, middle), reach),
        };
    }
    // Each region takes as much of the way around as its disc is wide.
    let width = |members: &Vec<usize>| (members.len() as f64).sqrt().max(1.5);
    let around: f64 = members.iter().map(width).sum();
    let widest = members.iter().map(width).fold(0.0, f64::max);
    let ring = (around / PI * 1.15).max(widest * 1.25);
    let (mut turn, mut dots) = (-PI / 2.0, Vec::new());
    for members in &members {
        let half = PI * width(members) / around;
        turn += half;
        let centre = (ring * turn.cos(), ring * turn.sin());
        dots.extend(disc(members, centre, width(members)));
        turn += half;
    }
    dots
}

/// Stretches the map until it is as wide as the drawing; returns its height, which is at most its width.
fn fit(mut dots: Vec<Dot>) -> (Vec<Dot>, f64) {
    let edge = 16.0;
    let low = |of: fn(&Dot) -> f64| dots.iter().map(of).fold(f64::INFINITY, f64::min);
    let high = |of: fn(&Dot) -> f64| dots.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (left, top) = (low(|dot| dot.x), low(|dot| dot.y));
    let (width, height) = (high(|dot| dot.x) - left, high(|dot| dot.y) - top);
    let widest = width.max(height);
    if widest.is_nan() || widest < 1.0 {
        return (dots, SIZE);
    }
    let scale = (SIZE - 2.0 * edge) / widest;
    let aside = (SIZE - scale * width) / 2.0;
    for dot in &mut dots {
        dot.x = aside + (dot.x - left) * scale;
        dot.y = edge + (dot.y - top) * scale;
    }
    (dots, scale * height + 2.0 * edge)
}

fn circle(nodes: &[usize], reach: f64) -> Vec<Dot> {
    let middle = SIZE / 2.0;
    let dot = |(place, &node): (usize, &usize)| {
        let turn = 2.0 * PI * place as f64 / nodes.len() as f64 - PI / 2.0;
        Dot {
            node,
            x: middle + reach * turn.cos(),
            y: middle + reach * turn.sin(),
        }
    };
    nodes.iter().enumerate().map(dot).collect()
}

/// A sunflower's spiral: the golden angle from one to the next.
fn disc(nodes: &[usize], centre: (f64, f64), reach: f64) -> Vec<Dot> {
    let golden = PI * (3.0 - 5.0_f64.sqrt());
    let dot = |(place, &node): (usize, &usize)| {
        let out = reach * ((place as f64 + 0.5) / nodes.len() as f64).sqrt();
        let turn = golden * place as f64;
        Dot {
            node,
            x: centre.0 + out * turn.cos(),
            y: centre.1 + out * turn.sin(),
        }
    };
    nodes.iter().enumerate().map(dot).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample_run;
    use super::*;

    #[test]
    fn a_large_network_is_sampled_and_said_to_be() {
        let run = sample_run(2_500, 4);
        let report = run.report();
        let nodes = sample(&report);
        assert_eq!(nodes.len(), MAX_NODES);
        let east = nodes.iter().filter(|node| **node % 4 == 0).count();
        assert!((80..120).contains(&east), "{east} in one of four regions");
        assert!(nodes.contains(&2_499), "the selfish one is always shown");
        let (svg, said) = svg(&report);
        assert_eq!(svg.matches("<circle").count(), nodes.len());
        assert!(svg.matches("<line").count() <= MAX_LINKS);
        assert!(said.contains("400 of 2\u{202f}500 nodes"), "{said}");
    }

    #[test]
    fn discs_of_regions_stay_within_the_map_and_apart() {
        for regions in 1..=7 {
            let run = sample_run(300, regions);
            let report = run.report();
            let nodes: Vec<usize> = (0..300).collect();
            let (dots, height) = fit(place(&report, &nodes));
            assert!(dots.len() == 300 && height <= SIZE);
            for dot in &dots {
                assert!((0.0..=SIZE).contains(&dot.x) && (0.0..=height).contains(&dot.y));
                let region = |dot: &Dot| report.sites[dot.node].region;
                let others = dots.iter().filter(|other| region(other) != region(dot));
                let near = others.filter(|other| (dot.x - other.x).hypot(dot.y - other.y) < 4.0);
                assert_eq!(near.count(), 0, "{regions} regions");
            }
        }
    }
}
