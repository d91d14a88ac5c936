//! Genesis, the network's id and three mined blocks, pinned to literal hex.
//!
//! The literals were made by a program in another language, written from the docs of
//! `tickchain::ledger`. [`documented`] is one more implementation of them. If a test here fails, blocks are
//! hashed in another way than before: other nodes and all stored chains disagree.

use tickchain::ledger::{Genesis, GenesisAccount, Ledger, PrivateKey, UncheckedBlock, search};

struct Golden {
    /// The block as the HTTP API shows it, but for white space.
    json: &'static str,
    /// Parent and Merkle root, 32 bytes each, and id, timestamp, nonce, 8 bytes each.
    header: &'static str,
    merkle_root: &'static str,
    hash: &'static str,
}

const NETWORK_ID: &str = "e79198c2a74940a9bc1ada817f3f8ed4982c78e2fee215db4e389d27fbd6a1b5";

/// Genesis; a payment; names beyond ASCII, one to be escaped in JSON, the highest id, one who pays
/// itself; an empty block at the last second there is.
const CHAIN: [Golden; 4] = [
    Golden {
        json: r#"{"id":0,"hash":"f6cd70d5e0f114ab65eecf93f3a3383548a4a1d9cb43605bce943dc13b1a62ed",
    "timestamp":"2009/01/03 18:15:05",
    "transactions":[
      {"id":"00000000000000000000000000000000","sender":null,"recipient":"aki","value":2},
      {"id":"00000000000000000000000000000001","sender":null,"recipient":"so","value":7},
      {"id":"00000000000000000000000000000002","sender":null,"recipient":"satoshi","value":5}],
    "previous_block_hash":"0000000000000000000000000000000000000000000000000000000000000000",
    "nonce":0}"#,
        header: concat!(
            "0000000000000000000000000000000000000000000000000000000000000000",
            "3abb857f16d49516e45cfd19aac9465af818dce0986aedd3e5abd45c3cda180a",
            "000000000000000000000000495fab290000000000000000"
        ),
        merkle_root: "3abb857f16d49516e45cfd19aac9465af818dce0986aedd3e5abd45c3cda180a",
        hash: "f6cd70d5e0f114ab65eecf93f3a3383548a4a1d9cb43605bce943dc13b1a62ed",
    },
    Golden {
        json: r#"{"id":1,"hash":"70401d01754dfc1e08953d23d2494c45ac4185e67e6c5333f5acac8679e56000",
    "timestamp":"2009/01/03 18:15:05",
    "transactions":[
      {"id":"000000000000000000000000000a11ce","sender":"aki","recipient":"so","value":2}],
    "previous_block_hash":"f6cd70d5e0f114ab65eecf93f3a3383548a4a1d9cb43605bce943dc13b1a62ed",
    "nonce":7909}"#,
        header: concat!(
            "f6cd70d5e0f114ab65eecf93f3a3383548a4a1d9cb43605bce943dc13b1a62ed",
            "a495feb290c7a3dc6f5e77e7d02f7d7244c55c20913e6d2eebd1870e0ee839ef",
            "000000000000000100000000495fab290000000000001ee5"
        ),
        merkle_root: "a495feb290c7a3dc6f5e77e7d02f7d7244c55c20913e6d2eebd1870e0ee839ef",
        hash: "70401d01754dfc1e08953d23d2494c45ac4185e67e6c5333f5acac8679e56000",
    },
    Golden {
        json: r#"{"id":2,"hash":"f6865c42ae599164285a2b71739d18d67f40b7ab7df94ae954344de90d312000",
    "timestamp":"2024/02/29 23:59:59",
    "transactions":[
      {"id":"ffffffffffffffffffffffffffffffff","sender":"so","recipient":"佐藤 \"七\"","value":9},
      {"id":"00000000000000000000000000000010","sender":"佐藤 \"七\"","recipient":"so","value":4},
      {"id":"00000000000000000000000000000011","sender":"satoshi","recipient":"satoshi","value":5}],
    "previous_block_hash":"70401d01754dfc1e08953d23d2494c45ac4185e67e6c5333f5acac8679e56000",
    "nonce":1497}"#,
        header: concat!(
            "70401d01754dfc1e08953d23d2494c45ac4185e67e6c5333f5acac8679e56000",
            "17bad43470340f40c8e85b5291baf58cf55d31fab9b0b6bd4f99f0ba360645e9",
            "00000000000000020000000065e11a7f00000000000005d9"
        ),
        merkle_root: "17bad43470340f40c8e85b5291baf58cf55d31fab9b0b6bd4f99f0ba360645e9",
        hash: "f6865c42ae599164285a2b71739d18d67f40b7ab7df94ae954344de90d312000",
    },
    Golden {
        json: r#"{"id":3,"hash":"6900d4675eecf89928a1c34ada6890eb8355ea595dcb64df7285ff50f0c70000",
    "timestamp":"9999/12/31 23:59:59",
    "transactions":[],
    "previous_block_hash":"f6865c42ae599164285a2b71739d18d67f40b7ab7df94ae954344de90d312000",
    "nonce":15425}"#,
        header: concat!(
            "f6865c42ae599164285a2b71739d18d67f40b7ab7df94ae954344de90d312000",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "00000000000000030000003afff4417f0000000000003c41"
        ),
        merkle_root: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        hash: "6900d4675eecf89928a1c34ada6890eb8355ea595dcb64df7285ff50f0c70000",
    },
];

