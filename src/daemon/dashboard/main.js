// Puts the page together: the store, and each part of the page in its region of index.html.

import { api } from "./api.js";
import { clockwork } from "./clockwork.js";
import { byId, svg } from "./dom.js";
import { patternDefinitions } from "./looks.js";
import { createStore } from "./store.js";
import * as blocks from "./blocks.js";
import * as caption from "./caption.js";
import * as header from "./header.js";
import * as keyboard from "./keyboard.js";
import * as live from "./live.js";
import * as log from "./log.js";
import * as mesh from "./mesh.js";
import * as panel from "./panel.js";
import * as pay from "./pay.js";
import * as timeline from "./timeline.js";
import * as views from "./views.js";

/** @import {Mount} from "./types.js" */

const store = createStore();
const time = clockwork(store, api);

/** @type {[string, Mount][]} */
const PARTS = [
  ["header", (element) => header.mount(element, store, api, time)],
  ["lesson", caption.mount],
  ["mesh", mesh.mount],
  ["panel", panel.mount],
  ["blocks", blocks.mount],
  ["pay", pay.mount],
  ["log", log.mount],
  ["timeline", timeline.mount],
  ["views", views.mount],
  ["live", live.mount],
];

// In a drawing of their own: those of a drawing that is not shown could not be used.
document.body.append(svg("svg", { class: "unseen", "aria-hidden": "true" }, patternDefinitions()));
for (const [id, mount] of PARTS) {
  // A part that fails must not take the others with it.
  try {
    mount(byId(id), store, api);
  } catch (error) {
    console.error(error);
  }
}
keyboard.listen(store, api, time);
void store.connect();
