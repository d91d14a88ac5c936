// Tells each tick in a sentence, for those who do not see the mesh.

import { byId, setText } from "./dom.js";
import { statusWords } from "./status.js";

/** @import {Mount, TickMessage} from "./types.js" */

/** Sentences come at most this often: a screen reader needs time to speak. */
const PAUSE_MS = 900;

/** @type {Mount} */
export function mount(element, store) {
  let next = "";
  let waiting = false;

  /** @param {string} sentence */
  function say(sentence) {
    next = sentence;
    if (waiting) return;
    waiting = true;
    element.textContent = next;
    next = "";
    setTimeout(() => {
      waiting = false;
      if (next) say(next);
    }, PAUSE_MS);
  }

  store.on("tick", (message) => say(sentence(message)));
  store.on("say", say);
  store.on("reload", (why) => say(`${why}.`));
  const banner = byId("connection");
  store.on("connection", (connection) => {
    banner.hidden = connection !== "lost";
    setText(banner, connection === "lost" ? `The controller does not answer. What you see is from tick ${store.state.network?.tick ?? 0}. Trying again …` : "");
  });
}

/**
 * "Tick 4: node1 mining 1 of 3; node2, node3 idle. node1 mined block 1."
 * @param {TickMessage} message
 * @returns {string}
 */
export function sentence(message) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const node of message.nodes) {
    const words = statusWords(node);
    groups.set(words, [...(groups.get(words) ?? []), node.name]);
  }
  const doing = groups.size === 1 && groups.has("idle")
    ? "all idle"
    : [...groups].map(([words, names]) => `${names.join(", ")} ${words}`).join("; ");
  const marks = message.events.flatMap(({ node, event }) => {
    if (event.type === "mined") return [`${node} mined block ${event.id}.`];
    if (event.type === "reorganisation") return [`${node} went over to another branch.`];
    if (event.type === "refused") return [`${node} refused: ${event.reason}.`];
    return [];
  });
  return [`Tick ${message.tick}: ${doing}.`, ...marks].join(" ");
}
