// A copy of part of the chain that is tampered with: what each block hashes to now, and what a node would
// say of it. The ledger's rules, as far as they can be told from here. No DOM.

import { blockHash, headerBytes, hex, merkleRoot, searchNonce, seconds, trailingZeroBits } from "./hashing.js";
import { short } from "./looks.js";
import { counted } from "./words.js";

/** @import {Block} from "./types.js" */

/**
 * What is known of the chain below the copy.
 * @typedef {object} Ground
 * @property {number} difficulty
 * @property {{hash: string, timestamp: string}|null} parent  of the first block; null where it is not known
 * @property {Record<string, number>|null} balances  before the first block; null where they are not known
 */

/**
 * What can be said of one block of the copy.
 * @typedef {object} Verdict
 * @property {string|null} hash  null where the block cannot be written as bytes
 * @property {string|null} root  its Merkle root
 * @property {number} zeros  zero bits the hash ends in
 * @property {boolean} changed  whether it hashes to something else than the block it was copied from
 * @property {Reason[]} reasons  why it is not valid, the first to be found first
 */
/** @typedef {{kind: "bytes"|"work"|"previous"|"time"|"payment"|"below", text: string}} Reason */

/** How long hashing goes on before the page gets its turn, in milliseconds. */
const TURN_MS = 12;
/** Nonces tried between two looks at the clock. */
const STRIDE = 256;

/**
 * @param {Block[]} originals
 * @param {Block[]} copies  with blocks of one's own after them, perhaps
 * @param {Ground} ground
 * @returns {Verdict[]}
 */
export function judge(originals, copies, ground) {
  const balances = ground.balances && new Map(Object.entries(ground.balances));
  /** @type {Set<string>} */
  const paid = new Set();
  /** @type {Verdict[]} */
  const verdicts = [];
  for (const [index, block] of copies.entries()) {
    const made = hashed(block);
    const below = verdicts[index - 1];
    const before = index === 0 ? ground.parent : { hash: below.hash, timestamp: copies[index - 1].timestamp };
    const reasons = [...made.reasons];
    if (made.hash && made.zeros < ground.difficulty) {
      reasons.push({ kind: "work", text: `its hash ends in ${counted(made.zeros, "zero bit")}, ${ground.difficulty} are needed` });
    }
    reasons.push(...linked(block, before, index === 0), ...payAll(block, balances, paid));
    if (reasons.length === 0 && below && below.reasons.length > 0) {
      reasons.push({ kind: "below", text: `it stands on block ${block.id - 1}, which is invalid` });
    }
    verdicts.push({ ...made, reasons, changed: made.hash !== originals[index]?.hash });
  }
  return verdicts;
}

/**
 * @param {Block} block
 * @returns {{hash: string|null, root: string|null, zeros: number, reasons: Reason[]}}
 */
function hashed(block) {
  try {
    const hash = blockHash(block);
    return { hash: hex(hash), root: hex(merkleRoot(block.transactions)), zeros: trailingZeroBits(hash), reasons: [] };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { hash: null, root: null, zeros: 0, reasons: [{ kind: "bytes", text: `it cannot be hashed: ${error.message}` }] };
  }
}

/**
 * How a block fits the one before it.
 * @param {Block} block
 * @param {{hash: string|null, timestamp: string}|null} before
 * @param {boolean} first  whether that one is not part of the copy
 * @returns {Reason[]}
 */
function linked(block, before, first) {
  /** @type {Reason[]} */
  const reasons = [];
  if (!before) return reasons;
  const named = block.previous_block_hash ?? "";
  if (named !== before.hash) {
    const truth = before.hash === null ? "cannot be hashed now" : `${first ? "has the hash" : "hashes to"} ${short(before.hash)}${first ? "" : " now"}`;
    reasons.push({ kind: "previous", text: `it names ${short(named)} as the hash before it, but block ${block.id - 1} ${truth}` });
  }
  if (earlier(block.timestamp, before.timestamp)) reasons.push({ kind: "time", text: `its timestamp lies before that of block ${block.id - 1}` });
  return reasons;
}

/** @param {string} one @param {string} other */
function earlier(one, other) {
  try {
    return seconds(one) < seconds(other);
  } catch {
    return false;
  }
}

/**
 * Pays a block's payments in order; the answer is the first that cannot be paid.
 * @param {Block} block
 * @param {Map<string, number>|null} balances
 * @param {Set<string>} paid  ids paid so far
 * @returns {Reason[]}
 */
