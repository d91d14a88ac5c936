// The sentences behind "why?", from events as nodes tell them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { duringLastClock, whyPlace, whyStatus } from "../../../src/daemon/dashboard/why.js";

/** @import {Event, NodeView} from "../../../src/daemon/dashboard/types.js" */

/**
 * @param {Partial<NodeView>} view
 * @returns {NodeView}
 */
function node(view) {
  return {
    name: "node2", http: "http://127.0.0.1:50083", p2p: null, own: true, state: "up", why: null, started: true,
    ticks_itself: null, clock: 8, status: "idle", mining: null, height: 1, tip: "aa", pool: 0, inbox: 0, waiting: 0,
    queued: 0, ...view,
  };
}

/** @returns {Event} */
function clock(/** @type {number} */ clock, /** @type {NodeView["status"]} */ status = "idle") {
  return { type: "clock", clock, status };
}

const block = /** @type {const} */ ({ type: "block", id: 3, hash: "b3", main: true, previous_block_hash: "b2", transactions: 1 });
const payment = { id: "p1", sender: "aki", recipient: "so", value: 2 };

test("the last clock is what lies between the last two clock events", () => {
  /** @type {Event[]} */
  const events = [clock(1), { type: "started" }, clock(2), { type: "reset" }];
  assert.deepEqual(duringLastClock(events), [{ type: "started" }]);
  assert.deepEqual(duringLastClock([{ type: "reset" }]), []);
  assert.deepEqual(duringLastClock([{ type: "reset" }, clock(1)]), [{ type: "reset" }]);
});

test("receiving-block names the block, who sent it and when it arrived", () => {
  /** @type {Event[]} */
  const events = [clock(7), { type: "received", from: "node1", kind: "NEW_BLOCK", sequence: 4, about: "b3" }, block, clock(8, "receiving-block")];
  const why = whyStatus(node({ status: "receiving-block" }), events);
  assert.match(why, /^At clock 8, node2 is receiving-block because block 3 from node1, which arrived at clock 7, was ready in its inbox\./);
  assert.match(why, /takes one clock/);
  assert.doesNotMatch(why, /side branch/);
});

test("receiving-block tells of side branches, reorganisations and lost work", () => {
  /** @type {Event[]} */
  const events = [
    clock(7), { type: "received", from: "node1", kind: "CHAIN", sequence: 4 },
    { type: "reorganisation", fork: 1, left: ["x"], joined: ["b2", "b3"] }, block, { ...block, id: 2, hash: "y", main: false },
    { type: "mining_dropped", id: 4 }, clock(8, "receiving-block"),
  ];
  const why = whyStatus(node({ status: "receiving-block" }), events);
  assert.match(why, /block 3 in the answer of node1/);
  assert.match(why, /above block 1 another branch now has more work, so node2 leaves 1 block and joins 2 blocks/);
  assert.match(why, /Block 2 stands on a side branch/);
  assert.match(why, /drops its own work on block 4/);
});

test("broadcasting-block says what is sent, to whom, and whether it was mined here", () => {
  /** @type {Event[]} */
  const events = [
    { type: "mined", id: 3, hash: "b3" }, block, clock(7, "mining"),
    { type: "sent", to: "node1", kind: "NEW_BLOCK", sequence: 1, about: "b3" },
    { type: "sent", to: "node3", kind: "NEW_BLOCK", sequence: 2, about: "b3" }, clock(8, "broadcasting-block"),
  ];
  const why = whyStatus(node({ status: "broadcasting-block" }), events);
  assert.match(why, /node2 sends block 3, which it mined at clock 7, to node1 and node3\./);
  const alone = whyStatus(node({ status: "broadcasting-block" }), events.filter(({ type }) => type !== "sent"));
  assert.match(alone, /every peer it has knows it already/);
  const answer = whyStatus(node({ status: "broadcasting-block" }), [clock(7), { type: "sent", to: "node4", kind: "CHAIN", sequence: 1 }, clock(8, "broadcasting-block")]);
  assert.match(answer, /node2 answers node4, which asked for the blocks it lacks/);
});

