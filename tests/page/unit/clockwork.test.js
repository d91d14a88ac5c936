// Where going back leads to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { firstOf, keeperOf } from "../../../src/daemon/dashboard/clockwork.js";

const branches = [
  { id: 0, name: "main", parent: null, from: 0, first: 2, last: 9 },
  { id: 1, name: "what-if-1", parent: 0, from: 5, first: 5, last: 7 },
  { id: 2, name: "what-if-2", parent: 1, from: 6, first: 6, last: 8 },
];

test("going back leaves a branch where it began", () => {
  assert.deepEqual([7, 6, 5, 4, 2].map((tick) => keeperOf(branches, 2, tick)), [2, 2, 1, 0, 0]);
  assert.equal(keeperOf(branches, 0, 9), 0);
});

test("the first tick is the first of all that led here", () => {
  assert.deepEqual([0, 1, 2].map((id) => firstOf(branches, id)), [2, 2, 2]);
  assert.equal(firstOf([{ ...branches[0], first: 20 }, branches[1]], 1), 5, "what it came from is kept no more");
});
