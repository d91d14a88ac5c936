// Every action by key; none while one types, or with a modifier key, which is the browser's.

import { crashOrStart, cutOrHealSelected, mine } from "./actions.js";
import { openHelp } from "./help.js";
import { showView } from "./views.js";

/** @import {Store, Api} from "./types.js" */

/** Where keys are text, or move within: there they are left alone. */
const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=range]), textarea, select, [contenteditable]";
const MOVING = "input, [role=tab], [role=slider], [role=listbox], [role=tree], [role=grid], [role=menu]";

const PRESSED = "button, [role=button], [role=tab], a, summary, input:not([type=range])";

/**
 * @param {Store} store
 * @param {Api} api
 * @param {import("./clockwork.js").Clockwork} time
 */
export function listen(store, api, time) {
  /** @type {Record<string, (held: boolean) => unknown>} */
  const keys = {
    " ": time.playOrPause,
    ArrowRight: time.step,
    ArrowLeft: () => time.back(),
    m: () => mine(store, api),
    t: goToPayment,
    c: () => cutOrHealSelected(store, api),
    x: () => crashOrStart(store, api),
    r: time.reset,
    s: () => document.getElementById("save-menu")?.click(),
    "?": openHelp,
    Escape: () => store.select(null),
  };
  for (let number = 1; number <= 9; number += 1) {
    keys[number] = () => selectNode(store, number - 1);
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = /** @type {Element} */ (event.target);
    if (document.querySelector("dialog[open]")) return;
    if (target.matches(TYPING)) {
      // Out of the field, so that keys are commands again.
      if (event.key === "Escape" && target instanceof HTMLElement) target.blur();
      return;
    }
    if (event.key.startsWith("Arrow") && target.closest(MOVING)) return;
    // What has the focus is pressed by the space bar, as everywhere.
    if (event.key === " " && target.closest(PRESSED)) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (event.repeat && event.key !== "ArrowRight" && event.key !== "ArrowLeft")) return;
    event.preventDefault();
    void act(event.repeat);
  });
  // The mouse leaves no focus behind on what keys press or move: they would do it again.
  document.addEventListener("click", (event) => {
    const button = event.detail > 0 && event.target instanceof Element ? event.target.closest("button, [role=button], input[type=range]") : null;
    if (button && button === document.activeElement && !button.closest("dialog, .menu-box")) {
      /** @type {HTMLElement|SVGElement} */ (document.activeElement).blur();
    }
  });
}

function goToPayment() {
  showView("pay");
  const field = document.querySelector("#pay input, #pay select");
  if (field instanceof HTMLElement) field.focus();
}

/** @param {Store} store @param {number} index */
function selectNode(store, index) {
  const name = store.state.network?.nodes[index]?.name;
  if (name) store.select({ kind: "node", name });
}
