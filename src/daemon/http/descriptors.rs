//! How many clients a process has descriptors for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::seats::MAX_CONNECTIONS;

/// Descriptors that clients leave to the rest of a node: 64 connections that greet, 128 links, 64 tables of
/// the database, and its journal, merges, logs and listeners. Without them what must last could not be
/// written.
const FOR_OTHERS: u64 = 320;

/// Clients that are let in however few descriptors there are.
const LEAST: usize = 16;

/// Takes as many descriptors as the system gives this process; for how many clients they are enough.
pub(super) fn for_clients() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Where the system has no word for its true maximum, the process keeps what it had.
    let limit = match setrlimit(Resource::Nofile, most) {
        Ok(()) => most,
        Err(_) => limit,
    };
    clients(limit.current)
}

fn clients(descriptors: Option<u64>) -> usize {
    let Some(descriptors) = descriptors else {
        return MAX_CONNECTIONS;
    };
    let left = usize::try_from(descriptors.saturating_sub(FOR_OTHERS)).unwrap_or(usize::MAX);
    left.clamp(LEAST, MAX_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_leave_descriptors_to_the_rest() {
        assert_eq!(clients(None), MAX_CONNECTIONS);
        assert_eq!(clients(Some(1 << 20)), MAX_CONNECTIONS);
        assert_eq!(clients(Some(500)), 180);
        assert_eq!(clients(Some(100)), LEAST);
    }
}
