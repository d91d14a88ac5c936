// What moves time, for the header's buttons and for the keyboard alike.

import { ask } from "./dialog.js";

/** @import {Api, Network, Store} from "./types.js" */

/** Milliseconds from tick to tick, by the slider's position. */
export const SPEEDS_MS = [3000, 2000, 1500, 1000, 700, 500, 300, 150, 50];
export const USUAL_SPEED = 4;

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

  /** @param {number} tick */
  function goto(tick) {
    const position = store.state.network?.position;
    if (!position) return Promise.resolve();
    return alone(() => api.call("/goto", { branch: position.branch, tick }));
  }

  /** The first tick that this branch of history still has. */
  function first() {
    const network = store.state.network;
    return network?.branches.find((branch) => branch.id === network.position.branch)?.first ?? 0;
  }

  return {
    /** How long from tick to tick when playing. */
    interval: () => interval,
    first,
    step: () => alone(async () => {
      if (playing()) await api.call("/pause");
      await api.act({ tick: 1 });
    }),
    back: () => {
      const tick = store.state.network?.position.tick ?? 0;
      return tick > first() ? goto(tick - 1) : Promise.resolve();
    },
    toStart: () => goto(first()),
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
