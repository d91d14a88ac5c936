//! Scenario files: what they may say, how they are played, and that the lessons hold.

#![cfg(feature = "daemon")]

mod format;
