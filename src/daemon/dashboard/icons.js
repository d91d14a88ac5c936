// Line drawings on a grid of 16, in the colour of the text around them.

import { svg } from "./dom.js";

const PATHS = {
  first: "M3.5 3v10M13 3.5L6.5 8l6.5 4.5z",
  back: "M12 3.5L5 8l7 4.5z",
  play: "M4.5 2.8L13 8l-8.5 5.2z",
  pause: "M4.5 3v10M11.5 3v10",
  step: "M4 3.5L11 8l-7 4.5z",
  reset: "M3.2 8a4.8 4.8 0 1 0 1.5-3.5M3 2.8v2.7h2.7",
  scissors: "M3 3l8.5 7.2M3 13l8.5-7.2M13.8 11.6a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0zM13.8 4.4a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0z",
  heal: "M6.5 9.5l3-3M7 4.5l1.5-1.5a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5L7.5 13A3.2 3.2 0 0 1 3 8.5L4.5 7",
  pick: "M3 13l6.5-6.5M4.5 4.2C7.5 2.6 10.7 4 12 5.3s2.4 4 1.2 6.6C12.3 9 9.5 5.5 4.5 4.2z",
  out: "M8 12.5v-9M4.2 7L8 3.2 11.8 7",
  in: "M8 3.5v9M4.2 9L8 12.8 11.8 9",
  idle: "M5 8h6",
  crash: "M8.8 2L4 9h3.6l-.8 5L12 7H8.2z",
  start: "M8 2.5v5M4.8 4.6a4.7 4.7 0 1 0 6.4 0",
  add: "M8 3v10M3 8h10",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 3.5v9",
  graph: "M4.5 5.5l6 5M11 4.5l-5.5 0M3 4.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0zM10.5 4.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0zM9.5 11.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0z",
  slow: "M8 4.5V8l2.5 1.5M2.5 8a5.5 5.5 0 1 0 11 0 5.5 5.5 0 0 0-11 0z",
  view: "M2.5 8a5.5 5.5 0 1 0 11 0 5.5 5.5 0 0 0-11 0zM8 2.5a5.5 5.5 0 0 1 0 11z",
  cross: "M4 4l8 8M12 4l-8 8",
};

/** @typedef {keyof typeof PATHS} Icon */

/**
 * An icon beside text; it is not read out.
 * @param {Icon} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, iconPath(name));
}

/**
 * The drawing alone, for use within another drawing.
 * @param {Icon} name
 * @returns {SVGPathElement}
 */
export function iconPath(name) {
  return svg("path", { d: PATHS[name], class: `icon-${name}` });
}

/** @param {Icon} name */
export function pathOf(name) {
  return PATHS[name];
}
