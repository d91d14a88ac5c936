// Where nodes stand: d3-force finds places, which are stretched to the room there is.

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "./vendor/d3-force.js";

/** @import {LinkView} from "./types.js" */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {Point & {name: string, vx?: number, vy?: number, fx?: number|null, fy?: number|null}} Body */

/** Distance between linked nodes, in the forces' own unit. */
const DISTANCE = 100;

/** Steps until the forces rest; d3-force's own number. */
const STEPS = 300;

/** How much more one axis may be stretched than the other. */
const MAX_STRETCH = 3;

/** Up to here nodes are placed anew when one comes or goes. */
const FEW = 10;

/** What differs by less than this part of the distance is level. */
const NEARLY = 0.12;

/** Likewise for two in a row, which have little room above each other; with more, links would lie on nodes. */
const NEARLY_TWO = 0.3;

/** How long nodes take to move to new places. */
const MOVE_MS = 350;

/** @typedef {ReturnType<typeof createLayout>} Layout */

/**
 * @param {() => void} moved  called when places have changed, at most once a frame
 */
export function createLayout(moved) {
  /** @type {Map<string, Body>} where the forces want the nodes */
  let bodies = new Map();
  /** @type {Map<string, Point>} where the user put nodes, in parts of the room */
  const pinned = new Map();
  /** @type {Map<string, Point>} where nodes are drawn */
  const shown = new Map();
  /** @type {Map<string, Point>} where a move began */
  let from = new Map();
  let began = 0;
  let frame = 0;
  const room = { width: 0, height: 0, left: 0, right: 0, top: 0, bottom: 0 };

  /** @param {string[]} names @param {LinkView[]} links */
  function setNodes(names, links) {
    // A few are placed anew in their order; many stay where one has learnt to find them.
    const known = names.length > FEW ? bodies : new Map();
    bodies = new Map(names.map((name, index) => [name, known.get(name) ?? newcomer(name, index, names.length, known, links)]));
    for (const name of shown.keys()) if (!bodies.has(name)) shown.delete(name);
    settle([...bodies.values()], links, known.size > 0);
    move();
  }

  /** @param {typeof room} next */
  function resize(next) {
    Object.assign(room, next);
    for (const [name, point] of targets()) shown.set(name, point);
    cancelAnimationFrame(frame);
    frame = 0;
    moved();
  }

  /** @returns {Map<string, Point>} */
  function targets() {
    const places = stretch([...bodies.values()], room);
    for (const [name, part] of pinned) {
      if (places.has(name)) places.set(name, { x: part.x * room.width, y: part.y * room.height });
    }
    return places;
  }

  /** Moves nodes to their new places, at once for who wants no motion. */
  function move() {
    from = new Map(shown);
    began = performance.now();
    if (!frame) frame = requestAnimationFrame(glide);
  }

  function glide() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const part = still ? 1 : Math.min((performance.now() - began) / MOVE_MS, 1);
    const eased = 1 - (1 - part) ** 3;
    for (const [name, to] of targets()) {
      const start = from.get(name) ?? to;
      shown.set(name, { x: start.x + (to.x - start.x) * eased, y: start.y + (to.y - start.y) * eased });
    }
    frame = part < 1 ? requestAnimationFrame(glide) : 0;
    moved();
  }

  /** Puts a node where the user wants it, for as long as the page is open. @param {string} name @param {Point} point */
  function pin(name, point) {
    const x = Math.min(Math.max(point.x, room.left), room.width - room.right);
    const y = Math.min(Math.max(point.y, room.top), room.height - room.bottom);
    pinned.set(name, { x: x / room.width, y: y / room.height });
    shown.set(name, { x, y });
    moved();
  }

  /** Takes all nodes back to where the forces want them. */
  function tidy() {
    pinned.clear();
    move();
  }

  return {
    setNodes, resize, pin, tidy,
    /** @param {string} name @returns {Point} */
    at: (name) => shown.get(name) ?? { x: room.width / 2, y: room.height / 2 },
  };
}

