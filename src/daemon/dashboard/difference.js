// Two nodes side by side: the rows in which they can differ, and the first difference in a sentence.
// No DOM here.

import { short } from "./looks.js";
import { statusWords } from "./status.js";
import { parentOf } from "./tree.js";

/** @import {NodeDetail, Transaction} from "./types.js" */
/** @import {Placed, Tree} from "./tree.js" */

/** The most blocks of a branch, payments and accounts that are listed. */
const MAX_ROWS = 12;

/** Where two chains part. @typedef {{common: Placed, one: Placed[], other: Placed[]}} Fork  the lowest first */
/** @typedef {{label: string, one: string, other: string, differs: boolean}} Row */
/** @typedef {{title: "Chain"|"Pool"|"Balances"|"Status", rows: Row[], differs: boolean, more: number}} Part */

/**
 * Where the chains to two tips part; null where that lies below what the tree knows.
 * @param {Tree} tree
 * @param {string} oneTip
 * @param {string} otherTip
 * @returns {Fork|null}
 */
export function forkOf(tree, oneTip, otherTip) {
  /** @type {Placed[]} */
  const one = [];
  /** @type {Placed[]} */
  const other = [];
  let a = tree.blocks.get(oneTip);
  let b = tree.blocks.get(otherTip);
  while (a && b && a !== b) {
    const [onOne, onOther] = [a.id >= b.id, b.id >= a.id];
    if (onOne) {
      one.unshift(a);
      a = parentOf(tree, a);
    }
    if (onOther) {
      other.unshift(b);
      b = parentOf(tree, b);
    }
  }
  return a && b ? { common: a, one, other } : null;
}

/** @param {string|undefined} hash */
const brief = (hash) => (hash === undefined ? "—" : short(hash));

/** @param {Transaction} payment */
function payment({ sender, recipient, value, id }) {
  return `${sender ?? "nobody"} → ${recipient} · ${value} (${short(id)})`;
}

/**
 * @param {Part["title"]} title
 * @param {Row[]} rows
 * @returns {Part}
 */
function part(title, rows) {
  // Of a long list those that differ are shown first.
  const shown = rows.length <= MAX_ROWS ? rows
    : rows.filter((row) => row.differs).concat(rows.filter((row) => !row.differs)).slice(0, MAX_ROWS);
  return { title, rows: shown, differs: rows.some((row) => row.differs), more: rows.length - shown.length };
}

/** @param {string} label @param {string|number} one @param {string|number} other @returns {Row} */
function row(label, one, other) {
  return { label, one: String(one), other: String(other), differs: one !== other };
}

/**
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 * @param {Fork|null} fork
 * @returns {Part[]}
 */
export function parts(a, b, fork) {
  return [part("Chain", chainRows(a, b, fork)), part("Pool", poolRows(a, b)), part("Balances", balanceRows(a, b)),
    part("Status", [
      row("status", statusWords(a.view), statusWords(b.view)), row("clock", a.view.clock, b.view.clock),
      row("in the inbox", a.view.inbox, b.view.inbox), row("waiting", a.view.waiting, b.view.waiting),
    ])];
}

/**
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 * @param {Fork|null} fork
 */
function chainRows({ view: a }, { view: b }, fork) {
  if (!fork) return [row("height", a.height, b.height), row("tip", brief(a.tip), brief(b.tip))];
  const rows = [row(`block ${fork.common.id}`, brief(fork.common.hash), brief(fork.common.hash))];
  for (let index = 0; index < Math.max(fork.one.length, fork.other.length); index += 1) {
    rows.push(row(`block ${fork.common.id + 1 + index}`, brief(fork.one[index]?.hash), brief(fork.other[index]?.hash)));
  }
  return rows;
}

/**
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 */
function poolRows(a, b) {
  const [inA, inB] = [a, b].map(({ pool }) => new Set(pool.map(({ id }) => id)));
  const all = new Map([...a.pool, ...b.pool].map((each) => [each.id, each]));
  return [...all.values()].map((each) => row(payment(each), inA.has(each.id) ? "yes" : "no", inB.has(each.id) ? "yes" : "no"));
}

/**
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 */
function balanceRows(a, b) {
  const names = [...new Set([...Object.keys(a.accounts), ...Object.keys(b.accounts)])].sort();
  return names.map((name) => row(name, a.accounts[name] ?? 0, b.accounts[name] ?? 0));
}

/**
 * The first difference in a sentence.
 * @param {NodeDetail} a
 * @param {NodeDetail} b
 * @param {Fork|null} fork
 */
export function firstDifference(a, b, fork) {
  const [one, other] = [a.view.name, b.view.name];
  for (const { name, state } of [a.view, b.view]) {
    if (state !== "up") return `${name} is ${state}: there is nothing to compare.`;
  }
  const first = parts(a, b, fork).find(({ differs }) => differs);
  if (!first) return `No difference: ${one} and ${other} have the same chain, pool, balances and status.`;
  const differing = first.rows.find(({ differs }) => differs) ?? first.rows[0];
  switch (first.title) {
    case "Chain":
      return fork ? chainSentence(one, other, fork) : `${one} and ${other} are on different chains, which part further back than was looked.`;
    case "Pool":
      return `Same chain, but the payment ${differing.label} is in the pool of ${differing.one === "yes" ? one : other} only.`;
    case "Balances":
      return `Same chain and pool, but ${differing.label} has ${differing.one} on ${one} and ${differing.other} on ${other}.`;
    default:
      return `Same chain, pool and balances; the ${differing.label} differs: ${differing.one} for ${one}, ${differing.other} for ${other}.`;
  }
}

/**
 * @param {string} one
 * @param {string} other
 * @param {Fork} fork
 */
function chainSentence(one, other, fork) {
  const [few, many] = fork.one.length === 0 ? [one, other] : [other, one];
  const lacking = fork.one.length === 0 ? fork.other : fork.one;
  if (fork.one.length === 0 || fork.other.length === 0) {
    const blocks = lacking.length === 1 ? `block ${lacking[0].id}` : `blocks ${lacking[0].id} to ${lacking[lacking.length - 1].id}`;
    return `${few} is on the same chain as ${many}, but has not got ${blocks} yet.`;
  }
  return `A fork: ${one} and ${other} agree up to block ${fork.common.id}; as block ${fork.one[0].id} ${one} has ${brief(fork.one[0].hash)} and ${other} ${brief(fork.other[0].hash)}.`;
}
