// Where a copy of the chain is tampered with: the blocks, what is wrong with them, and their re-mining.
// No DOM here.

import { judge, remine } from "./forgery.js";

/** @import {Block} from "./types.js" */
/** @import {Ground} from "./forgery.js" */

/** The most blocks that can be added to the copy. */
const MAX_ADDED = 10;

/** @typedef {ReturnType<typeof createWorkshop>} Workshop */
/** What was tried for a block so far, and since when. @typedef {(block: Block, tried: number, ms: number) => void} Progress */

/**
 * @param {Block[]} originals
 * @param {Ground} ground
 */
export function createWorkshop(originals, ground) {
  const copies = structuredClone(originals);
  let verdicts = judge(originals, copies, ground);
  /** @type {AbortController|null} */
  let work = null;
  /** Nonces tried since the copy was as the original. */
  let tries = 0;

  /** Looks at all blocks again; what was being mined is another block now. */
  function edited() {
    work?.abort();
    verdicts = judge(originals, copies, ground);
  }

  /** Whether a nonce is what a block lacks, or its parent's new hash. @param {number} index */
  function isMinable(index) {
    const { hash, reasons } = verdicts[index];
    const parentReady = index === 0 || verdicts[index - 1].hash !== null;
    return parentReady && hash !== null && reasons.some(({ kind }) => kind === "work" || (kind === "previous" && index > 0));
  }

  /**
   * Re-mines one block, or each that needs it from the first on.
   * @param {number|null} only
   * @param {Progress} progress
   * @returns {Promise<{tried: number, ms: number, stopped: boolean}>}
   */
  async function mine(only, progress) {
    work?.abort();
    const mine = new AbortController();
    work = mine;
    const begun = performance.now();
    let tried = 0;
    for (let index = only ?? 0; index < copies.length && !mine.signal.aborted; index += 1) {
      if (only !== null && index > only) break;
      if (!isMinable(index)) continue;
      const block = copies[index];
      block.previous_block_hash = verdicts[index - 1]?.hash ?? block.previous_block_hash;
      const soFar = (/** @type {number} */ more) => progress(block, tried + more, performance.now() - begun);
      const found = await remine(block, ground.difficulty, soFar, mine.signal);
      if (!found) break;
      block.nonce = found.nonce;
      tried += found.tried;
      verdicts = judge(originals, copies, ground);
    }
    if (work === mine) work = null;
    tries += tried;
    verdicts = judge(originals, copies, ground);
    return { tried, ms: performance.now() - begun, stopped: mine.signal.aborted };
  }

  /** @param {number} index */
  function undo(index) {
    Object.assign(copies[index], structuredClone(originals[index]));
    tries = 0;
    edited();
  }

  return {
    copies,
    ground,
    edited,
    isMinable,
    mine,
    undo,
    verdicts: () => verdicts,
    tries: () => tries,
    isBusy: () => work !== null,
    stop: () => work?.abort(),
    undoAll() {
      copies.length = originals.length;
      originals.forEach((_, index) => undo(index));
    },
    canAdd: () => work === null && copies.length < originals.length + MAX_ADDED,
    /** Adds an empty block on top: with more blocks than the others have, the copy has more work. */
    add() {
      const { id, timestamp } = copies[copies.length - 1];
      const { hash } = verdicts[verdicts.length - 1];
      const block = { id: id + 1, hash: "", timestamp, transactions: [], previous_block_hash: hash, nonce: 0 };
      copies.push(block);
      edited();
      return block;
    },
  };
}
