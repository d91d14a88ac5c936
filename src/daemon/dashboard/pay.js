// The form that adds a payment.

import { balanceOf, followDetail } from "./detail.js";
import { el, set, setText } from "./dom.js";
import { readValue, wrongName } from "./payment.js";
import { explain } from "./refusals.js";
import { signedPaymentForm } from "./signed_payment.js";
import { listed } from "./words.js";

/** @import {Api, Mount, NodeDetail, Outcome, Store} from "./types.js" */

/** Names offered while one types. */
const MOST_OFFERED = 200;

/** Accounts whose balances are told before one types. */
const MOST_TOLD = 3;

/** @type {Mount} */
export function mount(element, store, api) {
  const form = fields();
  const told = el("p", { id: "pay-told", class: "told", role: "status" });
  const hint = el("p", { id: "pay-hint", class: "hint" });
  const signed = signedPaymentForm(api, form.node, tell, follows);
  element.append(el("h2", { class: "part-title" }, "Pay"), form.element, signed, told, hint);

  /** @type {NodeDetail|null} */
  let detail = null;
  const follow = followDetail(store, api, (read) => {
    detail = read;
    hintAt();
  });

  /** What the sender has left, before anybody asks. */
  function hintAt() {
    const { from, at } = form.typed();
    if (store.state.network?.signatures) return setText(hint, "");
    const node = store.node(at);
    if (node && node.state !== "up") return setText(hint, `${at} does not answer: choose another node.`);
    const whoHas = detail && (from === "" ? richestHint(detail, at) : balanceHint(detail, from, at));
    setText(hint, whoHas ?? "A payment may go to anyone: a new name is a new account.");
  }

  /** @param {string} sentence @param {boolean} [wrong] */
  function tell(sentence, wrong = false) {
    setText(told, sentence);
    told.classList.toggle("wrong", wrong);
  }

  form.element.addEventListener("input", () => {
    form.unmark();
    tell("");
    follow.of(form.typed().at);
    hintAt();
  });
  form.element.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, api, tell, () => detail).then((id) => {
      if (id !== null) follows(id);
    });
  });

  /** @param {string} id */
  function follows(id) {
    told.append(" ", el("button", { type: "button", class: "link", onclick: () => store.select({ kind: "payment", id }) }, "Follow it"));
  }

  // That it waits for the next clock was of the tick before. Why it was refused stays to be read.
  store.on("tick", () => {
    if (!told.classList.contains("wrong")) tell("");
  });
  let offered = "";
  store.on("network", (network) => {
    form.askForSigned(network.signatures);
    signed.hidden = !network.signatures;
    form.offerNodes(network.nodes.map(({ name }) => name), store.state.chosen);
    const names = accounts(store);
    const now = names.join("\n");
    if (now !== offered) form.offerAccounts(names);
    offered = now;
    follow.of(form.typed().at);
    hintAt();
  });
  store.on("selection", () => {
    if (store.state.chosen) form.at(store.state.chosen);
    follow.of(form.typed().at);
  });
}

/** Accounts of the genesis block and of payments seen. @param {Store} store */
function accounts(store) {
  const names = new Set(store.state.network?.accounts);
  for (const { sender, recipient } of store.state.payments.values()) {
    if (names.size >= MOST_OFFERED) break;
    if (sender !== null) names.add(sender);
    names.add(recipient);
  }
  return [...names];
}

/**
 * Who could pay.
 * @param {NodeDetail} detail
 * @param {string} node
 */
function richestHint({ accounts }, node) {
  const rich = Object.entries(accounts).filter(([, balance]) => balance > 0)
    .sort(([, one], [, other]) => other - one).slice(0, MOST_TOLD);
  if (rich.length === 0) return null;
  return `At ${node}'s tip ${listed(rich.map(([name, balance], index) => `${name} ${index === 0 ? "has " : ""}${balance.toLocaleString("en")}`))}. New names are welcome.`;
}

/**
 * @param {NodeDetail} detail
 * @param {string} account
 * @param {string} node
 */
function balanceHint(detail, account, node) {
  const { balance, left } = balanceOf(detail, account);
  const now = `${account} has ${balance.toLocaleString("en")} at ${node}'s tip`;
  return balance === left ? `${now}.` : `${now}, ${left.toLocaleString("en")} after the payments that wait.`;
}

