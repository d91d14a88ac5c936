// Short sentences that come up and go: refusals and things done.

import { byId, el } from "./dom.js";

/** How long a sentence stays, at least; longer ones stay longer. */
const STAYS_MS = 4000;

/** More than these at once nobody reads. */
const MOST = 4;

/**
 * Shows a sentence. A problem is announced at once to those who listen.
 * @param {string} text
 * @param {"note"|"problem"} [kind]
 */
export function toast(text, kind = "note") {
  const room = byId("toasts");
  while (room.childElementCount >= MOST) room.firstElementChild?.remove();
  const note = el("div", { class: `toast ${kind}`, role: kind === "problem" ? "alert" : "status" },
    el("span", { class: "toast-mark", "aria-hidden": "true" }, kind === "problem" ? "!" : "✓"),
    el("span", {}, text));
  const close = el("button", { type: "button", class: "quiet", "aria-label": "dismiss", onclick: () => note.remove() }, "×");
  note.append(close);
  room.append(note);
  setTimeout(() => note.remove(), STAYS_MS + text.length * 50);
}
