// One node: what it does and why, what it holds, what can be done with it.

import { balanceOf, followDetail } from "./detail.js";
import { el, set, setText } from "./dom.js";
import { happened } from "./happened.js";
import { colourClass } from "./looks.js";
import { nodeActions } from "./node_actions.js";
import { blockLink, group, link, nothing, paymentTable, table, tiles, whyBox } from "./parts.js";
import { statusWords } from "./status.js";
import { counted } from "./words.js";
import { whyStatus } from "./why.js";

/** @import {Api, InboxMessage, NodeDetail, NodeView, Store} from "./types.js" */

/** Accounts shown; a network may have thousands. */
const MOST_ACCOUNTS = 100;

/** Messages of the inbox shown. */
const MOST_MESSAGES = 50;

/**
 * @param {Store} store
 * @param {Api} api
 * @returns {import("./panel.js").Tab}
 */
export function nodeTab(store, api) {
  /** @type {NodeDetail|null} */
  let detail = null;
  const memory = happened(store);
  const view = () => store.node(store.state.chosen);
  const actions = nodeActions(store, api, () => detail);
  const why = whyBox(() => {
    const now = view();
    return now ? whyStatus(now, memory.events(now.name)) : "";
  });
  const name = el("h2", { class: "node-name" });
  const status = el("span", { class: "status" });
  const progress = el("progress", { class: "mining", max: 3, value: 0, hidden: true, "aria-label": "clocks of mining" });
  const summary = overview(store);
  const held = el("div", { class: "held" });
  const none = nothing("No node yet.");
  const content = el("div", { hidden: true },
    el("div", { class: "node-head" }, name, status, progress, why.button), why.text, summary.element, actions.element, held);
  const follow = followDetail(store, api, (read) => {
    detail = read;
    hold();
  });

  function draw() {
    const now = view();
    content.hidden = !now;
    none.hidden = now !== undefined;
    if (detail && detail.view.name !== now?.name) empty();
    follow.of(now?.name ?? null);
    if (!now) return;
    setText(name, now.name);
    setText(status, statusWords(now));
    status.className = `status status-${now.state === "up" ? (now.started ? now.status : "off") : now.state}`;
    progress.hidden = now.mining === null;
    set(progress, { max: now.mining?.of ?? 3, value: now.mining?.clock ?? 0 });
    summary.show(now);
    actions.show(now);
    why.again();
  }

  /** Nothing of another node stands under this one's name until it is read. */
  function empty() {
    detail = null;
    held.dataset.of = "";
    held.replaceChildren();
  }

  /** Draws what the node holds anew, unless that would take away what one holds on to. */
  function hold() {
    if (detail === null || detail.view.state !== "up") {
      held.dataset.of = "";
      return held.replaceChildren(nothing("What it holds is not known while it does not answer."));
    }
    const shown = JSON.stringify(detail);
    if (held.dataset.of === digest(shown)) return;
    held.dataset.of = digest(shown);
    const at = held.contains(document.activeElement) ? [...held.querySelectorAll("button")].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) : -1;
    held.replaceChildren(...holdings(detail, store));
    if (at >= 0) held.querySelectorAll("button")[at]?.focus();
  }

  store.on("network", draw);
  return { element: el("div", {}, none, content), show: draw };
}

/** Enough to see that something changed. @param {string} text */
function digest(text) {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return `${text.length}:${sum}`;
}

/**
 * The node's numbers. They change with each tick, while the link to its tip stays: under the finger, and
 * with the focus.
 * @param {Store} store
 */
function overview(store) {
  const tip = el("span");
  const names = ["clock", "height", "pool", "inbox", "waiting", "ticks by itself"];
  const values = names.map(() => el("span"));
  /** @type {[string, import("./dom.js").Child][]} */
  const pairs = names.map((name, index) => [name, values[index]]);
  pairs.splice(2, 0, ["tip", tip]);
  const element = tiles(pairs);
  let linked = "";
  return {
    element,
    /** @param {NodeView} view */
    show(view) {
      // A node that is gone and left no trace has no numbers.
      element.hidden = view.tip === "";
      const { clock, height, pool, inbox, ticks_itself } = view;
      const itself = ticks_itself === null ? "" : `every ${ticks_itself} ms`;
      [clock, height, pool, inbox, view.waiting + view.queued, itself].forEach((value, index) => setText(values[index], value));
      set(/** @type {Element} */ (element.lastElementChild), { hidden: itself === "" });
      const wanted = `${view.tip} ${colourClass(view.tip)}`;
      if (wanted !== linked) tip.replaceChildren(blockLink(store, view.tip));
      linked = wanted;
    },
  };
}