test("receiving-tx and broadcasting-tx count payments and name who brought them", () => {
  /** @type {Event[]} */
  const events = [
    clock(7), { type: "received", from: "node1", kind: "NEW_TX", sequence: 4, about: "p1" },
    { type: "received", from: "node1", kind: "NEW_TX", sequence: 5, about: "p2" },
    { type: "payment", transaction: payment, place: { place: "pool" } },
    { type: "payment", transaction: { ...payment, id: "p2", value: 9 }, place: { place: "waiting" } }, clock(8),
  ];
  const why = whyStatus(node({ status: "receiving-tx" }), events);
  assert.match(why, /because aki's 2 to so from node1 waited to be taken up/);
  assert.match(why, /aki's 9 to so cannot be paid yet/);
  /** @type {Event[]} */
  const sent = [clock(7), { type: "sent", to: "node1", kind: "NEW_TX", sequence: 1, about: "p1" }, { type: "sent", to: "node3", kind: "NEW_TX", sequence: 2, about: "p1" }, clock(8)];
  assert.match(whyStatus(node({ status: "broadcasting-tx" }), sent), /node2 sends 1 payment to node1 and node3\./);
});

test("a payment added at the node itself says so", () => {
  /** @type {Event[]} */
  const events = [
    clock(7), { type: "payment", transaction: payment, place: { place: "waiting" } },
    { type: "payment", transaction: payment, place: { place: "pool" } }, clock(8),
  ];
  assert.match(whyStatus(node({ status: "receiving-tx" }), events), /aki's 2 to so \(added at this node\) waited/);
});

test("mining counts its clocks and what it works on", () => {
  /** @type {Event[]} */
  const events = [{ type: "mining_began", id: 4, transactions: 0 }, clock(8, "mining")];
  const why = whyStatus(node({ status: "mining", mining: { clock: 1, of: 3 } }), events);
  assert.match(why, /block 4 with no payments, since its pool was empty: this is clock 1 of the 3/);
  assert.match(whyStatus(node({ status: "mining", mining: { clock: 3, of: 3 } }), events), /Its nonce is found/);
});

test("idle says what it would have done, and what comes next", () => {
  assert.match(whyStatus(node({ clock: 0 }), []), /its clock has not moved yet/);
  assert.match(whyStatus(node({ queued: 1 }), []), /1 payment added here is taken up at the next clock/);
  assert.match(whyStatus(node({ inbox: 2 }), []), /2 messages in its inbox are taken up as soon as they are ready/);
  assert.match(whyStatus(node({ pool: 1 }), []), /1 payment in its pool stays there/);
});

test("a node that does nothing at all says why", () => {
  assert.match(whyStatus(node({ started: false }), []), /is not started/);
  assert.match(whyStatus(node({ state: "crashed" }), []), /was crashed from here/);
  assert.match(whyStatus(node({ state: "down", why: "connection refused" }), []), /does not answer \(connection refused\)/);
  assert.match(whyStatus(node({ state: "slow", status: "mining" }), []), /has not found its nonce/);
});

test("every status has a sentence even where nothing is known of it", () => {
  for (const status of /** @type {const} */ (["idle", "mining", "broadcasting-block", "broadcasting-tx", "receiving-block", "receiving-tx"])) {
    const why = whyStatus(node({ status }), []);
    assert.match(why, /node2/);
    assert.doesNotMatch(why, /undefined|null|every peer it has knows/);
  }
});

test("a payment's place says how safe it is", () => {
  assert.match(whyPlace(null), /not heard of it/);
  assert.match(whyPlace({ place: "block", block: 3, confirmations: 1 }), /in the tip/);
  assert.match(whyPlace({ place: "block", block: 3, confirmations: 3 }), /2 blocks on top/);
  assert.match(whyPlace({ place: "refused", reason: "no" }), /Refused: no\./);
});
