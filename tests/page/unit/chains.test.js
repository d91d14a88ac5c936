// On whose main chain a block is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { whoHas } from "../../../src/daemon/dashboard/chains.js";

/** @param {[string, number, string][]} blocks  hash, id, parent */
function tree(blocks, /** @type {Record<string, string>} */ tips, height = Math.max(...blocks.map(([, id]) => id))) {
  return {
    height, tips,
    blocks: blocks.map(([hash, id, previous_block_hash]) => ({ hash, id, previous_block_hash, timestamp: "", transactions: 0, miner: null })),
  };
}

test("each tip is followed down to the block", () => {
  const forked = tree([["a2", 2, "g"], ["b2", 2, "g"], ["a3", 3, "a2"]], { node1: "a3", node2: "b2", node3: "g", node4: "a2" });
  assert.deepEqual(whoHas("a2", 2, forked), { on: ["node1", "node4"], off: ["node2", "node3"], unknown: [] });
  assert.deepEqual(whoHas("a3", 3, forked), { on: ["node1"], off: ["node2", "node3", "node4"], unknown: [] });
});

test("tips above what was read are followed where only one branch goes on", () => {
  const one = tree([["a2", 2, "g"], ["b2", 2, "g"], ["a3", 3, "a2"], ["a4", 4, "a3"]], { node1: "a9" }, 9);
  assert.deepEqual(whoHas("a2", 2, one), { on: ["node1"], off: [], unknown: [] });
  assert.deepEqual(whoHas("b2", 2, one), { on: [], off: ["node1"], unknown: [] });
  const two = tree([["a2", 2, "g"], ["b2", 2, "g"], ["a3", 3, "a2"], ["b3", 3, "b2"], ["a4", 4, "a3"]], { node1: "a9" }, 9);
  assert.deepEqual(whoHas("a2", 2, two), { on: [], off: [], unknown: ["node1"] });
});
