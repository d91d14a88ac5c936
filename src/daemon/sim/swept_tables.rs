//! A sweep's figures for people and for machines.

use serde_json::{Map, Value, json};

use super::csv::line;
use super::output::columns;
use super::report::number;
use super::report::plot::{Axis, Curve, Plot, Point as Dot};
use super::report::{note, page, section, table};
use super::swept::{Figure, Point, Swept};

/// The figures that tables for people have, where they differ from 0 anywhere.
const SHOWN: [(&str, &str); 8] = [
    ("t50_ms", "t50 ms"),
    ("t90_ms", "t90 ms"),
    ("t100_ms", "t100 ms"),
    ("pair_median_ms", "pair median ms"),
    ("fork_rate", "fork rate"),
    ("deepest_reorganisation", "deepest reorganisation"),
    ("payment_wait_mean_s", "payment waits s"),
    ("events", "events"),
];

/// What is shown of this sweep: the figure's name, and what it is called.
fn shown(points: &[Point]) -> Vec<(String, String)> {
    let fixed = SHOWN.map(|(name, label)| (name.to_owned(), label.to_owned()));
    let mut all = Vec::from(fixed);
    let figures = points.iter().flat_map(|point| &point.figures);
    for figure in figures {
        let Some(group) = figure.name.strip_prefix("revenue_share_") else {
            continue;
        };
        if group != "honest" && all.iter().all(|(name, _)| *name != figure.name) {
            all.push((figure.name.clone(), format!("revenue share, {group}")));
        }
    }
    let is_there = |name: &str| {
        let mut means = points.iter().filter_map(|point| point.figure(name));
        means.any(|figure| figure.summary.mean != 0.0)
    };
    all.retain(|(name, _)| is_there(name));
    all
}

fn mean(figure: Option<&Figure>) -> String {
    match figure {
        None => "–".to_owned(),
        Some(Figure {
            summary,
            ci95: None,
            ..
        }) => number::figure(summary.mean),
        Some(Figure {
            summary,
            ci95: Some(half),
            ..
        }) => {
            format!(
                "{} ± {}",
                number::figure(summary.mean),
                number::figure(*half)
            )
        }
    }
}

/// Head and rows of the table for people; so many columns of it are texts.
fn rows(swept: &Swept, points: &[Point]) -> (Vec<Vec<String>>, usize) {
    let shown = shown(points);
    let keys = swept.plan.vary.iter().map(|axis| axis.key.clone());
    let labels = shown.iter().map(|(_, label)| label.clone());
    let head: Vec<String> = keys.chain(["runs".to_owned()]).chain(labels).collect();
    let mut rows = vec![head];
    for point in points {
        let values = swept
            .plan
            .values(point.point)
            .map(|(_, value)| value.to_owned());
        let figures = shown.iter().map(|(name, _)| mean(point.figure(name)));
        rows.push(
            values
                .chain([point.runs.to_string()])
                .chain(figures)
                .collect(),
        );
    }
    (rows, swept.plan.vary.len())
}

fn title(swept: &Swept) -> String {
    let title = match &*swept.plan.title {
        "" => "A sweep",
        title => title,
    };
    title.to_owned()
}

/// How much of it was done, in words.
fn extent(swept: &Swept) -> String {
    let (done, all) = (swept.runs.len(), swept.plan.run_count());
    let part = swept
        .shard
        .map_or(String::new(), |shard| format!(", part {shard}"));
    let stopped = match swept.complete {
        true => "",
        false => ", stopped before the end",
    };
    format!(
        "{done} of {all} simulations{part}{stopped}; mean ± half of the 95 % confidence interval"
    )
}

/// A table for a terminal.
pub(super) fn text(swept: &Swept, points: &[Point]) -> String {
    let (rows, texts) = rows(swept, points);
    format!(
        "{}: {}\n\n{}",
        title(swept),
        extent(swept),
        columns(&rows, texts)
    )
}

/// One object: for each point what varies and all figures.
pub(super) fn json(swept: &Swept, points: &[Point]) -> String {
    let point = |point: &Point| {
        let values = swept.plan.values(point.point);
        let values: Map<String, Value> = values
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        let figures = point
            .figures
            .iter()
            .map(|figure| (figure.name.clone(), json!(figure)));
        json!({
            "vary": values,
            "runs": point.runs,
            "figures": figures.collect::<Map<String, Value>>(),
        })
    };
    let document = json!({
        "title": swept.plan.title,
        "complete": swept.complete,
        "shard": swept.shard.map(|shard| shard.to_string()),
        "runs": swept.runs.len(),
        "of": swept.plan.run_count(),
        "points": points.iter().map(point).collect::<Vec<Value>>(),
    });
    document.to_string() + "\n"
}

