// What one node holds, read again as the network changes.

/** @import {Api, NodeDetail, Store} from "./types.js" */

/** The least time between two readings, so that fast play does not drown the controller. */
const PAUSE_MS = 200;

/**
 * Follows one node at a time.
 * @param {Store} store
 * @param {Api} api
 * @param {(detail: NodeDetail|null) => void} show  told of each reading; of null where there is none
 */
export function followDetail(store, api, show) {
  /** @type {string|null} */
  let wanted = null;
  let reading = false;
  let again = false;

  async function read() {
    again = reading;
    if (reading) return;
    const name = wanted;
    if (name === null) return show(null);
    reading = true;
    /** @type {NodeDetail|null} */
    let detail = null;
    try {
      detail = await api.get(`/node/${encodeURIComponent(name)}`);
    } catch {
      // A node that is down or gone: its view says so.
    }
    if (name === wanted) show(detail);
    setTimeout(() => {
      reading = false;
      if (again || name !== wanted) void read();
    }, PAUSE_MS);
  }

  store.on("network", () => {
    if (!document.hidden) void read();
  });
  document.addEventListener("visibilitychange", () => void read());

  return {
    /** @param {string|null} name */
    of: (name) => {
      if (name === wanted) return;
      wanted = name;
      void read();
    },
    read,
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
