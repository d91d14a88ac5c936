// What nodes send, on its way: squares are blocks, discs payments, rings questions, piles chains. A
// message flies while its tick plays and then rests where it arrived until the next tick, to be read.

import { svg } from "./dom.js";
import { colourClass, patternFill, short } from "./looks.js";
import { linkKey } from "./mesh_links.js";
import { RADIUS } from "./mesh_nodes.js";

/** @import {Kind, MessageSelection, NodeEvent, Point, Store} from "./types.js" */

/** How long a flight takes, at most. */
const FLIGHT_MS = 650;

/** Messages one after another on a link that are drawn each; the last of them counts the rest. */
const IN_A_ROW = 3;

/** More are not drawn: nobody could tell them apart. */
const MAX_DRAWN = 500;

/** Up to here each can be reached with Tab. */
const MAX_TABBED = 24;

/**
 * @typedef {object} Token
 * @property {SVGGElement} element
 * @property {MessageSelection} message
 * @property {number} slot  its place in the row of those with the same way
 */

/**
 * @param {SVGGElement} layer
 * @param {Store} store
 * @param {{at: (name: string) => Point, scale: () => number}} places
 */
export function createFlight(layer, store, places) {
  /** @type {Token[]} */
  let tokens = [];
  let began = 0;
  let lasts = 0;
  let frame = 0;

  /** @param {MessageSelection} message @param {number} slot @param {number} count @param {boolean} waits */
  function launch(message, slot, count, waits) {
    const label = `${messageWords(message, store)}${count > 1 ? `, and ${count - 1} more` : ""}`;
    const element = svg("g", {
      class: `token ${waits ? "waits" : "taken-in"}`, role: "button", "aria-label": label,
      tabindex: tokens.length < MAX_TABBED ? 0 : -1, "data-kind": message.message,
      onclick: () => store.select(message),
    }, svg("title", {}, label), svg("circle", { class: "reach", r: 15 }), drawing(message));
    if (count > 1) element.append(svg("text", { class: "more", x: 11, y: -7 }, `+${count - 1}`));
    layer.append(element);
    tokens.push({ element, message, slot });
  }

  /** Those that arrived with the tick before are gone. */
  function clear() {
    cancelAnimationFrame(frame);
    frame = 0;
    tokens = [];
    layer.replaceChildren();
  }

  /**
   * Sends off what these events say was sent.
   * @param {NodeEvent[]} events
   * @param {boolean} ticked  whether a tick brought them: what rests is cleared away then
   */
  function fly(events, ticked) {
    const network = store.state.network;
    if (!network) return;
    if (ticked) clear();
    const rows = rowsOf(events, network.tick);
    if (rows.size === 0) return;
    const waiting = new Map(network.nodes.map((node) => [node.name, node.inbox]));
    for (const row of [...rows.values()].reverse()) {
      for (const [slot, message] of row.entries()) {
        if (slot >= IN_A_ROW || tokens.length >= MAX_DRAWN) break;
        const left = waiting.get(message.to) ?? 0;
        waiting.set(message.to, left - 1);
        launch(message, slot, slot === IN_A_ROW - 1 ? row.length - slot : 1, left > 0);
      }
    }
    began = performance.now();
    lasts = flightTime(network.activity?.interval_ms ?? null);
    if (!frame) frame = requestAnimationFrame(glide);
  }

  function glide() {
    const part = lasts === 0 ? 1 : Math.min((performance.now() - began) / lasts, 1);
    layer.classList.toggle("arrived", part >= 1);
    paint(part);
    frame = part < 1 ? requestAnimationFrame(glide) : 0;
  }

  /** @param {number} part  how much of the way lies behind */
  function paint(part) {
    const scale = Math.min(Math.max(places.scale(), 0.6), 1.25);
    const rim = (RADIUS + 4) * places.scale();
    const eased = part * part * (3 - 2 * part);
    for (const { element, message, slot } of tokens) {
      const from = places.at(message.from);
      const to = places.at(message.to);
      const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
      const way = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
      const last = Math.max(length - rim - (16 + slot * 19) * scale, length / 2);
      const gone = rim + (last - rim) * eased;
      const side = 9 * scale;
      // Each keeps to its right, so that those of both ways pass each other.
      const x = from.x + way.x * gone - way.y * side;
      const y = from.y + way.y * gone + way.x * side;
      element.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale})`);
    }
  }

  return {
    fly, clear,
    /** Nodes moved: what rests beside them moves along. */
    follow() {
      if (!frame && tokens.length) paint(1);
    },
  };
}

/** @param {number|null} interval @returns {number} milliseconds */
function flightTime(interval) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden) return 0;
  return interval === null ? FLIGHT_MS : Math.min(FLIGHT_MS, interval * 0.75);
}

/**
 * What was sent, by way.
 * @param {NodeEvent[]} events
 * @param {number} tick
 * @returns {Map<string, MessageSelection[]>}
 */
function rowsOf(events, tick) {
  /** @type {Map<string, MessageSelection[]>} */
  const rows = new Map();
  for (const { node, event } of events) {
    if (event.type !== "sent") continue;
    const way = `${linkKey(node, event.to)} ${node}`;
    const row = rows.get(way) ?? [];
    rows.set(way, row);
    row.push({
      kind: "message", from: node, to: event.to, message: event.kind, sequence: event.sequence,
      about: event.about ?? null, tick,
    });
  }
  return rows;
}

/** @type {Record<Kind, string>} */
const KIND_WORDS = { NEW_BLOCK: "block", NEW_TX: "payment", REQ_CHAIN: "question for blocks", CHAIN: "chain of blocks" };

/**
 * "payment aki → so 2, from node1 to node2"
 * @param {MessageSelection} message
 * @param {Store} store
 */
function messageWords(message, store) {
  const payment = message.about ? store.state.payments.get(message.about) : undefined;
  const what = payment ? `payment ${payment.sender} → ${payment.recipient} ${payment.value}`
    : message.about ? `${KIND_WORDS[message.message]} ${short(message.about)}` : KIND_WORDS[message.message];
  return `${what}, from ${message.from} to ${message.to}`;
}

/** @param {MessageSelection} message */
function drawing(message) {
  const hash = message.about ?? "";
  switch (message.message) {
    case "NEW_BLOCK":
      return svg("g", { class: colourClass(hash) },
        svg("rect", { class: "square", x: -9, y: -9, width: 18, height: 18, rx: 3 }),
        svg("rect", { class: "over", x: -9, y: -9, width: 18, height: 18, rx: 3, fill: patternFill(hash) }));
    case "NEW_TX":
      return svg("g", {}, svg("circle", { class: "payment", r: 8 }), svg("circle", { class: "coin", r: 3 }));
    case "CHAIN":
      return svg("g", {}, ...[5, 0, -5].map((shift) => svg("rect", {
        class: "square chain", x: -9 + shift, y: -7 - shift, width: 14, height: 14, rx: 2.5,
      })));
    default:
      return svg("g", {}, svg("circle", { class: "question", r: 8 }), svg("text", { class: "question-sign", y: 0.5 }, "?"));
  }
}
