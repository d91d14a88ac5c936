//! Files, changes, and what is said of mistakes.

use super::*;

fn source(text: &str) -> Source {
    Source::new("net.toml", text)
}

fn sets(texts: &[&str]) -> Vec<Set> {
    let sets = texts.iter().map(|text| text.parse().unwrap());
    sets.collect()
}

#[track_caller]
fn refused(text: &str, changes: &[&str], words: &[&str]) {
    let error = source(text)
        .scenario(&sets(changes))
        .unwrap_err()
        .to_string();
    for word in words {
        assert!(error.contains(word), "{error}");
    }
}

const SMALL: &str = "nodes = 5\nblocks = 9\n";

#[test]
fn a_change_outranks_the_file() {
    let text = "nodes = 5\nblocks = 9\n[relay]\nblock_bytes = 7\n";
    let changes = sets(&[
        "nodes=6",
        "relay.compact_bytes = 3",
        "compact_blocks=true",
        "title=a b",
    ]);
    let scenario = source(text).scenario(&changes).unwrap();
    assert_eq!(scenario.nodes, 6);
    assert_eq!(scenario.title, "a b");
    assert_eq!(
        (scenario.relay.block_bytes, scenario.relay.compact_bytes),
        (7, 3)
    );
    let latency = sets(&["network.latency={ kind = \"constant\", ms = 5.0 }"]);
    let scenario = source(SMALL).scenario(&latency).unwrap();
    assert_eq!(
        serde_json::to_value(scenario).unwrap()["network"]["latency"]["ms"],
        5.0
    );
}

#[test]
fn entries_of_lists_are_counted_from_one() {
    let one = format!("{SMALL}[[miners]]\nshare = 0.1\n");
    let two = format!("{one}[[miners]]\nshare = 0.2\n");
    let share = |text: &str, change: &str| {
        let scenario = source(text).scenario(&sets(&[change])).unwrap();
        scenario
            .miners
            .iter()
            .map(|miner| miner.share)
            .collect::<Vec<f64>>()
    };
    assert_eq!(share(&one, "miners.share=0.3"), [0.3]);
    assert_eq!(share(&two, "miners.2.share=0.3"), [0.1, 0.3]);
    refused(
        &two,
        &["miners.share=0.3"],
        &["--set miners.share=0.3", "there are 2 of miners"],
    );
    refused(&two, &["miners.3.share=0.3"], &["no miners.3"]);
    refused(&two, &["miners.0.share=0.3"], &["no miners.0"]);
    refused(SMALL, &["nodes.1.share=3"], &["no key nodes.1.share"]);
}

#[test]
fn mistakes_are_told_with_their_place() {
    refused("nodes = 5\nblocks 9\n", &[], &["net.toml, line 2"]);
    refused(
        "nodes = 5\nblocks = \"all\"\n",
        &[],
        &["net.toml, line 2", "all"],
    );
    refused(
        "nodes = 5\n[relay]\nusge = 1\n",
        &[],
        &["line 3", "no key relay.usge", "did you mean relay.usage"],
    );
    refused(
        "nodes = 5\n[relays]\nusage = 1\n",
        &[],
        &["line 2", "no key relays", "relay"],
    );
    refused(
        "nodes = 5\nblocks = 1\n[relay]\nusage = 7.0\n",
        &[],
        &["line 3", "relay.usage"],
    );
    refused(
        "nodes = 5\nblocks = 1\n[[faults]]\nat_s = 1\ndo = \"heel\"\n",
        &[],
        &["line 5", "heel", "heal"],
    );
    let far = format!("{SMALL}[[faults]]\nat_s = 1\ndo = \"crash\"\nnodes = \"node9\"\n");
    refused(&far, &[], &["line 3", "node9", "5 nodes"]);
    refused(SMALL, &["nodes=many"], &["--set nodes=many", "many"]);
    refused(
        SMALL,
        &["nodes=5", "nodes=0"],
        &["--set nodes=0", "nodes is 0"],
    );
    refused(
        SMALL,
        &["blcks=0"],
        &["--set blcks=0", "did you mean blocks"],
    );
    refused("blocks = 5\n", &[], &["nodes"]);
    assert!(source("blocks = 5\n").scenario(&sets(&["nodes=3"])).is_ok());
}

#[test]
fn keys_that_change_nothing_are_told() {
    let flood = "nodes = 5\nblocks = 1\n[relay]\nkind = \"flood\"\nusage = 0.5\n";
    refused(
        flood,
        &[],
        &["line 5", "relay.usage changes nothing", "announce"],
    );
    refused(
        SMALL,
        &["difficulty=5"],
        &["--set difficulty=5", "mining.difficulty changes nothing"],
    );
    // What a change makes idle may stay in the file.
    let announce = "nodes = 5\nblocks = 1\n[relay]\nusage = 0.5\n";
    source(announce)
        .scenario(&sets(&["compact_blocks=false"]))
        .unwrap();
    let sweep = sets(&["compact_blocks=false", "usage=0.1"]);
    assert!(source(announce).scenario(&sweep).is_err());
    source(announce).unchecked(&sweep).unwrap();
}

#[test]
fn files_that_cannot_be_are_told() {
    let error = Source::file(Path::new("nowhere.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("nowhere.toml") && error.contains("presets"),
        "{error}"
    );
    let error = Source::preset("simblok").unwrap_err().to_string();
    assert!(
        error.contains("no preset simblok: there are three-nodes"),
        "{error}"
    );
    let large = tempfile::NamedTempFile::new().unwrap();
    large.as_file().set_len(MAX_FILE_BYTES + 1).unwrap();
    let error = Source::file(large.path()).unwrap_err().to_string();
    assert!(error.contains("1048576 bytes"), "{error}");
}

#[test]
fn what_has_no_effect_is_told_though_the_file_needs_a_change_to_be_whole() {
    let text = "blocks = 9\n[mining]\ndifficulty = 3\n";
    refused(text, &["nodes=5"], &["difficulty changes nothing here"]);
}

#[test]
fn kinds_of_values_are_told_in_plain_words() {
    refused(
        "nodes = \"a\"\nblocks = 9",
        &[],
        &["line 1", "expected a whole number"],
    );
    refused(SMALL, &["interval_s=1m"], &["expected a number"]);
}

#[test]
fn a_file_without_end_is_not_read_to_it() {
    let endless = Path::new("/dev/zero");
    if endless.exists() {
        let error = Source::file(endless).unwrap_err().to_string();
        assert!(error.contains("more than"), "{error}");
    }
}
