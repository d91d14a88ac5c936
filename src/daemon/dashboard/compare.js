// Two nodes side by side, as long as the dialog is open.

import { firstDifference, forkOf, parts } from "./difference.js";
import { openDialog } from "./dialog.js";
import { el, setText } from "./dom.js";
import { addBlock, createTree } from "./tree.js";

/** @import {Api, NodeDetail, Store, Tree} from "./types.js" */
/** @import {Fork, Part} from "./difference.js" */

/** Ids asked for at once when looking for where two chains part, and how often at most. */
const WINDOW = 200;
const MOST_WINDOWS = 10;

/**
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 * @param {Api} api
 * @returns {Promise<Fork|null>}
 */
async function findFork(a, b, api) {
  const tree = createTree();
  let top = Math.max(a.view.height, b.view.height);
  for (let windows = 0; windows < MOST_WINDOWS && top >= 0; windows += 1) {
    const from = Math.max(0, top - WINDOW + 1);
    const answer = /** @type {Tree} */ (await api.get(`/tree?from=${from}&limit=${top - from + 1}`));
    for (const block of answer.blocks) addBlock(tree, block);
    const fork = forkOf(tree, a.view.tip, b.view.tip);
    if (fork) return fork;
    top = from - 1;
  }
  return null;
}

/**
 * Opens the comparison; of the node that is chosen with the next one, unless told.
 * @param {Store} store
 * @param {Api} api
 * @param {string} [one]
 * @param {string} [other]
 */
export function openCompare(store, api, one, other) {
  const names = (store.state.network?.nodes ?? []).map(({ name }) => name);
  if (names.length < 2) return api.toast("It takes two nodes to compare.", "problem");
  const first = one ?? store.state.chosen ?? names[0];
  const choices = [first, other ?? names.find((name) => name !== first) ?? names[1]].map((chosen, index) => {
    const select = el("select", { "aria-label": index === 0 ? "one node" : "the other node", onchange: () => void refresh() },
      ...names.map((name) => el("option", { value: name }, name)));
    select.value = chosen;
    return select;
  });
  const sentence = el("p", { class: "compare-said", role: "status" });
  const table = el("table", { class: "compare" });
  const dialog = openDialog("Compare two nodes", [
    el("div", { class: "row" }, choices[0], el("span", { class: "soft" }, "and"), choices[1]), sentence, table], "wide");

  let wanted = 0;
  async function refresh() {
    const mine = (wanted += 1);
    try {
      const [a, b] = /** @type {NodeDetail[]} */ (await Promise.all(choices.map(({ value }) => api.get(`/node/${encodeURIComponent(value)}`))));
      const fork = await findFork(a, b, api);
      if (mine !== wanted) return;
      setText(sentence, firstDifference(a, b, fork));
      draw(table, a, b, parts(a, b, fork));
    } catch (problem) {
      if (mine === wanted) setText(sentence, problem instanceof Error ? problem.message : String(problem));
    }
  }
  let running = false;
  let again = false;
  /** One refresh at a time, and one more where something happened meanwhile. */
  async function follow() {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await refresh();
    }
    running = false;
  }
  const ends = [store.on("tick", () => void follow()), store.on("events", () => void follow()), store.on("reload", () => void follow())];
  dialog.addEventListener("close", () => ends.forEach((end) => end()));
  void follow();
}

/**
 * @param {HTMLTableElement} table
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 * @param {Part[]} all
 */
function draw(table, a, b, all) {
  const first = all.find(({ differs }) => differs);
  let marked = false;
  const bodies = all.map((part) => {
    const rows = part.rows.map(({ label, one, other, differs }) => {
      const isFirst = differs && part === first && !marked;
      if (isFirst) marked = true;
      const sign = differs ? el("span", {}, "≠", el("span", { class: "unseen" }, isFirst ? " the first difference" : " differs")) : "";
      return el("tr", { class: differs ? (isFirst ? "differs first" : "differs") : "" },
        el("th", { scope: "row" }, label), el("td", {}, one), el("td", { class: "sign" }, sign), el("td", {}, other));
    });
    if (rows.length === 0) rows.push(el("tr", {}, el("td", { colspan: 4, class: "hint" }, "empty on both")));
    if (part.more > 0) rows.push(el("tr", {}, el("td", { colspan: 4, class: "hint" }, `and ${part.more} more`)));
    return el("tbody", {}, el("tr", { class: "part" }, el("th", { colspan: 4, scope: "rowgroup" }, part.title)), ...rows);
  });
  table.replaceChildren(
    el("thead", {}, el("tr", {}, el("td", {}), el("th", { scope: "col" }, a.view.name), el("td", {}), el("th", { scope: "col" }, b.view.name))), ...bodies);
}
