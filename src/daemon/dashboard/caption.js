// The caption of the open lesson, in a bar above the mesh. Shows and hides its element.

/** @import {Mount} from "./types.js" */

/** @type {Mount} */
export function mount(element, store, api) {
  void element;
  void store;
  void api;
}
