// The ticks of a history branch and what happened at each. No DOM here.

/** @import {Action, HistoryBranchWithMoments, NodeEvent} from "./types.js" */

/**
 * What can be marked, the most telling first.
 * @type {[mark: string, words: string][]}
 */
export const MARKS = [
  ["reorganisation", "reorganisation"],
  ["crash", "crash"],
  ["cut", "cut"],
  ["heal", "heal"],
  ["refused", "refusal"],
  ["block", "block"],
  ["payment", "payment"],
  ["start", "start"],
];
const ORDER = MARKS.map(([mark]) => mark);

/**
 * A tick of a branch or of one it came from.
 * @typedef {object} Stop
 * @property {number} branch  the branch that keeps it
 * @property {number} tick
 * @property {string[]} marks
 * @property {number} activity
 */

/** Ticks drawn as one. @typedef {{from: number, to: number, marks: string[], activity: number}} Bin */

/**
 * The marks of what nodes did, each once.
 * @param {NodeEvent[]} events
 */
export function marksOf(events) {
  /** @type {Set<string>} */
  const marks = new Set();
  for (const { event } of events) {
    if (event.type === "mined") marks.add("block");
    else if (event.type === "reorganisation" || event.type === "refused") marks.add(event.type);
    // Others hear of it later; it was added where it waits first.
    else if (event.type === "payment" && event.place.place === "waiting") marks.add("payment");
  }
  return [...marks];
}

/**
 * The mark of what the controller did, if it has one.
 * @param {Action} action
 */
export function markOf(action) {
  return ["cut", "heal", "crash", "start"].find((mark) => mark in action);
}

/**
 * Marks without doubles, the most telling first.
 * @param {Iterable<string>} marks
 */
export function ordered(marks) {
  const all = new Set(marks);
  return ORDER.filter((mark) => all.has(mark));
}

/**
 * All that led to a branch's last tick, in order: its own ticks, and those before it began of the branches
 * it came from.
 * @param {HistoryBranchWithMoments[]} branches
 * @param {number} id
 * @returns {Stop[]}
 */
export function lineage(branches, id) {
  /** @type {Stop[]} */
  let stops = [];
  let before = Infinity;
  for (let branch = find(branches, id); branch; branch = find(branches, branch.parent)) {
    const { id: kept, moments, from } = branch;
    const own = moments.filter(({ tick }) => tick < before)
      .map(({ tick, marks, events }) => ({ branch: kept, tick, marks, activity: events }));
    stops = own.concat(stops);
    before = Math.min(own[0]?.tick ?? Infinity, from + 1, before);
  }
  return stops;
}

/**
 * @param {HistoryBranchWithMoments[]} branches
 * @param {number|null} id
 */
function find(branches, id) {
  return branches.find((branch) => branch.id === id);
}

/**
 * Puts stops into at most `most` bins of equally many ticks.
 * @param {Stop[]} stops
 * @param {number} most
 * @returns {{bins: Bin[], ticks: number}} the bins that hold something, and how many ticks one spans
 */
export function binned(stops, most) {
  if (stops.length === 0) return { bins: [], ticks: 1 };
  const first = stops[0].tick;
  const ticks = Math.ceil((stops[stops.length - 1].tick - first + 1) / Math.max(1, most));
  /** @type {Bin[]} */
  const bins = [];
  for (const { tick, marks, activity } of stops) {
    const from = first + Math.floor((tick - first) / ticks) * ticks;
    let bin = bins[bins.length - 1];
    if (bin?.from !== from) bins.push((bin = { from, to: from + ticks - 1, marks: [], activity: 0 }));
    for (const mark of marks) if (!bin.marks.includes(mark)) bin.marks.push(mark);
    bin.activity = Math.max(bin.activity, activity);
  }
  return { bins, ticks };
}

/**
 * The stop nearest to a tick.
 * @param {Stop[]} stops
 * @param {number} tick
 */
export function nearest(stops, tick) {
  let low = 0;
  let high = stops.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stops[middle].tick < tick) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [stops[low - 1], stops[low]];
  return before && tick - before.tick < after.tick - tick ? before : after;
}

/**
 * The next stop with a mark, in a direction.
 * @param {Stop[]} stops
 * @param {number} tick
 * @param {1|-1} direction
 */
export function nextMarked(stops, tick, direction) {
  const beyond = stops.filter((stop) => (stop.tick - tick) * direction > 0 && stop.marks.length > 0);
  return direction > 0 ? beyond[0] : beyond[beyond.length - 1];
}

/**
 * A stop in words.
 * @param {Stop} stop
 */
export function inWords({ tick, marks }) {
  const words = MARKS.filter(([mark]) => marks.includes(mark)).map(([, each]) => each);
  return words.length > 0 ? `tick ${tick}: ${words.join(", ")}` : `tick ${tick}`;
}
