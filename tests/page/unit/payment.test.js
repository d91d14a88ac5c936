// What the payment form takes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { balanceOf } from "../../../src/daemon/dashboard/detail.js";
import { readSigned, readValue, wrongName } from "../../../src/daemon/dashboard/payment.js";

/** @import {NodeDetail} from "../../../src/daemon/dashboard/types.js" */

test("values are exact up to 2^53 − 1", () => {
  assert.deepEqual(readValue("9007199254740991"), { value: 9007199254740991 });
  assert.deepEqual(readValue(" 9,007,199,254,740,991 "), { value: 9007199254740991 });
  for (const text of ["9007199254740992", "9007199254740993", "1".repeat(400)]) {
    assert.match(/** @type {{wrong: string}} */ (readValue(text)).wrong, /at most 9,007,199,254,740,991/);
  }
});

test("values are whole and above 0", () => {
  for (const text of ["", "0", "-1", "1.5", "1,5", "1e3", "0x10", "two"]) assert.ok("wrong" in readValue(text), text);
  assert.deepEqual(readValue("007"), { value: 7 });
});

test("names have 1 to 64 bytes of UTF-8 without control characters", () => {
  for (const name of ["aki", "佐藤", "<img src=x>", "x".repeat(64), " "]) assert.equal(wrongName(name, "The sender"), null, name);
  assert.match(wrongName("", "The sender") ?? "", /needs a name/);
  assert.match(wrongName("a\u0085", "The sender") ?? "", /control character/);
  assert.match(wrongName("藤".repeat(22), "The sender") ?? "", /has 66 bytes/);
});

test("what is left is what the tip says and all that waits", () => {
  const detail = /** @type {NodeDetail} */ (/** @type {unknown} */ ({
    accounts: { aki: 2 },
    pool: [{ id: "1", sender: "aki", recipient: "so", value: 2 }],
    queue: [{ id: "2", sender: "so", recipient: "aki", value: 1 }],
    waiting: [{ id: "3", sender: "aki", recipient: "so", value: 100 }],
  }));
  assert.deepEqual(balanceOf(detail, "aki"), { balance: 2, left: 1 });
  assert.deepEqual(balanceOf(detail, "so"), { balance: 0, left: 1 });
  assert.deepEqual(balanceOf(detail, "constructor"), { balance: 0, left: 0 });
});

test("a signed payment is taken whole or not at all", () => {
  const payment = { id: "00", sender: "aki", recipient: "so", value: 2, sequence: 0, signature: "ab" };
  assert.deepEqual(readSigned(` ${JSON.stringify({ ...payment, more: 1 })}\n`), { payment });
  for (const text of ["", "aki pays so", "null", "[1]", "{"]) assert.ok("wrong" in readSigned(text), text);
  const { sequence, ...half } = payment;
  assert.match(/** @type {{wrong: string}} */ (readSigned(JSON.stringify(half))).wrong, /has no sequence/);
});
