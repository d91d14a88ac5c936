//! Numbers of things in words.

use std::fmt;

/// So many of what is called this: "1 block", "2 blocks".
#[derive(Debug, Clone, Copy)]
pub(in crate::daemon) struct Count(
    pub(in crate::daemon) u64,
    pub(in crate::daemon) &'static str,
);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}
