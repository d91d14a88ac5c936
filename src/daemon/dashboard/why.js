// Why a node does what it does, in sentences: from the rules of a node's time and from what the node
// told. Pure: nothing here knows the page.

import { explain } from "./refusals.js";
import { counted, listed, paymentInWords } from "./words.js";

/** @import {Event, NodeView, Whereabouts} from "./types.js" */

/**
 * The events of one type.
 * @template {Event["type"]} T
 * @typedef {Extract<Event, {type: T}>} Of
 */

/**
 * The events of one type, in their order.
 * @template {Event["type"]} T
 * @param {Event[]} events
 * @param {T} type
 */
function only(events, type) {
  return /** @type {Of<T>[]} */ (events.filter((event) => event.type === type));
}

/**
 * What a node told while it lived its last clock, or waited for it. The events come oldest first.
 * @param {Event[]} events
 */
export function duringLastClock(events) {
  const end = events.findLastIndex((event) => event.type === "clock");
  if (end < 0) return [];
  const begin = events.slice(0, end).findLastIndex((event) => event.type === "clock");
  return events.slice(begin + 1, end);
}

/**
 * Why a node has its status: the cause, the rule, and what came of it.
 * @param {NodeView} view
 * @param {Event[]} events  the node's last events, oldest first
 */
export function whyStatus(view, events) {
  const { name, clock } = view;
  const because = view.why ? ` (${view.why})` : "";
  if (view.state === "crashed") return `${name} was crashed from here: its process is gone and its links are down. Restart it, and it asks its peers for what it missed.`;
  if (view.state === "down") return `${name} does not answer${because}. The others go on without it; it is looked for all the time.`;
  if (view.state === "slow") return `${name} has not answered in time${because}. The others go on without it until it has.${view.status === "mining" ? " A node that has not found its nonce stands still at its clock." : ""}`;
  if (!view.started) return `${name} is not started. Its links are up and messages wait in its inbox, but its clock does not move.`;
  if (view.status === "mining") return whyMining(view, events);
  if (view.status === "idle") return whyIdle(view);
  const [last] = only(events, "clock").slice(-1);
  if (last?.clock !== clock) return `${RULES[view.status](name)} What it was this page has not seen.`;
  const lived = duringLastClock(events);
  const sentences = {
    "broadcasting-block": whyBroadcastingBlock,
    "broadcasting-tx": whyBroadcastingTx,
    "receiving-block": whyReceivingBlock,
    "receiving-tx": whyReceivingTx,
  }[view.status](name, lived, events);
  return [`At clock ${clock}, ${sentences[0]}`, ...sentences.slice(1)].join(" ");
}

/** What is true of a status whatever the node told. */
const RULES = {
  "broadcasting-block": (/** @type {string} */ name) => `${name} sends on a block that it just mined or took in, or answers a peer that asked for blocks. That comes before anything else and takes one clock.`,
  "broadcasting-tx": (/** @type {string} */ name) => `${name} sends on payments that just entered its pool, to every peer but the one they came from. That takes one clock.`,
  "receiving-block": (/** @type {string} */ name) => `${name} takes in the blocks that were ready in its inbox. That takes one clock, however many they are.`,
  "receiving-tx": (/** @type {string} */ name) => `${name} takes up the payments that waited. That takes one clock, however many they are.`,
};

/**
 * @param {NodeView} view
 * @param {Event[]} events
 */
function whyMining(view, events) {
  const began = only(events, "mining_began").at(-1);
  const payments = began?.transactions ? counted(began.transactions, "payment") : "no payments, since its pool was empty";
  const block = began ? `block ${began.id} with ${payments}` : "a block";
  const { clock, of } = view.mining ?? { clock: 0, of: 3 };
  const progress = clock > 0 ? `this is clock ${clock} of the ${of} that mining takes` : `mining takes ${of} clocks`;
  const rest = clock > 0 && clock === of
    ? "Its nonce is found and the block is its new tip, to be sent on at the next clock."
    : "Meanwhile it does nothing else; but a block that moves its tip ends the work.";
  return `${view.name} was asked to mine and works on ${block}: ${progress}. ${rest}`;
}

