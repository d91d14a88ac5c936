// The ticks kept, what happened at each, and the branches of history. One slider: arrows move along the
// ticks, Enter or a click goes back to one.

import { el, set, setText, svg, typeScale } from "./dom.js";
import { inWords, lineage, markOf, marksOf, nearest, nextMarked, ordered } from "./moments.js";
import { TRACK_HEIGHT, drawTrack, legend, scaleOf, tickAt } from "./track.js";

/** @import {Api, History, HistoryBranchWithMoments, Mount, NodeEvent, Store, TickMessage} from "./types.js" */
/** @import {Stop} from "./moments.js" */

/** How far Page Up and Page Down go. */
const PAGE = 10;

/**
 * What the timeline knows, kept up with the stream.
 * @param {Store} store
 * @param {Api} api
 * @param {() => void} changed
 */
function createHistory(store, api, changed) {
  /** @type {HistoryBranchWithMoments[]} */
  let branches = [];
  let stale = false;
  let reading = false;
  /** @type {NodeEvent[]} those of the last tick, which are told of as events once more */
  let ofTick = [];

  async function read() {
    stale = true;
    if (reading) return;
    reading = true;
    try {
      while (stale) {
        stale = false;
        const history = /** @type {History} */ (await api.get("/history"));
        branches = history.branches;
        // Acting away from the end of a branch opens one; the stream tells of it with the next tick only.
        if (store.state.network) store.state.network.position = history.position;
      }
    } catch (problem) {
      api.show(problem);
    } finally {
      reading = false;
    }
    changed();
  }

  function current() {
    return branches.find((branch) => branch.id === store.state.network?.position.branch);
  }

  /** @param {TickMessage} message */
  function takeTick({ tick, events, branches: told, position }) {
    ofTick = events;
    for (const branch of told) {
      const known = branches.find(({ id }) => id === branch.id);
      if (!known) return void read();
      Object.assign(known, branch, { moments: known.moments });
      while (known.moments.length > 0 && known.moments[0].tick < known.first) known.moments.shift();
    }
    const branch = branches.find(({ id }) => id === position.branch);
    if (!branch) return void read();
    // A tick that was lived again is another one than before.
    while ((branch.moments.at(-1)?.tick ?? -1) >= tick) branch.moments.pop();
    branch.moments.push({ tick, marks: marksOf(events), events: events.length });
    changed();
  }

  /**
   * What is done after a tick belongs to it until the next one.
   * @param {string[]} marks
   * @param {number} events
   */
  function add(marks, events) {
    if (marks.length + events > 0 && store.state.network?.position.live === false) return void read();
    const moment = current()?.moments.at(-1);
    if (!moment) return;
    moment.marks = ordered([...moment.marks, ...marks]);
    moment.events += events;
    changed();
  }

  store.on("tick", takeTick);
  store.on("events", (events) => {
    if (events !== ofTick) add(marksOf(events), events.length);
  });
  store.on("did", ({ action, outcome }) => {
    const mark = markOf(action);
    if (mark && outcome.result === "success") add([mark], 0);
  });
  store.on("reload", () => void read());
  return { read, current, branches: () => branches };
}

