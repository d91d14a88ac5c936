//! Outcomes as CSV (RFC 4180), one figure a line.

use crate::sim::outcome::Outcome;

/// An outcome: a line `metric,value` for each figure that is one number ([`Outcome::figures`]), then for
/// each depth of reorganisations, miner and kind of message. A value that could not be measured is empty.
///
/// ```
/// # use tickchain::ledger::Hash;
/// # use tickchain::sim::outcome::{End, Recorder};
/// # use tickchain::sim::Time;
/// # let end = End { time: Time::from_secs(2.5), events: 7, digest: Hash::ZERO, complete: true };
/// # let outcome = Recorder::new(&[]).finish(end);
/// let text = tickchain::daemon::sim::csv::outcome(&outcome);
/// assert!(text.starts_with("metric,value\r\n"));
/// assert!(text.contains("\r\nevents,7\r\n") && text.contains("\r\nt50_ms,\r\n"));
/// ```
pub fn outcome(outcome: &Outcome) -> String {
    let mut lines = vec![
        ("metric".to_owned(), "value".to_owned()),
        ("complete".to_owned(), outcome.complete.to_string()),
        ("digest".to_owned(), outcome.digest.to_string()),
    ];
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let figures = outcome.figures().into_iter();
    lines.extend(figures.map(|(name, value)| (name, number(value))));
    for depth in &outcome.reorganisations.by_depth {
        let name = format!("reorganisations_{}_deep", depth.depth);
        lines.push((name, depth.count.to_string()));
    }
    for miner in &outcome.miners {
        lines.push((
            format!("hash_share_{}", miner.name),
            miner.hash_share.to_string(),
        ));
        let revenue = miner.revenue_share.to_string();
        lines.push((format!("revenue_share_{}", miner.name), revenue));
    }
    for kind in &outcome.messages {
        for (what, count) in [
            ("sent", kind.sent),
            ("lost", kind.lost),
            ("bytes", kind.bytes),
        ] {
            lines.push((format!("{what}_{}", kind.kind), count.to_string()));
        }
    }
    let lines = lines
        .iter()
        .map(|(name, value)| [name.as_str(), value.as_str()]);
    lines.map(|fields| line(&fields)).collect()
}

/// A line of fields, those quoted that need it.
pub fn line(fields: &[&str]) -> String {
    let field = |field: &&str| match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => (*field).to_owned(),
    };
    let fields: Vec<String> = fields.iter().map(field).collect();
    fields.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::sample_run;
    use super::*;

    #[test]
    fn every_line_has_a_name_of_its_own_and_one_value() {
        let run = sample_run(30, 2);
        let text = outcome(run.report().outcome);
        let lines = text.lines().map(|line| line.split_once(',').unwrap());
        let mut names: Vec<&str> = lines.clone().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), text.lines().count());
        let value = |wanted: &str| lines.clone().find(|(name, _)| *name == wanted).unwrap().1;
        assert_eq!((value("complete"), value("blocks")), ("false", "150"));
        assert_eq!(value("fork_rate").parse::<f64>().unwrap(), 11.0 / 161.0);
        assert!(value("hash_share_node5").parse::<f64>().unwrap() > 0.0);
    }

    #[test]
    fn fields_are_quoted_where_they_need_it() {
        assert_eq!(
            line(&["a", "b,c", "say \"x\""]),
            "a,\"b,c\",\"say \"\"x\"\"\"\r\n"
        );
    }
}
