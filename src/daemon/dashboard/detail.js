// What one node holds, read again as it changes. All who follow the same node share one reading.

/** @import {Api, NodeDetail, Store} from "./types.js" */

/** The least time between two readings, so that fast play does not drown the controller. */
const PAUSE_MS = 200;

/** @typedef {(detail: NodeDetail|null) => void} Show */

/** @type {WeakMap<Store, Map<string, ReturnType<typeof reader>>>} */
const readers = new WeakMap();

/**
 * Follows one node at a time.
 * @param {Store} store
 * @param {Api} api
 * @param {Show} show  told of each reading; of null where there is none
 */
export function followDetail(store, api, show) {
  /** @type {string|null} */
  let followed = null;
  return {
    /** @param {string|null} name */
    of: (name) => {
      if (name === followed) return;
      if (followed !== null) readerOf(followed, store, api).leave(show);
      followed = name;
      if (name === null) show(null);
      else readerOf(name, store, api).join(show);
    },
  };
}

/**
 * @param {string} name
 * @param {Store} store
 * @param {Api} api
 */
function readerOf(name, store, api) {
  const known = readers.get(store) ?? new Map();
  readers.set(store, known);
  const made = known.get(name) ?? reader(name, store, api, () => known.delete(name));
  known.set(name, made);
  return made;
}

/**
 * @param {string} name
 * @param {Store} store
 * @param {Api} api
 * @param {() => void} forget
 */
function reader(name, store, api, forget) {
  /** @type {Set<Show>} */
  const followers = new Set();
  /** @type {NodeDetail|null|undefined} */
  let last;
  let seen = "";
  let reading = false;
  let again = false;

  async function read() {
    if (document.hidden) return;
    again = reading;
    if (reading) return;
    reading = true;
    seen = JSON.stringify(store.node(name));
    try {
      last = await api.get(`/node/${encodeURIComponent(name)}`);
    } catch {
      // A node that is down or gone: its view says so.
      last = null;
    }
    for (const show of followers) show(last ?? null);
    setTimeout(() => {
      reading = false;
      if (again && followers.size > 0) void read();
    }, PAUSE_MS);
  }

  const stops = [
    store.on("network", () => {
      if (JSON.stringify(store.node(name)) !== seen) void read();
    }),
    store.on("reload", () => void read()),
  ];
  const wake = () => void read();
  document.addEventListener("visibilitychange", wake);

  return {
    /** @param {Show} show */
    join: (show) => {
      followers.add(show);
      if (last !== undefined) show(last);
      void read();
    },
    /** @param {Show} show */
    leave: (show) => {
      followers.delete(show);
      if (followers.size > 0) return;
      for (const stop of stops) stop();
      document.removeEventListener("visibilitychange", wake);
      forget();
    },
  };
}

/**
 * What an account has at a node's tip, and what it has left once all that waits there is paid.
 * @param {NodeDetail} detail
 * @param {string} account
 */
export function balanceOf(detail, account) {
  const balance = Object.hasOwn(detail.accounts, account) ? detail.accounts[account] : 0;
  let left = balance;
  for (const { sender, recipient, value } of [...detail.pool, ...detail.queue]) {
    if (sender === account) left -= value;
    if (recipient === account) left += value;
  }
  return { balance, left };
}
