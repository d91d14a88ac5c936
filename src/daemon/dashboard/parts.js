// Small pieces that the tabs of the panel share.

import { el, set } from "./dom.js";
import { colourClass, short } from "./looks.js";

/** @import {Store, Transaction} from "./types.js" */
/** @import {Child} from "./dom.js" */

/**
 * Pairs of a word and what it stands for.
 * @param {[string, Child][]} pairs
 */
export function facts(pairs) {
  return el("dl", { class: "facts" }, ...pairs.flatMap(([word, value]) => [el("dt", {}, word), el("dd", {}, value)]));
}

/**
 * Likewise as tiles, the word over its value.
 * @param {[string, Child][]} pairs
 */
export function tiles(pairs) {
  return el("dl", { class: "tiles" }, ...pairs.map(([word, value]) => el("div", {}, el("dt", {}, word), el("dd", {}, value))));
}

/**
 * A heading with a count, over a list or table.
 * @param {string} title
 * @param {number|null} count
 * @param {Child[]} content
 */
export function group(title, count, ...content) {
  return el("section", { class: "group", "aria-label": title },
    el("h3", {}, title, count === null ? null : el("span", { class: "count" }, count)), ...content);
}

/**
 * @param {string[]} heads
 * @param {Child[][]} rows
 * @param {string} label
 */
export function table(label, heads, rows) {
  return el("table", { class: "table", "aria-label": label },
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell))))));
}

/**
 * A button that reads like a link and selects something.
 * @param {Child} text
 * @param {() => void} onclick
 * @param {string} [title]
 */
export function link(text, onclick, title) {
  return el("button", { type: "button", class: "link", onclick, title: title ?? null }, text);
}

/**
 * A block by the first digits of its hash, with its colour; selects it.
 * @param {Store} store
 * @param {string} hash
 * @param {string} [text]
 */
export function blockLink(store, hash, text) {
  if (hash === "") return el("span", { class: "soft" }, "not known");
  const made = link(text ?? short(hash), () => store.select({ kind: "block", hash }), `block ${hash}`);
  made.classList.add("block-link", "mono", colourClass(hash));
  made.prepend(el("span", { class: "swatch", "aria-hidden": "true" }));
  return made;
}

/**
 * Payments as a table; each selects itself.
 * @param {Store} store
 * @param {Transaction[]} payments
 * @param {string} label
 * @param {number} [most]  rows; the rest is counted
 */
export function paymentTable(store, payments, label, most = 50) {
  const rows = payments.slice(0, most).map(({ id, sender, recipient, value }) => [
    link(sender ?? "(new coins)", () => store.select({ kind: "payment", id }), `payment ${id}`), recipient, value.toLocaleString("en"),
  ]);
  const made = table(label, ["from", "to", "value"], rows);
  made.classList.add("payments");
  if (payments.length <= most) return made;
  return el("div", {}, made, el("p", { class: "hint" }, `and ${(payments.length - most).toLocaleString("en")} more`));
}

/** What stands where there is nothing. @param {string} text */
export function nothing(text) {
  return el("p", { class: "hint" }, text);
}

/**
 * A sentence behind "why?". Asked for anew whenever it is opened, and kept true by `again`.
 * @param {() => string} sentence
 */
export function whyBox(sentence) {
  const text = el("p", { class: "why-text", hidden: true, role: "status" });
  const button = el("button", { type: "button", class: "why", "aria-expanded": "false" }, "why?");
  const again = () => {
    if (text.hidden) return;
    const now = sentence();
    if (text.textContent !== now) text.textContent = now;
  };
  button.addEventListener("click", () => {
    text.hidden = !text.hidden;
    set(button, { "aria-expanded": String(!text.hidden) });
    again();
  });
  return { button, text, again };
}
