// What is said about each reason a node gives. The reasons are in the words of src/ledger and src/node.

import assert from "node:assert/strict";
import { test } from "node:test";

import { explain } from "../../../src/daemon/dashboard/refusals.js";

/** @import {NodeDetail} from "../../../src/daemon/dashboard/types.js" */

/**
 * @param {Partial<NodeDetail>} kept
 * @returns {NodeDetail}
 */
function holding(kept) {
  return /** @type {NodeDetail} */ ({ accounts: { aki: 2, so: 7 }, pool: [], queue: [], waiting: [], ...kept });
}

const promise = { id: "p1", sender: "aki", recipient: "so", value: 2 };

test("overdrawn: what was promised already is counted out", () => {
  assert.equal(
    explain("aki has 0, which is less than the 2 to be paid", holding({ pool: [promise] })),
    "aki has 2 at this tip; 2 are promised to so by a payment that waits. That leaves 0.",
  );
  const both = holding({ pool: [promise], queue: [{ id: "p2", sender: "so", recipient: "aki", value: 1 }] });
  assert.match(explain("aki has 1, which is less than the 2 to be paid", both), /2 are promised to so by a payment that waits and 1 comes from so/);
});

test("overdrawn: numbers that no longer fit are not told", () => {
  const rule = "An account can pay only what it has once everything that goes before is paid.";
  assert.equal(explain("aki has 1, which is less than the 2 to be paid", holding({ pool: [promise] })), rule);
  assert.equal(explain("aki has 0, which is less than the 2 to be paid"), rule);
  assert.equal(explain("toString has 0, which is less than the 2 to be paid", holding({})), "toString has nothing at this tip, and no payment that waits brings it anything.");
});

test("overdrawn: without payments that wait the tip says it all", () => {
  assert.equal(explain("so has 7, which is less than the 8 to be paid", holding({})), "That is all so has at this tip, and no payment that waits changes it.");
});

test("a payment in a block is judged at its branch, not at the tip", () => {
  const why = explain("transaction 0 of block ab12: aki has 0, which is less than the 2 to be paid", holding({ pool: [promise] }));
  assert.match(why, /^A block stands only if .* Payment 1 of this one cannot/);
  assert.doesNotMatch(why, /promised/);
});

test("proof of work counts the tries", () => {
  assert.match(explain("hash ab12 ends in 3 zero bits, 12 are needed"), /about 4,096 nonces .* This one ends in 3:/);
});

test("every reason of ledger and node is explained", () => {
  const hash = "ab".repeat(32);
  for (const reason of [
    `payment ${hash.slice(32)} is there already: an id is paid once`,
    "a payment needs a sender: only the genesis block makes coins",
    `id ${hash.slice(32)} belongs to another payment: leave it out or choose another`,
    "10000 payments wait to be mined, which is the most a node keeps: mine a block first",
    "the pool is full with 10000 payments",
    "1000 payments that came later wait too",
    `the parent ${hash} is not known`,
    "block id 5 does not follow its parent, whose next is 2",
    "block id 0 is not between 1 and 9007199254740991",
    "nonce 9007199254740992 is above 9007199254740991",
    "timestamp 3 lies before the parent's, 5",
    "timestamp -1 is not between 0 and 253402300799 (9999/12/31 23:59:59)",
    "4097 transactions, a block holds at most 4096",
    "600000 bytes of transactions, a block holds at most 524288",
    "transaction 1 has no sender: only the genesis block makes coins",
    `the block says its hash is ${hash}, its contents hash to ${hash}`,
    "CHAIN answers 4, which was not asked",
    "its share of the inbox is full: nothing was taken up for long",
    "the inbox is full: move the clock first",
    "the node is not started: start it first",
    "the clock is at 5 and never goes back, not to 3 either",
  ]) {
    assert.notEqual(explain(reason), "", reason);
  }
});

test("what nobody thought of is left as it is", () => {
  assert.equal(explain("the moon is in the seventh house"), "");
});
