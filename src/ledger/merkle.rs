//! The Merkle tree hash of [RFC 6962, section 2.1](https://www.rfc-editor.org/rfc/rfc6962#section-2.1).

use sha2::{Digest, Sha256};

use super::hash::Hash;
use super::transaction::Transaction;

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;

/// The Merkle root of payments, in their order. Of none it is SHA-256 of nothing.
///
/// ```
/// use tickchain::ledger::{Hash, merkle_root};
/// assert_eq!(merkle_root(&[]), Hash::sha256(b""));
/// ```
pub fn merkle_root(transactions: &[Transaction]) -> Hash {
    match transactions {
        [only] => leaf(only),
        _ => root(transactions.iter().map(leaf)),
    }
}

/// The leaf of one payment.
pub(super) fn leaf(transaction: &Transaction) -> Hash {
    let mut hasher = Sha256::new_with_prefix([LEAF]);
    transaction.feed_canonical(|bytes| hasher.update(bytes));
    Hash(hasher.finalize().into())
}

/// The root over hashed leaves. Complete subtrees wait on a stack until their right twin is there,
/// as binary addition carries; what is left over at the end is joined from the right, which is
/// RFC 6962's split at the largest power of two.
fn root(leaves: impl Iterator<Item = Hash>) -> Hash {
    let mut stack: Vec<Hash> = Vec::new();
    for (index, leaf) in leaves.enumerate() {
        let mut hash = leaf;
        for _ in 0..index.trailing_ones() {
            hash = node(
                &stack
                    .pop()
                    .expect("a complete subtree waits for each carry"),
                &hash,
            );
        }
        stack.push(hash);
    }
    stack
        .into_iter()
        .rev()
        .reduce(|right, left| node(&left, &right))
        .unwrap_or_else(|| Hash::sha256(b""))
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [NODE; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Hash::sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962's definition, word for word.
    fn recursive(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => Hash::sha256(b""),
            1 => leaves[0],
            n => {
                let split = n.next_power_of_two() / 2;
                node(&recursive(&leaves[..split]), &recursive(&leaves[split..]))
            }
        }
    }

    #[test]
    fn agrees_with_the_recursive_definition() {
        let leaves: Vec<Hash> = (0..70u8).map(|n| Hash::sha256(&[LEAF, n])).collect();
        for n in 0..leaves.len() {
            assert_eq!(
                root(leaves[..n].iter().copied()),
                recursive(&leaves[..n]),
                "{n} leaves"
            );
        }
    }
}
