//! What peers say, drawn from bytes: whatever a frame can hold, sense or none.

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use tickchain::ledger::{
    Account, Hash, MAX_SAFE_INTEGER, MAX_TIMESTAMP, Signature, Signed, Transaction, UncheckedBlock,
};
use tickchain::node::{Body, Name};

/// The most payments or blocks of one list.
const MOST: u8 = 5;

pub fn hash(bytes: &mut Unstructured<'_>) -> Result<Hash> {
    Ok(Hash(bytes.arbitrary()?))
}

/// A text that is a name; what is none becomes one of few.
fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    const FEW: [&str; 5] = ["aki", "so", "satoshi", "new", "佐 \"藤\\"];
    if bytes.ratio(3, 4)? {
        return Ok((*bytes.choose(&FEW)?).to_owned());
    }
    let text: &str = bytes.arbitrary()?;
    Ok(match text.parse::<Name>() {
        Ok(name) => name.as_str().to_owned(),
        Err(_) => "x".to_owned(),
    })
}

pub fn name(bytes: &mut Unstructured<'_>) -> Result<Name> {
    Ok(text(bytes)?.parse().expect("it was looked at"))
}

pub fn account(bytes: &mut Unstructured<'_>) -> Result<Account> {
    Ok(text(bytes)?.parse().expect("it was looked at"))
}

pub fn transaction(bytes: &mut Unstructured<'_>) -> Result<Transaction> {
    let value = match bytes.ratio(3, 4)? {
        true => bytes.int_in_range(1..=6)?,
        false => bytes.int_in_range(1..=MAX_SAFE_INTEGER)?,
    };
    Ok(Transaction {
        id: u128::from(bytes.arbitrary::<u8>()?).into(),
        sender: match bytes.ratio(15, 16)? {
            true => Some(account(bytes)?),
            false => None,
        },
        recipient: account(bytes)?,
        value: value.try_into().expect("it lies in the range"),
        signed: match bytes.ratio(1, 16)? {
            true => Some(Arc::new(signed(bytes)?)),
            false => None,
        },
    })
}

/// A signature of nobody.
fn signed(bytes: &mut Unstructured<'_>) -> Result<Signed> {
    Ok(Signed {
        sequence: bytes.int_in_range(0..=MAX_SAFE_INTEGER)?,
        signature: Signature(bytes.arbitrary()?),
    })
}

pub fn transactions(bytes: &mut Unstructured<'_>) -> Result<Vec<Transaction>> {
    let count = bytes.int_in_range(0..=MOST)?;
    (0..count).map(|_| transaction(bytes)).collect()
}

/// A block of anything: no proof of work, no parent.
pub fn block(bytes: &mut Unstructured<'_>) -> Result<UncheckedBlock> {
    Ok(UncheckedBlock {
        id: bytes.arbitrary()?,
        hash: match bytes.arbitrary()? {
            true => Some(hash(bytes)?),
            false => None,
        },
        timestamp: bytes.int_in_range(0..=MAX_TIMESTAMP)?,
        transactions: transactions(bytes)?.into(),
        previous_block_hash: hash(bytes)?,
        nonce: bytes.arbitrary()?,
    })
}

pub fn body(bytes: &mut Unstructured<'_>) -> Result<Body> {
    let count = bytes.int_in_range(0..=MOST)?;
    Ok(match bytes.int_in_range(0..=3)? {
        0 => Body::NewTx(transaction(bytes)?),
        1 => Body::NewBlock(Box::new(block(bytes)?)),
        2 => Body::ReqChain((0..count).map(|_| hash(bytes)).collect::<Result<_>>()?),
        _ => Body::Chain {
            answers: bytes.int_in_range(0..=MAX_SAFE_INTEGER)?,
            blocks: (0..count).map(|_| block(bytes)).collect::<Result<_>>()?,
        },
    })
}
