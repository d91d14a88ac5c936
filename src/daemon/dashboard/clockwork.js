// What moves time, for the header's buttons and for the keyboard alike.

import { ask } from "./dialog.js";

/** @import {Api, HistoryBranch, Network, Store} from "./types.js" */

/** Milliseconds from tick to tick, by the slider's position. */
export const SPEEDS_MS = [3000, 2000, 1500, 1000, 700, 500, 300, 150, 50];
export const USUAL_SPEED = 4;

/** Presses of step that wait for their turn, at most. */
const MOST_STEPS = 20;

/** How long the news of having gone back may take. */
const PATIENCE_MS = 2000;

/** The most ticks that a condition is waited for. */
export const LIMIT = 200;

/** @typedef {ReturnType<typeof clockwork>} Clockwork */

/** What goes on by itself; a single tick is over at once. @param {Network|null} network */
export function running(network) {
  const activity = network?.activity ?? null;
  return activity?.kind === "tick" && (activity.of ?? 0) <= 1 ? null : activity;
}

/**
 * @param {Store} store
 * @param {Api} api
 */
export function clockwork(store, api) {
  let interval = SPEEDS_MS[USUAL_SPEED];
  let busy = false;

  /** One at a time: who holds the key down does not queue up ticks. @param {() => Promise<unknown>} work */
  async function alone(work) {
    if (busy) return;
    busy = true;
    try {
      await work();
    } finally {
      busy = false;
    }
  }

  const playing = () => running(store.state.network) !== null;

  let steps = 0;
  /** Each press is a tick, also while the one before is not done. */
  async function queueStep() {
    if (steps >= MOST_STEPS) return;
    steps += 1;
    if (steps > 1) return;
    try {
      if (playing()) await api.call("/pause");
      for (; steps > 0; steps -= 1) {
        if ((await api.act({ tick: 1 })) === null) break;
      }
    } finally {
      steps = 0;
    }
  }

  /** @type {number|null} the tick that presses of back have come to so far */
  let aim = null;
  /** Likewise each press is a tick back. */
  async function stepBack() {
    const position = store.state.network?.position;
    const from = aim ?? position?.tick ?? 0;
    if (!position || from <= first()) return;
    const goes = aim !== null;
    aim = from - 1;
    if (goes) return;
    try {
      for (let reached = from; reached !== aim; ) {
        reached = aim;
        if ((await api.call("/goto", momentOf(position.branch, reached))) === null) break;
        await shown(reached);
      }
    } finally {
      aim = null;
    }
  }

  /** The answer comes before the news: a press until then would count from the tick before. @param {number} tick */
  function shown(tick) {
    return new Promise((resolve) => {
      const timer = setTimeout(end, PATIENCE_MS);
      const stop = store.on("network", look);
      look();
      function look() {
        if (store.state.network?.position.tick === tick) end();
      }
      function end() {
        clearTimeout(timer);
        stop();
        resolve(null);
      }
    });
  }

  /** The first tick that led here and is still kept. */
  function first() {
    return firstOf(store.state.network?.branches ?? [], store.state.network?.position.branch ?? 0);
  }

  /** @param {number} branch @param {number} tick */
  function momentOf(branch, tick) {
    return { branch: keeperOf(store.state.network?.branches ?? [], branch, tick), tick };
  }

  return {
    /** How long from tick to tick when playing. */
    interval: () => interval,
    first,
    /** @param {boolean} [held]  whether the key is held down: then only one tick at a time */
    step: (held) => {
      if (steps > 0 && held) return Promise.resolve();
      return queueStep();
    },
    back: stepBack,
    toStart: () => alone(() => api.call("/goto", momentOf(store.state.network?.position.branch ?? 0, first()))),
    // Pausing never waits for what it is to end.
    playOrPause: () => (playing() ? api.call("/pause") : alone(() => api.call("/play", { interval_ms: interval }))),
    /** @param {number} ms */
    setInterval: async (ms) => {
      interval = ms;
      if (store.state.network?.activity?.kind !== "play") return;
      await alone(async () => {
        await api.call("/pause");
        await api.call("/play", { interval_ms: interval });
      });
    },
    /** @param {"block"|"idle"|"one-tip"} condition @param {number} limit */
    until: async (condition, limit) => {
      if (playing()) await api.call("/pause");
      const outcome = await api.act({ until: { condition, limit } });
      if (outcome?.met === false && !outcome.stopped) api.toast(`Not reached within ${limit} ticks.`);
    },
    reset: async () => {
      const text = "Every node goes back to clock 0 and the genesis block. Save first to keep what is there now.";
      if (await ask("Reset all nodes?", text, "Reset all")) await api.act({ reset: {} });
    },
  };
}

/**
 * The branch of history that keeps a tick which led to another branch: that one, or one it came from.
 * @param {HistoryBranch[]} branches
 * @param {number} id
 * @param {number} tick
 * @returns {number}
 */
export function keeperOf(branches, id, tick) {
  const branch = branches.find((each) => each.id === id);
  const parent = branches.find((each) => each.id === branch?.parent);
  return branch && parent && tick < branch.first ? keeperOf(branches, parent.id, tick) : id;
}

/**
 * The first tick kept of those that led to a branch.
 * @param {HistoryBranch[]} branches
 * @param {number} id
 * @returns {number}
 */
export function firstOf(branches, id) {
  const branch = branches.find((each) => each.id === id);
  if (!branch) return 0;
  const parent = branches.find((each) => each.id === branch.parent);
  return parent && parent.first < branch.first ? firstOf(branches, parent.id) : branch.first;
}
