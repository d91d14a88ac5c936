// Draws the part of the block tree that is in view. What leaves the view leaves the page, so that ten
// thousand blocks cost as much as a hundred.

import { set, setText, svg } from "./dom.js";
import { colourClass, patternFill, short } from "./looks.js";
import { between, parentOf, standing } from "./tree.js";

/** @import {Placed, Tree} from "./tree.js" */

/** Column widths to zoom through, in pixels. */
export const ZOOMS = [8, 14, 24, 40, 72, 104];
const ROW = 66;
const TOP = 42;
const LEFT = 40;
const BOTTOM = 34;
/** Room for what is written beside the last block. */
const RIGHT = 130;
/** Below this width of a column a block is too small for its number. */
const LABELLED = 40;
/** The most nodes drawn at one tip; more are counted. */
const MAX_MARKERS = 4;

/**
 * @typedef {object} Look
 * @property {Tree} tree
 * @property {Map<string, string[]>} standings
 * @property {string|null} selected
 * @property {string|null} focused  the block the keyboard is at
 */

/** @param {number} column the column's width */
export function sizes(column) {
  return {
    side: Math.min(50, Math.round(column * 0.68)),
    labelled: column >= LABELLED,
    x: (/** @type {number} */ id) => LEFT + id * column,
    y: (/** @type {number} */ row) => TOP + row * ROW,
    width: (/** @type {Tree} */ tree) => LEFT + Math.max(0, tree.height) * column + RIGHT,
    height: (/** @type {Tree} */ tree) => TOP + (tree.rows - 1) * ROW + BOTTOM,
    /** The height with one side branch: a tree without one is as high, so that the first one moves nothing. */
    forked: TOP + ROW + BOTTOM,
    /** The ids between two places. */
    ids: (/** @type {number} */ left, /** @type {number} */ right) =>
      /** @type {const} */ ([Math.floor((left - LEFT) / column), Math.ceil((right - LEFT) / column) + 1]),
  };
}

/**
 * A block in words, for those who do not see it.
 * @param {Placed} block
 * @param {Look} look
 */
export function inWords(block, { tree, standings }) {
  const payments = `${block.transactions} ${block.transactions === 1 ? "payment" : "payments"}`;
  const where = block.row === 0 ? "on the main chain" : "on a side branch";
  const names = standings.get(block.hash) ?? [];
  const state = standing(tree, block, names.length > 0);
  const parts = [
    block.id === 0 ? "block 0, genesis" : `block ${block.id}`,
    `hash ${short(block.hash)}`,
    payments,
    state ? `${where}, ${state}` : where,
  ];
  if (block.miner) parts.push(`mined by ${block.miner}`);
  if (names.length > 0) parts.push(`tip of ${names.join(", ")}`);
  return parts.join(", ");
}

/** @param {string} name the last number in a node's name, else its first letters */
function shortName(name) {
  return name.match(/(\d{1,3})$/)?.[1] ?? name.slice(0, 2);
}

/**
 * @typedef {{group: SVGGElement, button: SVGGElement, edge: SVGPathElement, box: SVGRectElement, pattern: SVGRectElement, number: SVGTextElement,
 *   below: SVGTextElement, beside: SVGTextElement, markers: SVGGElement, drawn: string}} Drawn
 */

/** @param {SVGSVGElement} picture */
export function createView(picture) {
  const edges = svg("g", { class: "edges", "aria-hidden": "true" });
  const blocks = svg("g", { class: "tree" });
  picture.replaceChildren(edges, blocks);
  /** @type {Map<string, Drawn>} */
  const drawn = new Map();

  /** @param {string} hash */
  function make(hash) {
    const made = {
      edge: svg("path", { class: "edge" }),
      box: svg("rect", { class: "box" }),
      pattern: svg("rect", { class: "pattern" }),
      number: svg("text", { class: "number", "text-anchor": "middle" }),
      below: svg("text", { class: "below", "text-anchor": "middle" }),
      beside: svg("text", { class: "beside" }),
      markers: svg("g", { class: "markers" }),
      drawn: "",
    };
    const { box, pattern, number, below, beside, markers } = made;
    // What is written stands beside the button, whose name says the same in words.
    const button = svg("g", { class: "block-button", role: "button", tabindex: -1 }, box, pattern);
    const group = svg("g", { class: `block ${colourClass(hash)}`, "data-hash": hash },
      button, svg("g", { class: "written", "aria-hidden": "true" }, number, below, beside, markers));
    edges.append(made.edge);
    blocks.append(group);
    return { ...made, group, button };
  }

  /**
   * Draws the blocks with ids `from` to `to`.
   * @param {Look} look
   * @param {number} column
   * @param {number} from
   * @param {number} to
   * @param {Set<string>} fresh  blocks that are new and appear
   */
  function draw(look, column, from, to, fresh) {
    const wanted = new Map(between(look.tree, from, to).map((block) => [block.hash, block]));
    const kept = look.focused === null ? undefined : look.tree.blocks.get(look.focused);
    if (kept) wanted.set(kept.hash, kept);
    for (const [hash, old] of drawn) {
      if (wanted.has(hash)) continue;
      old.group.remove();
      old.edge.remove();
      drawn.delete(hash);
    }
    for (const block of wanted.values()) {
      let item = drawn.get(block.hash);
      if (!item) drawn.set(block.hash, (item = make(block.hash)));
      const parent = parentOf(look.tree, block);
      const names = look.standings.get(block.hash) ?? [];
      const key = [block.id, block.row, parent?.row, column, names, standing(look.tree, block, names.length > 0), block.miner, block.transactions,
        block.hash === look.selected, block.hash === look.focused].join();
      if (item.drawn === key) continue;
      item.drawn = key;
      drawOne(item, block, parent, look, column);
      if (fresh.has(block.hash)) item.group.classList.add("fresh");
    }
  }

  return { draw, element: (/** @type {string} */ hash) => drawn.get(hash)?.button };
}

