//! A digest of what happened.

use sha2::{Digest, Sha256};

use crate::ledger::Hash;
use crate::sim::Time;

/// How much is gathered before it is hashed: one call for many events.
const BUFFER_BYTES: usize = 8 * 1024;

/// SHA-256 over all events, 24 bytes each: time and what it was, big-endian.
#[derive(Debug, Clone, Default)]
pub(super) struct TraceDigest {
    hash: Sha256,
    buffer: Vec<u8>,
}

impl TraceDigest {
    pub(super) fn add(&mut self, at: Time, [what, about]: [u64; 2]) {
        for number in [at.0, what, about] {
            self.buffer.extend_from_slice(&number.to_be_bytes());
        }
        if self.buffer.len() >= BUFFER_BYTES {
            self.hash.update(&self.buffer);
            self.buffer.clear();
        }
    }

    pub(super) fn finish(&self) -> Hash {
        let mut hash = self.hash.clone();
        hash.update(&self.buffer);
        Hash(hash.finalize().into())
    }
}
