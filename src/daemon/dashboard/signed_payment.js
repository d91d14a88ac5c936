// The form for payments that are signed elsewhere: keys never come into a browser.

import { el, set } from "./dom.js";
import { readSigned } from "./payment.js";
import { explain } from "./refusals.js";

/** @import {Api, Outcome} from "./types.js" */

/** What makes what is pasted here. */
const COMMAND = "tickchain key sign --key FILE --genesis FILE --to NAME --value N --sequence N";

/**
 * @param {Api} api
 * @param {HTMLSelectElement} at  the node that is asked to take the payment
 * @param {(sentence: string, wrong?: boolean) => void} tell
 * @param {(id: string) => void} accepted
 */
export function signedPaymentForm(api, at, tell, accepted) {
  const pasted = el("textarea", {
    id: "pay-signed", rows: "3", autocomplete: "off", spellcheck: "false", "aria-required": "true", "aria-describedby": "pay-told",
  });
  const element = el("form", { class: "pay-form", novalidate: true, hidden: true },
    el("p", { class: "hint" }, "Payments of this network are signed. Make one with ", el("code", {}, COMMAND), " and paste what it prints."),
    el("label", { class: "pay-field whole" }, el("span", {}, "signed payment"), pasted),
    el("button", { type: "submit", id: "pay-signed-add", class: "primary" }, "Add"));

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });

  async function submit() {
    const read = readSigned(pasted.value);
    set(pasted, { "aria-invalid": "wrong" in read ? "true" : null });
    if ("wrong" in read) return tell(read.wrong, true);
    try {
      /** @type {Outcome} */
      const outcome = await api.post("/do", { tx: { at: at.value, ...read.payment } });
      if (outcome.result !== "success") {
        const reason = outcome.reason ?? `${at.value} refused it`;
        return tell(`Refused: ${reason}. ${explain(reason)}`.trimEnd(), true);
      }
      tell(`${at.value} accepted it. It waits for ${at.value}'s next clock.`);
      pasted.value = "";
      if (outcome.id) accepted(outcome.id);
    } catch (problem) {
      tell(problem instanceof Error ? problem.message : String(problem), true);
    }
  }
  return element;
}