/**
 * @param {Drawn} item
 * @param {Placed} block
 * @param {Placed|undefined} parent
 * @param {Look} look
 * @param {number} column
 */
function drawOne(item, block, parent, look, column) {
  const { side, labelled, x, y } = sizes(column);
  const names = look.standings.get(block.hash) ?? [];
  const state = standing(look.tree, block, names.length > 0);
  const tall = Math.min(side, 30);
  item.group.style.transform = `translate(${x(block.id)}px, ${y(block.row)}px)`;
  set(item.button, {
    "aria-label": inWords(block, look),
    "aria-pressed": String(block.hash === look.selected),
    tabindex: block.hash === look.focused ? 0 : -1,
  });
  item.group.classList.toggle("side", block.row > 0);
  item.group.classList.toggle("tip", names.length > 0);
  item.group.classList.toggle("genesis", block.id === 0);
  const place = { x: -side / 2, y: -tall / 2, width: side, height: tall, rx: Math.min(4, side / 5) };
  set(item.box, place);
  // The nodes that stand on a tip are filled alike in the mesh.
  item.pattern.style.fill = names.length > 0 ? patternFill(block.hash) : "none";
  set(item.pattern, place);
  set(item.number, { y: 4, class: block.id < 1000 ? "number" : "number long" });
  setText(item.number, labelled ? `#${block.id}` : "");
  set(item.below, { y: tall / 2 + 13 });
  setText(item.below, column >= 72 ? `${short(block.hash)}${block.transactions > 0 ? ` ${block.transactions}●` : ""}` : "");
  set(item.beside, { x: side / 2 + 6, y: 4 });
  setText(item.beside, labelled ? (state ?? "") : "");
  drawMarkers(item.markers, names, -tall / 2 - 11);
  set(item.edge, { d: parent ? edgePath(block, parent, column) : "" });
  item.edge.classList.toggle("side", block.row > 0);
}

/**
 * The nodes that stand here.
 * @param {SVGGElement} group
 * @param {string[]} names
 * @param {number} y
 */
function drawMarkers(group, names, y) {
  const shown = names.length > MAX_MARKERS ? names.slice(0, MAX_MARKERS - 1) : names;
  const labels = shown.map(shortName);
  if (shown.length < names.length) labels.push(`+${names.length - shown.length}`);
  const widths = labels.map((label) => Math.max(16, 7 * label.length + 6));
  let x = -widths.reduce((sum, width) => sum + width + 2, -2) / 2;
  group.replaceChildren(...labels.map((label, index) => {
    const width = widths[index];
    const marker = svg("g", { class: "marker", transform: `translate(${x + width / 2} ${y})` },
      svg("rect", { x: -width / 2, y: -8, width, height: 16, rx: 8 }), svg("text", { y: 3.5, "text-anchor": "middle" }, label));
    x += width + 2;
    return marker;
  }));
}

/**
 * A line from a block back to its parent: straight along a row, with a bend from row to row.
 * @param {Placed} block
 * @param {Placed} parent
 * @param {number} column
 */
function edgePath(block, parent, column) {
  const { side, x, y } = sizes(column);
  const [fromX, toX] = [x(parent.id) + side / 2, x(block.id) - side / 2];
  const [fromY, toY] = [y(parent.row), y(block.row)];
  if (fromY === toY) return `M${fromX} ${fromY}H${toX}`;
  const middle = (fromX + toX) / 2;
  return `M${fromX} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}`;
}
