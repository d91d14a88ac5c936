//! Miners that do not do as they should.

mod secret;

pub use secret::{Move, Plan, SecretBranch};
