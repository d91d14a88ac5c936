import assert from "node:assert/strict";
import { test } from "node:test";

import {
  binned, inWords, lineage, markOf, marksOf, nearest, nextMarked, ordered,
} from "../../../src/daemon/dashboard/moments.js";

/** @param {number} from @param {number} to */
const ticks = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => ({ tick: from + n, marks: /** @type {string[]} */ ([]), events: 0 }));

/** @param {number} id @param {number|null} parent @param {number} from @param {number} first @param {number} last */
const branch = (id, parent, from, first, last) =>
  ({ id, name: `branch ${id}`, parent, from, first, last, moments: ticks(first, last) });

test("a branch's lineage goes through those it came from, each tick once", () => {
  const branches = [branch(0, null, 0, 0, 9), branch(1, 0, 5, 6, 12), branch(2, 1, 8, 8, 10), branch(3, 0, 3, 4, 4)];
  const of = (/** @type {number} */ id) => lineage(branches, id).map(({ branch: kept, tick }) => `${kept}:${tick}`).join(" ");
  assert.equal(of(0), "0:0 0:1 0:2 0:3 0:4 0:5 0:6 0:7 0:8 0:9");
  assert.equal(of(1), "0:0 0:1 0:2 0:3 0:4 0:5 1:6 1:7 1:8 1:9 1:10 1:11 1:12");
  assert.equal(of(2), "0:0 0:1 0:2 0:3 0:4 0:5 1:6 1:7 2:8 2:9 2:10");
  assert.equal(of(3), "0:0 0:1 0:2 0:3 3:4");
});

test("many ticks go into few bins, and no mark is lost", () => {
  const stops = ticks(100, 5099).map(({ tick }) => ({ branch: 0, tick, marks: tick % 7 === 0 ? ["block"] : tick === 101 ? ["cut"] : [], activity: tick % 5 }));
  const { bins, ticks: spans } = binned(stops, 200);
  assert.equal(spans, 25);
  assert.equal(bins.length, 200);
  assert.deepEqual(bins[0], { from: 100, to: 124, marks: ["cut", "block"], activity: 4 });
  assert.equal(bins.at(-1)?.to, 5099);
  assert.equal(binned(stops.slice(0, 17), 200).ticks, 1);
  assert.deepEqual(binned([], 200).bins, []);
});

test("the nearest stop is found, gaps or not", () => {
  const stops = [0, 1, 2, 10, 20].map((tick) => ({ branch: 0, tick, marks: tick === 2 || tick === 20 ? ["block"] : [], activity: 0 }));
  const at = (/** @type {number} */ tick) => nearest(stops, tick).tick;
  assert.deepEqual([-5, 0, 1, 3, 5, 7, 10, 14, 16, 99].map(at), [0, 0, 1, 2, 2, 10, 10, 10, 20, 20]);
  assert.equal(nextMarked(stops, 2, 1)?.tick, 20);
  assert.equal(nextMarked(stops, 20, -1)?.tick, 2);
  assert.equal(nextMarked(stops, 2, -1), undefined);
});

test("what happened becomes marks, the most telling first", () => {
  const events = [
    { node: "node1", id: 1, event: { type: /** @type {const} */ ("mined"), id: 1, hash: "a" } },
    { node: "node1", id: 2, event: { type: /** @type {const} */ ("reorganisation"), fork: 0, left: [], joined: [] } },
    { node: "node1", id: 3, event: { type: /** @type {const} */ ("clock"), clock: 1, status: /** @type {const} */ ("idle") } },
  ];
  assert.deepEqual(ordered(marksOf(events)), ["reorganisation", "block"]);
  assert.equal(markOf({ cut: ["node1"] }), "cut");
  assert.equal(markOf({ tick: 1 }), undefined);
  assert.equal(inWords({ branch: 0, tick: 3, marks: ["block", "reorganisation"], activity: 1 }), "tick 3: reorganisation, block");
});
