// Native dialogs: they keep the focus, close on Escape and give the focus back.

import { el } from "./dom.js";

/**
 * Shows a dialog; it is gone from the page when it is closed.
 * @param {string} title
 * @param {Node[]} content
 * @param {string} [className]
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, className = "") {
  const heading = el("h2", { id: "dialog-title" }, title);
  const close = el("button", { type: "button", class: "quiet dialog-close", "aria-label": "close", onclick: () => dialog.close() }, "×");
  const dialog = el("dialog", { class: className, "aria-labelledby": "dialog-title" },
    el("div", { class: "dialog-head" }, heading, close), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  // A click on the dialog itself, not on what it holds, is one on the backdrop.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Asks before something that cannot be taken back.
 * @param {string} title
 * @param {string} text
 * @param {string} yes  what the button says
 * @returns {Promise<boolean>}
 */
export function ask(title, text, yes) {
  return new Promise((resolve) => {
    let agreed = false;
    const agree = el("button", { type: "button", class: "primary", autofocus: true }, yes);
    const leave = el("button", { type: "button" }, "Cancel");
    const dialog = openDialog(title, [el("p", {}, text), el("div", { class: "row end" }, leave, agree)], "ask");
    agree.addEventListener("click", () => {
      agreed = true;
      dialog.close();
    });
    leave.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => resolve(agreed));
  });
}
