//! Logs on standard error.

use env_logger::Env;
use log::LevelFilter;

/// Starts logging: what `filter` names, else what `RUST_LOG` names, else warnings and errors. A
/// second call changes nothing.
pub fn init(filter: Option<&str>) {
    let mut builder = env_logger::Builder::from_env(Env::default().default_filter_or("warn"));
    // What the database fails with is told where it matters, in words for operators.
    builder.filter_module("fjall", LevelFilter::Off);
    builder.filter_module("lsm_tree", LevelFilter::Off);
    if let Some(filter) = filter {
        builder.parse_filters(filter);
    }
    let _ = builder.format_target(false).try_init();
}
