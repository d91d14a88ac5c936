// On a phone one part of the page is shown at a time; these tabs choose it.

import { el } from "./dom.js";

/** @import {Mount} from "./types.js" */

/** @type {[string, string][]} */
const VIEWS = [["mesh", "Mesh"], ["panel", "Node"], ["blocks", "Blocks"], ["pay", "Pay"], ["log", "Log"]];

/** Shows a part of the page, where they do not all fit. @param {string} view */
export function showView(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("#views button")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-view") === view));
  }
}

/** @type {Mount} */
export function mount(element) {
  element.append(...VIEWS.map(([view, label]) => el("button", {
    type: "button", "data-view": view, "aria-pressed": String(view === "mesh"), onclick: () => showView(view),
  }, label)));
}
