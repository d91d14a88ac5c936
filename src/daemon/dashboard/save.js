// What the Save menu holds. Mounted once, into the menu's box.

/** @import {Mount} from "./types.js" */

/** @type {Mount} */
export function mount(element, store, api) {
  void element;
  void store;
  void api;
}
