//! The block tree: heights from left to right in rows, the main chain on top, forks below it.

use std::fmt::Write;

use super::{colour, escape, number};
use crate::sim::outcome::{Fate, TreeBlock};

/// The least and the most heights in a row.
const SHORT: u64 = 24;
const LONG: u64 = 60;
/// From one height to the next, from one lane to the next, and the side of a block.
const STEP: f64 = 18.0;
const LANE: f64 = 15.0;
const BLOCK: f64 = 10.0;
/// Left of the rows, and above each.
const LEFT: f64 = 52.0;
const ABOVE: f64 = 16.0;

/// The tree as SVG; `group_of` tells which group of miners a node belongs to.
pub(super) fn svg(blocks: &[TreeBlock], group_of: impl Fn(usize) -> usize) -> String {
    let Some(first) = blocks.first().map(|block| block.id) else {
        return String::new();
    };
    let lanes = lanes(blocks);
    let rows = Rows::new(blocks, &lanes, first);
    let width = LEFT + STEP * rows.length as f64 + 8.0;
    let height = rows.tops.last().copied().unwrap_or(0.0);
    let mut svg = format!(
        "<svg class=\"plot\" role=\"img\" aria-label=\"The last {} blocks and their forks\" \
         viewBox=\"0 0 {width} {height}\">\n",
        blocks.len()
    );
    for row in 0..rows.tops.len() - 1 {
        let (id, y) = (
            first + row as u64 * rows.length,
            rows.tops[row] + ABOVE + BLOCK - 1.0,
        );
        let text = number::count(id);
        let x = LEFT - 12.0;
        write_to(
            &mut svg,
            format_args!(
                "<text class=\"label\" text-anchor=\"end\" x=\"{x}\" y=\"{y}\">{text}</text>\n"
            ),
        );
    }
    for (place, block) in blocks.iter().enumerate() {
        if let Some(parent) = block.parent {
            rows.edge(
                &mut svg,
                (&blocks[parent], lanes[parent]),
                (block, lanes[place]),
            );
        }
    }
    for (block, &lane) in blocks.iter().zip(&lanes) {
        let (x, y) = rows.at(block.id, lane);
        let fate = match block.fate {
            Fate::Main => "main",
            Fate::Orphan => "orphan",
            Fate::Untold => "untold",
        };
        let class = colour(group_of(block.node));
        let title = format!(
            "block {} by node{}, found at {}, {fate}",
            block.id,
            block.node + 1,
            number::seconds(block.found_s)
        );
        write_to(
            &mut svg,
            format_args!(
                "<rect class=\"block {fate} {class}\" x=\"{x}\" y=\"{y}\" width=\"{BLOCK}\" height=\"{BLOCK}\" rx=\"2\"><title>{}</title></rect>\n",
                escape(&title)
            ),
        );
    }
    svg + "</svg>\n"
}

/// The lane of each block: 0 for the main chain, below it each block in its parent's where that is free.
fn lanes(blocks: &[TreeBlock]) -> Vec<usize> {
    let mut lanes: Vec<usize> = Vec::with_capacity(blocks.len());
    // Blocks come by height, so that those of one height stand next to each other.
    let mut level = 0;
    for (place, block) in blocks.iter().enumerate() {
        if blocks[level].id != block.id {
            level = place;
        }
        let lane = match block.fate {
            Fate::Main => 0,
            Fate::Orphan | Fate::Untold => {
                let wanted = block.parent.map_or(1, |parent| lanes[parent].max(1));
                let taken = &lanes[level..];
                (wanted..)
                    .find(|lane| !taken.contains(lane))
                    .unwrap_or(wanted)
            }
        };
        lanes.push(lane);
    }
    lanes
}

/// Where rows are.
struct Rows {
    first: u64,
    /// Heights in each.
    length: u64,
    /// The top of each row, and the bottom of the last.
    tops: Vec<f64>,
}

