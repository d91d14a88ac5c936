import assert from "node:assert/strict";
import { test } from "node:test";

import {
  blockHash, canonicalBytes, headerBytes, hex, merkleRoot, searchNonce, seconds, trailingZeroBits, unhex,
} from "../../../src/daemon/dashboard/hashing.js";
import { sha256 } from "../../../src/daemon/dashboard/vendor/noble-sha256.js";
import { goldenChain, goldenSigned } from "./golden.js";

test("blocks hash as pinned", () => {
  const chain = goldenChain();
  assert.equal(chain.length, 4);
  const signed = goldenSigned();
  assert.equal(signed.length, 2);
  for (const { block, header, merkleRoot: root, hash } of [...chain, ...signed]) {
    assert.equal(hex(headerBytes(block)), header);
    assert.equal(hex(merkleRoot(block.transactions)), root);
    assert.equal(hex(blockHash(block)), hash);
    assert.equal(block.hash, hash);
  }
});

test("a search from 0 finds the pinned nonces, and from behind them another", () => {
  for (const { block } of goldenChain().slice(1)) {
    const header = headerBytes(block);
    assert.equal(searchNonce(header, 12, 0, 20_000), block.nonce);
    assert.equal(searchNonce(header, 12, 0, block.nonce), null);
    assert.notEqual(searchNonce(header, 12, block.nonce + 1, 100_000), block.nonce);
  }
});

test("Merkle roots agree with RFC 6962 for every shape of tree", () => {
  const payments = Array.from({ length: 9 }, (_, n) => (
    { id: String(n).padStart(32, "0"), sender: "aki", recipient: "so", value: n + 1 }));
  const node = (/** @type {Uint8Array[]} */ ...parts) => sha256(Uint8Array.from([1, ...parts[0], ...parts[1]]));
  const leaf = payments.map((payment) => sha256(Uint8Array.from([0, ...canonicalBytes(payment)])));
  const four = node(node(leaf[0], leaf[1]), node(leaf[2], leaf[3]));
  assert.equal(hex(merkleRoot([])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.deepEqual(merkleRoot(payments.slice(0, 1)), leaf[0]);
  assert.deepEqual(merkleRoot(payments.slice(0, 3)), node(node(leaf[0], leaf[1]), leaf[2]));
  assert.deepEqual(merkleRoot(payments.slice(0, 6)), node(four, node(leaf[4], leaf[5])));
  assert.deepEqual(merkleRoot(payments.slice(0, 7)), node(four, node(node(leaf[4], leaf[5]), leaf[6])));
});

test("timestamps are read as the ledger reads them", () => {
  assert.equal(seconds("2009/01/03 18:15:05"), 1231006505);
  assert.equal(seconds("9999/12/31 23:59:59"), 253402300799);
  for (const text of ["", "2009-01-03 18:15:05", "2009/13/03 18:15:05", "2009/02/30 18:15:05", "1969/12/31 23:59:59", "2009/01/03 18:15:60", "2009/01/03 24:00:00", "2009/01/03 18:15:05 "]) {
    assert.throws(() => seconds(text), RangeError, text);
  }
});

test("zero bits are counted from the end", () => {
  const bytes = new Uint8Array(32);
  assert.equal(trailingZeroBits(bytes), 256);
  bytes[30] = 0x10;
  assert.equal(trailingZeroBits(bytes), 12);
  bytes[31] = 1;
  assert.equal(trailingZeroBits(bytes), 0);
});

test("what cannot be written as bytes is refused in a sentence", () => {
  const [, { block }] = goldenChain();
  const refused = (/** @type {object} */ change) => () => blockHash({ ...block, ...change });
  assert.throws(refused({ nonce: 1.5 }), /a nonce is an integer from 0/);
  assert.throws(refused({ nonce: -1 }), /a nonce/);
  assert.throws(refused({ previous_block_hash: "zz" }), /64 hex digits/);
  const paid = (/** @type {object} */ change) => refused({ transactions: [{ ...block.transactions[0], ...change }] });
  assert.throws(paid({ value: 0 }), /a value is an integer from 1/);
  assert.throws(paid({ sender: "" }), /a sender has 1 to 64 bytes of UTF-8, not 0/);
  assert.throws(paid({ recipient: "七".repeat(22) }), /a recipient has .* not 66/);
  assert.equal(hex(unhex("00ff", 2, "x")), "00ff");
});
