// The rows of the log: the newest entries that pass the filter. One row can be reached by Tab, the
// others by the arrows from there.

import { el, set, setText } from "./dom.js";
import { explain } from "./refusals.js";
import { briefly } from "./words.js";

/** @import {Entry, EntryKind} from "./entries.js" */

/** Rows shown. */
const MAX_SHOWN = 300;

/** How close to the end one must have scrolled for the list to follow what comes. */
const NEAR_END_PX = 40;

/** @type {Record<EntryKind, string>} */
const MARKS = { action: "▸", block: "■", payment: "●", message: "→", node: "○", refused: "!", history: "↺" };

/**
 * @param {(entry: Entry) => void} open
 */
export function rows(open) {
  const element = el("ol", { class: "log-rows", "aria-label": "what happened, newest last" });
  const empty = el("p", { class: "hint log-empty" }, "Nothing since this page was opened. Tick, add a payment, or ask a node to mine.");
  const box = el("div", { class: "log-box" }, empty, element);
  /** @type {Map<Entry, HTMLElement>} */
  const shown = new Map();
  /** Whether the newest is in view: then it stays there, also when the box gets lower. */
  let following = true;
  const toEnd = () => void (box.scrollTop = box.scrollHeight);
  box.addEventListener("scroll", () => {
    following = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
  }, { passive: true });
  new ResizeObserver(() => following && toEnd()).observe(box);
  walkable(element);

  /** @param {Entry[]} entries */
  function append(entries) {
    for (const entry of entries.slice(-MAX_SHOWN)) {
      const made = row(entry, open);
      shown.set(entry, made);
      element.append(made);
    }
    for (const [entry, row] of shown) {
      if (shown.size <= MAX_SHOWN) break;
      row.remove();
      shown.delete(entry);
    }
    empty.hidden = shown.size > 0;
    if (!element.querySelector("[tabindex='0']")) reach(element, element.lastElementChild);
    if (following) toEnd();
  }

  return {
    element: box,
    append,
    /** @param {Entry[]} entries */
    redraw: (entries) => {
      shown.clear();
      element.replaceChildren();
      append(entries);
      setText(empty, "Nothing here. Tick, add a payment, or change the filter.");
      toEnd();
    },
    /** @param {Entry} entry */
    remove: (entry) => {
      shown.get(entry)?.remove();
      shown.delete(entry);
    },
  };
}

/**
 * @param {Entry} entry
 * @param {(entry: Entry) => void} open
 */
function row(entry, open) {
  const go = el("button", { type: "button", class: "log-go", tabindex: -1, title: `go to tick ${entry.tick}` },
    el("span", { class: "log-tick" }, entry.tick),
    el("span", { class: "log-mark", "aria-hidden": "true" }, MARKS[entry.kind]),
    el("span", { class: "log-text" }, entry.reason === null ? entry.text : `${entry.text}: ${briefly(entry.reason)}`));
  const made = el("li", { class: `log-row log-${entry.kind}` }, go);
  go.addEventListener("click", () => open(entry));
  if (entry.reason !== null) made.append(whyButton(entry, made));
  return made;
}

/** Lets the arrows walk along the rows. @param {HTMLElement} list */
function walkable(list) {
  const rowOf = (/** @type {Event} */ event) => (event.target instanceof Element ? event.target.closest("li") : null);
  list.addEventListener("focusin", (event) => {
    const at = rowOf(event);
    if (at) reach(list, at);
  });
  list.addEventListener("keydown", (event) => {
    const at = rowOf(event);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, Element|null>} */
    const ways = { ArrowUp: at.previousElementSibling, ArrowDown: at.nextElementSibling, Home: list.firstElementChild, End: list.lastElementChild };
    if (!(event.key in ways)) return;
    event.preventDefault();
    event.stopPropagation();
    ways[event.key]?.querySelector("button")?.focus();
  });
}

/**
 * Makes one row the one that Tab reaches.
 * @param {HTMLElement} list
 * @param {Element|null} row
 */
function reach(list, row) {
  for (const button of list.querySelectorAll("[tabindex='0']")) set(button, { tabindex: -1 });
  for (const button of row?.querySelectorAll("button") ?? []) set(button, { tabindex: 0 });
}

/**
 * @param {Entry} entry
 * @param {HTMLElement} row
 */
function whyButton(entry, row) {
  const button = el("button", { type: "button", class: "why", tabindex: -1, "aria-expanded": "false" }, "why?");
  button.addEventListener("click", () => {
    const open = row.querySelector(".why-text");
    open?.remove();
    set(button, { "aria-expanded": String(!open) });
    if (open) return;
    const text = el("p", { class: "why-text", role: "status" });
    row.append(text);
    setText(text, entry.why || explain(entry.reason ?? "") || "The node says no more about it.");
  });
  return button;
}
