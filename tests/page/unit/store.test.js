// What the page knows, however the controller's answers come in.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createStore } from "../../../src/daemon/dashboard/store.js";

/** @import {Network, StreamMessage} from "../../../src/daemon/dashboard/types.js" */

/** The streams opened so far, the newest last. @type {Stream[]} */
let streams = [];
/** @type {(() => Promise<Network>)[]} what the next readings of the network give */
let readings = [];

class Stream {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    this.closed = false;
    this.onopen = () => {};
    this.onerror = () => {};
    this.onmessage = (/** @type {{lastEventId: string, data: string}} */ _) => {};
    streams.push(this);
  }
  close() {
    this.closed = true;
  }
  /** @param {number} id @param {StreamMessage} message */
  send(id, message) {
    this.onmessage({ lastEventId: `${id}-0badcafe`, data: JSON.stringify(message) });
  }
}

const world = /** @type {any} */ (globalThis);
world.EventSource = Stream;
world.requestAnimationFrame = (/** @type {() => void} */ draw) => queueMicrotask(draw);
world.fetch = async () => {
  const reading = readings.shift();
  if (!reading) throw new TypeError("nobody answers");
  return new Response(JSON.stringify(await reading()), { headers: { "content-type": "application/json" } });
};

beforeEach(() => {
  streams = [];
  readings = [];
});

/** @param {number} event @param {number} tick @param {string[]} [names] @returns {Network} */
function network(event, tick, names = ["node1", "node2"]) {
  const nodes = names.map((name) => /** @type {any} */ ({ name, tip: "aa", state: "up" }));
  const position = { branch: 0, tick, live: true };
  return /** @type {any} */ ({ event, tick, nodes, links: [], position, branches: [], activity: null, lesson: null });
}

/** @param {number} tick @returns {StreamMessage} */
function ticked(tick) {
  const { nodes, links, position, branches } = network(0, tick);
  return { type: "tick", tick, nodes, links, position, branches, events: [] };
}

async function opened() {
  const store = createStore();
  readings.push(async () => network(7, 3));
  await store.connect();
  return { store, stream: streams[0] };
}

test("the stream goes on where the network was read", async () => {
  const { store, stream } = await opened();
  assert.equal(stream.url, "/events?after=7");
  stream.send(8, ticked(4));
  assert.equal(store.state.network?.tick, 4);
});

test("what comes while the network is read anew is taken after it, each once", async () => {
  const { store, stream } = await opened();
  /** @type {number[]} */
  const ticks = [];
  store.on("tick", ({ tick }) => ticks.push(tick));
  /** @type {(network: Network) => void} */
  let answer = () => {};
  readings.push(() => new Promise((resolve) => {
    answer = resolve;
  }));
  /** @type {string[]} */
  const reloads = [];
  const reloaded = new Promise((resolve) => store.on("reload", (why) => resolve(reloads.push(why))));
  stream.send(8, { type: "resync" });
  stream.send(20, ticked(9));
  stream.send(21, ticked(10));
  assert.deepEqual(ticks, [], "nothing is taken before the network is read");
  answer(network(20, 9));
  await reloaded;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ticks, [9, 10]);
  assert.equal(store.state.network?.tick, 10);
  assert.equal(reloads.length, 1);
});

test("what was done before the network was read anew is told, and takes nothing back", async () => {
  const { store, stream } = await opened();
  /** @type {string[]} */
  const done = [];
  store.on("did", ({ action }) => done.push(`${Object.keys(action)[0]} on ${store.state.network?.position.branch}`));
  readings.push(async () => ({ ...network(12, 6), position: { branch: 1, tick: 6, live: true } }));
  stream.send(8, { type: "reload", why: "a new branch of history" });
  stream.send(9, { type: "did", tick: 5, action: { mine: "node1" }, outcome: { result: "success", tick: 5 } });
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(done, ["mine on 1"]);
  assert.equal(store.state.network?.tick, 6);
});

test("a lost controller is said to be lost, and read anew when it is back", async (t) => {
  /** @type {(() => void)[]} */
  const later = [];
  t.mock.method(globalThis, "setTimeout", (/** @type {() => void} */ work) => later.push(work));
  const { store, stream } = await opened();
  stream.onopen();
  assert.equal(store.state.connection, "up");
  stream.onerror();
  assert.equal(store.state.connection, "lost");
  assert.ok(stream.closed);
  readings.push(async () => network(2, 0));
  const back = new Promise((resolve) => store.on("reload", resolve));
  assert.equal(later.length, 1);
  later[0]();
  await back;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(store.state.network?.tick, 0);
  assert.equal(streams.at(-1)?.url, "/events?after=2");
});

test("a node that is gone is neither selected nor chosen", async () => {
  const { store, stream } = await opened();
  store.select({ kind: "node", name: "node2" });
  assert.equal(store.state.chosen, "node2");
  const { nodes } = network(0, 3, ["node1"]);
  stream.send(8, { type: "changed", nodes, links: [], events: [] });
  assert.equal(store.state.selection, null);
  assert.equal(store.state.chosen, "node1");
});

test("whoever hears of a selection has heard of what is selected", async () => {
  const { store, stream } = await opened();
  await new Promise((resolve) => setImmediate(resolve));
  /** @type {string[]} */
  const heard = [];
  store.on("network", ({ nodes }) => heard.push(`${nodes.length} nodes`));
  store.on("selection", () => heard.push("selection"));
  const { nodes } = network(0, 3, ["node1", "node2", "node3"]);
  stream.send(8, { type: "changed", nodes, links: [], events: [] });
  store.select({ kind: "node", name: "node3" });
  assert.deepEqual(heard, ["3 nodes", "selection"]);
});
