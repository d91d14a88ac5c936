// What the peers say of a block that was sent: at once, and once they have looked at it.

import { el } from "./dom.js";
import { briefly, listed } from "./words.js";

/** @import {Api, Block, Event, NodeEvent, Outcome, Store} from "./types.js" */

/** The most sentences that are kept. */
const MAX_LINES = 60;

/**
 * @param {Store} store
 * @param {Api} api
 */
export function createAnswers(store, api) {
  const list = el("ul", { class: "tamper-answers", "aria-live": "polite", "aria-label": "what the peers say" });
  const step = el("button", { type: "button", onclick: () => void api.act({ tick: 1 }) }, "Step: let them look");
  const element = el("div", { hidden: true }, el("div", { class: "row" }, el("h3", {}, "What the peers say"), step), list);
  /** @type {Map<string, number>} ids of blocks sent, by hash */
  const sent = new Map();
  /** Who has refused which block at once: the answer says so already. @type {Set<string>} */
  const refused = new Set();
  /** What happened while answers were awaited. @type {NodeEvent[]|null} */
  let held = null;
  step.hidden = true;

  /** @param {boolean} good @param {string} text */
  function say(good, text) {
    element.hidden = false;
    list.append(el("li", { class: good ? "good" : "bad" }, el("span", { "aria-hidden": "true" }, good ? "✓ " : "✗ "), text));
    while (list.childElementCount > MAX_LINES) list.firstElementChild?.remove();
    list.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Block} block */
  async function send(block) {
    sent.set(block.hash, block.id);
    held ??= [];
    try {
      take(block, await api.post("/do", { block: { at: [], block } }));
    } catch (problem) {
      say(false, `Block ${block.id} was not sent: ${problem instanceof Error ? problem.message : problem}`);
    }
    const events = held;
    held = null;
    follow(events);
  }

  /** @param {Block} block @param {Outcome} outcome */
  function take({ id, hash }, { answers = [], reason: all }) {
    for (const { node, result, reason } of answers) {
      if (result === "success") continue;
      refused.add(`${node} ${hash}`);
      say(false, `${node} refuses block ${id}: ${briefly(reason ?? "it does not say why")}.`);
    }
    const taken = answers.filter(({ result }) => result === "success").map(({ node }) => node);
    if (taken.length > 0) say(true, `Block ${id} is in the inbox of ${listed(taken)}, to be looked at with the next tick.`);
    if (answers.length === 0 && all) say(false, `Block ${id}: ${briefly(all)}.`);
    if (taken.length > 0) step.hidden = false;
  }

  /** @param {NodeEvent[]} events */
  function follow(events) {
    if (held) return void held.push(...events);
    for (const { node, event } of events) {
      if (event.type === "refused" && refused.has(`${node} ${event.about}`)) continue;
      const line = sent.size > 0 ? later(node, event, sent) : null;
      if (line) say(...line);
    }
  }

  const end = store.on("events", follow);

  return { element, send, end };
}

/**
 * What a node's event says of a block that was sent, if it is about one.
 * @param {string} node
 * @param {Event} event
 * @param {Map<string, number>} sent
 * @returns {[good: boolean, text: string]|null}
 */
export function later(node, event, sent) {
  if (event.type === "block" && sent.has(event.hash)) {
    return [true, event.main ? `${node} took block ${event.id} in, on its main chain.`
      : `${node} keeps block ${event.id} on a side branch: that has no more work than its own chain, so it does not even look whether the payments can be paid.`];
  }
  if (event.type === "refused" && event.about && sent.has(event.about)) {
    const from = event.from ? `, which ${event.from} sent on` : "";
    return [false, `${node} refuses block ${sent.get(event.about)}${from}: ${briefly(event.reason)}.`];
  }
  if (event.type === "reorganisation" && event.joined.some((hash) => sent.has(hash))) {
    return [true, `${node} left ${event.left.length} of its blocks for the tampered chain, which has more work.`];
  }
  return null;
}