/**
 * @param {NodeDetail} detail
 * @param {Store} store
 * @returns {HTMLElement[]}
 */
function holdings(detail, store) {
  const made = [accounts(detail), group("Pool", detail.pool.length, detail.pool.length > 0
    ? paymentTable(store, detail.pool, "pool")
    : nothing("Empty: no payment waits to be mined."))];
  if (detail.candidate) {
    const { id, transactions } = detail.candidate;
    made.push(group("Works on", null, el("p", {}, `block ${id} with ${counted(transactions.length, "payment")}`)));
  }
  if (detail.queue.length > 0) made.push(group("Added here", detail.queue.length, nothing("Taken up at the next clock."), paymentTable(store, detail.queue, "added here")));
  if (detail.waiting.length > 0) made.push(group("Waiting list", detail.waiting.length, nothing("Cannot be paid yet: tried again when tip or pool changes."), paymentTable(store, detail.waiting, "waiting list")));
  made.push(group("Inbox", detail.inbox.length, inbox(detail, store)));
  const peers = detail.peers.map(({ name, addr, port, connected }) => `${name ?? `${addr}:${port}`}${connected ? "" : " (not connected)"}`);
  made.push(group("Peers", detail.peers.length, peers.length > 0 ? el("p", {}, peers.join(", ")) : nothing("None.")));
  return made;
}

/** @param {NodeDetail} detail */
function accounts(detail) {
  const names = new Set(Object.keys(detail.accounts));
  for (const { recipient } of [...detail.pool, ...detail.queue]) names.add(recipient);
  const rows = [...names].slice(0, MOST_ACCOUNTS).map((name) => {
    const { balance, left } = balanceOf(detail, name);
    const change = left - balance;
    const pending = change === 0 ? "" : `${change > 0 ? "+" : "−"}${Math.abs(change).toLocaleString("en")}`;
    return [name, balance.toLocaleString("en"), pending];
  });
  const made = table("accounts", ["account", "balance", "pending"], rows);
  made.classList.add("accounts");
  return group("Accounts", names.size, made, names.size > MOST_ACCOUNTS ? nothing(`and ${names.size - MOST_ACCOUNTS} more`) : null);
}

/**
 * @param {NodeDetail} detail
 * @param {Store} store
 */
function inbox(detail, store) {
  const { inbox: messages, view } = detail;
  if (messages.length === 0) return nothing("Empty.");
  const rows = messages.slice(0, MOST_MESSAGES).map((message) => [
    message.from === null ? message.kind : link(message.kind, () => store.select(selected(message, message.from ?? "", view.name, store)), "read this message"),
    message.from ?? "added here", readyText(message.ready, view.clock), `${message.stamp} · ${message.sequence}`,
  ]);
  const made = table("inbox", ["message", "from", "ready", "stamp · sequence"], rows);
  if (messages.length <= MOST_MESSAGES) return made;
  return el("div", {}, made, nothing(`and ${messages.length - MOST_MESSAGES} more`));
}

/**
 * @param {InboxMessage} message
 * @param {string} from
 * @param {string} to
 * @param {Store} store
 * @returns {import("./types.js").MessageSelection}
 */
function selected({ kind, sequence, stamp, about }, from, to, store) {
  return { kind: "message", from, to, message: kind, sequence, about: about ?? null, tick: store.state.network?.tick ?? 0, stamp };
}

/**
 * @param {number} ready
 * @param {number} clock
 */
function readyText(ready, clock) {
  return ready <= clock + 1 ? "at the next clock" : `at clock ${ready}`;
}
