//! `tickchain run`: exit codes, reports, and the lessons.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use quick_xml::Reader;
use quick_xml::events::Event;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::{tickchain, until};

const GOOD: &str = "version = 1\ntitle = \"Good\"\n[[steps]]\ntick = 1\nexpect.all.clock = 1\n";

/// Step 2 expects what is not so, in line 8.
const BROKEN: &str = "version = 1\ntitle = \"Broken\"\n[[steps]]\nmine = \"node1\"\n[[steps]]\ntick = 1\n\
                      expect.node1.status = \"mining\"\nexpect.node2.status = \"mining\"\n\
                      [[steps]]\ntick = 1\n";

fn lessons() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lessons");
    let files = std::fs::read_dir(directory).expect("the lessons are there");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}

/// A directory with these files in it.
fn files(texts: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |(name, text): &(&str, &str)| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path
    };
    let paths = texts.iter().map(write).collect();
    (directory, paths)
}

fn run(files: &[PathBuf], more: &[&str]) -> Output {
    let mut command = command(files);
    command.args(more).output().expect("the program runs")
}

fn command(files: &[PathBuf]) -> Command {
    let mut command = tickchain(&["run"]);
    command.args(files);
    command
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (text(&output.stdout), text(&output.stderr))
}

/// Checks a report as a TAP harness does; the verdicts of the scenarios, `true` for ok.
#[track_caller]
fn check_tap(report: &str) -> Vec<bool> {
    let mut lines = report.lines().peekable();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let plan = |line: Option<&str>| -> usize {
        let plan = line.and_then(|line| line.trim().strip_prefix("1.."));
        plan.expect("a plan").parse().expect("a number")
    };
    let scenarios = plan(lines.next());
    let mut verdicts = Vec::new();
    for number in 1..=scenarios {
        let title = lines
            .next()
            .and_then(|line| line.strip_prefix("# Subtest: "));
        let title = title.expect("a subtest").to_owned();
        let steps = plan(lines.next());
        let mut met = true;
        for step in 1..=steps {
            let line = lines.next().expect("a point");
            let ok = line.starts_with(&format!("    ok {step} - "));
            assert!(
                ok || line.starts_with(&format!("    not ok {step} - ")),
                "{line}"
            );
            met &= ok;
            if lines.peek() == Some(&"      ---") {
                assert!(!ok, "only what went wrong is explained");
                let end = lines.find(|line| *line == "      ...");
                assert!(end.is_some(), "the explanation ends");
            }
        }
        let line = lines.next().expect("the subtest's point");
        let verdict = if met { "ok" } else { "not ok" };
        assert_eq!(line, format!("{verdict} {number} - {title}"));
        verdicts.push(met);
    }
    assert_eq!(lines.next(), None);
    verdicts
}

#[test]
fn the_lessons_hold() {
    let files = lessons();
    assert_eq!(files.len(), 7);
    let output = run(&files, &[]);
    let (report, errors) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{report}\n{errors}");
    assert_eq!(check_tap(&report), [true; 7]);
    assert_eq!(errors, "", "standard error is no terminal here");
}

#[test]
fn what_is_not_as_expected_is_named() {
    let (_directory, files) = files(&[("broken.toml", BROKEN), ("good.toml", GOOD)]);
    let output = run(&files, &[]);
    let (report, errors) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{report}\n{errors}");
    assert_eq!(check_tap(&report), [false, true]);
    for words in [
        "    not ok 2 - tick\n",
        "message: \"node2: expected status mining, found idle\"\n",
        "broken.toml\"\n        line: 8\n",
        "    ok 3 - tick # SKIP not played\n",
    ] {
        assert!(report.contains(words), "{report} has no {words:?}");
    }
    assert!(errors.contains("1 of 2 scenarios"), "{errors}");
}

