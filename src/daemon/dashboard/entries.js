// What happened, as entries of the log: a sentence, a kind to filter by, and what it is about. Pure.

import { counted, listed } from "./words.js";

/** @import {Action, Event, NodeEvent, Outcome, Selection, Transaction} from "./types.js" */

/** @typedef {"action"|"block"|"payment"|"message"|"node"|"refused"|"history"} EntryKind */

/**
 * @typedef {object} Entry
 * @property {number} branch  of history
 * @property {number} tick
 * @property {EntryKind} kind
 * @property {string[]} nodes  that it concerns
 * @property {string} text
 * @property {string|null} reason  of a refusal, in the node's words
 * @property {string} [why]  what there was to say about it then
 * @property {Selection|null} about
 */

/**
 * What is known of the things that events name by hash or id.
 * @typedef {{blockId: (hash: string) => number|undefined, payment: (id: string) => Transaction|undefined}} Known
 */

/** More blocks than this that one node took in at once are told of in one entry. */
const MOST_BLOCKS = 3;

/**
 * The entries of events that came together. Clocks are not told of: the mesh shows them.
 * @param {NodeEvent[]} events
 * @param {{branch: number, tick: number}} at
 * @param {Known} known
 * @returns {Entry[]}
 */
export function entriesOf(events, at, known) {
  const mined = new Set(events.flatMap(({ event }) => (event.type === "mined" ? [event.hash] : [])));
  /** @type {Map<string, Extract<Event, {type: "block"}>[]>} */
  const taken = new Map();
  for (const { node, event } of events) {
    if (event.type === "block") taken.set(node, [...(taken.get(node) ?? []), event]);
  }
  const entries = [];
  for (const { node, event } of events) {
    if (event.type === "block") {
      if (mined.has(event.hash) && isMiner(events, node, event.hash)) continue;
      const all = taken.get(node) ?? [];
      if (all.length > MOST_BLOCKS && event !== all[all.length - 1]) continue;
      if (all.length > MOST_BLOCKS) {
        entries.push(entry(at, node, "block", `${node} took in ${counted(all.length, "block")}, up to block ${event.id}`, { kind: "block", hash: event.hash }));
        continue;
      }
    }
    const made = entryOf(node, event, at, known);
    if (made) entries.push(made);
  }
  return entries;
}

/**
 * @param {NodeEvent[]} events
 * @param {string} node
 * @param {string} hash
 */
function isMiner(events, node, hash) {
  return events.some(({ node: by, event }) => by === node && event.type === "mined" && event.hash === hash);
}

/**
 * @param {string} node
 * @param {Event} event
 * @param {{branch: number, tick: number}} at
 * @param {Known} known
 * @returns {Entry|null}
 */
function entryOf(node, event, at, known) {
  /** @type {(kind: EntryKind, text: string, about?: Selection|null) => Entry} */
  const say = (kind, text, about = { kind: "node", name: node }) => entry(at, node, kind, text, about);
  switch (event.type) {
    case "clock":
    case "received":
      return null;
    case "started":
      return say("node", `${node} is started`);
    case "reset":
      return say("node", `${node} is reset: clock 0, genesis only`);
    case "peer_up":
      return also(say("node", `${node}: the link to ${event.peer} is up`), event.peer);
    case "peer_down":
      return also(say("node", `${node}: the link to ${event.peer} is gone`), event.peer);
    case "catching_up":
      return also(say("message", `${node} asks ${event.peer} for blocks it lacks`), event.peer);
    case "sent":
      return also(say("message", `${node} sends ${whatIsSent(event, known)} to ${event.to}`, {
        kind: "message", from: node, to: event.to, message: event.kind, sequence: event.sequence, about: event.about ?? null, tick: at.tick,
      }), event.to);
    case "mining_began":
      return say("block", `${node} begins to mine block ${event.id} with ${event.transactions === 0 ? "no payments" : counted(event.transactions, "payment")}`);
    case "mining_dropped":
      return say("block", `${node} drops its work on block ${event.id}: its tip moved`);
    case "mined":
      return say("block", `${node} mined block ${event.id}`, { kind: "block", hash: event.hash });
    case "block":
      return say("block", `${node} took in block ${event.id}${event.main ? ", its new tip" : " on a side branch"}`, { kind: "block", hash: event.hash });
    case "reorganisation":
      return say("block", `${node} reorganised above block ${event.fork}: left ${counted(event.left.length, "block")}, joined ${event.joined.length}`,
        { kind: "block", hash: event.joined[event.joined.length - 1] });
    case "payment":
      return placed(say, node, event);
    case "refused":
      return { ...say("refused", refusedText(node, event, known), aboutOf(event)), reason: event.reason };
  }
}

/**
 * @param {Entry} entry
 * @param {string} node
 */
function also(entry, node) {
  return { ...entry, nodes: [...entry.nodes, node] };
}

/**
 * @param {(kind: EntryKind, text: string, about?: Selection|null) => Entry} say
 * @param {string} node
 * @param {Extract<Event, {type: "payment"}>} event
 * @returns {Entry}
 */
function placed(say, node, { transaction, place }) {
  const what = paymentText(transaction);
  const about = /** @type {Selection} */ ({ kind: "payment", id: transaction.id });
  switch (place.place) {
    case "waiting":
      return say("payment", `${what} waits at ${node}`, about);
    case "pool":
      return say("payment", `${what} is in ${node}'s pool`, about);
    case "block":
      return say("payment", `${what} is in block ${place.id} at ${node}`, about);
    case "refused":
      return { ...say("refused", `${node} gave up ${what}`, about), reason: place.reason };
  }
}

/**
 * @param {Extract<Event, {type: "sent"}>} event
 * @param {Known} known
 */