const SIGNED_NETWORK_ID: &str = "1a68fe957d088470fea486082698c16778be5ef7a8a7c762c25d29167e61fd03";

/// The public keys of aki and so, whose secret bytes are all 1 and all 2.
const KEYS: [&str; 2] = [
    "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
    "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
];

/// Signed payments: genesis; one of aki's to the key whose secret bytes are all 3, and one of that key's with
/// the highest sequence.
const SIGNED: [Golden; 2] = [
    Golden {
        json: r#"{"id":0,"hash":"4747989870552e2969db0ceb10f0e6199d087ece8566e446b92ef5fb45c84d4f",
    "timestamp":"2009/01/03 18:15:05",
    "transactions":[
      {"id":"00000000000000000000000000000000","sender":null,"recipient":"aki","value":2},
      {"id":"00000000000000000000000000000001","sender":null,"recipient":"so","value":7}],
    "previous_block_hash":"56d07612e25764c56cc1a92d0c418729bb60b69178a28eb9c051cb4f86ef76fa",
    "nonce":0}"#,
        header: concat!(
            "56d07612e25764c56cc1a92d0c418729bb60b69178a28eb9c051cb4f86ef76fa",
            "b3efc9f5920166537d739a879b2b9fd5f3aa6d46e034994c24254fcdf0d2df9a",
            "000000000000000000000000495fab290000000000000000"
        ),
        merkle_root: "b3efc9f5920166537d739a879b2b9fd5f3aa6d46e034994c24254fcdf0d2df9a",
        hash: "4747989870552e2969db0ceb10f0e6199d087ece8566e446b92ef5fb45c84d4f",
    },
    Golden {
        json: r#"{"id":1,"hash":"3c8683060e8830163d4d1984b500b0735ad62472b4b668084462742bac8ae000",
    "timestamp":"2009/01/03 18:15:05",
    "transactions":[
      {"id":"916f5c56a48a934093345245ac0013d2","sender":"aki","recipient":"ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1","value":2,
       "sequence":7,
       "signature":"cc2e233d078245791250bf13658ded539015652048d2261358ad61138d090a73e24d84c372e9161aac6d643a2cf7cb429b4020f048486af5e14b2c32a4a52304"},
      {"id":"af00a3475ddf851a29849e4746de7a45","sender":"ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1","recipient":"so","value":1,
       "sequence":9007199254740991,
       "signature":"5604ff2a40247225d70966e7c09274f45be35fc0db295a7a6d137cbb744947d5e1efb9f9541e06f10f5b790b620dc39254f600b8cfa95a8c1cc5033c8a02470b"}],
    "previous_block_hash":"4747989870552e2969db0ceb10f0e6199d087ece8566e446b92ef5fb45c84d4f",
    "nonce":1950}"#,
        header: concat!(
            "4747989870552e2969db0ceb10f0e6199d087ece8566e446b92ef5fb45c84d4f",
            "fe4264d6ef3760ac76c1c2327bad82a2faf30545927da2c32278ead285febe5a",
            "000000000000000100000000495fab29000000000000079e"
        ),
        merkle_root: "fe4264d6ef3760ac76c1c2327bad82a2faf30545927da2c32278ead285febe5a",
        hash: "3c8683060e8830163d4d1984b500b0735ad62472b4b668084462742bac8ae000",
    },
];

fn ledger() -> Ledger {
    Ledger::new(&Genesis::default()).unwrap()
}

