// One payment: who pays whom, and where it is on each node.

import { el } from "./dom.js";
import { facts, nothing, table } from "./parts.js";
import { whyPlace } from "./why.js";
import { listed } from "./words.js";

/** @import {Api, PaymentView, Place, Selection, Store} from "./types.js" */

/** The least time between two readings while the network changes. */
const PAUSE_MS = 300;

/**
 * @param {Store} store
 * @param {Api} api
 * @returns {import("./panel.js").Tab}
 */
export function paymentTab(store, api) {
  const content = el("div", {}, nothing("Click a payment: in a pool, in a block, or on a link."));
  /** @type {string|null} */
  let id = null;
  let shown = "";
  let reading = false;
  let again = false;

  async function read() {
    again = reading;
    if (reading || id === null) return;
    reading = true;
    const wanted = id;
    try {
      /** @type {PaymentView} */
      const view = await api.get(`/tx/${wanted}`);
      const key = JSON.stringify([view, store.state.network?.nodes.map(({ height }) => height)]);
      if (wanted === id && key !== shown) content.replaceChildren(...describe(wanted, view, store));
      shown = key;
    } catch (problem) {
      if (wanted === id) content.replaceChildren(nothing(problem instanceof Error ? problem.message : String(problem)));
    }
    setTimeout(() => {
      reading = false;
      if (again || wanted !== id) void read();
    }, PAUSE_MS);
  }

  store.on("network", () => {
    if (store.state.selection?.kind === "payment" && !document.hidden) void read();
  });
  return {
    element: content,
    show: (/** @type {Selection|null} */ selection) => {
      if (selection?.kind !== "payment") return;
      id = selection.id;
      void read();
    },
  };
}

/**
 * @param {string} id
 * @param {PaymentView} view
 * @param {Store} store
 * @returns {HTMLElement[]}
 */
function describe(id, view, store) {
  const transaction = view.transaction ?? store.state.payments.get(id) ?? null;
  const title = transaction === null ? "A payment" : `${transaction.sender ?? "Out of nothing"} → ${transaction.recipient}: ${transaction.value.toLocaleString("en")}`;
  const rows = byPlace(view, store).map(({ nodes, place, height }) => [
    listed(nodes), el("span", { class: `place place-${place?.place ?? "unknown"}` }, placeWord(place)), confirmations(place, height), whyPlace(place, height),
  ]);
  return [
    el("h2", {}, title),
    facts([["id", el("span", { class: "hash whole" }, id)]]),
    el("p", { class: "hint" }, "The id makes a payment itself: the same id is paid once, however often it is told."),
    table("where it is on each node", ["on", "where", "confirmations", "which means"], rows),
  ];
}

/**
 * The nodes by where the payment is on them, so that thirty that agree are one row.
 * @param {PaymentView} view
 * @param {Store} store
 */
function byPlace(view, store) {
  const places = new Map(view.places.map(({ node, place }) => [node, place]));
  /** @type {Map<string, {nodes: string[], place: Place|null, height: number}>} */
  const groups = new Map();
  for (const { name, height } of store.state.network?.nodes ?? []) {
    const place = places.get(name) ?? null;
    const key = JSON.stringify([place, place?.place === "block" ? height : 0]);
    const group = groups.get(key) ?? { nodes: [], place, height };
    group.nodes.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** @param {Place|null} place */
function placeWord(place) {
  if (place === null) return "not known";
  return place.place === "block" ? `block ${place.id}` : place.place;
}

/**
 * Blocks from the payment's to the tip, both counted.
 * @param {Place|null} place
 * @param {number|undefined} height
 */
function confirmations(place, height) {
  return place?.place === "block" && height !== undefined && height >= place.id ? height - place.id + 1 : "–";
}
