//! Scenario files: what they may say, how they are played, and that the lessons hold.

#![cfg(feature = "daemon")]

#[path = "../common/http.rs"]
mod http;
#[path = "../common/process.rs"]
mod process;

mod format;
mod run;
mod stage;
