// Every action by key; none while one types.

/** @import {Store, Api} from "./types.js" */

/**
 * @param {Store} store
 * @param {Api} api
 */
export function listen(store, api) {
  void store;
  void api;
}