impl Rows {
    fn new(blocks: &[TreeBlock], lanes: &[usize], first: u64) -> Self {
        let last = blocks.last().map_or(first, |block| block.id);
        let length = (last - first + 1).clamp(SHORT, LONG);
        let mut deepest = vec![0; ((last - first) / length) as usize + 1];
        for (block, &lane) in blocks.iter().zip(lanes) {
            let row = &mut deepest[((block.id - first) / length) as usize];
            *row = lane.max(*row);
        }
        let mut tops = vec![0.0];
        for lanes in deepest {
            let height = ABOVE + LANE * lanes as f64 + BLOCK;
            tops.push(tops.last().copied().unwrap_or(0.0) + height);
        }
        Self {
            first,
            length,
            tops,
        }
    }

    fn row(&self, id: u64) -> usize {
        ((id - self.first) / self.length) as usize
    }

    /// The upper left corner of a block.
    fn at(&self, id: u64, lane: usize) -> (f64, f64) {
        let x = LEFT + STEP * ((id - self.first) % self.length) as f64;
        (x, self.tops[self.row(id)] + ABOVE + LANE * lane as f64)
    }

    /// Draws the line from parent to child; at the end of a row it begins anew in the next.
    fn edge(&self, svg: &mut String, parent: (&TreeBlock, usize), child: (&TreeBlock, usize)) {
        let ((parent, parent_lane), (child, child_lane)) = (parent, child);
        let half = BLOCK / 2.0;
        let (to_x, to_y) = self.at(child.id, child_lane);
        let (from_x, from_y) = self.at(parent.id, parent_lane);
        let (from_x, from_y) = match self.row(parent.id) == self.row(child.id) {
            true => (from_x + BLOCK, from_y + half),
            // It comes from where the parent would be, left of the row.
            false => {
                let top = self.tops[self.row(child.id)];
                (
                    to_x - (STEP - BLOCK),
                    top + ABOVE + LANE * parent_lane as f64 + half,
                )
            }
        };
        let (to_y, middle) = (to_y + half, (from_x + to_x) / 2.0);
        write_to(
            svg,
            format_args!(
                "<path class=\"edge\" d=\"M{from_x} {from_y}C{middle} {from_y} {middle} {to_y} {to_x} {to_y}\"/>\n"
            ),
        );
    }
}

fn write_to(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text)
        .expect("writing into memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(id: u64, parent: Option<usize>, fate: Fate) -> TreeBlock {
        TreeBlock {
            id,
            parent,
            node: 0,
            fate,
            found_s: 1.0,
        }
    }

    #[test]
    fn branches_keep_their_lane_and_never_share_it_at_one_height() {
        let blocks = [
            block(5, None, Fate::Main),
            block(6, Some(0), Fate::Orphan),
            block(6, Some(0), Fate::Main),
            block(6, Some(0), Fate::Orphan),
            block(7, Some(2), Fate::Main),
            block(7, Some(3), Fate::Untold),
            block(7, Some(3), Fate::Orphan),
            block(7, Some(1), Fate::Orphan),
        ];
        assert_eq!(lanes(&blocks), [0, 1, 0, 2, 0, 2, 3, 1]);
    }

    #[test]
    fn rows_begin_anew_and_are_as_high_as_they_need() {
        let mut blocks: Vec<TreeBlock> = (0..=LONG)
            .map(|id| block(id + 1, id.checked_sub(1).map(|id| id as usize), Fate::Main))
            .collect();
        blocks.insert(2, block(2, Some(0), Fate::Orphan));
        let places = blocks.iter_mut().skip(4);
        places.for_each(|block| block.parent = block.parent.map(|parent| parent + 1));
        let lanes = lanes(&blocks);
        let rows = Rows::new(&blocks, &lanes, 1);
        assert_eq!(
            rows.tops,
            [0.0, ABOVE + LANE + BLOCK, 2.0 * (ABOVE + BLOCK) + LANE]
        );
        assert_eq!(rows.at(LONG + 1, 0), (LEFT, rows.tops[1] + ABOVE));
        let svg = svg(&blocks, |_| 0);
        assert_eq!(svg.matches("<rect").count(), blocks.len());
        assert_eq!(svg.matches("<path").count(), blocks.len() - 1);
        assert!(svg.contains("block 2 by node1, found at 1 s, orphan"));
    }
}
