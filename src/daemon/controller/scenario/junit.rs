//! Reports as JUnit XML, which build servers read: a suite for each scenario, a case for each step.

use std::io;
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::report::{Played, PlayedStep, StepResult};

type Xml = Writer<Vec<u8>>;

/// The whole report.
pub(super) fn document(all: &[Played]) -> Vec<u8> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut xml, all).expect("writing to memory does not fail");
    let mut document = xml.into_inner();
    document.push(b'\n');
    document
}

fn write(xml: &mut Xml, all: &[Played]) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let steps: Vec<&PlayedStep> = all.iter().flat_map(|played| &played.steps).collect();
    xml.create_element("testsuites")
        .with_attribute(("name", "tickchain"))
        .with_attributes(counts(&steps).iter().map(borrowed))
        .write_inner_content(|xml| all.iter().try_for_each(|played| suite(xml, played)))?;
    Ok(())
}

fn suite(xml: &mut Xml, played: &Played) -> io::Result<()> {
    let steps: Vec<&PlayedStep> = played.steps.iter().collect();
    xml.create_element("testsuite")
        .with_attribute(("name", plain(&played.title).as_str()))
        .with_attributes(counts(&steps).iter().map(borrowed))
        .with_attribute(("file", plain(&played.file).as_str()))
        .write_inner_content(|xml| {
            let mut numbered = (1..).zip(&played.steps);
            numbered.try_for_each(|(number, step)| case(xml, played, number, step))
        })?;
    Ok(())
}

fn case(xml: &mut Xml, played: &Played, number: usize, step: &PlayedStep) -> io::Result<()> {
    let name = format!("{number}. {}", plain(&step.text));
    let line = step.line.to_string();
    let element = xml.create_element("testcase").with_attributes([
        ("name", name.as_str()),
        ("classname", plain(&played.title).as_str()),
        ("time", seconds(step.time).as_str()),
        ("file", plain(&played.file).as_str()),
        ("line", line.as_str()),
    ]);
    match &step.result {
        StepResult::Met => element.write_empty()?,
        StepResult::Skipped => element.write_inner_content(|xml| {
            xml.create_element("skipped").write_empty()?;
            Ok(())
        })?,
        StepResult::Unmet(unmet) => element.write_inner_content(|xml| {
            let problem = plain(&unmet.problem);
            let text = format!("{}, line {}: {problem}", plain(&played.file), unmet.line);
            xml.create_element("failure")
                .with_attributes([("message", problem.as_str()), ("type", "expectation")])
                .write_text_content(BytesText::new(&text))?;
            Ok(())
        })?,
    };
    Ok(())
}

fn counts(steps: &[&PlayedStep]) -> [(&'static str, String); 4] {
    let count = |is: fn(&StepResult) -> bool| steps.iter().filter(|step| is(&step.result)).count();
    let failures = count(|result| matches!(result, StepResult::Unmet(_)));
    let skipped = count(|result| matches!(result, StepResult::Skipped));
    [
        ("tests", steps.len().to_string()),
        ("failures", failures.to_string()),
        ("skipped", skipped.to_string()),
        ("time", seconds(steps.iter().map(|step| step.time).sum())),
    ]
}

fn borrowed<'a>((name, value): &'a (&'static str, String)) -> (&'a str, &'a str) {
    (name, value)
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Without the characters that XML cannot hold, escaped or not.
fn plain(text: &str) -> String {
    let holds = |char: char| !char.is_control() && !matches!(char, '\u{fffe}' | '\u{ffff}');
    text.chars()
        .map(|char| if holds(char) { char } else { ' ' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::controller::scenario::report::Unmet;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        let step = |text: &str, result| PlayedStep {
            text: text.to_owned(),
            line: 4,
            result,
            time: Duration::from_millis(1500),
        };
        let unmet = Unmet {
            problem: "a < \"b\" & c]]>\u{1}".to_owned(),
            line: 7,
        };
        let played = Played {
            file: "a&b.toml".to_owned(),
            title: "\"Fork\" <1>".to_owned(),
            steps: vec![
                step("tick", StepResult::Met),
                step("mine's", StepResult::Unmet(unmet)),
                step("tick", StepResult::Skipped),
            ],
        };
        let document = String::from_utf8(document(&[played])).unwrap();
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tickchain" tests="3" failures="1" skipped="1" time="4.500">
  <testsuite name="&quot;Fork&quot; &lt;1&gt;" tests="3" failures="1" skipped="1" time="4.500" file="a&amp;b.toml">
    <testcase name="1. tick" classname="&quot;Fork&quot; &lt;1&gt;" time="1.500" file="a&amp;b.toml" line="4"/>
    <testcase name="2. mine&apos;s" classname="&quot;Fork&quot; &lt;1&gt;" time="1.500" file="a&amp;b.toml" line="4">
      <failure message="a &lt; &quot;b&quot; &amp; c]]&gt; " type="expectation">a&amp;b.toml, line 7: a &lt; &quot;b&quot; &amp; c]]&gt; </failure>
    </testcase>
    <testcase name="3. tick" classname="&quot;Fork&quot; &lt;1&gt;" time="1.500" file="a&amp;b.toml" line="4">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(document, expected);
    }
}
