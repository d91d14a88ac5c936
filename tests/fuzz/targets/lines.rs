//! What errors about files say.

/// Checks that an error about a `text` that is called `file` names a line it has, and is no novel.
pub fn names_one(error: &str, text: &str) {
    let number = error.split_once("line ").map_or("", |(_, rest)| rest);
    let number: String = number.chars().take_while(char::is_ascii_digit).collect();
    let line: usize = number
        .parse()
        .unwrap_or_else(|_| panic!("no line: {error}"));
    let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
    assert!((1..=lines).contains(&line), "of {lines} lines: {error}");
    assert!(
        error.len() <= 4096 + 4 * text.len(),
        "{} bytes of error",
        error.len()
    );
}
