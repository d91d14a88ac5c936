import assert from "node:assert/strict";
import { test } from "node:test";

import { later } from "../../../src/daemon/dashboard/tamper_answers.js";

const sent = new Map([["aa", 3]]);

test("what becomes of a block that was sent is told, and of no other", () => {
  const block = { type: /** @type {const} */ ("block"), id: 3, hash: "aa", main: false, previous_block_hash: "99", transactions: 1 };
  assert.match(later("node2", block, sent)?.[1] ?? "", /node2 keeps block 3 on a side branch/);
  assert.match(later("node2", { ...block, main: true }, sent)?.[1] ?? "", /on its main chain/);
  assert.equal(later("node2", { ...block, hash: "bb" }, sent), null);
  const refused = { type: /** @type {const} */ ("refused"), about: "aa", reason: "aki has 2" };
  assert.deepEqual(later("node1", refused, sent), [false, "node1 refuses block 3: aki has 2."]);
  assert.deepEqual(later("node1", { ...refused, from: "node2" }, sent), [false, "node1 refuses block 3, which node2 sent on: aki has 2."]);
  const left = { type: /** @type {const} */ ("reorganisation"), fork: 2, left: ["cc", "dd"], joined: ["aa"] };
  assert.match(later("node1", left, sent)?.[1] ?? "", /left 2 of its blocks/);
});
