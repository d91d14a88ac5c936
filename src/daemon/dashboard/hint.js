// For the first minute: what to press next. Not there once a block was mined, gone for good when closed.

import { el, set } from "./dom.js";

/** @import {Network, Store} from "./types.js" */

const KEY = "tickchain-hints";

/** @param {Store} store @returns {HTMLElement|null} */
export function hint(store) {
  if (wasClosed()) return null;
  const text = el("p");
  const box = el("div", { class: "first-hint", hidden: true }, text,
    el("button", { type: "button", class: "quiet", "aria-label": "no more hints", onclick: close }, "×"));
  function close() {
    box.remove();
    stop();
    try {
      localStorage.setItem(KEY, "closed");
    } catch {
      // They come again with the next visit.
    }
  }
  let last = "";
  const stop = store.on("network", (network) => {
    const advice = adviceFor(network);
    set(box, { hidden: network.lesson !== null || advice === null });
    if (advice === null) return;
    const words = advice.join("");
    if (words !== last) {
      last = words;
      text.replaceChildren(...advice.map((part) => (part.length === 1 ? el("kbd", {}, part) : part)));
    }
  });
  return box;
}

/**
 * Sentences in parts, keys being those of one character; null when there is nothing left to say.
 * @param {Network} network
 * @returns {string[]|null}
 */
export function adviceFor({ nodes, tick }) {
  if (nodes.some((node) => node.height > 0)) return null;
  const paid = nodes.some((node) => node.pool + node.queued + node.waiting > 0);
  if (nodes.some((node) => node.mining)) return ["Mining takes three ticks. ", "→", " until the block travels."];
  if (paid) return ["A payment waits. ", "→", " lets it travel; ", "m", " lets the selected node mine it."];
  if (tick === 0) return ["Press ", "→", " for one tick. For something to see: ", "t", " writes a payment, ", "m", " mines."];
  return ["All is quiet. ", "t", " writes a payment, ", "m", " lets the selected node mine, ", "→", " is one tick."];
}

function wasClosed() {
  try {
    return localStorage.getItem(KEY) === "closed";
  } catch {
    return false;
  }
}