function fields() {
  const suggestions = el("datalist", { id: "accounts" });
  const name = (/** @type {string} */ id, /** @type {string} */ label) => {
    const input = el("input", { id, name: id, list: "accounts", autocomplete: "off", spellcheck: "false", "aria-required": "true" });
    return { input, field: el("label", { class: "pay-field" }, el("span", {}, label), input) };
  };
  const from = name("pay-from", "from");
  const to = name("pay-to", "to");
  const value = el("input", { id: "pay-value", inputmode: "numeric", autocomplete: "off", "aria-required": "true" });
  const at = el("select", { id: "pay-at", title: "the node that is asked to take the payment" });
  const element = el("form", { class: "pay-form", novalidate: true },
    from.field, to.field,
    el("label", { class: "pay-field narrow" }, el("span", {}, "value"), value),
    el("label", { class: "pay-field" }, el("span", {}, "at"), at),
    el("button", { type: "submit", id: "pay-add", class: "primary" }, "Add"), suggestions);
  let offered = "";

  return {
    element,
    node: at,
    /** Of a signed payment only the node is chosen here. @param {boolean} signed */
    askForSigned: (signed) => {
      for (const part of element.children) if (!part.contains(at)) set(/** @type {HTMLElement} */ (part), { hidden: signed || null });
    },
    typed: () => ({ from: from.input.value, to: to.input.value, value: value.value, at: at.value }),
    /** @param {string[]} names */
    offerAccounts: (names) => suggestions.replaceChildren(...names.map((value) => el("option", { value }))),
    /** @param {string[]} names @param {string|null} chosen */
    offerNodes: (names, chosen) => {
      if (names.join("\n") === offered) return;
      offered = names.join("\n");
      const kept = names.includes(at.value) ? at.value : chosen;
      at.replaceChildren(...names.map((value) => el("option", { value }, value)));
      if (kept !== null) at.value = kept;
    },
    /** @param {string} name */
    at: (name) => void (at.value = name),
    /** Marks a field whose content is wrong, and goes there. @param {"from"|"to"|"value"} which */
    mark: (which) => {
      const input = { from: from.input, to: to.input, value }[which];
      set(input, { "aria-invalid": "true", "aria-describedby": "pay-told" });
      input.focus();
    },
    unmark: () => {
      for (const input of [from.input, to.input, value]) set(input, { "aria-invalid": null, "aria-describedby": "pay-hint" });
    },
    /** The next payment has a value of its own. The focus stays where it is. */
    done: () => void (value.value = ""),
  };
}

/**
 * Adds the payment; its id when it was accepted.
 * @param {ReturnType<typeof fields>} form
 * @param {Api} api
 * @param {(sentence: string, wrong?: boolean) => void} tell
 * @param {() => NodeDetail|null} detail
 * @returns {Promise<string|null>}
 */
async function submit(form, api, tell, detail) {
  const { from, to, value: typed, at } = form.typed();
  const read = readValue(typed);
  const wrong = firstWrong(from, to, read);
  form.unmark();
  if (wrong || "wrong" in read) {
    if (wrong) form.mark(wrong.field);
    tell(wrong?.sentence ?? "", true);
    return null;
  }
  try {
    /** @type {Outcome} */
    const outcome = await api.post("/do", { tx: { at, sender: from, recipient: to, value: read.value } });
    if (outcome.result === "success") {
      tell(`${at} accepted it: ${from} pays ${to} ${read.value.toLocaleString("en")}. It waits for ${at}'s next clock.`);
      form.done();
      return outcome.id ?? null;
    }
    const reason = outcome.reason ?? `${at} refused it`;
    tell(`Refused: ${reason}. ${explain(reason, detail() ?? undefined)}`.trimEnd(), true);
  } catch (problem) {
    tell(problem instanceof Error ? problem.message : String(problem), true);
  }
  return null;
}

/**
 * @param {string} from
 * @param {string} to
 * @param {ReturnType<typeof readValue>} read
 * @returns {{field: "from"|"to"|"value", sentence: string}|null}
 */
function firstWrong(from, to, read) {
  const sender = wrongName(from, "The sender");
  if (sender) return { field: "from", sentence: sender };
  const recipient = wrongName(to, "The recipient");
  if (recipient) return { field: "to", sentence: recipient };
  return "wrong" in read ? { field: "value", sentence: read.wrong } : null;
}
