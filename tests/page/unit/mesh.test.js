// What the mesh says and how tips look.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adviceFor } from "../../../src/daemon/dashboard/hint.js";
import { sentence } from "../../../src/daemon/dashboard/live.js";
import { COLOURS, keepApart, lookOf, PATTERNS } from "../../../src/daemon/dashboard/looks.js";
import { nodeLabel } from "../../../src/daemon/dashboard/mesh_nodes.js";

/** @import {NodeView, TickMessage} from "../../../src/daemon/dashboard/types.js" */

/** @param {string} name @param {Partial<NodeView>} [is] @returns {NodeView} */
function node(name, is = {}) {
  return {
    name, http: "", p2p: null, own: true, state: "up", why: null, started: true, ticks_itself: null, clock: 1,
    status: "idle", mining: null, height: 0, tip: "aa", pool: 0, inbox: 0, waiting: 0, queued: 0, ...is,
  };
}

/** A hash that begins with this number. @param {number} number */
const hash = (number) => number.toString(16).padStart(8, "0").padEnd(64, "0");
const LOOKS = COLOURS * PATTERNS.length;

test("a look comes from the hash", () => {
  keepApart([]);
  assert.deepEqual(lookOf(hash(0)), { colour: 0, pattern: "plain" });
  assert.deepEqual(lookOf(hash(COLOURS + 2)), { colour: 2, pattern: PATTERNS[1] });
  assert.deepEqual(lookOf(hash(LOOKS)), lookOf(hash(0)));
});

test("tips held at the same time never look alike, in whatever order they come", () => {
  const tips = [hash(3), hash(3 + LOOKS), hash(4), hash(3 + 2 * LOOKS)];
  const looks = () => tips.map((tip) => JSON.stringify(lookOf(tip)));
  keepApart(tips);
  const first = looks();
  assert.equal(new Set(first).size, tips.length);
  keepApart([...tips].reverse());
  assert.deepEqual(looks(), first, "every browser shows the same");
  keepApart([tips[1]]);
  assert.deepEqual(lookOf(tips[1]), lookOf(tips[0]), "one that stands alone has the look of its hash");
});

test("more tips than looks do no harm", () => {
  keepApart(Array.from({ length: LOOKS + 5 }, (_, index) => hash(index * LOOKS)));
  keepApart([]);
});

test("a node's name says what it does", () => {
  assert.equal(nodeLabel(node("node1", { status: "mining", mining: { clock: 2, of: 3 }, height: 5 })), "node1, mining 2 of 3, height 5");
  assert.equal(nodeLabel(node("node2", { pool: 2, inbox: 1 })), "node2, idle, height 0, pool 2, inbox 1");
  assert.equal(nodeLabel(node("node3", { state: "crashed" })), "node3, crashed, height 0");
  assert.equal(nodeLabel(node("node4", { state: "down", tip: "" })), "node4, down, does not answer");
});

/** @param {NodeView[]} nodes @param {TickMessage["events"]} [events] @returns {TickMessage} */
function tick(nodes, events = []) {
  return { type: "tick", tick: 4, nodes, links: [], events, position: { branch: 0, tick: 4, live: true }, branches: [] };
}

test("a tick is told in a sentence", () => {
  assert.equal(sentence(tick([node("node1"), node("node2")])), "Tick 4: all idle.");
  const mined = [{ node: "node1", id: 1, event: /** @type {const} */ ({ type: "mined", id: 1, hash: "aa" }) }];
  const nodes = [node("node1", { status: "broadcasting-block" }), node("node2"), node("node3")];
  assert.equal(sentence(tick(nodes, mined)), "Tick 4: node1 broadcasting a block; node2, node3 idle. node1 mined block 1.");
});

test("hints end with the first block", () => {
  const network = (/** @type {NodeView[]} */ nodes, tick = 0) => /** @type {any} */ ({ nodes, tick });
  assert.match(adviceFor(network([node("node1")]))?.join("") ?? "", /^Step→ is one tick/);
  assert.match(adviceFor(network([node("node1", { pool: 1 })], 2))?.join("") ?? "", /^A payment waits/);
  assert.match(adviceFor(network([node("node1", { mining: { clock: 1, of: 3 } })], 2))?.join("") ?? "", /^Mining takes/);
  assert.equal(adviceFor(network([node("node1", { height: 1 })], 4)), null);
});
