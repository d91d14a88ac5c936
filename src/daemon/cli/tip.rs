//! What was meant by arguments that are none.

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;

/// Names the command that is missing, where an option was given that needs one.
pub(super) fn with_tip(mut error: clap::Error) -> clap::Error {
    let given: Vec<String> = (std::env::args_os().skip(1))
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let secret = |argument: &String| argument.starts_with("--token");
    if error.kind() != ErrorKind::UnknownArgument || given.iter().any(secret) {
        return error;
    }
    let fits = |command: &&str| {
        let named = ["tickchain", command].map(str::to_owned);
        Cli::try_parse_from(named.into_iter().chain(given.clone())).is_ok()
    };
    if let Some(command) = ["mesh", "node", "controller"].into_iter().find(fits) {
        let tip = format!("tickchain {command} {}", given.join(" "));
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
    error
}
