// The form that adds a payment.

/** @import {Mount} from "./types.js" */

/** @type {Mount} */
export function mount(element, store, api) {
  void element;
  void store;
  void api;
}