#[test]
fn every_kind_of_expectation_can_fail() {
    let head = "version = 1\ntitle = \"t\"\n[[steps]]\n\
                tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 2, id = \"a1\" }\n\
                [[steps]]\nuntil = { condition = \"idle\", limit = 9 }\n";
    for (step, problem) in [
        (
            "expect.node1.state = \"crashed\"",
            "node1: expected state crashed, found up",
        ),
        (
            "crash = \"node1\"\nexpect.node1.height = 0",
            "node1: expected to be up, found crashed",
        ),
        (
            "expect.all.status = \"mining\"",
            "node1: expected status mining, found idle",
        ),
        ("expect.node2.clock = 9", "node2: expected clock 9, found 4"),
        (
            "expect.node2.height = 1",
            "node2: expected height 1, found 0",
        ),
        (
            "expect.node2.pool = 0",
            "node2: expected payments in the pool 0, found 1",
        ),
        (
            "expect.node2.inbox = 1",
            "node2: expected messages in the inbox 1, found 0",
        ),
        (
            "expect.node2.waiting = 1",
            "node2: expected payments that wait 1, found 0",
        ),
        (
            "expect.node2.side = 1",
            "node2: expected blocks on side branches 1, found 0",
        ),
        (
            "expect.node2.balance = { aki = 0 }",
            "node2: expected balance of aki 0, found 2",
        ),
        (
            "expect.node2.balance = { nobody = 1 }",
            "node2: expected balance of nobody 1, found 0",
        ),
        (
            "expect.node2.tx = { a1 = \"block\" }",
            "to be block, found pool",
        ),
        (
            "expect.node2.tx = { b1 = \"pool\" }",
            "to be pool, found absent",
        ),
        (
            "tick = 1\nexpect.node2.refused = \"no\"",
            "expected a refusal with \\\"no\\\", found nothing refused",
        ),
        (
            "expect.tips = 2",
            "expected number of different tips 2, found 1",
        ),
        (
            "mine = \"node1\"\n[[steps]]\ntick = 3\nexpect.node1.tip = \"node2\"",
            "node1: expected tip of node2",
        ),
        (
            "until = { condition = \"block\", limit = 2 }",
            "after 2 ticks it is not yet so that there is a new block",
        ),
        (
            "tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 1 }",
            "expected success, found a refusal: aki has 0",
        ),
        (
            "tx = { at = \"node1\", sender = \"so\", recipient = \"aki\", value = 1 }\nrefused = \"so has\"",
            "found success",
        ),
        (
            "tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 1 }\nrefused = \"so has\"",
            "expected a refusal with \\\"so has\\\", found aki has 0",
        ),
        (
            "crash = \"node1\"\n[[steps]]\nmine = \"node1\"",
            "node1 was crashed",
        ),
        ("forge = { of = \"node1\", id = 1 }", "no block 1 yet"),
    ] {
        let (_directory, files) = files(&[("a.toml", &format!("{head}[[steps]]\n{step}\n"))]);
        let output = run(&files, &[]);
        let (report, _) = said(&output);
        assert_eq!(output.status.code(), Some(1), "{step}: {report}");
        assert_eq!(check_tap(&report), [false], "{step}");
        assert!(
            report.contains(problem),
            "{step}: {report} has no {problem:?}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_used_keeps_all_from_being_played() {
    let (directory, mut files) = files(&[("good.toml", GOOD), ("bad.toml", "version = 1\n")]);
    let output = run(&files, &[]);
    let (report, errors) = said(&output);
    assert_eq!((output.status.code(), report.as_str()), (Some(2), ""));
    assert!(errors.contains("bad.toml, line 1: "), "{errors}");
    files[1] = directory.path().join("none.toml");
    assert_eq!(run(&files, &[]).status.code(), Some(2));
    assert_eq!(run(&[], &[]).status.code(), Some(2));
    let output = run(&files[..1], &["--junit", "/nowhere/report.xml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).1.contains("--junit"));
}

#[test]
fn a_junit_report_is_xml() {
    let title = "title = \"<&\\\"\\u0001>\"";
    let odd = BROKEN.replace("title = \"Broken\"", title);
    let (directory, files) = files(&[("a&b.toml", &odd), ("good.toml", GOOD)]);
    let path = directory.path().join("report.xml");
    let output = run(&files, &["--junit", path.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(1));
    let xml = std::fs::read_to_string(path).expect("it was written");
    let mut reader = Reader::from_str(&xml);
    let (mut open, mut seen) = (0, Vec::new());
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("{error}: {xml}"))
        {
            Event::Eof => break,
            Event::Start(tag) => {
                open += 1;
                seen.push(tag.name().as_ref().to_owned());
                tag.attributes()
                    .for_each(|attribute| drop(attribute.expect("an attribute")));
            }
            Event::Empty(tag) => seen.push(tag.name().as_ref().to_owned()),
            Event::End(_) => open -= 1,
            _ => {}
        }
    }
    assert_eq!(open, 0, "{xml}");
    let count = |name: &str| seen.iter().filter(|seen| *seen == name).count();
    assert_eq!((count("testsuite"), count("testcase")), (2, 4));
    assert_eq!((count("failure"), count("skipped")), (1, 1));
    assert!(
        xml.contains("tests=\"4\" failures=\"1\" skipped=\"1\""),
        "{xml}"
    );
}

#[test]
fn a_signal_stops_it_cleanly() {
    let slow = "version = 1\ntitle = \"Slow\"\n[network]\nnodes = 20\n".to_owned()
        + &"[[steps]]\ntick = 1000\n".repeat(100);
    let (_directory, files) = files(&[("slow.toml", &slow)]);
    let mut child = command(&files)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut begun = String::new();
    let stdout = child.stdout.as_mut().expect("it is piped");
    until("it begins", || {
        let mut byte = [0];
        let read = std::io::Read::read(stdout, &mut byte).expect("output");
        begun.extend(byte[..read].iter().map(|byte| char::from(*byte)));
        begun.contains("Subtest: Slow")
    });
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    let (report, errors) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{report}\n{errors}");
    assert!(report.contains("Bail out! SIGINT"), "{report}");
    assert!(errors.contains("SIGINT"), "{errors}");
}
