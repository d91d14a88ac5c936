// On whose main chain a block is, from the tree above it. Pure.

/** @import {Tree} from "./types.js" */

/**
 * Walks down from every tip. A tip above what was read is followed from the highest blocks that were
 * read, where those leave no doubt.
 * @param {string} hash
 * @param {number} id
 * @param {Tree} tree  from this block's id on, lowest first
 * @returns {{on: string[], off: string[], unknown: string[]}}
 */
export function whoHas(hash, id, tree) {
  const byHash = new Map(tree.blocks.map((block) => [block.hash, block]));
  const top = tree.blocks.reduce((highest, block) => Math.max(highest, block.id), id);
  // The highest level may have been cut in its middle; the one below it is whole.
  const whole = tree.blocks.filter((block) => block.id === top - 1);
  /** @type {{on: string[], off: string[], unknown: string[]}} */
  const who = { on: [], off: [], unknown: [] };
  for (const [node, tip] of Object.entries(tree.tips)) {
    let at = byHash.get(tip);
    // A tip that was not read lies below the block, or above all that was.
    if (!at && top < tree.height && whole.length === 1) at = whole[0];
    if (!at) {
      who[top < tree.height ? "unknown" : "off"].push(node);
      continue;
    }
    while (at && at.id > id) at = byHash.get(at.previous_block_hash ?? "");
    who[at?.hash === hash ? "on" : "off"].push(node);
  }
  return who;
}
