// One payment: who pays whom, and where it is on each node.

import { el } from "./dom.js";
import { facts, nothing, table } from "./parts.js";
import { whyPlace } from "./why.js";
import { listed } from "./words.js";

/** @import {Api, PaymentView, Selection, Store, Whereabouts} from "./types.js" */

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
      const key = JSON.stringify([view, store.state.network?.nodes.map(({ name }) => name)]);
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
  const rows = byPlace(view, store).map(({ nodes, where }) => [
    listed(nodes), el("span", { class: `place place-${where?.place ?? "unknown"}` }, placeWord(where)), where?.confirmations ?? "–", whyPlace(where),
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
  /** @type {Map<string, {nodes: string[], where: Whereabouts|null}>} */
  const groups = new Map();
  for (const { name } of store.state.network?.nodes ?? []) {
    const where = places.get(name) ?? null;
    const key = JSON.stringify(where);
    const group = groups.get(key) ?? { nodes: [], where };
    group.nodes.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** @param {Whereabouts|null} where */
function placeWord(where) {
  if (where === null) return "not known";
  return where.place === "block" ? `block ${where.block}` : where.place;
}