#[test]
fn the_ledger_hashes_as_pinned() {
    let mut ledger = ledger();
    for (id, golden) in (0..).zip(&CHAIN) {
        let unchecked: UncheckedBlock = serde_json::from_str(golden.json).unwrap();
        if id > 0 {
            let block = unchecked.clone().check(ledger.rules()).unwrap();
            ledger.insert(block).outcome.unwrap();
        }
        let block = ledger.tip();
        assert_eq!(block.id(), id);
        assert_eq!(block.to_unchecked(), unchecked);
        assert_eq!(hex::encode(block.header().to_bytes()), golden.header);
        assert_eq!(block.header().merkle_root.to_string(), golden.merkle_root);
        assert_eq!(block.hash().to_string(), golden.hash);
        let golden: serde_json::Value = serde_json::from_str(golden.json).unwrap();
        assert_eq!(serde_json::to_value(block).unwrap(), golden);
    }
    assert_eq!(ledger.network_id().to_string(), NETWORK_ID);
    let balances = ledger.accounts();
    let balances: Vec<_> = balances
        .iter()
        .map(|(name, b)| (name.as_str(), *b))
        .collect();
    let expected = [("aki", 0), ("satoshi", 5), ("so", 4), ("佐藤 \"七\"", 5)];
    assert_eq!(balances, expected);
}

#[test]
fn the_docs_hash_as_pinned() {
    for golden in &CHAIN {
        let block = serde_json::from_str(golden.json).unwrap();
        let header = documented::header(&block);
        assert_eq!(hex::encode(&header), golden.header);
        assert_eq!(hex::encode(&header[32..64]), golden.merkle_root);
        let hash = documented::sha256(&documented::sha256(&header));
        assert_eq!(hex::encode(hash), golden.hash);
    }
    let genesis = hex::decode(CHAIN[0].header).unwrap();
    let id = documented::sha256(&[b"tickchain network", &genesis[..], &[12]].concat());
    assert_eq!(hex::encode(id), NETWORK_ID);
}

fn signed_genesis() -> Genesis {
    let account = |(number, (name, balance)): (u8, (&str, u64))| GenesisAccount {
        name: name.parse().unwrap(),
        balance: balance.try_into().unwrap(),
        key: Some(PrivateKey::from_bytes([number; 32]).public()),
    };
    Genesis {
        signatures: true,
        accounts: (1..).zip([("aki", 2), ("so", 7)]).map(account).collect(),
        ..Genesis::default()
    }
}

#[test]
fn signed_payments_are_made_as_pinned() {
    let mut ledger = Ledger::new(&signed_genesis()).unwrap();
    let network = ledger.network_id();
    assert_eq!(network.to_string(), SIGNED_NETWORK_ID);
    for (account, key) in signed_genesis().accounts.iter().zip(KEYS) {
        assert_eq!(account.key.unwrap().to_string(), key);
    }
    let blocks = SIGNED.map(|golden| serde_json::from_str::<UncheckedBlock>(golden.json).unwrap());
    assert_eq!(ledger.genesis().to_unchecked(), blocks[0]);
    let checked = blocks[1].clone().check(ledger.rules()).unwrap();
    assert_eq!(hex::encode(checked.header().to_bytes()), SIGNED[1].header);
    assert_eq!(checked.hash().to_string(), SIGNED[1].hash);
    ledger.insert(checked).outcome.unwrap();
    for (payment, secret) in blocks[1].transactions.iter().zip([1, 3]) {
        let sequence = payment.signed.as_ref().unwrap().sequence;
        let (sender, recipient) = (payment.sender.clone().unwrap(), payment.recipient.clone());
        let key = PrivateKey::from_bytes([secret; 32]);
        let made = key.pay(&network, sender, recipient, payment.value, sequence);
        assert_eq!(made, *payment);
    }
}

