// Fills the tree of blocks: from the tip downwards in windows, as far as is looked at, and then from what
// the nodes do.

import { addBlock, createTree, mostStoodOn, place } from "./tree.js";

/** @import {Api, NodeEvent, Store, TreeBlock} from "./types.js" */
/** @import {Placed, Tree} from "./tree.js" */

/** Ids asked for at once. */
const WINDOW = 1000;
/** The most blocks the page keeps; what is older is not shown. */
const MAX_BLOCKS = 200_000;

/** @typedef {ReturnType<typeof createFeed>} Feed */

/**
 * @param {Store} store
 * @param {Api} api
 * @param {(anew: boolean) => void} changed  called when there is something new to draw
 */
export function createFeed(store, api, changed) {
  let tree = createTree();
  /** @type {Placed[]} not placed yet */
  let added = [];
  /** Counts fresh starts, so that an answer from before one is not taken in. */
  let round = 0;
  /** @type {Promise<void>|null} */
  let reading = null;
  /** The lowest id there is to be read. */
  let floor = 0;
  /** @type {string} tips that no block is known for, and that were asked for in vain */
  let missing = "";

  /** @param {Tree} into @param {Iterable<TreeBlock>} blocks */
  function take(into, blocks) {
    for (const block of blocks) {
      const isNew = addBlock(into, block);
      const placed = isNew ? into.blocks.get(block.hash) : undefined;
      if (placed && into === tree) added.push(placed);
    }
  }

  /** @param {number} from */
  async function read(from) {
    const mine = round;
    const answer = await api.get(`/tree?from=${from}&limit=${WINDOW}`);
    return mine === round ? /** @type {import("./types.js").Tree} */ (answer) : null;
  }

  /** The highest id that some node tells of. */
  function told() {
    return Math.max(0, ...(store.state.network?.nodes ?? []).map((node) => node.height));
  }

  /** Reads the window at the top; anew where all may be different. @param {boolean} anew */
  async function readTop(anew) {
    if (anew) round += 1;
    const answer = await read(Math.max(0, told() + 1 - WINDOW / 2));
    if (!answer) return;
    if (anew) {
      tree = createTree();
      added = [];
      missing = "";
      floor = 0;
    }
    // What lies between the window and what was known would be missing.
    const lowest = answer.blocks.reduce((low, block) => Math.min(low, block.id), Infinity);
    if (!anew && lowest > tree.height + 1) return readTop(true);
    take(tree, answer.blocks);
    changed(anew);
  }

  /** One reading at a time. @param {() => Promise<void>} work */
  function alone(work) {
    reading = (reading ?? Promise.resolve()).then(work).catch(api.show).finally(() => {
      reading = null;
    });
    return reading;
  }

  /** Reads down to the block `id`, if it is not there yet. @param {number} id */
  async function need(id) {
    const wanted = Math.max(floor, id);
    if (tree.height < 0 || tree.low <= wanted) return;
    await alone(async () => {
      while (tree.low > wanted && tree.blocks.size < MAX_BLOCKS) {
        const low = tree.low;
        const answer = await read(Math.max(0, low - WINDOW));
        if (!answer) return;
        take(tree, answer.blocks.filter((block) => block.id < low));
        // What is older the controller has forgotten.
        if (tree.low === low) floor = low;
        if (tree.low === low) return;
        changed(false);
      }
    });
  }

  /** @param {NodeEvent[]} events */
  function follow(events) {
    let news = false;
    for (const { node, event } of events) {
      if (event.type === "block" && event.id >= tree.low) {
        const { id, hash, previous_block_hash, transactions } = event;
        take(tree, [{ id, hash, previous_block_hash, transactions, timestamp: "", miner: null }]);
        news = true;
      } else if (event.type === "mined") {
        const block = tree.blocks.get(event.hash);
        if (block) block.miner = node;
      }
    }
    if (tree.blocks.size > MAX_BLOCKS) void alone(() => readTop(true));
    else if (news) changed(false);
  }

  /** Who stands where: the names of the nodes on each tip. */
  function standings() {
    /** @type {Map<string, string[]>} */
    const names = new Map();
    for (const node of store.state.network?.nodes ?? []) {
      if (node.state === "crashed") continue;
      const there = names.get(node.tip);
      if (there) there.push(node.name);
      else names.set(node.tip, [node.name]);
    }
    return names;
  }

  /** The network changed: a tip may be one that no event told of. */
  function look() {
    const tips = [...standings().keys()];
    const unknown = tips.filter((tip) => !tree.blocks.has(tip)).join(" ");
    if (unknown && unknown !== missing && !reading) {
      missing = unknown;
      void alone(() => readTop(tree.height < 0));
    }
    changed(false);
  }

  store.on("events", follow);
  store.on("network", look);
  store.on("reload", () => void alone(() => readTop(true)));

  return {
    tree: () => tree,
    /** The tree, placed for where the nodes stand now. */
    placed() {
      const nodes = (store.state.network?.nodes ?? []).filter((node) => node.state !== "crashed");
      const tip = mostStoodOn(tree, nodes.map((node) => node.tip));
      if (added.length > 0 || tip !== tree.tip) place(tree, tip, added);
      added = [];
      return tree;
    },
    need,
    standings,
  };
}
