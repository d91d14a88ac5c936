import assert from "node:assert/strict";
import { test } from "node:test";

import { firstDifference, forkOf, parts } from "../../../src/daemon/dashboard/difference.js";
import { addBlock, createTree } from "../../../src/daemon/dashboard/tree.js";

/** g a b c on one side, B C on the other. */
function tree() {
  const made = createTree();
  for (const [id, hash, parent] of /** @type {[number, string, string|null][]} */ ([
    [0, "g", null], [1, "a", "g"], [2, "b", "a"], [3, "c", "b"], [2, "B", "a"], [3, "C", "B"]])) {
    addBlock(made, { id, hash, previous_block_hash: parent, timestamp: "", transactions: 0, miner: null });
  }
  return made;
}

/** @param {string} name @param {string} tip @param {object} [change] @returns {any} */
function node(name, tip, change = {}) {
  const view = { name, tip, height: tree().blocks.get(tip)?.id, state: "up", started: true, mining: null, status: "idle", clock: 5, inbox: 0, waiting: 0 };
  return { accounts: { aki: 2 }, pool: [], ...change, view: { ...view, .../** @type {any} */ (change).view } };
}

/** @param {any} a @param {any} b */
const said = (a, b) => firstDifference(a, b, forkOf(tree(), a.view.tip, b.view.tip));
const payment = { id: "ab".repeat(16), sender: "aki", recipient: "so", value: 2 };

test("where two chains part is found", () => {
  const fork = forkOf(tree(), "c", "C");
  assert.equal(fork?.common.hash, "a");
  assert.deepEqual([fork?.one.map(({ hash }) => hash), fork?.other.map(({ hash }) => hash)], [["b", "c"], ["B", "C"]]);
  assert.deepEqual(forkOf(tree(), "a", "c")?.one, []);
  const high = createTree();
  for (const hash of ["c", "C"]) addBlock(high, { id: 3, hash, previous_block_hash: hash === "c" ? "b" : "B", timestamp: "", transactions: 0, miner: null });
  assert.equal(forkOf(high, "c", "C"), null);
});

test("the first difference is named", () => {
  assert.equal(said(node("n1", "c"), node("n2", "c")), "No difference: n1 and n2 have the same chain, pool, balances and status.");
  assert.match(said(node("n1", "c"), node("n2", "B")), /^A fork: n1 and n2 agree up to block 1; as block 2 n1 has b and n2 B\./);
  assert.equal(said(node("n1", "a"), node("n2", "c")), "n1 is on the same chain as n2, but has not got blocks 2 to 3 yet.");
  assert.equal(said(node("n1", "c"), node("n2", "b")), "n2 is on the same chain as n1, but has not got block 3 yet.");
  assert.match(said(node("n1", "c"), node("n2", "c", { pool: [payment] })), /aki → so · 2 \(ababab\) is in the pool of n2 only/);
  assert.match(said(node("n1", "c"), node("n2", "c", { accounts: { aki: 1 } })), /aki has 2 on n1 and 1 on n2/);
  assert.match(said(node("n1", "c"), node("n2", "c", { view: { status: "receiving-tx" } })), /the status differs: idle for n1, receiving payments for n2/);
  assert.equal(said(node("n1", "c"), node("n2", "c", { view: { state: "crashed" } })), "n2 is crashed: there is nothing to compare.");
});

test("of long lists, what differs is shown first", () => {
  const accounts = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a${String(n).padStart(2, "0")}`, n]));
  const [, , balances] = parts(node("n1", "c", { accounts }), node("n2", "c", { accounts: { ...accounts, a30: 0 } }), null);
  assert.equal(balances.rows.length, 12);
  assert.equal(balances.rows[0].label, "a30");
  assert.equal(balances.more, 28);
});
