//! What the documents and examples say of it is so.

use std::path::Path;

use clap::Parser;
use tickchain::daemon::cli::Cli;
use tickchain::sim::scenario::KEYS;

#[test]
fn the_commands_of_the_examples_are_sound() {
    for (file, count) in [
        ("examples/slurm_sweep.sh", 2),
        ("examples/kubernetes_sweep.yaml", 2),
    ] {
        let text = std::fs::read_to_string(Path::new(file)).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        // Commands go on over several lines, indented in YAML, with a backslash in the script.
        let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
        let mut commands = 0;
        let starts = text.match_indices(" sim ").map(|(start, _)| start);
        for start in starts {
            let end = match file.ends_with(".sh") {
                true => text[start..].find('\n'),
                // The key that follows, or the end of the document.
                false => text[start..]
                    .find(": ")
                    .or(text[start..].find("volumeMounts")),
            };
            let command = &text[start..start + end.unwrap_or(text.len() - start)];
            let words = command
                .split_whitespace()
                .take_while(|word| !word.ends_with("Mounts:"));
            let words: Vec<String> = (words.map(|word| word.trim_matches('"')))
                .filter(|word| !["resources:", "requests", "volumeMounts:"].contains(word))
                .map(|word| match word.contains("CPUS_PER_TASK") {
                    true => "8".to_owned(),
                    false => word.to_owned(),
                })
                .collect();
            let parsed = Cli::try_parse_from([&["tickchain".to_owned()], &words[..]].concat());
            assert!(parsed.is_ok(), "{file}: {words:?}: {}", parsed.unwrap_err());
            commands += 1;
        }
        assert_eq!(commands, count, "{file}");
    }
}

#[test]
fn every_key_is_in_the_documentation_and_the_other_way_round() {
    let text = std::fs::read_to_string("docs/simulator.md").unwrap();
    let (_, section) = text.split_once("## Every key").unwrap();
    let (section, _) = section.split_once("## What is measured").unwrap();
    let rows: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(rows.len(), KEYS.len());
    for (row, key) in rows.iter().zip(KEYS) {
        let start = format!("| `{}` | ", key.path);
        let end = format!(" | {} |", key.about.replace('|', "\\|"));
        assert!(
            row.starts_with(&start) && row.ends_with(&end),
            "{row}: {key:?}"
        );
        let default = &row[start.len() - 1..row.len() - end.len() + 1];
        assert_eq!(default.trim().trim_matches('`'), key.default, "{row}");
    }
}