/**
 * Where a node starts: on a circle in their order at first, later beside those it is linked to.
 * @param {string} name
 * @param {number} index
 * @param {number} count
 * @param {Map<string, Body>} known
 * @param {LinkView[]} links
 * @returns {Body}
 */
function newcomer(name, index, count, known, links) {
  const angle = ((index + 0.5) / count) * 2 * Math.PI + (count === 3 ? Math.PI * 0.833 : Math.PI);
  const near = links.flatMap(({ a, b }) => (a === name ? [known.get(b)] : b === name ? [known.get(a)] : []))
    .filter((body) => body !== undefined);
  const middle = { x: 0, y: 0 };
  for (const body of near) {
    middle.x += body.x / near.length;
    middle.y += body.y / near.length;
  }
  const reach = near.length ? DISTANCE / 2 : Math.max(DISTANCE, (DISTANCE * count) / 6);
  return { name, x: middle.x + reach * Math.cos(angle), y: middle.y + reach * Math.sin(angle) };
}

/**
 * @param {Body[]} bodies
 * @param {LinkView[]} links
 * @param {boolean} gently  whether most of them stand already
 */
function settle(bodies, links, gently) {
  const names = new Set(bodies.map((body) => body.name));
  const pairs = links.filter(({ a, b }) => names.has(a) && names.has(b)).map(({ a, b }) => ({ source: a, target: b }));
  /** @type {any} the vendored file has no types */
  const springs = forceLink(pairs);
  const simulation = forceSimulation(bodies)
    .force("link", springs.id((/** @type {Body} */ body) => body.name).distance(DISTANCE))
    .force("charge", forceManyBody().strength(-420))
    .force("collide", forceCollide(DISTANCE * 0.42))
    .force("x", forceX(0).strength(0.05))
    .force("y", forceY(0).strength(0.08))
    .stop();
  if (gently) simulation.alpha(0.4);
  simulation.tick(gently ? STEPS / 2 : STEPS);
}

/**
 * Stretches places to the room, not much more along one axis than along the other.
 * @param {Body[]} bodies
 * @param {{width: number, height: number, left: number, right: number, top: number, bottom: number}} room
 * @returns {Map<string, Point>}
 */
function stretch(bodies, room) {
  const xs = straight(bodies.map((body) => body.x), NEARLY);
  const ys = straight(bodies.map((body) => body.y), NEARLY_TWO);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const wide = Math.max(room.width - room.left - room.right, 1);
  const high = Math.max(room.height - room.top - room.bottom, 1);
  let scaleX = wide / Math.max(right - left, 1);
  let scaleY = high / Math.max(bottom - top, 1);
  scaleX = Math.min(scaleX, scaleY * MAX_STRETCH);
  scaleY = Math.min(scaleY, scaleX * MAX_STRETCH);
  const middle = { x: room.left + wide / 2, y: room.top + high / 2 };
  return new Map(bodies.map(({ name }, index) => [name, {
    x: middle.x + (xs[index] - (left + right) / 2) * scaleX,
    y: middle.y + (ys[index] - (top + bottom) / 2) * scaleY,
  }]));
}

/**
 * What is nearly level is drawn level: a slope of a few pixels looks like a mistake.
 * @param {number[]} values
 * @param {number} two  the part of the distance for two in a row
 * @returns {number[]}
 */
function straight(values, two) {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const levelled = [...values];
  for (let first = 0; first < order.length; ) {
    let last = first;
    const isNear = (/** @type {number} */ next) =>
      values[order[next]] - values[order[first]] < DISTANCE * (next === first + 1 ? two : NEARLY);
    while (last + 1 < order.length && isNear(last + 1)) last += 1;
    const group = order.slice(first, last + 1);
    const mean = group.reduce((sum, index) => sum + values[index], 0) / group.length;
    for (const index of group) levelled[index] = mean;
    first = last + 1;
  }
  return levelled;
}
