//! Payments as they are hashed and stored: what is read is written again as the same bytes.

use tickchain::ledger::Transaction;

pub fn run(bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let before = rest;
        let Some(payment) = Transaction::read_canonical(&mut rest) else {
            return;
        };
        let mut written = Vec::new();
        payment.write_canonical(&mut written);
        assert_eq!(written, before[..before.len() - rest.len()]);
        assert_eq!(written.len(), payment.canonical_len());
    }
}
