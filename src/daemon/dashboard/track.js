// Draws the timeline's track: a bar for how much happened, marks for what, and where one is.

import { el, svg } from "./dom.js";
import { MARKS, binned, ordered } from "./moments.js";

/** @import {Stop} from "./moments.js" */

export const TRACK_HEIGHT = 62;
const SIDE = 14;
/** The narrowest a bin is drawn, so that its mark can be seen and hit, and the widest. */
const NARROWEST = 9;
const WIDEST = 30;
const BASE = 46;
const BAR = 18;
/** The most marks drawn above one another. */
const STACK = 2;

/** Marks as drawings around 0,0, each of another shape. @type {Record<string, string>} */
const SHAPES = {
  payment: "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z",
  block: "M-3.8 -3.8h7.6v7.6h-7.6z",
  reorganisation: "M3.6 -2.6A4.4 4.4 0 1 0 4.3 1.2M4.6 -5v3.4h-3.4",
  cut: "M-4 -4L4 4M4 -4L-4 4",
  heal: "M-4.5 0H4.5M0 -4.5V4.5",
  crash: "M1 -5L-3.5 1H-.5L-1 5L3.5 -1H.5z",
  start: "M-3 -4.2L4.5 0L-3 4.2z",
  refused: "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0zM-2.9 2.9L2.9 -2.9",
};

/** @typedef {{first: number, last: number, most: number, perTick: number}} Scale */

/**
 * @param {Stop[]} stops
 * @param {number} width in pixels
 * @returns {Scale}
 */
export function scaleOf(stops, width) {
  const first = stops[0]?.tick ?? 0;
  const last = stops[stops.length - 1]?.tick ?? 0;
  const inner = Math.max(1, width - 2 * SIDE);
  return { first, last, most: Math.floor(inner / NARROWEST), perTick: Math.min(WIDEST, inner / (last - first + 1)) };
}

/** The middle of a tick. @param {Scale} scale @param {number} tick */
function xOf({ first, perTick }, tick) {
  return SIDE + (tick - first + 0.5) * perTick;
}

/** @param {Scale} scale @param {number} x */
export function tickAt({ first, last, perTick }, x) {
  return Math.min(last, Math.max(first, first + Math.floor((x - SIDE) / perTick)));
}

/** @param {string} mark @param {number} x @param {number} y */
function drawMark(mark, x, y) {
  return svg("path", { class: `mark mark-${mark}`, d: SHAPES[mark], transform: `translate(${x} ${y})` });
}

/**
 * @param {SVGSVGElement} picture
 * @param {Stop[]} stops
 * @param {Scale} scale
 * @param {{here: number|null, cursor: number|null, branch: number}} at
 */
export function drawTrack(picture, stops, scale, { here, cursor, branch }) {
  const { bins, ticks } = binned(stops, scale.most);
  const most = Math.max(8, ...bins.map((bin) => bin.activity));
  const wide = scale.perTick * ticks;
  const bars = [];
  /** @type {SVGElement[]} */
  const marks = [];
  for (const bin of bins) {
    const left = SIDE + (bin.from - scale.first) * scale.perTick;
    const high = bin.activity === 0 ? 1.5 : 3 + (BAR - 3) * Math.sqrt(bin.activity / most);
    bars.push(`M${(left + wide * 0.12).toFixed(1)} ${BASE}v${(-high).toFixed(1)}h${(wide * 0.76).toFixed(1)}V${BASE}z`);
    ordered(bin.marks).slice(0, STACK).forEach((mark, index) => marks.push(drawMark(mark, left + wide / 2, 20 - 11 * index)));
  }
  const shared = stops.findIndex((stop) => stop.branch === branch);
  const forked = shared > 0 ? SIDE + (stops[shared].tick - scale.first) * scale.perTick : SIDE;
  const end = SIDE + (scale.last - scale.first + 1) * scale.perTick;
  picture.replaceChildren(
    svg("path", { class: "bars", d: bars.join("") }),
    svg("path", { class: "base", d: `M${forked} ${BASE}H${end}` }),
    svg("path", { class: "base shared", d: `M${SIDE} ${BASE}H${forked}` }),
    ...marks, ...labels(scale), ...pointer("here", here, scale), ...pointer("cursor", cursor, scale));
}

/**
 * @param {"here"|"cursor"} name
 * @param {number|null} tick
 * @param {Scale} scale
 */
function pointer(name, tick, scale) {
  if (tick === null) return [];
  const x = xOf(scale, tick);
  return [svg("path", { class: `pointer ${name}`, d: `M${x} 2V${BASE + 1}` }),
    svg("path", { class: `pointer-head ${name}`, d: `M${x - 6} 0H${x + 6}L${x} 8z` })];
}

/** Numbers below the track, at round ticks and far enough apart. @param {Scale} scale */
function labels(scale) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000];
  const step = steps.find((each) => each * scale.perTick >= 46) ?? 100000;
  const found = [];
  for (let tick = Math.ceil(scale.first / step) * step; tick <= scale.last; tick += step) {
    found.push(svg("text", { class: "tick-number", x: xOf(scale, tick), y: BASE + 14, "text-anchor": "middle" }, tick));
  }
  return found;
}

/** What the marks mean. */
export function legend() {
  return el("ul", { class: "legend", "aria-label": "marks" }, ...MARKS.map(([mark, words]) => {
    const picture = svg("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, drawMark(mark, 0, 0));
    return el("li", {}, picture, words);
  }));
}
