// The tree of blocks and where each block stands in the picture: its column is its id, its row its branch.
// Row 0 is the chain that most nodes stand on. No DOM here.

/** @import {TreeBlock} from "./types.js" */

/**
 * A block and its place.
 * @typedef {TreeBlock & {row: number, children: Placed[]}} Placed
 */

/**
 * All blocks known with ids from `low` on.
 * @typedef {object} Tree
 * @property {Map<string, Placed>} blocks  by hash
 * @property {Map<number, Placed[]>} byId  first seen first
 * @property {number} low  the lowest id that is known
 * @property {number} height  the highest
 * @property {string|null} tip  the last block of row 0
 * @property {number} rows
 */

/** The most new blocks that are placed one by one. */
const MAX_ADDED = 256;
/** How far up and down go sideways, in ids, to find the next row. */
const REACH = 1000;

/** @returns {Tree} */
export function createTree() {
  return { blocks: new Map(), byId: new Map(), low: Infinity, height: -1, tip: null, rows: 1 };
}

/**
 * Adds a block that may be known already; the answer is whether it was not. What was not known of a known
 * block is completed: an event tells less than the tree does.
 * @param {Tree} tree
 * @param {TreeBlock} block
 */
export function addBlock(tree, block) {
  const known = tree.blocks.get(block.hash);
  if (known) {
    known.miner ??= block.miner;
    known.timestamp ||= block.timestamp;
    return false;
  }
  /** @type {Placed} */
  const placed = { ...block, row: -1, children: [] };
  tree.blocks.set(block.hash, placed);
  const level = tree.byId.get(block.id);
  if (level) level.push(placed);
  else tree.byId.set(block.id, [placed]);
  parentOf(tree, placed)?.children.push(placed);
  for (const child of tree.byId.get(block.id + 1) ?? []) {
    if (child.previous_block_hash === block.hash) placed.children.push(child);
  }
  tree.low = Math.min(tree.low, block.id);
  tree.height = Math.max(tree.height, block.id);
  return true;
}

/**
 * @param {Tree} tree
 * @param {TreeBlock} block
 */
export function parentOf(tree, block) {
  return block.previous_block_hash === null ? undefined : tree.blocks.get(block.previous_block_hash);
}

/**
 * The tip that most nodes stand on; of equals the highest, then the one that is row 0's already. Where no
 * node's tip is known, row 0 stays, or is the first highest block's.
 * @param {Tree} tree
 * @param {Iterable<string>} tips  one a node
 */
export function mostStoodOn(tree, tips) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const tip of tips) {
    if (tree.blocks.has(tip)) counts.set(tip, (counts.get(tip) ?? 0) + 1);
  }
  let best = null;
  let bestScore = [-1, -1, -1];
  for (const [hash, count] of counts) {
    const score = [count, tree.blocks.get(hash)?.id ?? 0, hash === tree.tip ? 1 : 0];
    const differs = score.findIndex((part, index) => part !== bestScore[index]);
    if (differs >= 0 && score[differs] > bestScore[differs]) [best, bestScore] = [hash, score];
  }
  return best ?? tree.tip ?? tree.byId.get(tree.height)?.[0].hash ?? null;
}

/**
 * Gives every block its row, with the chain to `tip` in row 0. Where that can be told from what is placed
 * already, only what is new and what changed sides gets another row, so that the picture stays calm.
 * @param {Tree} tree
 * @param {string|null} tip
 * @param {Placed[]} added  the blocks that came since it was last done
 */
export function place(tree, tip, added) {
  const last = tip === null ? undefined : tree.blocks.get(tip);
  if (!last || !moveMain(tree, last) || !placeAdded(tree, added)) placeAll(tree, last);
  tree.tip = last ? tip : null;
}

/**
 * Places blocks that prolong branches or begin one; false where it is not as simple.
 * @param {Tree} tree
 * @param {Placed[]} added
 */
function placeAdded(tree, added) {
  if (added.length > MAX_ADDED) return false;
  for (const block of [...added].sort((a, b) => a.id - b.id)) {
    if (block.row === 0) continue;
    const parent = parentOf(tree, block);
    if (!parent || parent.row < 0 || block.children.some((child) => child.row >= 0)) return false;
    const taken = usedRows(tree, block.id, block.id + 1);
    block.row = parent.row > 0 && !taken.has(parent.row) ? parent.row : freeRow(tree, block.id, block.id);
  }
  return true;
}

/**
 * Brings the chain to `last` into row 0, and the one that it leaves out of it; false where they do not meet
 * among the blocks known.
 * @param {Tree} tree
 * @param {Placed} last
 */
