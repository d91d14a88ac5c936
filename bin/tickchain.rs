//! The program `tickchain`: see `tickchain --help`.

use std::process::ExitCode;

use tickchain::daemon::{cli::Cli, run};

fn main() -> ExitCode {
    run(Cli::from_arguments())
}
