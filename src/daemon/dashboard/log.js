// What happened, in sentences, newest last.

import { openCopy } from "./copy.js";
import { el } from "./dom.js";
import { entriesOf, entryOfAction, passes } from "./entries.js";
import { happened } from "./happened.js";
import { rows } from "./log_rows.js";
import { explain } from "./refusals.js";

/** @import {Api, Mount, Store} from "./types.js" */
/** @import {Entry, EntryKind} from "./entries.js" */

/** Entries remembered. */
const MAX_ENTRIES = 3000;

/** The least time from drawing to drawing: nobody reads faster. */
const PAUSE_MS = 150;

/** @type {[EntryKind|"all"|"usual", string][]} */
const KINDS = [
  ["usual", "all but messages"], ["all", "everything"], ["action", "what was done"], ["block", "blocks"],
  ["payment", "payments"], ["message", "messages"], ["refused", "refusals"], ["node", "nodes and links"], ["history", "history"],
];

const STEP_BACK = /^back to tick/i;

/** @type {Mount} */
export function mount(element, store, api) {
  const memory = happened(store);
  /** @type {Entry[]} */
  let entries = [];
  /** @type {Entry[]} those not drawn yet */
  let fresh = [];
  let framed = false;
  let drawn = 0;

  const filter = filters(() => list.redraw(entries.filter((entry) => passes(entry, filter.value()))));
  const list = rows((entry) => void openEntry(entry, store, api));
  const copy = el("button", { type: "button", id: "copy-done", title: "what was done here, as a scenario file or as curl commands", onclick: () => openCopy(store, api) }, "Copy as…");
  element.append(
    el("div", { class: "part-head" }, el("h2", { class: "part-title" }, "Log"), filter.element, copy),
    list.element,
  );

  /** @param {Entry[]} more */
  function add(more) {
    if (more.length === 0) return;
    entries.push(...more);
    if (entries.length > MAX_ENTRIES) entries = entries.slice(-MAX_ENTRIES / 2);
    fresh.push(...more);
    // A page in the background draws nothing, and must not pile up what it would draw.
    if (fresh.length > MAX_ENTRIES) fresh = fresh.slice(-MAX_ENTRIES / 2);
    if (framed) return;
    framed = true;
    setTimeout(() => requestAnimationFrame(draw), drawn + PAUSE_MS - performance.now());
  }

  function draw() {
    framed = false;
    drawn = performance.now();
    list.append(fresh.filter((entry) => passes(entry, filter.value())));
    fresh = [];
  }

  /** Takes back an entry that another one makes needless. @param {Entry|undefined} entry */
  function drop(entry) {
    if (!entry) return;
    entries = entries.filter((each) => each !== entry);
    fresh = fresh.filter((each) => each !== entry);
    list.remove(entry);
  }

  const known = { blockId: memory.blockId, payment: (/** @type {string} */ id) => store.state.payments.get(id) };
  const now = () => ({ branch: store.state.network?.position.branch ?? 0, tick: store.state.network?.tick ?? 0 });
  memory.onReplaced(() => {
    entries = [];
    fresh = [];
    list.redraw([]);
  });
  store.on("events", (events) => add(entriesOf(events, now(), known)));
  store.on("did", ({ action, outcome, tick }) => {
    const made = entryOfAction(action, outcome, { ...now(), tick });
    if (!made) return;
    drop(entries.findLast((entry) => tellsLess(entry, made)));
    if (made.reason !== null) void explainNow(made, api);
    add([made]);
  });
  store.on("reload", (why) => {
    const at = { branch: store.state.network?.position.branch ?? 0, tick: store.state.network?.position.tick ?? 0 };
    // Of many steps back the last one says where one stands.
    const last = entries.at(-1);
    if (last?.kind === "history" && STEP_BACK.test(last.text) && STEP_BACK.test(why)) drop(last);
    add([{ ...at, kind: "history", nodes: [], text: why.charAt(0).toUpperCase() + why.slice(1), reason: null, about: null }]);
  });
  store.on("network", (network) => filter.offer(network.nodes.map(({ name }) => name)));
}

/**
 * Whether a node's own word of a refusal says less than what was asked of it.
 * @param {Entry} told
 * @param {Entry} made
 */
function tellsLess(told, made) {
  return made.reason !== null && told.reason === made.reason && told.tick === made.tick
    && made.nodes.length === 1 && told.nodes.length === 1 && told.nodes[0] === made.nodes[0];
}

/**
 * Keeps why something was refused, from what the node holds now: at the next tick it holds something
 * else.
 * @param {Entry} entry
 * @param {Api} api
 */
async function explainNow(entry, api) {
  if (entry.reason === null || entry.nodes.length !== 1) return;
  try {
    entry.why = explain(entry.reason, await api.get(`/node/${encodeURIComponent(entry.nodes[0])}`));
  } catch {
    // The rule alone is told then.
  }
}

/**
 * Goes to an entry's tick, and selects what it is about.
 * @param {Entry} entry
 * @param {Store} store
 * @param {Api} api
 */
async function openEntry(entry, store, api) {
  const position = store.state.network?.position;
  if (position && (position.tick !== entry.tick || position.branch !== entry.branch)) {
    await api.call("/goto", { branch: entry.branch, tick: entry.tick });
  }
  if (entry.about) store.select(entry.about);
}

/** @param {() => void} changed */
function filters(changed) {
  const kind = el("select", { id: "log-kind", "aria-label": "which entries" }, ...KINDS.map(([value, label]) => el("option", { value }, label)));
  const node = el("select", { id: "log-node", "aria-label": "of which node" }, el("option", { value: "" }, "all nodes"));
  const text = el("input", { id: "log-text", type: "search", placeholder: "filter", "aria-label": "entries that hold this text", autocomplete: "off" });
  for (const field of [kind, node, text]) field.addEventListener("input", changed);
  let offered = "";
  return {
    element: el("div", { class: "log-filters", role: "search", "aria-label": "filter the log" }, kind, node, text),
    value: () => ({ kind: /** @type {EntryKind|"all"|"usual"} */ (kind.value), node: node.value, text: text.value.trim() }),
    /** @param {string[]} names */
    offer: (names) => {
      if (names.join("\n") === offered) return;
      offered = names.join("\n");
      const kept = node.value;
      node.replaceChildren(el("option", { value: "" }, "all nodes"), ...names.map((value) => el("option", { value }, value)));
      node.value = names.includes(kept) ? kept : "";
      if (node.value !== kept) changed();
    },
  };
}
