// What the peers say of a block that was sent: at once, and once they have looked at it.

import { el } from "./dom.js";

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
  const element = el("div", { hidden: true }, el("h3", {}, "What the peers say"), list, step);
  /** @type {Map<string, number>} ids of blocks sent, by hash */
  const sent = new Map();
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
    /** @type {Outcome} */
    let outcome;
    try {
      outcome = await api.post("/do", { block: { at: [], block } });
    } catch (problem) {
      return say(false, `Block ${block.id} was not sent: ${problem instanceof Error ? problem.message : problem}`);
    }
    for (const { node, result, reason } of outcome.answers ?? []) {
      if (result === "fail") say(false, `${node} refuses block ${block.id}: ${reason}.`);
      else say(true, `${node} has block ${block.id} in its inbox, and looks at it with its next tick.`);
    }
    if (!outcome.answers?.length && outcome.reason) say(false, `Block ${block.id}: ${outcome.reason}.`);
    if (outcome.answers?.some(({ result }) => result === "success")) step.hidden = false;
  }

  const end = store.on("events", (/** @type {NodeEvent[]} */ events) => {
    for (const { node, event } of events) {
      const line = sent.size > 0 ? later(node, event, sent) : null;
      if (line) say(...line);
    }
  });

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
      : `${node} keeps block ${event.id} as a side branch: it has no more work than its own chain.`];
  }
  // Refusals at once stand in the answer already, and come from no peer.
  if (event.type === "refused" && event.about && sent.has(event.about) && event.from) {
    return [false, `${node} refuses block ${sent.get(event.about)}, which ${event.from} sent on: ${event.reason}.`];
  }
  if (event.type === "reorganisation" && event.joined.some((hash) => sent.has(hash))) {
    return [true, `${node} left ${event.left.length} of its blocks for the tampered chain, which has more work.`];
  }
  return null;
}
