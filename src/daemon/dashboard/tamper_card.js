// One block of the copy: its fields to be edited, what they hash to, and what is wrong with it.

import { el, setText } from "./dom.js";

/** @import {Block, Transaction} from "./types.js" */
/** @import {Verdict} from "./forgery.js" */

/** The most payments of a block that are shown. */
const MAX_SHOWN = 12;

/**
 * @typedef {object} CardActions
 * @property {() => void} edited
 * @property {() => void} mine
 * @property {() => void} undo
 * @property {() => void} send
 */

/** @typedef {ReturnType<typeof createCard>} Card */

/**
 * @param {Block} block  is changed as its fields are
 * @param {CardActions} actions
 */
export function createCard(block, actions) {
  /** @type {(() => void)[]} write the block's values into the fields */
  const fills = [];
  const input = (/** @type {string} */ name, /** @type {() => string} */ value, /** @type {(text: string) => void} */ change, className = "") => {
    const field = el("input", {
      type: "text", "aria-label": `${name} of block ${block.id}`, class: className, spellcheck: "false", autocomplete: "off",
      oninput: () => {
        change(field.value);
        actions.edited();
      },
    });
    fills.push(() => {
      if (field.value !== value()) field.value = value();
    });
    return field;
  };
  const row = (/** @type {string} */ label, /** @type {Node} */ content) =>
    el("div", { class: "tamper-field" }, el("span", {}, label), content);

  const payments = el("div", { class: "tamper-payments" });
  /** @type {Transaction[]|null} the payments that the fields are for */
  let shown = null;
  function fillPayments() {
    if (shown === block.transactions) return;
    shown = block.transactions;
    fills.length = fixed;
    const more = shown.length - MAX_SHOWN;
    payments.replaceChildren(
      ...shown.slice(0, MAX_SHOWN).map((payment, index) => paymentFields(payment, `payment ${index + 1}`, input)),
      shown.length === 0 ? el("p", { class: "hint" }, "no payments") : "",
      more > 0 ? el("p", { class: "hint" }, `and ${more} more`) : "");
  }

  const previous = input("previous hash", () => block.previous_block_hash ?? "", (text) => (block.previous_block_hash = text.trim()), "mono");
  const root = el("output", { class: "hash" });
  const hash = el("output", { class: "hash" });
  const was = el("span", { class: "hint hash was" });
  const original = block.hash;
  const previously = original ? `was ${original.slice(0, 20)}…` : "a block of your own";
  const verdict = el("p", { class: "tamper-verdict" });
  const mine = el("button", { type: "button", "aria-label": `Re-mine block ${block.id}`, onclick: actions.mine }, "Re-mine");
  const undo = el("button", { type: "button", class: "quiet", "aria-label": `Undo block ${block.id}`, onclick: actions.undo }, "Undo");
  const send = el("button", { type: "button", "aria-label": `Send block ${block.id} to the peers`, onclick: actions.send }, "Send");
  const element = el("li", { class: "tamper-card" },
    el("h3", {}, `Block ${block.id}`),
    row("previous hash", previous),
    row("timestamp", input("timestamp", () => block.timestamp, (text) => (block.timestamp = text))),
    payments,
    row("Merkle root", root),
    row("nonce", input("nonce", () => (Number.isNaN(block.nonce) ? "" : String(block.nonce)), (text) => (block.nonce = wholeNumber(text)), "mono")),
    row("hash", hash),
    was,
    verdict,
    el("div", { class: "row" }, mine, send, undo));
  const fixed = fills.length;

  function fill() {
    fillPayments();
    for (const each of fills) each();
  }

  /**
   * @param {Verdict} now
   * @param {{isMinable: boolean, isBusy: boolean, parentIs: string|null}} at
   */
  function draw(now, { isMinable, isBusy, parentIs }) {
    const valid = now.reasons.length === 0;
    element.classList.toggle("invalid", !valid);
    element.classList.toggle("changed", now.changed);
    previous.classList.toggle("wrong", parentIs !== block.previous_block_hash);
    setText(root, now.root ?? "—");
    drawHash(hash, now);
    setText(was, now.changed ? previously : "");
    setText(verdict, valid ? `✓ valid${now.changed && original ? ", but another block than before" : ""}` : `✗ invalid: ${now.reasons.map(({ text }) => text).join("; ")}.`);
    mine.disabled = !isMinable;
    send.disabled = isBusy || now.hash === null;
    undo.hidden = !original || (!now.changed && now.hash !== null);
  }

  fill();
  return { element, draw, fill };
}

/**
 * @param {Transaction} payment
 * @param {string} name
 * @param {(name: string, value: () => string, change: (text: string) => void, className?: string) => HTMLInputElement} input
 */
function paymentFields(payment, name, input) {
  return el("div", { class: "tamper-payment", role: "group", "aria-label": name },
    input(`sender of ${name}`, () => payment.sender ?? "", (text) => (payment.sender = text === "" ? null : text)),
    el("span", { "aria-hidden": "true" }, "→"),
    input(`recipient of ${name}`, () => payment.recipient, (text) => (payment.recipient = text)),
    input(`value of ${name}`, () => (Number.isNaN(payment.value) ? "" : String(payment.value)), (text) => (payment.value = wholeNumber(text)), "value"));
}

/** A number as it is typed; NaN, which no block can have, for what is none. @param {string} text */
function wholeNumber(text) {
  return /^\d+$/.test(text.trim()) ? Number(text) : NaN;
}

/**
 * The hash with the zeros it ends in set apart.
 * @param {HTMLElement} output
 * @param {Verdict} now
 */
function drawHash(output, { hash, zeros }) {
  if (hash === null) return output.replaceChildren("—");
  const digits = Math.floor(zeros / 4);
  const rest = hash.slice(0, hash.length - digits);
  output.replaceChildren(rest, el("mark", {}, hash.slice(rest.length)), el("span", { class: "hint" }, ` ${zeros} zero ${zeros === 1 ? "bit" : "bits"}`));
}
