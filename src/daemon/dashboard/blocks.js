// The block tree.

/** @import {Mount} from "./types.js" */

/** @type {Mount} */
export function mount(element, store, api) {
  void element;
  void store;
  void api;
}
