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
      text.replaceChildren(...advice.map((part) => (/^[a-z→]$/.test(part) ? el("kbd", {}, part) : part)));
    }
  });
  return box;
}

/**
 * Sentences in parts, keys being those of one letter: without them the words name buttons, for who has
 * no keys. Null when there is nothing left to say.
 * @param {Network} network
 * @returns {string[]|null}
 */
export function adviceFor({ nodes, tick }) {
  if (nodes.some((node) => node.height > 0)) return null;
  const paid = nodes.some((node) => node.pool + node.queued + node.waiting > 0);
  if (nodes.some((node) => node.mining)) return ["Mining takes three ticks. Step", "→", " until the block travels."];
  if (paid) return ["A payment waits. Step", "→", " lets it travel; mine", "m", " puts it into a block."];
  if (tick === 0) return ["Step", "→", " is one tick. For something to see: pay", "t", " or mine", "m", "."];
  return ["All is quiet. Pay", "t", " or mine", "m", ". Step", "→", " is one tick."];
}

function wasClosed() {
  try {
    return localStorage.getItem(KEY) === "closed";
  } catch {
    return false;
  }
}
