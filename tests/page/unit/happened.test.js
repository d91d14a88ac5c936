// What is remembered, and which of it led to where one stands.

import assert from "node:assert/strict";
import { test } from "node:test";

import { happened, isReplaced, stepsTo } from "../../../src/daemon/dashboard/happened.js";

/** @import {Network, Store, Topics} from "../../../src/daemon/dashboard/types.js" */

const main = { id: 0, name: "main", parent: null, from: 0, first: 0, last: 9 };
const whatIf = { id: 1, name: "what-if-1", parent: 0, from: 4, first: 4, last: 6 };

/** A store that tells what a test says. */
function storeAt(/** @type {Partial<Network>} */ network) {
  /** @type {Map<string, ((data: any) => void)[]>} */
  const listeners = new Map();
  const state = { network: /** @type {Network} */ ({ nodes: [], links: [], branches: [main], tick: 0, position: { branch: 0, tick: 0, live: true }, ...network }) };
  const on = (/** @type {string} */ topic, /** @type {(data: any) => void} */ listener) => listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
  return {
    store: /** @type {Store} */ (/** @type {unknown} */ ({ state, on })),
    network: state.network,
    /** @template {keyof Topics} T @param {T} topic @param {any} data */
    tell: (topic, data) => listeners.get(topic)?.forEach((listener) => listener(data)),
  };
}

/** Moves the stub to a tick, with a clock event of node1. */
function tick(/** @type {ReturnType<typeof storeAt>} */ { network, tell }, /** @type {number} */ to) {
  network.tick = to;
  network.position = { ...network.position, tick: to };
  network.nodes = /** @type {any} */ ([{ name: "node1", http: "http://127.0.0.1:1", p2p: null, clock: to, state: "up" }]);
  tell("tick", { branches: network.branches, position: network.position });
  tell("events", [{ node: "node1", id: to, event: { type: "clock", clock: to, status: "idle" } }]);
}

test("the steps of a branch are its own and those before it left its parent", () => {
  const steps = [1, 4, 5, 9].map((tick) => ({ branch: 0, tick })).concat([5, 6].map((tick) => ({ branch: 1, tick })));
  const ticks = (/** @type {{branch: number, tick: number}} */ { branch, tick }) =>
    stepsTo({ branch, tick, live: true }, [main, whatIf], steps).map((step) => `${step.branch}:${step.tick}`);
  assert.deepEqual(ticks({ branch: 1, tick: 6 }), ["0:1", "0:4", "1:5", "1:6"]);
  assert.deepEqual(ticks({ branch: 0, tick: 5 }), ["0:1", "0:4", "0:5"]);
});

test("a history is another one when the controller says that it begins", () => {
  const restored = [{ ...main, first: 9, last: 9 }];
  for (const why of ["all nodes were reset", "a network file was loaded", "back to the snapshot tick 5", "a scenario was opened"]) {
    assert.equal(isReplaced(why, main, [main]), true, why);
    assert.equal(isReplaced(why, null, [main]), true, why);
  }
  for (const why of ["back to tick 5", "a new branch of history", "node1 was read anew, events of it were missed"]) {
    assert.equal(isReplaced(why, main, restored), false, why);
  }
});

test("after a lost connection a history is another one when its branch is gone, shorter or begun anew", () => {
  const isOther = isReplaced.bind(null, "the controller is back");
  assert.equal(isOther(null, [main]), false);
  assert.equal(isOther(main, [main, whatIf]), false);
  assert.equal(isOther(whatIf, [{ ...main, first: 3 }, { ...whatIf, last: 7 }]), false);
  assert.equal(isOther({ ...main, last: 0 }, [{ ...main, last: 0 }]), false);
  assert.equal(isOther(main, [{ ...main, last: 0 }]), true);
  assert.equal(isOther(whatIf, [main]), true);
  assert.equal(isOther(main, [{ ...main, first: 20, last: 20 }]), true);
  assert.equal(isOther(main, [{ ...main, first: 9 }]), true);
});

test("going back keeps what led there, and only that", () => {
  const page = storeAt({});
  const memory = happened(page.store);
  assert.equal(happened(page.store), memory);
  for (const to of [1, 2, 3]) tick(page, to);
  page.tell("did", { action: { mine: "node1" }, outcome: { result: "success", tick: 3 } });
  assert.equal(memory.steps().length, 4);
  page.network.position = { branch: 0, tick: 2, live: false };
  page.tell("reload", "back to tick 2");
  assert.deepEqual(memory.events("node1"), [1, 2].map((clock) => ({ type: "clock", clock, status: "idle" })));
  assert.deepEqual(memory.steps().map(({ nodes }) => nodes[0].clock), [1, 2]);
});

test("a reset of all forgets what was before", () => {
  const page = storeAt({});
  const memory = happened(page.store);
  let replaced = 0;
  memory.onReplaced(() => replaced++);
  tick(page, 1);
  Object.assign(page.network, { branches: [{ ...main, last: 0 }], tick: 0, position: { branch: 0, tick: 0, live: true } });
  page.tell("reload", "all nodes were reset");
  assert.equal(replaced, 1);
  assert.deepEqual(memory.events("node1"), []);
  assert.deepEqual(memory.steps(), []);
});

test("ticks are told by the clocks they move, not by the action", () => {
  const page = storeAt({});
  const memory = happened(page.store);
  tick(page, 1);
  page.tell("did", { action: { tick: 1 }, outcome: { result: "success", tick: 1 } });
  assert.deepEqual(memory.steps().map(({ action }) => action), [null]);
});