#[test]
fn the_docs_sign_as_pinned() {
    for golden in &SIGNED {
        let block = serde_json::from_str(golden.json).unwrap();
        let header = documented::header(&block);
        assert_eq!(hex::encode(&header), golden.header);
        let hash = documented::sha256(&documented::sha256(&header));
        assert_eq!(hex::encode(hash), golden.hash);
    }
    let keys = KEYS.map(|key| hex::decode(key).unwrap()).concat();
    let before = documented::sha256(&[b"tickchain keys", &keys[..]].concat());
    assert_eq!(hex::encode(before), SIGNED[0].header[..64]);
    let genesis = hex::decode(SIGNED[0].header).unwrap();
    let network = documented::sha256(&[b"tickchain network", &genesis[..], &[12]].concat());
    assert_eq!(hex::encode(&network), SIGNED_NETWORK_ID);
    let block: serde_json::Value = serde_json::from_str(SIGNED[1].json).unwrap();
    let payment = &block["transactions"][0];
    let named = [
        b"tickchain payment",
        &network[..],
        b"\x03aki",
        &7u64.to_be_bytes(),
    ]
    .concat();
    assert_eq!(
        hex::encode(&documented::sha256(&named)[..16]),
        payment["id"]
    );
    let recipient = payment["recipient"].as_str().unwrap();
    let message = [
        b"tickchain signature",
        &network[..],
        b"\x03aki\x40",
        recipient.as_bytes(),
        &2u64.to_be_bytes(),
        &7u64.to_be_bytes(),
    ];
    let signature = hex::decode(payment["signature"].as_str().unwrap()).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    let key: [u8; 32] = hex::decode(KEYS[0]).unwrap().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(&message.concat(), &signature).unwrap();
}

#[test]
fn a_search_from_0_finds_the_pinned_nonces() {
    for golden in &CHAIN[1..] {
        let unchecked: UncheckedBlock = serde_json::from_str(golden.json).unwrap();
        let difficulty = Genesis::default().difficulty;
        let found = search::search_from(&unchecked.header(), difficulty, 0, || false);
        assert_eq!(found, search::Outcome::Found(unchecked.nonce));
    }
}

/// What the docs say, in plain SHA-256 and JSON: nothing of the library is used.
mod documented {
    use serde_json::Value;
    use sha2::{Digest, Sha256};

    pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
        Sha256::digest(bytes).to_vec()
    }

    pub(super) fn header(block: &Value) -> Vec<u8> {
        let payments = block["transactions"].as_array().unwrap();
        let leaves: Vec<_> = payments.iter().map(canonical).collect();
        let mut bytes = unhex(&block["previous_block_hash"]);
        bytes.extend(merkle_root(&leaves));
        bytes.extend(block["id"].as_u64().unwrap().to_be_bytes());
        bytes.extend(seconds(block["timestamp"].as_str().unwrap()).to_be_bytes());
        bytes.extend(block["nonce"].as_u64().unwrap().to_be_bytes());
        bytes
    }

    fn canonical(payment: &Value) -> Vec<u8> {
        let name = |name: &str| [&[u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        let mut bytes = unhex(&payment["id"]);
        let is_signed = payment.get("signature").is_some();
        match payment["sender"].as_str() {
            None => bytes.push(0),
            Some(sender) => {
                let flag = if is_signed { 3 } else { 1 };
                bytes.extend([vec![flag], name(sender)].concat());
            }
        }
        bytes.extend(name(payment["recipient"].as_str().unwrap()));
        bytes.extend(payment["value"].as_u64().unwrap().to_be_bytes());
        if is_signed {
            bytes.extend(payment["sequence"].as_u64().unwrap().to_be_bytes());
            bytes.extend(unhex(&payment["signature"]));
        }
        bytes
    }

    fn merkle_root(leaves: &[Vec<u8>]) -> Vec<u8> {
        match leaves {
            [] => sha256(&[]),
            [leaf] => sha256(&[&[0], leaf.as_slice()].concat()),
            _ => {
                let (mut split, len) = (1, leaves.len());
                while split * 2 < len {
                    split *= 2;
                }
                let (left, right) = leaves.split_at(split);
                sha256(&[vec![1], merkle_root(left), merkle_root(right)].concat())
            }
        }
    }

    /// `YYYY/MM/DD HH:MM:SS` as seconds since 1970, one year and one month at a time.
    fn seconds(text: &str) -> i64 {
        let mut parts = text
            .split(['/', ' ', ':'])
            .map(|part| part.parse::<i64>().unwrap());
        let mut next = || parts.next().unwrap();
        let (year, month, day) = (next(), next(), next());
        let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days_before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let mut days: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum();
        days += days_before[usize::try_from(month).unwrap() - 1] + day - 1;
        days += i64::from(month > 2 && leap(year));
        ((days * 24 + next()) * 60 + next()) * 60 + next()
    }

    fn unhex(value: &Value) -> Vec<u8> {
        hex::decode(value.as_str().unwrap()).unwrap()
    }
}