function whatIsSent({ kind, about }, known) {
  switch (kind) {
    case "NEW_BLOCK":
      return blockWord(about, known);
    case "NEW_TX":
      return paymentWord(about, known);
    case "REQ_CHAIN":
      return "a question for blocks";
    case "CHAIN":
      return "an answer with blocks";
  }
}

/**
 * @param {string} node
 * @param {Extract<Event, {type: "refused"}>} event
 * @param {Known} known
 */
function refusedText(node, { from, about }, known) {
  const by = from ? ` from ${from}` : "";
  if (about === undefined) return `${node} refused a message${by}`;
  return `${node} refused ${isHash(about) ? blockWord(about, known) : paymentWord(about, known)}${by}`;
}

/** @param {string|undefined} hash @param {Known} known */
function blockWord(hash, known) {
  const id = hash === undefined ? undefined : known.blockId(hash);
  return id === undefined ? "a block" : `block ${id}`;
}

/** @param {string|undefined} id @param {Known} known */
function paymentWord(id, known) {
  const payment = id === undefined ? undefined : known.payment(id);
  return payment ? paymentText(payment) : "a payment";
}

/** "aki → so 2". @param {Pick<Transaction, "sender"|"recipient"|"value">} payment */
function paymentText({ sender, recipient, value }) {
  return `${sender ?? "nobody"} → ${recipient} ${value.toLocaleString("en")}`;
}

/** Hashes have 64 digits, ids of payments 32. @param {string} about */
function isHash(about) {
  return about.length === 64;
}

/**
 * @param {Extract<Event, {type: "refused"}>} event
 * @returns {Selection|null}
 */
function aboutOf({ about }) {
  if (about === undefined) return null;
  return isHash(about) ? { kind: "block", hash: about } : { kind: "payment", id: about };
}

/**
 * @param {{branch: number, tick: number}} at
 * @param {string} node
 * @param {EntryKind} kind
 * @param {string} text
 * @param {Selection|null} about
 * @returns {Entry}
 */
function entry({ branch, tick }, node, kind, text, about) {
  return { branch, tick, kind, nodes: [node], text, reason: null, about };
}

/**
 * The entry of an action; null for ticks, which tell of themselves.
 * @param {Action} action
 * @param {Outcome} outcome
 * @param {{branch: number, tick: number}} at
 * @returns {Entry|null}
 */
export function entryOfAction(action, outcome, at) {
  const done = actionText(action, outcome);
  if (done === null) return null;
  const [text, nodes] = done;
  /** @type {Selection|null} */
  const about = outcome.id ? { kind: "payment", id: outcome.id } : nodes.length > 0 ? { kind: "node", name: nodes[0] } : null;
  if (outcome.result === "success") return { ...at, kind: "action", nodes, text, reason: null, about };
  // Of several nodes each said why; the first that said no speaks for all.
  const refused = (outcome.answers ?? []).filter(({ result }) => result === "fail");
  const by = refused.length > 0 ? ` by ${listed(refused.map(({ node }) => node))}` : "";
  const reason = refused[0]?.reason ?? outcome.reason ?? "no reason was given";
  return { ...at, kind: "refused", nodes, text: `Refused${by}: ${text}`, reason, about };
}

/**
 * What was done, and the nodes it was done to.
 * @param {Action} action
 * @param {Outcome} outcome
 * @returns {[string, string[]]|null}
 */
function actionText(action, outcome) {
  if ("tick" in action) return null;
  if ("until" in action) {
    const what = { block: "a new block", idle: "all idle", "one-tip": "all on one tip" }[action.until.condition];
    return [`Ticked until ${what}: ${outcome.met ? "reached" : "not reached"} at tick ${outcome.tick}`, []];
  }
  if ("mine" in action) return [`Mine on ${action.mine}`, [action.mine]];
  if ("tx" in action) {
    return [`Payment ${paymentText(action.tx)} at ${action.tx.at}`, [action.tx.at]];
  }
  if ("reset" in action) return action.reset.node ? [`Reset ${action.reset.node}`, [action.reset.node]] : ["Reset all nodes", []];
  if ("start" in action) return [`Start ${action.start}`, [action.start]];
  if ("crash" in action) return [`Crash ${action.crash}`, [action.crash]];
  if ("cut" in action) return [`Cut ${linkText(action.cut)}`, action.cut];
  if ("heal" in action) return [`Heal ${linkText(action.heal)}`, action.heal];
  if ("add" in action) return [`Add ${outcome.name ?? "a node"}`, outcome.name ? [outcome.name] : []];
  if ("remove" in action) return [`Remove ${action.remove}`, [action.remove]];
  if ("block" in action) return [`Send a block to ${(action.block.at ?? []).join(", ") || "all nodes"}`, action.block.at ?? []];
  const { id, of, at = [], remine } = action.forge;
  return [`Forge block ${id} of ${of}${remine ? ", mined again," : ""} and send it to ${at.join(", ") || "all nodes"}`, at];
}

/** @param {string[]} names */
function linkText(names) {
  return names.length === 1 ? `all links of ${names[0]}` : `the link ${names.join(" – ")}`;
}

/**
 * Whether an entry passes the filter.
 * @param {Entry} entry
 * @param {{kind: EntryKind|"all"|"usual", node: string, text: string}} filter
 */
export function passes(entry, { kind, node, text }) {
  if (kind === "usual" ? entry.kind === "message" : kind !== "all" && entry.kind !== kind) return false;
  if (node !== "" && !entry.nodes.includes(node)) return false;
  if (text === "") return true;
  const wanted = text.toLowerCase();
  return entry.text.toLowerCase().includes(wanted) || (entry.reason ?? "").toLowerCase().includes(wanted);
}