/** @param {NodeView} view */
function whyIdle(view) {
  const { name, clock } = view;
  const start = clock === 0
    ? `${name} is idle because its clock has not moved yet: a node acts only when it does.`
    : `${name} is idle because at clock ${clock} it had nothing to send on, nothing ready in its inbox and no request to mine.`;
  const next = [];
  if (view.queued > 0) next.push(`${counted(view.queued, "payment")} added here ${view.queued === 1 ? "is" : "are"} taken up at the next clock.`);
  if (view.inbox > 0) next.push(`${counted(view.inbox, "message")} in its inbox ${view.inbox === 1 ? "is" : "are"} taken up as soon as ${view.inbox === 1 ? "it is" : "they are"} ready.`);
  if (next.length === 0 && view.pool > 0) next.push(`${counted(view.pool, "payment")} in its pool ${view.pool === 1 ? "stays" : "stay"} there until somebody mines a block.`);
  return [start, ...next].join(" ");
}

const SENT_TO_NOBODY = "but every peer it has knows it already. The clock is spent all the same, so that few nodes behave like many.";

/**
 * @param {string} name
 * @param {Event[]} lived
 * @param {Event[]} events
 */
function whyBroadcastingBlock(name, lived, events) {
  const sent = only(lived, "sent").filter(({ kind }) => kind === "NEW_BLOCK");
  const answered = only(lived, "sent").filter(({ kind }) => kind === "CHAIN");
  const sentences = [];
  if (sent.length > 0) {
    const block = withOrigin(sent[0].about, events) ?? "its tip";
    sentences.push(`${name} sends ${block} to ${listed(sent.map(({ to }) => to))}.`);
  }
  if (answered.length > 0) {
    sentences.push(`${name} answers ${listed(answered.map(({ to }) => to))}, which asked for the blocks it lacks.`);
  }
  if (sentences.length === 0) {
    const tip = only(events, "block").findLast(({ main }) => main);
    return [`${name} has ${withOrigin(tip?.hash, events) ?? "a new tip"} to send on, ${SENT_TO_NOBODY}`];
  }
  return [...sentences, "Blocks are sent before anything else is done, which takes one clock."];
}

/**
 * A block, with how and when the node came to have it.
 * @param {string|undefined} hash
 * @param {Event[]} events
 */
function withOrigin(hash, events) {
  const block = only(events, "block").findLast((event) => event.hash === hash);
  if (!block) return undefined;
  const how = only(events, "mined").some((event) => event.hash === hash) ? "mined" : "took in";
  const after = events.slice(events.indexOf(block));
  const [clock] = only(after, "clock");
  return clock ? `block ${block.id}, which it ${how} at clock ${clock.clock},` : `block ${block.id}`;
}

/**
 * @param {string} name
 * @param {Event[]} lived
 */
function whyBroadcastingTx(name, lived) {
  const sent = only(lived, "sent").filter(({ kind }) => kind === "NEW_TX");
  if (sent.length === 0) return [`${name} has a payment to send on, ${SENT_TO_NOBODY}`];
  const payments = new Set(sent.map(({ about }) => about));
  const peers = new Set(sent.map(({ to }) => to));
  return [
    `${name} sends ${counted(payments.size, "payment")} to ${listed([...peers])}.`,
    "What entered the pool is sent on at the next clock, to every peer but the one it came from.",
  ];
}

/**
 * @param {string} name
 * @param {Event[]} lived
 * @param {Event[]} events
 */
function whyReceivingBlock(name, lived, events) {
  const blocks = only(lived, "block");
  const arrived = blocks.map((block) => withArrival(block, events));
  const cause = arrived.length > 0 ? `${listed(arrived)} ${arrived.length === 1 ? "was" : "were"} ready in its inbox` : "a message with blocks was ready in its inbox";
  const sentences = [
    `${name} is receiving-block because ${cause}.`,
    "Taking blocks in comes before payments and mining; it takes one clock, however many they are.",
  ];
  for (const { id } of only(lived, "mining_dropped")) sentences.push(`It drops its own work on block ${id}, because its tip moved.`);
  for (const event of only(lived, "reorganisation")) sentences.push(whyReorganisation(name, event));
  for (const { id } of blocks.filter(({ main }) => !main)) {
    sentences.push(`Block ${id} stands on a side branch: it does not bring more work than ${name}'s tip, which stays. Its payments are checked only once its branch has more.`);
  }
  for (const { from, reason } of only(lived, "refused")) sentences.push(`Refused${from ? ` from ${from}` : ""}: ${reason}.`);
  return sentences;
}

/**
 * A block, with who sent it and at which of the node's clocks.
 * @param {Of<"block">} block
 * @param {Event[]} events
 */
