// Which steps led to where one stands.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isReplaced, stepsTo } from "../../../src/daemon/dashboard/happened.js";

const main = { id: 0, name: "main", parent: null, from: 0, first: 0, last: 9 };
const whatIf = { id: 1, name: "what-if-1", parent: 0, from: 4, first: 4, last: 6 };

test("the steps of a branch are its own and those before it left its parent", () => {
  const steps = [1, 4, 5, 9].map((tick) => ({ branch: 0, tick })).concat([5, 6].map((tick) => ({ branch: 1, tick })));
  const ticks = (/** @type {{branch: number, tick: number}} */ { branch, tick }) =>
    stepsTo({ branch, tick, live: true }, [main, whatIf], steps).map((step) => `${step.branch}:${step.tick}`);
  assert.deepEqual(ticks({ branch: 1, tick: 6 }), ["0:1", "0:4", "1:5", "1:6"]);
  assert.deepEqual(ticks({ branch: 0, tick: 5 }), ["0:1", "0:4", "0:5"]);
});

test("a history is another one when a branch of the old is gone or shorter", () => {
  assert.equal(isReplaced([main], [main, whatIf]), false);
  assert.equal(isReplaced([main, whatIf], [main, { ...whatIf, last: 7 }]), false);
  assert.equal(isReplaced([main], [{ ...main, last: 0 }]), true);
  assert.equal(isReplaced([main, whatIf], [main]), true);
  assert.equal(isReplaced([], [main]), false);
});
