// What was done, as calls of nodes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { callsOf, peerAddress, quoted, script } from "../../../src/daemon/dashboard/curl.js";

/** @import {Step} from "../../../src/daemon/dashboard/happened.js" */

const nodes = [
  { name: "node1", http: "http://127.0.0.1:50082", p2p: "127.0.0.1:65001", clock: 0 },
  { name: "node2", http: "http://127.0.0.1:50083", p2p: "127.0.0.1:65002", clock: 0 },
];
const links = [{ a: "node1", b: "node2" }];

/** @returns {Step} */
function tick(/** @type {number[]} */ ...clocks) {
  const moved = nodes.slice(0, clocks.length).map((node, index) => ({ ...node, clock: clocks[index] }));
  return { branch: 0, tick: clocks[0], nodes: moved, links, action: null, outcome: null };
}

test("actions are the documented calls", () => {
  assert.deepEqual(callsOf({ mine: "node2" }, nodes, links), ["curl -X POST http://127.0.0.1:50083/mine"]);
  assert.deepEqual(callsOf({ reset: {} }, nodes, links), ["curl -X POST http://127.0.0.1:50082/reset", "curl -X POST http://127.0.0.1:50083/reset"]);
  assert.deepEqual(callsOf({ tx: { at: "node1", sender: "aki", recipient: "so", value: 2 } }, nodes, links), [
    `curl --json '{"sender":"aki","recipient":"so","value":2}' http://127.0.0.1:50082/tx/add`,
  ]);
});

test("a cut link is cleared at both ends", () => {
  const both = [
    `curl --json '{"addr":"127.0.0.1","port":65002}' http://127.0.0.1:50082/peer/clear`,
    `curl --json '{"addr":"127.0.0.1","port":65001}' http://127.0.0.1:50083/peer/clear`,
  ];
  assert.deepEqual(callsOf({ cut: ["node2", "node1"] }, nodes, links), both);
  assert.deepEqual(callsOf({ cut: ["node1"] }, nodes, links), both);
  assert.deepEqual(callsOf({ cut: ["node3"] }, nodes, links), []);
  assert.deepEqual(peerAddress("[::1]:65001"), { addr: "::1", port: 65001 });
});

test("names stay inside their quotes and comments", () => {
  assert.equal(quoted("it's"), `'it'\\''s'`);
  const [line] = callsOf({ tx: { at: "node1", sender: "a'; rm -rf ~; '", recipient: "so", value: 1 } }, nodes, links);
  assert.ok(line.includes(`"a'\\''; rm -rf ~; '\\''"`));
  const [crash] = callsOf({ crash: "a\nrm -rf ~" }, nodes, links);
  assert.equal(crash.split("\n").length, 1);
});

test("ticks in a row become a loop, in the order of the nodes", () => {
  const steps = [tick(1, 1), tick(2, 2), tick(3, 3), tick(4, 4), { ...tick(4, 4), action: { mine: "node1" } }, tick(5, 5)];
  assert.deepEqual(script(steps).trim().split("\n").slice(1), [
    'tick() { for node in http://127.0.0.1:50082 http://127.0.0.1:50083; do curl -X POST "$node/clock/$1"; done; }',
    'for clock in $(seq 1 4); do tick "$clock"; done',
    "curl -X POST http://127.0.0.1:50082/mine",
    "tick 5",
  ]);
});

test("nodes whose clocks differ are moved one by one", () => {
  assert.deepEqual(script([tick(5, 2)]).trim().split("\n").slice(1), [
    "curl -X POST http://127.0.0.1:50082/clock/5",
    "curl -X POST http://127.0.0.1:50083/clock/2",
  ]);
});
