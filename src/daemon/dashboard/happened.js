// What happened since the page was opened, as far as it is remembered: each node's last events for
// "why?", blocks by hash, and what was done, for copying. One memory for all parts of the page.

/** @import {Action, Event, HistoryBranch, Network, NodeView, Outcome, Position, Store} from "./types.js" */

/** Events remembered of one node: several clocks of the busiest. */
const MAX_EVENTS = 400;

/** Blocks whose ids are remembered. */
const MAX_BLOCKS = 20_000;

/** Steps remembered for copying: ticks and actions. */
const MAX_STEPS = 10_000;

/** @typedef {{branch: number, tick: number, event: Event}} Remembered */

/**
 * Something that was done: a tick with the clock each node was moved to, or an action.
 * @typedef {{branch: number, tick: number, nodes: Pick<NodeView, "name"|"http"|"p2p"|"clock">[],
 *   links: {a: string, b: string}[], action: Action|null, outcome: Outcome|null}} Step
 */

/** @typedef {ReturnType<typeof remember>} Memory */

/** @type {WeakMap<Store, Memory>} */
const memories = new WeakMap();

/**
 * The memory of this page.
 * @param {Store} store
 * @returns {Memory}
 */
export function happened(store) {
  const memory = memories.get(store) ?? remember(store);
  memories.set(store, memory);
  return memory;
}

/** @param {Store} store */
function remember(store) {
  /** @type {Map<string, Remembered[]>} */
  const byNode = new Map();
  /** @type {Map<string, number>} */
  const blockIds = new Map();
  /** @type {Step[]} */
  let steps = [];
  /** @type {HistoryBranch|null} where the last tick was lived */
  let stood = null;
  /** @type {Set<() => void>} */
  const whenReplaced = new Set();

  /** @param {Action|null} action @param {Outcome|null} outcome */
  function step(action, outcome) {
    const network = store.state.network;
    if (!network) return;
    steps.push(stepOf(network, action, outcome));
    if (steps.length > MAX_STEPS) steps = steps.slice(-MAX_STEPS / 2);
  }

  store.on("events", (events) => {
    const tick = store.state.network?.tick ?? 0;
    const branch = store.state.network?.position.branch ?? 0;
    for (const { node, event } of events) {
      const kept = byNode.get(node) ?? [];
      byNode.set(node, kept);
      kept.push({ branch, tick, event });
      if (kept.length > 2 * MAX_EVENTS) kept.splice(0, kept.length - MAX_EVENTS);
      if (event.type === "block" || event.type === "mined") keepBlock(blockIds, event.hash, event.id);
    }
  });
  store.on("tick", (message) => {
    stood = message.branches.find(({ id }) => id === message.position.branch) ?? null;
    step(null, null);
  });
  store.on("did", ({ action, outcome }) => {
    // Ticks are remembered one by one as they come.
    if (!("tick" in action) && !("until" in action)) step(action, outcome);
  });
  store.on("reload", (why) => {
    if (!isReplaced(why, stood, store.state.network?.branches ?? [])) return;
    stood = null;
    byNode.clear();
    steps = [];
    for (const listener of whenReplaced) listener();
  });

  /** What is remembered and led to where one stands. @template {{branch: number, tick: number}} T @param {T[]} all */
  function ledHere(all) {
    const network = store.state.network;
    return network ? stepsTo(network.position, network.branches, all) : [];
  }

  return {
    /** A node's last events, oldest first. @param {string} name @returns {Event[]} */
    events: (name) => ledHere(byNode.get(name) ?? []).map(({ event }) => event),
    /** Likewise on all branches of history, with the tick of each. @param {string} name @returns {Remembered[]} */
    remembered: (name) => byNode.get(name) ?? [],
    /** The id of a block, where it was seen. @param {string} hash */
    blockId: (hash) => blockIds.get(hash),
    /** @param {{hash: string, id: number}} block */
    sawBlock: ({ hash, id }) => keepBlock(blockIds, hash, id),
    /** What was done on the present branch of history, up to now. */
    steps: () => ledHere(steps),
    /** Calls when another history took the place of this one. @param {() => void} listener */
    onReplaced: (listener) => whenReplaced.add(listener),
  };
}

/**
 * @param {Network} network
 * @param {Action|null} action
 * @param {Outcome|null} outcome
 * @returns {Step}
 */
function stepOf(network, action, outcome) {
  // A node that does not answer is not ticked.
  const nodes = network.nodes.filter(({ state }) => action !== null || state === "up");
  return {
    branch: network.position.branch,
    tick: network.tick,
    nodes: nodes.map(({ name, http, p2p, clock }) => ({ name, http, p2p, clock })),
    links: network.links.map(({ a, b }) => ({ a, b })),
    action,
    outcome,
  };
}

/**
 * @param {Map<string, number>} blockIds
 * @param {string} hash
 * @param {number} id
 */
function keepBlock(blockIds, hash, id) {
  blockIds.set(hash, id);
  if (blockIds.size <= MAX_BLOCKS) return;
  const [oldest] = blockIds.keys();
  blockIds.delete(oldest);
}

/** What the controller says of a network that goes on, at another moment perhaps. */
const GOES_ON = /^back to tick \d+$|^a new branch of history$| was read anew, events of it were missed$/;

/** What it says of one that took the place of the one before. */
const BEGINS = /^all nodes were reset$|^a network file was loaded$|^back to the snapshot |^a scenario was opened$/;

/**
 * Whether another history took the place of this one. After a lost connection nobody says so: the branch
 * where one stood is gone then, shorter or begun later.
 * @param {string} why
 * @param {HistoryBranch|null} stood
 * @param {HistoryBranch[]} now
 */
export function isReplaced(why, stood, now) {
  if (BEGINS.test(why)) return true;
  if (GOES_ON.test(why) || !stood) return false;
  const same = now.find(({ id, name }) => id === stood.id && name === stood.name);
  if (!same || same.last < stood.last) return true;
  // One moment only, and not the first there was: that of a network that was restored.
  return same.first > stood.last || (same.first === same.last && same.first !== stood.first);
}

/**
 * The steps that led to a position: those of its branch up to its tick, and those of the branches it
 * came from up to where it left them.
 * @template {{branch: number, tick: number}} T
 * @param {Position} position
 * @param {HistoryBranch[]} branches
 * @param {T[]} steps
 * @returns {T[]}
 */
export function stepsTo(position, branches, steps) {
  /** @type {Map<number, number>} */
  const until = new Map();
  let tick = position.tick;
  /** @type {number|null} */
  let id = position.branch;
  while (id !== null && !until.has(id)) {
    until.set(id, tick);
    const branch = branches.find((each) => each.id === id);
    tick = Math.min(tick, branch?.from ?? 0);
    id = branch?.parent ?? null;
  }
  return steps.filter((step) => step.tick <= (until.get(step.branch) ?? -1));
}
