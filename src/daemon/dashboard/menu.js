// A button that opens a box below it. Escape and a click elsewhere close it, and a `done` from within.

import { el, svg } from "./dom.js";

/**
 * @typedef {object} Menu
 * @property {HTMLElement} element  the button and its box
 * @property {HTMLElement} box  what the menu holds
 * @property {() => void} open
 * @property {() => void} close
 */

/**
 * @param {string} id
 * @param {string} label
 * @param {string} title  what it is for, in a sentence
 * @param {SVGElement} [sign]  an icon that stands for the label where there is little room
 * @returns {Menu}
 */
export function menu(id, label, title, sign) {
  const box = el("div", { id: `${id}-box`, class: "menu-box", hidden: true, role: "group", "aria-label": title });
  const chevron = svg("svg", { viewBox: "0 0 10 6", class: "chevron", "aria-hidden": "true" },
    svg("path", { d: "M1 1l4 4 4-4" }));
  const button = el("button", {
    type: "button", id: `${id}-menu`, title, "aria-expanded": "false", "aria-controls": box.id,
    "aria-label": sign ? label : null,
  }, sign, sign ? el("span", { class: "optional" }, label) : label, chevron);
  const element = el("div", { class: "menu" }, button, box);

  function open() {
    box.hidden = false;
    button.setAttribute("aria-expanded", "true");
    keepInside(box);
    firstField(box)?.focus();
  }
  function close() {
    box.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }
  button.addEventListener("click", () => (box.hidden ? open() : close()));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    event.stopPropagation();
    close();
    button.focus();
  });
  element.addEventListener("done", close);
  document.addEventListener("pointerdown", (event) => {
    if (!box.hidden && !element.contains(/** @type {Node} */ (event.target))) close();
  });
  element.addEventListener("focusout", (event) => {
    const next = /** @type {Node|null} */ (event.relatedTarget);
    if (next && !element.contains(next) && !inDialog(next)) close();
  });
  return { element, box, open, close };
}

/** A box that would leave the window is moved into it. @param {HTMLElement} box */
function keepInside(box) {
  box.style.translate = "0";
  const { left, right } = box.getBoundingClientRect();
  const over = right + 8 - document.documentElement.clientWidth;
  const under = 8 - left;
  if (over > 0) box.style.translate = `${-over}px`;
  else if (under > 0) box.style.translate = `${under}px`;
}

/**
 * @param {HTMLElement} box
 * @returns {HTMLElement|null}
 */
function firstField(box) {
  return box.querySelector("button:not([disabled]), input, select, textarea, a[href]");
}

/** @param {Node} node */
function inDialog(node) {
  return node instanceof Element && node.closest("dialog") !== null;
}