function payAll(block, balances, paid) {
  /** @type {Reason[]} */
  const reasons = [];
  for (const [index, { id, sender, recipient, value }] of block.transactions.entries()) {
    const what = `payment ${index + 1}`;
    if (paid.has(id)) reasons.push({ kind: "payment", text: `${what} is there already: an id is paid once` });
    paid.add(id);
    if (sender === null) {
      reasons.push({ kind: "payment", text: `${what} has no sender: only the genesis block makes coins` });
    } else if (balances) {
      const has = balances.get(sender) ?? 0;
      if (has < value) reasons.push({ kind: "payment", text: `${what}: ${sender} has ${has}, which is less than the ${value} to be paid` });
      else balances.set(sender, has - value);
    }
    balances?.set(recipient, (balances.get(recipient) ?? 0) + value);
  }
  return reasons.slice(0, 1);
}

/**
 * The balances before `blocks`, from those after them.
 * @param {Record<string, number>} after
 * @param {Block[]} blocks
 */
export function balancesBefore(after, blocks) {
  const balances = { ...after };
  for (const { transactions } of [...blocks].reverse()) {
    for (const { sender, recipient, value } of [...transactions].reverse()) {
      balances[recipient] = (balances[recipient] ?? 0) - value;
      if (sender !== null) balances[sender] = (balances[sender] ?? 0) + value;
    }
  }
  return balances;
}

/**
 * What is seen, in a sentence or two.
 * @param {Block[]} copies
 * @param {Verdict[]} verdicts
 * @param {number} difficulty
 * @param {number} height  of the highest chain that a node has
 */
export function story(copies, verdicts, difficulty, height) {
  const broken = verdicts.findIndex(({ reasons }) => reasons.length > 0);
  const last = copies[copies.length - 1].id;
  if (broken < 0) {
    if (verdicts.every(({ changed }) => !changed)) return untouched(copies[0].id, last);
    const holds = `The copy holds together again: every hash ends in ${counted(difficulty, "zero bit")}.`;
    return last > height
      ? `${holds} With block ${last} it has more work than the nodes' chain: send it, and they leave theirs for it, if all its payments can be paid.`
      : `${holds} It has no more work than the nodes' chain, though: they will keep it as a side branch, as of equals they stay with what they saw first. Add a block to outdo them.`;
  }
  const { id } = copies[broken];
  const { hash, zeros, reasons: [{ kind, text }] } = verdicts[broken];
  const after = id === last ? "" : ` ${id + 1 === last ? `Block ${last} stands on it and is` : `Blocks ${id + 1} to ${last} stand on it and are`} invalid as well.`;
  if (kind === "work" && hash) return `Block ${id} now hashes to ${short(hash)}, which ends in ${counted(zeros, "zero bit")} where ${difficulty} are needed: its proof of work is gone.${after}`;
  if (kind === "previous" && broken > 0 && verdicts[broken - 1].changed) {
    return `Block ${id - 1} is valid by itself, but block ${id} still names the hash it had. Re-mine block ${id} as well: who changes the past has to redo all the work after it.`;
  }
  if (kind === "payment") return `Block ${id} has its proof of work, but ${text}: no work makes a payment payable, and every node looks before it makes a branch its main chain.${after}`;
  return `Block ${id} is invalid: ${text}.${after}`;
}

/** @param {number} first @param {number} last */
function untouched(first, last) {
  const what = first === last ? `block ${first}` : `blocks ${first} to ${last}`;
  return `This is a copy of ${what}, which no node sees. Change a field and watch the hash.`;
}

/**
 * A time to wait, about: "3 minutes".
 * @param {number} seconds
 */
export function howLong(seconds) {
  /** @type {[unit: string, seconds: number][]} */
  const units = [["year", 31_557_600], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, each]) => seconds >= 1.5 * each) ?? ["second", 1];
  return counted(Math.max(1, Math.round(seconds / size)), unit);
}

/**
 * Searches a nonce from the block's own on, in turns with the page. Null where it was stopped.
 * @param {Block} block
 * @param {number} difficulty
 * @param {(tried: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<{nonce: number, tried: number}|null>}
 */
export async function remine(block, difficulty, progress, signal) {
  const header = headerBytes(block);
  for (let tried = 0; ; ) {
    const until = performance.now() + TURN_MS;
    while (performance.now() < until) {
      const nonce = searchNonce(header, difficulty, block.nonce + tried, STRIDE);
      if (nonce !== null) return { nonce, tried: nonce - block.nonce + 1 };
      tried += STRIDE;
    }
    progress(tried);
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return null;
  }
}