function moveMain(tree, last) {
  const old = tree.tip === null ? undefined : tree.blocks.get(tree.tip);
  /** @type {Placed|undefined} */
  let fork = last;
  const joined = [];
  for (; fork && fork.row !== 0; fork = parentOf(tree, fork)) joined.push(fork);
  if (!old || !fork) return false;
  const left = [];
  for (let block = /** @type {Placed|undefined} */ (old); block && block.id > fork.id; block = parentOf(tree, block)) left.push(block);
  for (const block of joined) block.row = 0;
  const row = left.length > 0 ? freeRow(tree, fork.id + 1, old.id) : 0;
  for (const block of left) block.row = row;
  return true;
}

/**
 * The rows that blocks with ids `from` to `to` stand in.
 * @param {Tree} tree
 * @param {number} from
 * @param {number} to
 */
function usedRows(tree, from, to) {
  const used = new Set();
  for (let id = from; id <= to; id += 1) {
    for (const { row } of tree.byId.get(id) ?? []) used.add(row);
  }
  return used;
}

/**
 * The first side row that is free for ids `from` to `to`, with a column between neighbours.
 * @param {Tree} tree
 * @param {number} from
 * @param {number} to
 */
function freeRow(tree, from, to) {
  const used = usedRows(tree, from - 1, to + 1);
  let row = 1;
  while (used.has(row)) row += 1;
  tree.rows = Math.max(tree.rows, row + 1);
  return row;
}

/**
 * @param {Tree} tree
 * @param {Placed|undefined} last
 */
function placeAll(tree, last) {
  for (const block of tree.blocks.values()) block.row = -1;
  for (let block = last; block; block = parentOf(tree, block)) block.row = 0;
  const ends = branchEnds(tree);
  /** @type {number[]} the id each row is taken up to; row 0 is the main chain's */
  const taken = [Infinity];
  for (let id = tree.low; id <= tree.height; id += 1) {
    for (const block of tree.byId.get(id) ?? []) {
      if (block.row < 0) takeRow(block, ends, taken);
    }
  }
  tree.rows = taken.length;
}

/**
 * For each side block, the highest id reached from it.
 * @param {Tree} tree
 */
function branchEnds(tree) {
  /** @type {Map<Placed, number>} */
  const ends = new Map();
  for (let id = tree.height; id >= tree.low; id -= 1) {
    for (const block of tree.byId.get(id) ?? []) {
      if (block.row < 0) ends.set(block, Math.max(id, ...block.children.map((child) => ends.get(child) ?? id)));
    }
  }
  return ends;
}

/**
 * Puts the branch that begins with `first`, followed along its longest child, into the first row that is
 * free from its fork to its end, with a column between neighbours for what is written at a tip.
 * @param {Placed} first
 * @param {Map<Placed, number>} ends
 * @param {number[]} taken
 */
function takeRow(first, ends, taken) {
  const end = ends.get(first) ?? first.id;
  let row = taken.findIndex((until) => until + 1 < first.id);
  if (row < 0) row = taken.length;
  taken[row] = end;
  for (let block = /** @type {Placed|undefined} */ (first); block; ) {
    block.row = row;
    block = block.children.find((child) => ends.get(child) === end);
  }
}

/**
 * The blocks with ids `from` to `to`, both included.
 * @param {Tree} tree
 * @param {number} from
 * @param {number} to
 */
export function between(tree, from, to) {
  /** @type {Placed[]} */
  const found = [];
  for (let id = Math.max(from, tree.low); id <= Math.min(to, tree.height); id += 1) {
    found.push(...(tree.byId.get(id) ?? []));
  }
  return found;
}

/**
 * The block an arrow leads to: along the branch, or to the nearest one a row up or down.
 * @param {Tree} tree
 * @param {Placed} block
 * @param {"parent"|"child"|"up"|"down"} direction
 * @returns {Placed|undefined}
 */
export function neighbour(tree, block, direction) {
  if (direction === "parent") return parentOf(tree, block);
  if (direction === "child") {
    return block.children.find((child) => child.row === block.row) ?? block.children[0];
  }
  const sign = direction === "down" ? 1 : -1;
  for (let away = 0; away <= REACH; away += 1) {
    const level = [block.id - away, ...(away > 0 ? [block.id + away] : [])].flatMap((id) => tree.byId.get(id) ?? []);
    const beyond = level.filter((other) => (other.row - block.row) * sign > 0);
    if (beyond.length > 0) {
      return beyond.reduce((best, other) => ((other.row - best.row) * sign < 0 ? other : best));
    }
  }
  return undefined;
}

/**
 * How the branch that a side block ends compares with the chain of most nodes; null for blocks of that
 * chain, and for those that others stand on. Where no node has it, it is of another future.
 * @param {Tree} tree
 * @param {Placed} block
 * @param {boolean} stoodOn  whether a node is on it
 * @returns {"stale"|"level"|"ahead"|"nobody's"|null}
 */
export function standing(tree, block, stoodOn) {
  const tip = tree.tip === null ? undefined : tree.blocks.get(tree.tip);
  if (!tip || block.row === 0 || block.children.length > 0) return null;
  if (block.id === tip.id) return "level";
  if (block.id < tip.id) return "stale";
  return stoodOn ? "ahead" : "nobody's";
}
