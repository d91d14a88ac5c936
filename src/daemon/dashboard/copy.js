// Copies what was done: as a scenario file, which `tickchain run` and the page play, or as calls with
// curl.

import { script } from "./curl.js";
import { openDialog } from "./dialog.js";
import { el, setText } from "./dom.js";
import { happened } from "./happened.js";

/** @import {Api, Store} from "./types.js" */

/**
 * Opens the dialog.
 * @param {Store} store
 * @param {Api} api
 * @param {"scenario"|"curl"} [first]
 */
export function openCopy(store, api, first = "scenario") {
  if (document.querySelector("dialog.copy")) return;
  const about = el("p", { class: "hint" });
  const text = textBox("what was done");
  /** @type {[string, string][]} */
  const choices = [["scenario", "as a scenario file"], ["curl", "as curl commands"]];
  const radios = choices.map(([value, label]) => {
    const radio = el("input", { type: "radio", name: "copy-as", value, checked: value === first });
    radio.addEventListener("change", () => void show(value));
    return el("label", { class: "choice" }, radio, label);
  });
  openDialog("Copy what was done", [
    el("div", { class: "row", role: "radiogroup", "aria-label": "how to copy" }, ...radios), about, text.element, copyRow(text),
  ], "copy");
  void show(first);

  /** @param {string} as */
  async function show(as) {
    if (as === "curl") {
      setText(about, "The nodes' own calls, since this page was opened or the last reset. Crashes and forged blocks are no calls of a node and stand as comments.");
      const steps = happened(store).steps();
      text.show(steps.length > 0 ? script(steps) : "# Nothing was done since this page was opened, or since the last reset.\n");
      return;
    }
    setText(about, "Everything since the last reset on this branch of history. Play it with: tickchain run FILE, or open it under Lessons.");
    try {
      text.show(await api.get("/scenario"));
    } catch (problem) {
      setText(about, problem instanceof Error ? problem.message : String(problem));
      text.show("");
    }
  }
}

/**
 * Lines to be copied, with a title.
 * @param {string} title
 * @param {string} about
 * @param {string} content
 */
export function openText(title, about, content) {
  const text = textBox(title);
  text.show(content);
  openDialog(title, [el("p", { class: "hint" }, about), text.element, copyRow(text)], "copy");
}

/** @param {string} label */
function textBox(label) {
  const element = el("textarea", { class: "copy-text mono", readonly: true, rows: 14, spellcheck: "false", wrap: "off", "aria-label": label });
  return {
    element,
    /** @param {string} content */
    show: (content) => void (element.value = content),
    value: () => element.value,
  };
}

/** @param {ReturnType<typeof textBox>} text */
function copyRow(text) {
  const told = el("span", { class: "hint", role: "status" });
  const button = el("button", { type: "button", class: "primary", autofocus: true }, "Copy");
  button.addEventListener("click", async () => {
    const copied = await copy(text.value());
    if (!copied) text.element.select();
    setText(told, copied ? "Copied." : "The browser does not let the page copy. It is marked: press Ctrl+C.");
  });
  return el("div", { class: "row" }, button, told);
}

/** Whether the text is on the clipboard now. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
