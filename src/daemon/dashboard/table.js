// The mesh as two tables, for who cannot or would not read the drawing.

import { cutOrHeal } from "./actions.js";
import { el, set } from "./dom.js";
import { short } from "./looks.js";
import { statusWords } from "./status.js";

/** @import {Api, LinkView, Network, NodeView, Store} from "./types.js" */

/**
 * @param {HTMLElement} element
 * @param {Store} store
 * @param {Api} api
 */
export function mountTable(element, store, api) {
  const nodes = el("tbody");
  const links = el("tbody");
  element.append(
    tableOf("Nodes", ["node", "does", "clock", "height", "tip", "pool", "inbox"], nodes),
    tableOf("Links", ["link", "is", ""], links));

  /** @param {Network} network */
  function show(network) {
    if (element.hidden) return;
    level(nodes, network.nodes.map((node) => nodeRow(node, store)));
    level(links, network.links.map((link) => linkRow(link, api)));
  }
  store.on("network", show);
  store.on("selection", () => store.state.network && show(store.state.network));
  new MutationObserver(() => store.state.network && show(store.state.network))
    .observe(element, { attributes: true, attributeFilter: ["hidden"] });
}

/** @param {string} caption @param {string[]} heads @param {HTMLElement} body */
function tableOf(caption, heads, body) {
  return el("table", {}, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => head ? el("th", { scope: "col" }, head) : el("td", { class: "bare" })))), body);
}

/** @typedef {{key: string, cells: (string|number)[], label: string, name: string|null, pressed: boolean, press: () => void}} Row */

/** @param {NodeView} node @param {Store} store @returns {Row} */
function nodeRow(node, store) {
  return {
    key: node.name,
    cells: [node.name, statusWords(node), node.clock, node.tip ? node.height : "?", short(node.tip), node.pool, node.inbox],
    label: node.name,
    name: null,
    pressed: store.state.selection?.kind === "node" && store.state.selection.name === node.name,
    press: () => store.select({ kind: "node", name: node.name }),
  };
}

/** @param {LinkView} link @param {Api} api @returns {Row} */
function linkRow(link, api) {
  return {
    key: `${link.a} ${link.b}`,
    cells: [`${link.a} – ${link.b}`, link.state, ""],
    label: link.state === "cut" ? "Heal" : "Cut",
    name: `${link.state === "cut" ? "heal" : "cut"} link ${link.a} – ${link.b}`,
    pressed: false,
    press: () => cutOrHeal(link, api),
  };
}

/**
 * Rows are made once and filled anew, so that a button under the finger or with the focus stays.
 * @param {HTMLElement} body
 * @param {Row[]} rows
 */
function level(body, rows) {
  while (body.childElementCount > rows.length) body.lastElementChild?.remove();
  for (const [index, row] of rows.entries()) {
    let line = /** @type {HTMLTableRowElement|undefined} */ (body.children[index]);
    if (!line || line.dataset.key !== row.key) {
      const made = rowElement(row);
      if (line) line.replaceWith(made);
      else body.append(made);
      line = made;
    }
    fill(line, row);
  }
}

/** @param {Row} row */
function rowElement(row) {
  const first = row.cells.length === 3 ? 2 : 0;
  return el("tr", { "data-key": row.key }, ...row.cells.map((_, index) => {
    const content = index === first ? el("button", { type: "button" }) : null;
    return index === 0 ? el("th", { scope: "row" }, content) : el("td", {}, content);
  }));
}

/** @param {HTMLTableRowElement} line @param {Row} row */
function fill(line, row) {
  for (const [index, text] of row.cells.entries()) {
    const cell = line.cells[index];
    const button = cell.querySelector("button");
    if (!button) {
      if (cell.textContent !== String(text)) cell.textContent = String(text);
      continue;
    }
    if (button.textContent !== row.label) button.textContent = row.label;
    set(button, { "aria-label": row.name, "aria-pressed": row.name ? null : String(row.pressed) });
    button.onclick = row.press;
  }
}
