// Above the mesh: how many nodes and tips there are, adding one, the view as a table. Below:
// what the signs mean.

import { addNode, whyNoNewNode } from "./actions.js";
import { el, set, setText, svg } from "./dom.js";
import { icon } from "./icons.js";

/** @import {Api, Network, Store} from "./types.js" */

/**
 * @param {Store} store
 * @param {Api} api
 * @param {{tidy: () => void, asTable: (shown: boolean) => void}} view
 */
export function tools(store, api, view) {
  const summary = el("span", { class: "hint", id: "mesh-summary" });
  const add = el("button", { type: "button", id: "add-node", onclick: () => addNode(store, api) }, icon("add"), "Add node");
  const tidy = el("button", { type: "button", title: "put the nodes back where they were", "aria-label": "tidy", onclick: view.tidy }, icon("graph"), el("span", { class: "optional" }, "Tidy"));
  const table = el("button", { type: "button", id: "as-table", "aria-pressed": "false", "aria-label": "table", title: "the mesh as a table" }, icon("table"), el("span", { class: "optional" }, "Table"));
  table.addEventListener("click", () => {
    const shown = table.getAttribute("aria-pressed") !== "true";
    set(table, { "aria-pressed": String(shown) });
    tidy.disabled = shown;
    view.asTable(shown);
  });

  function show() {
    const { network } = store.state;
    if (!network) return;
    setText(summary, summaryOf(network));
    allow(add, whyNoNewNode(store), "add a node, linked to all");
  }
  store.on("network", show);
  return el("div", { class: "mesh-head" }, el("h2", {}, "Mesh"), summary,
    el("div", { class: "row push" }, add, tidy, table));
}

/**
 * Greys a button and gives the reason. It can still be reached and pressed, and then says why.
 * @param {HTMLButtonElement} button
 * @param {string|null} why
 * @param {string} title
 */
function allow(button, why, title) {
  set(button, { "aria-disabled": why ? "true" : null, title: why ?? title });
}

/** @param {Network} network */
function summaryOf({ nodes, links }) {
  const up = nodes.filter((node) => node.state === "up").length;
  const tips = new Set(nodes.filter((node) => node.state === "up").map((node) => node.tip)).size;
  const cut = links.filter((link) => link.state === "cut").length;
  const parts = [`${nodes.length} nodes`];
  if (up < nodes.length) parts.push(`${up} up`);
  if (tips > 0) parts.push(tips === 1 ? "all on one tip" : `${tips} different tips`);
  if (cut) parts.push(`${cut} cut`);
  return parts.join(" · ");
}

/** What the signs mean, short: the help says more. */
export function legend() {
  const sample = (/** @type {SVGElement[]} */ ...marks) => svg("svg", { viewBox: "0 0 16 16", class: "sample", "aria-hidden": "true" }, ...marks);
  const item = (/** @type {SVGElement} */ mark, /** @type {string} */ text) => el("li", {}, mark, text);
  return el("ul", { class: "mesh-legend", "aria-label": "what the signs mean" },
    item(sample(svg("rect", { class: "square", x: 2.5, y: 2.5, width: 11, height: 11, rx: 2 })), "block"),
    item(sample(svg("circle", { class: "payment", cx: 8, cy: 8, r: 5.5 }), svg("circle", { class: "coin", cx: 8, cy: 8, r: 2 })), "payment"),
    item(sample(svg("circle", { class: "payment", cx: 8, cy: 8, r: 7 }), svg("text", { x: 8, y: 11.3 }, "2")), "in the pool"),
    item(sample(svg("circle", { class: "ring work-ring", cx: 8, cy: 8, r: 5.5 })), "mines"),
    item(sample(svg("circle", { class: "ring out-ring", cx: 8, cy: 8, r: 5.5 })), "sends on"),
    item(sample(svg("circle", { class: "ring in-ring", cx: 8, cy: 8, r: 5.5 })), "takes in"),
    item(sample(svg("path", { class: "cut-line", d: "M1 8h14" })), "cut link"),
    el("li", { class: "wide-only" }, "same look = same tip"));
}
