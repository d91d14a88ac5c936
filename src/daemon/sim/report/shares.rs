//! Revenue against hash power, as pairs of bars.

use std::fmt::Write;

use super::{colour, escape, number};
use crate::sim::outcome::Miner;

/// The most miners that are shown.
const MAX_BARS: usize = 12;
const WIDTH: f64 = 760.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 84.0;
const BAR: f64 = 13.0;
const ROW: f64 = 40.0;

/// The bars as SVG: of each miner its share of hash power, pale, and under it its share of revenue.
/// `colour_of` chooses the colour of each.
pub(super) fn svg(miners: &[Miner], colour_of: impl Fn(usize) -> usize) -> String {
    let miners = &miners[..miners.len().min(MAX_BARS)];
    let shares = miners
        .iter()
        .flat_map(|miner| [miner.hash_share, miner.revenue_share]);
    let most = shares.fold(f64::MIN_POSITIVE, f64::max);
    let height = ROW * miners.len() as f64 + 4.0;
    let mut svg = format!(
        "<svg class=\"plot\" role=\"img\" aria-label=\"Shares of hash power and of revenue\" viewBox=\"0 0 {WIDTH} {height}\">\n"
    );
    for (place, miner) in miners.iter().enumerate() {
        let (top, class) = (ROW * place as f64 + 4.0, colour(colour_of(place)));
        let (name, middle) = (escape(&miner.name), top + BAR + 4.0);
        writeln!(
            svg,
            "<text class=\"name\" text-anchor=\"end\" x=\"{}\" y=\"{middle}\">{name}</text>",
            LEFT - 12.0
        )
        .expect("writing into memory does not fail");
        for (line, share, pale) in [
            (0.0, miner.hash_share, " pale"),
            (1.0, miner.revenue_share, ""),
        ] {
            let width = (WIDTH - LEFT - RIGHT) * share / most;
            let y = top + line * (BAR + 1.0);
            writeln!(
                svg,
                "<rect class=\"{class}{pale}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\"/>\
                 <text class=\"label\" x=\"{:.1}\" y=\"{}\">{}</text>",
                LEFT + width + 8.0,
                y + BAR - 2.5,
                number::percent(share)
            )
            .expect("writing into memory does not fail");
        }
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_width_and_names_are_escaped() {
        let miner = |name: &str, hash_share, revenue_share| Miner {
            name: name.to_owned(),
            nodes: 1,
            hash_share,
            mined: 1,
            blocks: 1,
            revenue_share,
        };
        let svg = svg(&[miner("<b>", 0.25, 0.5), miner("b", 0.75, 0.5)], |_| 0);
        assert!(svg.contains(&format!("width=\"{:.1}\"", WIDTH - LEFT - RIGHT)));
        assert!(svg.contains("&lt;b&gt;") && svg.contains(">75 %<"), "{svg}");
        assert!(super::svg(&[], |_| 0).ends_with("</svg>\n"));
    }
}