/// A line for each point: what varies, then mean, deviation and half of the 95 % confidence interval of each
/// figure.
pub(super) fn csv(swept: &Swept, points: &[Point]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for figure in points.iter().flat_map(|point| &point.figures) {
        if !names.contains(&figure.name.as_str()) {
            names.push(&figure.name);
        }
    }
    let keys = swept.plan.vary.iter().map(|axis| axis.key.clone());
    let of_each = names
        .iter()
        .flat_map(|name| ["mean", "deviation", "ci95"].map(|what| format!("{name}_{what}")));
    let mut rows: Vec<Vec<String>> = vec![keys.chain(["runs".to_owned()]).chain(of_each).collect()];
    for point in points {
        let values = swept
            .plan
            .values(point.point)
            .map(|(_, value)| value.to_owned());
        let figures = names.iter().flat_map(|name| match point.figure(name) {
            None => [const { String::new() }; 3],
            Some(figure) => [
                figure.summary.mean.to_string(),
                figure.summary.deviation.to_string(),
                figure.ci95.map_or(String::new(), |half| half.to_string()),
            ],
        });
        rows.push(
            values
                .chain([point.runs.to_string()])
                .chain(figures)
                .collect(),
        );
    }
    let fields = |row: &Vec<String>| line(&row.iter().map(String::as_str).collect::<Vec<_>>());
    rows.iter().map(fields).collect()
}

/// A page with the table, and a plot of each figure over the first key whose values are numbers.
pub(super) fn html(swept: &Swept, points: &[Point]) -> String {
    let (mut rows, _) = rows(swept, points);
    let head = rows.remove(0);
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let mut body = section("Figures", &(table(&head, &rows) + &note(&extent(swept))));
    let numbers =
        |axis: &super::plan::Axis| axis.values.iter().all(|value| value.parse::<f64>().is_ok());
    let over = swept
        .plan
        .vary
        .iter()
        .position(|axis| axis.values.len() > 1 && numbers(axis));
    if let Some(over) = over {
        for (name, label) in shown(points) {
            body += &section(&label, &plot(swept, points, over, &name, &label));
        }
    }
    let settings = swept.plan.set.iter().map(|set| format!("# --set {set}\n"));
    let scenario = settings.collect::<String>() + &swept.plan.scenario;
    let code = format!("<pre>{}</pre>\n", super::report::escape(&scenario));
    body += &section("The scenario", &code);
    page(&title(swept), "", &body)
}

/// The values of one key at a point, and what else varies there.
fn place(swept: &Swept, point: &Point, over: usize) -> (f64, String) {
    let mut values: Vec<(&str, &str)> = swept.plan.values(point.point).collect();
    let (_, value) = values.remove(over);
    let others = values.iter().map(|(key, value)| format!("{key}={value}"));
    (
        value.parse().unwrap_or_default(),
        others.collect::<Vec<_>>().join(", "),
    )
}

fn plot(swept: &Swept, points: &[Point], over: usize, name: &str, label: &str) -> String {
    let mut curves: Vec<(String, Vec<Dot>)> = Vec::new();
    for point in points {
        let Some(figure) = point.figure(name) else {
            continue;
        };
        let (x, others) = place(swept, point, over);
        let dot = Dot {
            x,
            y: figure.summary.mean,
            error: figure.ci95,
        };
        match curves.iter_mut().find(|(known, _)| *known == others) {
            Some((_, dots)) => dots.push(dot),
            None => curves.push((others, vec![dot])),
        }
    }
    for (_, dots) in &mut curves {
        dots.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    let curves = curves.iter().map(|(others, dots)| Curve {
        name: others,
        points: dots.clone(),
        marked: true,
    });
    let key = &swept.plan.vary[over].key;
    let plot = Plot {
        title: label,
        x: Axis::new(key),
        y: Axis::new(label),
        curves: curves.collect(),
        ..Plot::default()
    };
    plot.svg()
}
