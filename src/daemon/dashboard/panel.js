// What is selected: the tabs Node, Block, Payment, Message.

import { blockTab } from "./block_tab.js";
import { el, set } from "./dom.js";
import { messageTab } from "./message_tab.js";
import { nodeTab } from "./node_tab.js";
import { paymentTab } from "./payment_tab.js";

/** @import {Mount, Selection} from "./types.js" */

/** A tab: its content, and what to do when it comes to the front. */
/** @typedef {{element: HTMLElement, show: (selection: Selection|null) => void}} Tab */

const TABS = /** @type {const} */ ([
  ["node", "Node", nodeTab], ["block", "Block", blockTab], ["payment", "Payment", paymentTab], ["message", "Message", messageTab],
]);

/** @type {Mount} */
export function mount(element, store, api) {
  const strip = el("div", { class: "tabs", role: "tablist", "aria-label": "what is selected" });
  element.append(strip);
  const tabs = TABS.map(([kind, title, make]) => {
    const button = el("button", { type: "button", role: "tab", id: `tab-${kind}`, "aria-controls": `panel-${kind}` }, title);
    const content = make(store, api);
    const panel = el("div", { role: "tabpanel", id: `panel-${kind}`, class: "tabpanel", "aria-labelledby": button.id, tabindex: 0 }, content.element);
    strip.append(button);
    element.append(panel);
    button.addEventListener("click", () => bring(kind));
    return { kind, button, panel, content };
  });

  /** @param {string} wanted */
  function bring(wanted) {
    for (const { kind, button, panel } of tabs) {
      const front = kind === wanted;
      set(button, { "aria-selected": String(front), tabindex: front ? 0 : -1 });
      panel.hidden = !front;
    }
  }

  strip.addEventListener("keydown", (event) => {
    const at = tabs.findIndex(({ button }) => button === event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs.at(to % tabs.length);
    if (!next) return;
    bring(next.kind);
    next.button.focus();
  });

  store.on("selection", (selection) => {
    for (const { kind, content } of tabs) if (selection?.kind === kind || kind === "node") content.show(selection);
    if (selection && tabs.some(({ kind }) => kind === selection.kind)) bring(selection.kind);
  });
  bring("node");
}
