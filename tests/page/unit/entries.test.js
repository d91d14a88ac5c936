// The log's sentences.

import assert from "node:assert/strict";
import { test } from "node:test";

import { entriesOf, entryOfAction, passes } from "../../../src/daemon/dashboard/entries.js";

/** @import {Event, NodeEvent} from "../../../src/daemon/dashboard/types.js" */

const known = { blockId: () => 3, payment: () => ({ id: "p", sender: "aki", recipient: "so", value: 2000 }) };
const unknown = { blockId: () => undefined, payment: () => undefined };
const at = { branch: 0, tick: 7 };
const hash = "ab".repeat(32);

/** @returns {NodeEvent} */
function told(/** @type {string} */ node, /** @type {Event} */ event) {
  return { node, id: 1, event };
}

/** @param {NodeEvent[]} events */
function texts(...events) {
  return entriesOf(events, at, known).map(({ text }) => text);
}

/** @param {number} id @returns {Event} */
function block(id, main = true) {
  return { type: "block", id, hash: `${id}`.repeat(64).slice(0, 64), main, previous_block_hash: null, transactions: 0 };
}

test("a mined block is told of once by its miner", () => {
  const mined = block(4);
  const same = mined.type === "block" ? mined.hash : "";
  assert.deepEqual(texts(told("node1", { type: "mined", id: 4, hash: same }), told("node1", mined), told("node2", mined)), [
    "node1 mined block 4", "node2 took in block 4, its new tip",
  ]);
});

test("many blocks at once are one entry", () => {
  assert.deepEqual(texts(...[1, 2, 3, 4, 5].map((id) => told("node4", block(id)))), ["node4 took in 5 blocks, up to block 5"]);
  assert.equal(texts(...[1, 2, 3].map((id) => told("node4", block(id)))).length, 3);
});

test("messages name what they hold and both ends", () => {
  const [entry] = entriesOf([told("node1", { type: "sent", to: "node2", kind: "NEW_BLOCK", sequence: 5, about: hash })], at, known);
  assert.equal(entry.text, "node1 sends block 3 to node2");
  assert.deepEqual(entry.nodes, ["node1", "node2"]);
  assert.equal(entry.kind, "message");
  assert.deepEqual(texts(told("node1", { type: "sent", to: "node2", kind: "NEW_TX", sequence: 6, about: "p" })), ["node1 sends aki → so 2,000 to node2"]);
  assert.deepEqual(texts(told("node1", { type: "clock", clock: 7, status: "idle" })), []);
});

test("a refusal says who, what and from whom", () => {
  const [entry] = entriesOf([told("node2", { type: "refused", from: "node1", about: hash, reason: "no work" })], at, unknown);
  assert.equal(entry.text, "node2 refused a block from node1");
  assert.equal(entry.reason, "no work");
  assert.deepEqual(entry.about, { kind: "block", hash });
});

test("actions say what was done, and why not", () => {
  const tx = { tx: { at: "node1", sender: "aki", recipient: "so", value: 9 } };
  assert.equal(entryOfAction({ tick: 1 }, { result: "success", tick: 8 }, at), null);
  assert.equal(entryOfAction({ cut: ["node1"] }, { result: "success", tick: 7 }, at)?.text, "Cut all links of node1");
  const refused = entryOfAction(tx, { result: "fail", tick: 7, reason: "aki has 2" }, at);
  assert.equal(refused?.kind, "refused");
  assert.equal(refused?.text, "Refused: Payment aki → so 9 at node1");
});

test("of several nodes those that refused are named, with what the first said", () => {
  const forge = { forge: { of: "node1", id: 1, at: [], change: {}, remine: false } };
  const answers = /** @type {const} */ ([{ node: "node1", result: "success" }, { node: "node2", result: "fail", reason: "no work" }, { node: "node3", result: "fail", reason: "no work" }]);
  const entry = entryOfAction(forge, { result: "fail", tick: 7, reason: "node2: no work", answers: [...answers] }, at);
  assert.equal(entry?.text, "Refused by node2 and node3: Forge block 1 of node1 and send it to all nodes");
  assert.equal(entry?.reason, "no work");
});

test("the filter looks at kind, node and text", () => {
  const [entry] = entriesOf([told("node2", { type: "refused", from: "node1", about: hash, reason: "No work" })], at, known);
  assert.ok(passes(entry, { kind: "usual", node: "", text: "" }));
  assert.ok(passes(entry, { kind: "refused", node: "node2", text: "no WORK" }));
  assert.ok(!passes(entry, { kind: "block", node: "", text: "" }));
  assert.ok(!passes(entry, { kind: "all", node: "node3", text: "" }));
  assert.ok(!passes(entry, { kind: "all", node: "", text: "overdrawn" }));
});
