// A link of the mesh: a line to click, with scissors on it.

import { set, svg } from "./dom.js";
import { iconPath } from "./icons.js";

/** @import {LinkView} from "./types.js" */
/** @import {Point} from "./layout.js" */

/** @typedef {ReturnType<typeof createLink>} LinkDrawing */

/** One key for a link, whichever end is named first. @param {string} a @param {string} b */
export function linkKey(a, b) {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** @param {LinkView} link */
function linkLabel(link) {
  const words = { up: "up, press to cut", cut: "cut, press to heal", down: "down" }[link.state];
  return `link ${link.a} – ${link.b}, ${words}`;
}

/** @param {LinkView} link */
export function createLink(link) {
  const line = svg("line", { class: "line" });
  const reach = svg("line", { class: "reach" });
  const sign = svg("g", { class: "sign" }, svg("circle", { r: 13 }),
    svg("g", { class: "cut-sign", transform: "translate(-8 -8)" }, iconPath("scissors")),
    svg("g", { class: "heal-sign", transform: "translate(-8 -8)" }, iconPath("heal")));
  const title = svg("title");
  const element = svg("g", { class: "link", role: "button", "data-a": link.a, "data-b": link.b }, title, line, reach, sign);

  return {
    element,
    /** @param {Point} a @param {Point} b */
    moveTo(a, b) {
      const ends = { x1: a.x.toFixed(1), y1: a.y.toFixed(1), x2: b.x.toFixed(1), y2: b.y.toFixed(1) };
      set(line, ends);
      set(reach, ends);
      set(sign, { transform: `translate(${((a.x + b.x) / 2).toFixed(1)} ${((a.y + b.y) / 2).toFixed(1)})` });
    },
    /** @param {LinkView} now @param {boolean} selected @param {boolean} reachable  whether Tab comes here */
    show(now, selected, reachable) {
      const label = linkLabel(now);
      set(element, {
        class: `link ${now.state}`, "aria-label": label, "aria-pressed": String(selected), tabindex: reachable ? 0 : -1,
      });
      if (title.textContent !== label) title.textContent = label;
    },
  };
}