function withArrival(block, events) {
  const earlier = events.slice(0, events.indexOf(block));
  const received = only(earlier, "received");
  const message = received.findLast(({ about }) => about === block.hash) ?? received.findLast(({ kind }) => kind === "CHAIN");
  if (!message) return `block ${block.id}`;
  const clock = only(earlier.slice(0, earlier.indexOf(message)), "clock").at(-1)?.clock ?? 0;
  const by = message.kind === "CHAIN" ? `in the answer of ${message.from}` : `from ${message.from}`;
  return `block ${block.id} ${by}, which arrived at clock ${clock},`;
}

/**
 * @param {string} name
 * @param {Of<"reorganisation">} event
 */
function whyReorganisation(name, { fork, left, joined }) {
  return `A reorganisation: above block ${fork} another branch now has more work, so ${name} leaves ${counted(left.length, "block")} and joins ${counted(joined.length, "block")}. Payments that only the left branch held go back to the pool.`;
}

/**
 * @param {string} name
 * @param {Event[]} lived
 * @param {Event[]} events
 */
function whyReceivingTx(name, lived, events) {
  const placed = only(lived, "payment");
  const pooled = placed.filter(({ place }) => place.place === "pool");
  const what = pooled.map(({ transaction }) => `${paymentInWords(transaction)}${bringer(transaction.id, events)}`);
  const cause = what.length > 0 ? `${listed(what)} waited to be taken up` : "payments waited to be taken up";
  const sentences = [`${name} is receiving-tx because ${cause}.`, "All payments that wait are taken up at once, which takes one clock."];
  if (pooled.length > 0) sentences.push(`${pooled.length === 1 ? "It is" : "They are"} in the pool now, to be sent on at the next clock.`);
  const entered = new Set(pooled.map(({ transaction }) => transaction.id));
  const later = placed.filter(({ place, transaction }) => place.place === "waiting" && !entered.has(transaction.id));
  const received = new Map(later.map(({ transaction }) => [transaction.id, transaction]));
  for (const transaction of received.values()) {
    if (sender(transaction.id, events)) sentences.push(`${paymentInWords(transaction)} cannot be paid yet and goes to the waiting list.`);
  }
  return sentences;
}

/**
 * Who sent a payment, last.
 * @param {string} id
 * @param {Event[]} events
 */
function sender(id, events) {
  return only(events, "received").findLast(({ about }) => about === id)?.from;
}

/**
 * Who brought a payment, where that is known.
 * @param {string} id
 * @param {Event[]} events
 */
function bringer(id, events) {
  const from = sender(id, events);
  if (from) return ` from ${from}`;
  const waited = only(events, "payment").some(({ place, transaction }) => place.place === "waiting" && transaction.id === id);
  return waited ? " (added at this node)" : "";
}

/**
 * What it means that a payment is where it is on some nodes.
 * @param {Whereabouts|null} where  null where they do not know it
 */
export function whyPlace(where) {
  switch (where?.place) {
    case undefined:
      return "They have not heard of it.";
    case "waiting":
      return "Kept until the next clock, or until its sender has enough.";
    case "pool":
      return "It can be paid, and goes into the next block that is mined here.";
    case "block":
      return whyConfirmed(where.confirmations ?? 1);
    case "refused":
      return `Refused: ${where.reason}. ${explain(where.reason ?? "")}`.trimEnd();
  }
}

/** @param {number} confirmations  blocks from the payment's to the tip, both counted */
function whyConfirmed(confirmations) {
  if (confirmations <= 1) return "Paid in the tip. A branch with more work could still undo it.";
  return `Paid, with ${counted(confirmations - 1, "block")} on top: only a branch with more work from there on could undo it.`;
}

/**
 * What a message of a kind is for.
 * @param {import("./types.js").Kind} kind
 */
export function whyMessage(kind) {
  switch (kind) {
    case "NEW_BLOCK":
      return "The sender's new tip, which goes to every peer that does not know it.";
    case "NEW_TX":
      return "A payment that is new in the sender's pool, which goes to every peer that does not know it.";
    case "REQ_CHAIN":
      return "A question: the sender got a block whose parent it does not know, and asks for the blocks between. Asking costs no clock.";
    case "CHAIN":
      return "The answer to a question: the blocks above the last one that both know. It takes the sender one clock, and the receiver one to take it in.";
  }
}
