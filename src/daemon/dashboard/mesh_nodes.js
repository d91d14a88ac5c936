// A node of the mesh: a disc that looks like its tip, what it does around it, its numbers below.

import { set, setText, svg } from "./dom.js";
import { iconPath, pathOf } from "./icons.js";
import { colourClass, patternFill, short } from "./looks.js";
import { look, statusWords } from "./status.js";

/** @import {NodeView} from "./types.js" */
/** @import {Point} from "./layout.js" */

/** The disc's radius; the drawing is scaled as a whole where many nodes share the room. */
export const RADIUS = 30;

const WORK_RADIUS = RADIUS + 6;
const AROUND = 2 * Math.PI * WORK_RADIUS;

/** @typedef {ReturnType<typeof createNode>} NodeDrawing */

/** What a screen reader says: "node1, mining 2 of 3, height 5". @param {NodeView} node */
export function nodeLabel(node) {
  const parts = [node.name, statusWords(node)];
  if (node.tip) parts.push(`height ${node.height}`);
  if (node.pool) parts.push(`pool ${node.pool}`);
  if (node.inbox) parts.push(`inbox ${node.inbox}`);
  if (node.ticks_itself !== null) parts.push("ticks by itself");
  return parts.join(", ");
}

/** @param {string} name */
export function createNode(name) {
  const halo = svg("circle", { class: "halo", r: RADIUS });
  const work = svg("circle", { class: "work", r: WORK_RADIUS, transform: "rotate(-90)" });
  const body = svg("circle", { class: "body", r: RADIUS });
  const pattern = svg("circle", { class: "pattern", r: RADIUS });
  const chosen = svg("circle", { class: "chosen", r: RADIUS + 11 });
  const height = svg("text", { class: "height", y: 1 });
  const badgeIcon = iconPath("idle");
  const thing = svg("path", { class: "thing" });
  const badge = svg("g", { class: "badge", transform: `translate(${RADIUS * 0.78} ${-RADIUS * 0.78})` },
    svg("circle", { r: 12.5 }), svg("g", { transform: "translate(-8 -8)" }, badgeIcon), thing);
  const pool = svg("text", { class: "pool-count" });
  const poolMark = svg("g", { class: "pool", transform: `translate(${-RADIUS * 0.8} ${-RADIUS * 0.78})` },
    svg("circle", { r: 11 }), pool);
  const title = svg("text", { class: "name", y: RADIUS + 20 }, name);
  const doing = svg("text", { class: "doing", y: RADIUS + 36 });
  const tip = svg("text", { class: "tip", y: RADIUS + 51 });
  const scale = svg("g", { "aria-hidden": "true" }, chosen, halo, work, body, pattern,
    svg("circle", { class: "plate", r: RADIUS * 0.62 }), height, badge, poolMark, title, doing, tip);
  const why = svg("title");
  const element = svg("g", { class: "node", role: "button", tabindex: 0, "data-node": name }, why, scale);

  /** @type {Point|null} */
  let place = null;
  let size = 0;

  return {
    element,
    /** @param {Point} point @param {number} scaled */
    moveTo(point, scaled) {
      if (place?.x !== point.x || place?.y !== point.y) {
        place = point;
        element.setAttribute("transform", `translate(${point.x.toFixed(1)} ${point.y.toFixed(1)})`);
      }
      if (size !== scaled) {
        size = scaled;
        scale.setAttribute("transform", `scale(${scaled.toFixed(3)})`);
      }
    },
    /** @param {NodeView} node @param {boolean} selected @param {boolean} isChosen */
    show(node, selected, isChosen) {
      const here = node.state === "up" || node.state === "slow";
      const sign = look(node.status);
      const way = here && node.started ? sign.way : "none";
      const classes = ["node", colourClass(node.tip), `state-${node.state}`, `way-${way}`];
      if (!node.started) classes.push("unstarted");
      if (isChosen) classes.push("is-chosen");
      setText(why, node.why ?? nodeLabel(node));
      set(element, { class: classes.join(" "), "aria-label": nodeLabel(node), "aria-pressed": String(selected) });
      set(pattern, { fill: here ? patternFill(node.tip) : "url(#tip-stripes)" });
      setText(height, node.tip ? `#${node.height}` : "?");
      set(height, { class: `height digits-${Math.min(String(node.height).length, 6)}` });
      const icon = node.state === "crashed" ? "crash" : node.state === "down" ? "cross" : node.state === "slow" ? "slow"
        : node.started ? sign.icon : "start";
      set(badgeIcon, { d: pathOf(icon), class: `icon-${icon}` });
      set(thing, { d: here && way !== "work" ? thingPath(sign.thing) : "" });
      const done = node.mining ? node.mining.clock / node.mining.of : 0;
      set(work, { "stroke-dasharray": here && done ? `${(AROUND * done).toFixed(1)} ${AROUND.toFixed(1)}` : `0 ${AROUND.toFixed(1)}` });
      setText(pool, node.pool);
      set(poolMark, { class: node.pool ? "pool some" : "pool" });
      setText(doing, statusWords(node));
      setText(tip, node.tip ? `tip ${short(node.tip)}` : "");
    },
  };
}

/** Beside the arrow: a square for a block, a disc for a payment. @param {"block"|"payment"|null} thing */
function thingPath(thing) {
  if (thing === "block") return "M9 -13.5h7v7h-7z";
  if (thing === "payment") return "M9 -10a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0 -7.6 0z";
  return "";
}
