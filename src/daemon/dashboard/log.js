// What happened, in sentences.

/** @import {Mount} from "./types.js" */

/** @type {Mount} */
export function mount(element, store, api) {
  void element;
  void store;
  void api;
}
