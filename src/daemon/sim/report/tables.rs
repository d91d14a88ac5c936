//! Figures as tables.

use super::{escape, number};
use crate::sim::outcome::{Durations, Miner, Outcome};

/// A table: its columns' names, and rows that begin with a name. All but the first column are numbers.
pub fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |place: usize, text: &str, tag: &str| {
        let class = if place > 0 { " class=\"n\"" } else { "" };
        format!("<{tag}{class}>{}</{tag}>", escape(text))
    };
    let head = columns.iter().enumerate();
    let head: String = head.map(|(place, text)| cell(place, text, "th")).collect();
    let row = |row: &Vec<String>| {
        let cells = row.iter().enumerate();
        let cells =
            cells.map(|(place, text)| cell(place, text, if place > 0 { "td" } else { "th" }));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<div class=\"wide\"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// The figures that matter most, large.
pub(super) fn headline(outcome: &Outcome) -> String {
    let ms = |value: Option<f64>| value.map_or("–".to_owned(), |ms| number::seconds(ms / 1e3));
    let reached = |count: u64| match count == outcome.blocks {
        true => "all blocks".to_owned(),
        false => format!(
            "{} of {} blocks",
            number::count(count),
            number::count(outcome.blocks)
        ),
    };
    let figures = [
        (
            "Half of the nodes have a block",
            ms(outcome.t50_ms),
            reached(outcome.reached.t50),
        ),
        (
            "90 % have it",
            ms(outcome.t90_ms),
            reached(outcome.reached.t90),
        ),
        (
            "All have it",
            ms(outcome.t100_ms),
            reached(outcome.reached.t100),
        ),
        (
            "A node waits, median",
            ms(outcome.pair_median_ms.map(number::rough)),
            format!("mean {}", ms(outcome.pair_mean_ms)),
        ),
        (
            "Fork rate",
            number::percent(outcome.fork_rate),
            match outcome.orphans {
                1 => "1 orphan".to_owned(),
                orphans => format!("{} orphans", number::count(orphans)),
            },
        ),
        (
            "Main chain",
            number::count(outcome.blocks),
            match outcome.interval.mean_s {
                Some(mean) => format!("blocks, one every {}", number::seconds(mean)),
                None => "blocks".to_owned(),
            },
        ),
    ];
    let tile = |(name, value, under): &(&str, String, String)| {
        format!(
            "<div><dt>{}</dt><dd>{}</dd><dd class=\"under\">{}</dd></div>\n",
            escape(name),
            escape(value),
            escape(under)
        )
    };
    let tiles: String = figures.iter().map(tile).collect();
    format!("<dl class=\"figures\">\n{tiles}</dl>\n")
}

/// How fast blocks spread, in figures.
pub(super) fn propagation(outcome: &Outcome) -> String {
    let reached = &outcome.reached;
    let rows = [
        ("50 %", outcome.t50_ms, reached.t50),
        ("90 %", outcome.t90_ms, reached.t90),
        ("99 %", outcome.t99_ms, reached.t99),
        ("all", outcome.t100_ms, reached.t100),
    ];
    let rows = rows.map(|(share, mean, count)| {
        vec![
            share.to_owned(),
            mean.map_or("–".to_owned(), number::figure),
            number::count(count),
        ]
    });
    table(&["nodes", "mean, ms", "blocks that got there"], &rows)
}

pub(super) fn messages(outcome: &Outcome) -> String {
    let sent = outcome.messages.iter().filter(|kind| kind.sent > 0);
    let all: u64 = outcome.messages.iter().map(|kind| kind.bytes).sum();
    let rows: Vec<Vec<String>> = sent
        .map(|kind| {
            vec![
                kind.kind.clone(),
                number::count(kind.sent),
                number::figure(kind.sent as f64 / outcome.blocks.max(1) as f64),
                number::count(kind.lost),
                number::bytes(kind.bytes),
                number::percent(kind.bytes as f64 / all.max(1) as f64),
            ]
        })
        .collect();
    let columns = ["kind", "sent", "a block", "lost", "bytes", "share"];
    table(&columns, &rows)
}

pub(super) fn reorganisations(outcome: &Outcome) -> String {
    // Deep ones are rare, each of another depth.
    let steps = [1, 2, 3, 4, 5, 6, 7, 11, 21, 51, 101, u64::MAX];
    let all = outcome.reorganisations.count;
    let row = |step: &[u64]| {
        let (from, to) = (step[0], step[1] - 1);
        let depths = outcome.reorganisations.by_depth.iter();
        let within = depths.filter(|depth| (from..=to).contains(&depth.depth));
        let count: u64 = within.map(|depth| depth.count).sum();
        let name = match to {
            _ if from == to => from.to_string(),
            _ if step[1] == u64::MAX => format!("{from} and more"),
            to => format!("{from} to {to}"),
        };
        let share = number::percent(count as f64 / all.max(1) as f64);
        (count > 0).then(|| vec![name, number::count(count), share])
    };
    let rows: Vec<Vec<String>> = steps.windows(2).filter_map(row).collect();
    table(
        &["blocks that left", "times, over all nodes", "share"],
        &rows,
    )
}

pub(super) fn confirmations(outcome: &Outcome) -> String {
    let last = outcome.confirmations.last();
    let (unit, size) = number::unit(last.map_or(1.0, |confirmation| confirmation.mean_s));
    let rows = outcome.confirmations.iter().map(|confirmation| {
        let deviation = confirmation.deviation_s;
        vec![
            confirmation.above.to_string(),
            number::figure(confirmation.mean_s / size),
            deviation.map_or("–".to_owned(), |seconds| number::figure(seconds / size)),
            number::count(confirmation.blocks),
        ]
    });
    let (mean, deviation) = (format!("mean wait, {unit}"), format!("deviation, {unit}"));
    let rows: Vec<Vec<String>> = rows.collect();
    table(&["blocks above", &mean, &deviation, "blocks"], &rows)
}

pub(super) fn miners(miners: &[Miner]) -> String {
    let rows: Vec<Vec<String>> = miners
        .iter()
        .map(|miner| {
            vec![
                miner.name.clone(),
                number::count(miner.nodes as u64),
                number::percent(miner.hash_share),
                number::count(miner.mined),
                number::count(miner.blocks),
                number::percent(miner.revenue_share),
            ]
        })
        .collect();
    let columns = ["miner", "nodes", "hash power", "mined", "main", "revenue"];
    table(&columns, &rows)
}

pub(super) fn payments(outcome: &Outcome) -> String {
    let payments = &outcome.payments;
    let wait = |of: fn(&Durations) -> Option<f64>| {
        of(&payments.wait).map_or("–".to_owned(), number::seconds)
    };
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let rows = [
        row("accepted", number::count(payments.accepted)),
        row("refused", number::count(payments.refused)),
        row("in a block", number::count(payments.confirmed)),
        row("wait until then, mean", wait(|wait| wait.mean_s)),
        row("median", wait(|wait| wait.median_s.map(number::rough))),
    ];
    table(&["payments", ""], &rows)
}