/** @type {Mount} */
export function mount(element, store, api) {
  const said = el("p", { class: "timeline-said" });
  const choice = el("div", { class: "history-branches", role: "group", "aria-label": "branches of history" });
  const picture = svg("svg", { "aria-hidden": "true" });
  // Its value is there before it is drawn for the first time: a slider without one is none.
  const slider = el("div", {
    class: "timeline-track", role: "slider", tabindex: 0, "aria-label": "ticks, Enter goes to one",
    "aria-valuenow": 0, "aria-valuetext": "no ticks yet",
  }, picture);
  element.replaceChildren(
    el("div", { class: "region-bar" }, el("h2", {}, "Timeline"), said, choice), slider, legend());

  const history = createHistory(store, api, changed);
  /** @type {number|null} the branch looked at, where it is not the one acted on */
  let looked = null;
  /** @type {number|null} where the cursor is, where it is not at the position */
  let cursor = null;
  let framed = false;
  /** @type {Stop[]} */
  let stops = [];
  let asked = false;

  function changed() {
    if (framed) return;
    framed = true;
    requestAnimationFrame(() => {
      framed = false;
      draw();
    });
  }

  const position = () => store.state.network?.position ?? { branch: 0, tick: 0, live: true };
  const branch = () => looked ?? position().branch;
  const width = () => slider.clientWidth / typeScale();
  const scale = () => scaleOf(stops, width());

  function draw() {
    if (history.branches().length === 0) return;
    stops = lineage(history.branches(), branch());
    const { tick } = position();
    const here = branch() === position().branch ? tick : null;
    const at = cursor === null ? undefined : nearest(stops, cursor);
    set(picture, { width: slider.clientWidth, height: TRACK_HEIGHT * typeScale(), viewBox: `0 0 ${width()} ${TRACK_HEIGHT}` });
    drawTrack(picture, stops, scale(), { here, cursor: at?.tick ?? null, branch: branch() });
    const shown = at ?? nearest(stops, tick);
    const last = stops[stops.length - 1]?.tick ?? 0;
    set(slider, {
      "aria-valuemin": stops[0]?.tick ?? 0, "aria-valuemax": last,
      "aria-valuenow": shown?.tick ?? 0, "aria-valuetext": shown ? inWords(shown) : "no ticks yet",
    });
    setText(said, at ? `${inWords(at)}. Click or press Enter to go there.` : where(stops, tick, last));
    drawChoice();
  }

  let choiceDrawn = "";
  function drawChoice() {
    const key = JSON.stringify([history.branches().map(({ id, name, parent, from }) => [id, name, parent, from]), branch(), position().branch]);
    if (key === choiceDrawn) return;
    choiceDrawn = key;
    const refocus = choice.contains(document.activeElement);
    choice.replaceChildren(...history.branches().flatMap((each, index) => {
      const parent = history.branches().find(({ id }) => id === each.parent);
      const title = parent ? `left ${parent.name} at tick ${each.from}` : "the first branch of history";
      const button = el("button", { type: "button", "aria-pressed": String(each.id === branch()), title, onclick: () => look(each.id) },
        each.name, each.id === position().branch ? el("span", { class: "unseen" }, ", here") : null);
      return index === 0 ? [button] : [el("span", { "aria-hidden": "true" }, "▸"), button];
    }));
    if (refocus) /** @type {HTMLElement|null} */ (choice.querySelector('[aria-pressed="true"]'))?.focus();
  }

  /** @param {number} id */
  function look(id) {
    looked = id === position().branch ? null : id;
    cursor = looked === null ? null : history.branches().find((each) => each.id === id)?.last ?? null;
    draw();
  }

  /** @param {number} tick */
  async function goTo(tick) {
    const stop = nearest(stops, tick);
    if (!stop) return;
    await api.call("/goto", { branch: stop.branch, tick: stop.tick });
    looked = null;
    cursor = null;
    draw();
  }

  /** @param {number|undefined} tick */
  function moveTo(tick) {
    if (tick === undefined || stops.length === 0) return;
    cursor = Math.min(stops[stops.length - 1].tick, Math.max(stops[0].tick, tick));
    draw();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (stops.length === 0 || event.altKey || event.metaKey) return;
    const at = cursor ?? position().tick;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => moveTo(event.ctrlKey ? nextMarked(stops, at, -1)?.tick : at - 1),
      ArrowRight: () => moveTo(event.ctrlKey ? nextMarked(stops, at, 1)?.tick : at + 1),
      ArrowDown: () => moveTo(at - 1),
      ArrowUp: () => moveTo(at + 1),
      PageDown: () => moveTo(at - PAGE),
      PageUp: () => moveTo(at + PAGE),
      Home: () => moveTo(-Infinity),
      End: () => moveTo(Infinity),
      "[": () => moveTo(nextMarked(stops, at, -1)?.tick),
      "]": () => moveTo(nextMarked(stops, at, 1)?.tick),
      Enter: () => void goTo(at),
      Escape: () => leave(),
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  function leave() {
    if (cursor === null) return;
    cursor = null;
    draw();
  }

  const under = (/** @type {MouseEvent} */ event) => tickAt(scale(), (event.clientX - slider.getBoundingClientRect().left) / typeScale());
  slider.addEventListener("keydown", onKey);
  slider.addEventListener("blur", leave);
  slider.addEventListener("pointermove", (event) => moveTo(under(event)));
  slider.addEventListener("pointerleave", leave);
  slider.addEventListener("click", (event) => void goTo(under(event)));
  store.on("network", () => {
    if (!asked) {
      asked = true;
      void history.read();
    }
    changed();
  });
  store.on("reload", () => {
    looked = null;
    cursor = null;
  });
  new ResizeObserver(changed).observe(slider);
}

/**
 * The position in a sentence.
 * @param {Stop[]} stops
 * @param {number} tick
 * @param {number} last
 */
function where(stops, tick, last) {
  if (tick < last) return `At tick ${tick} of ${last}: what is done now opens a branch, the old future stays.`;
  const first = stops[0]?.tick ?? 0;
  return first > 0 ? `At tick ${tick}; ticks from ${first} on are kept.` : `At tick ${tick}.`;
}
