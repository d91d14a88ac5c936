// One message between two nodes: in flight or received.

import { el } from "./dom.js";
import { happened } from "./happened.js";
import { blockLink, facts, link, nothing } from "./parts.js";
import { whyMessage } from "./why.js";

/** @import {Api, MessageSelection, Selection, Store} from "./types.js" */

const TITLES = { NEW_BLOCK: "A block", NEW_TX: "A payment", REQ_CHAIN: "A question for blocks", CHAIN: "An answer with blocks" };

/**
 * @param {Store} store
 * @param {Api} api
 * @returns {import("./panel.js").Tab}
 */
export function messageTab(store, api) {
  void api;
  const content = el("div", {}, nothing("Click something in flight between two nodes, or a message in an inbox."));
  return {
    element: content,
    show: (/** @type {Selection|null} */ selection) => {
      if (selection?.kind === "message") content.replaceChildren(...describe(selection, store));
    },
  };
}

/**
 * @param {MessageSelection} message
 * @param {Store} store
 * @returns {HTMLElement[]}
 */
function describe(message, store) {
  const { from, to, sequence } = message;
  const sent = sending(message, store);
  const stamp = message.stamp ?? sent?.stamp ?? null;
  /** @type {[string, import("./dom.js").Child][]} */
  const pairs = [
    ["kind", message.message], ["from", nodeLink(from, store)], ["to", nodeLink(to, store)],
    ["stamp", stamp === null ? "not seen here" : `${stamp}, ${from}'s clock when it was sent`],
    ["sequence", `${sequence}, ${from}'s count of messages`], ["sent in tick", sent?.tick ?? message.tick], ["holds", holds(message, store)],
  ];
  return [el("h2", {}, `${TITLES[message.message]} from ${from} to ${to}`), facts(pairs), el("p", { class: "hint" }, whyMessage(message.message))];
}

/**
 * @param {string} name
 * @param {Store} store
 */
function nodeLink(name, store) {
  return link(name, () => store.select({ kind: "node", name }), `show ${name}`);
}

/**
 * @param {MessageSelection} message
 * @param {Store} store
 */
function holds({ message, about }, store) {
  if (about === null) return message === "REQ_CHAIN" ? "hashes of blocks the sender has, at doubling distances" : "blocks, lowest first, as many as fit";
  if (message === "NEW_BLOCK") {
    const id = happened(store).blockId(about);
    return blockLink(store, about, id === undefined ? undefined : `block ${id}`);
  }
  const payment = store.state.payments.get(about);
  const text = payment ? `${payment.sender ?? "out of nothing"} → ${payment.recipient} ${payment.value.toLocaleString("en")}` : `payment ${about.slice(0, 8)}`;
  return link(text, () => store.select({ kind: "payment", id: about }), `payment ${about}`);
}

/**
 * When the message was sent, as far as it is remembered: the tick, and the sender's clock, which it
 * tells once that is lived.
 * @param {MessageSelection} message
 * @param {Store} store
 * @returns {{tick: number, stamp: number|null}|null}
 */
function sending({ from, to, sequence }, store) {
  const events = happened(store).remembered(from);
  const at = events.findLastIndex(({ event }) => event.type === "sent" && event.to === to && event.sequence === sequence);
  if (at < 0) return null;
  const { tick } = events[at];
  const clock = events.slice(at).find(({ event }) => event.type === "clock");
  return { tick, stamp: clock?.tick === tick && clock.event.type === "clock" ? clock.event.clock : null };
}
