// The block tree: columns are ids, rows are branches, circles are the nodes on their tips. Scrolled by
// hand or by the keyboard; it follows the newest block as long as that is in view.

import { openCompare } from "./compare.js";
import { el, set, setText, svg, typeScale } from "./dom.js";
import { short } from "./looks.js";
import { openTamper } from "./tamper.js";
import { neighbour, standing } from "./tree.js";
import { createFeed } from "./tree_feed.js";
import { ZOOMS, createView, sizes } from "./tree_view.js";

/** @import {Api, Mount, Store} from "./types.js" */
/** @import {Placed, Tree} from "./tree.js" */

const USUAL_ZOOM = 4;
/** @type {Record<string, "parent"|"child"|"up"|"down">} */
const ARROWS = { ArrowLeft: "parent", ArrowRight: "child", ArrowUp: "up", ArrowDown: "down" };

/** @type {Mount} */
export function mount(element, store, api) {
  const note = el("p", { class: "blocks-note" });
  const picture = svg("svg", { role: "group", "aria-label": "block tree, arrows walk it" });
  const room = el("div", { class: "blocks-room" }, picture);
  const scroller = el("div", { class: "blocks-scroll" }, room);
  const tools = toolbar({ zoomBy, toGenesis: () => walkTo(0), toTip: () => walkTo(Infinity) }, store, api);
  element.replaceChildren(el("div", { class: "region-bar" }, el("h2", {}, "Blocks"), note, tools.element), scroller);

  const view = createView(picture);
  const feed = createFeed(store, api, changed);
  let column = ZOOMS[USUAL_ZOOM];
  let following = true;
  let lastLeft = 0;
  /** @type {string|null} */
  let focused = null;
  /** The highest id drawn so far: what is above it is new and appears. */
  let shown = Infinity;
  let framed = false;
  /** Pixels of the page for one of the drawing, in which all but the scroller is measured. */
  let scale = 1;
  /** What is drawn, from the left. */
  let drawnFrom = 0;
  let drawnTo = 0;

  /** @param {boolean} anew */
  function changed(anew) {
    if (anew) shown = Infinity;
    if (framed) return;
    framed = true;
    requestAnimationFrame(() => {
      framed = false;
      draw();
    });
  }

  function selected() {
    const selection = store.state.selection;
    return selection?.kind === "block" ? selection.hash : null;
  }

  /** The part of the drawing that is seen. */
  function inView() {
    return {
      left: scroller.scrollLeft / scale, top: scroller.scrollTop / scale,
      wide: scroller.clientWidth / scale, high: scroller.clientHeight / scale,
    };
  }

  function draw() {
    const tree = feed.placed();
    const size = sizes(column);
    scale = typeScale();
    const fresh = new Set();
    for (let id = shown + 1; id <= tree.height; id += 1) {
      for (const block of tree.byId.get(id) ?? []) fresh.add(block.hash);
    }
    shown = tree.height;
    room.style.width = `${size.width(tree) * scale}px`;
    room.style.height = `${Math.max(size.height(tree), size.forked) * scale}px`;
    if (following) scroller.scrollLeft = scroller.scrollWidth;
    if (!focused || !tree.blocks.has(focused)) focused = tree.tip;
    const { left, wide } = inView();
    drawnFrom = Math.max(0, left - wide / 2);
    drawnTo = left + wide * 1.5;
    const width = Math.min(drawnTo, Math.max(wide, size.width(tree))) - drawnFrom;
    const height = size.height(tree);
    picture.style.left = `${drawnFrom * scale}px`;
    set(picture, { width: width * scale, height: height * scale, viewBox: `${drawnFrom} 0 ${width} ${height}` });
    const [from, to] = size.ids(drawnFrom, drawnTo);
    view.draw({ tree, standings: feed.standings(), selected: selected(), focused }, column, from, to, fresh);
    const said = summary(tree, feed.standings());
    setText(note, said);
    // Where it is cut off it can be read all the same.
    set(note, { title: said });
    tools.update(tree.blocks.get(selected() ?? ""));
    void feed.need(from);
  }

  /** @param {number} by */
  function zoomBy(by) {
    const next = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, ZOOMS.indexOf(column) + by))];
    if (next === column) return;
    const { left, wide } = inView();
    const id = (left + wide / 2 - sizes(column).x(0)) / column;
    column = next;
    picture.classList.add("still");
    room.style.width = `${sizes(column).width(feed.tree()) * scale}px`;
    if (!following) scroller.scrollLeft = (sizes(column).x(0) + id * column - wide / 2) * scale;
    draw();
    requestAnimationFrame(() => picture.classList.remove("still"));
  }

  /** Makes a block the one the keyboard is at, and brings it into view. @param {Placed} block @param {boolean} focus */
  function goTo(block, focus) {
    focused = block.hash;
    const size = sizes(column);
    const [x, y] = [size.x(block.id), size.y(block.row)];
    const { left, top, wide, high } = inView();
    const margin = Math.min(90, wide / 4);
    if (x < left + margin) scroller.scrollLeft = (x - margin) * scale;
    else if (x > left + wide - margin) scroller.scrollLeft = (x - wide + margin) * scale;
    if (y < top + 40) scroller.scrollTop = (y - 40) * scale;
    else if (y > top + high - 30) scroller.scrollTop = (y - high + 30) * scale;
    draw();
    if (focus) view.element(block.hash)?.focus({ preventScroll: true });
  }

  /** To the block of the main chain with this id; the tip where it is above it. @param {number} id */
  async function walkTo(id) {
    following = id === Infinity;
    await feed.need(Math.min(id, feed.tree().height));
    const tree = feed.placed();
    const there = tree.byId.get(Math.max(id, tree.low))?.find((block) => block.row === 0);
    const block = there ?? (tree.tip === null ? undefined : tree.blocks.get(tree.tip));
    if (block) goTo(block, true);
  }

  /** @param {KeyboardEvent} event */
  async function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const block = focused === null ? undefined : feed.tree().blocks.get(focused);
    const known = event.key in ARROWS || ["Enter", " ", "Home", "End", "+", "-"].includes(event.key);
    if (!block || !known) return;
    // The page's own keys mean other things elsewhere.
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Home") return walkTo(0);
    if (event.key === "End") return walkTo(Infinity);
    if (event.key === "+" || event.key === "-") return zoomBy(event.key === "+" ? 1 : -1);
    if (!(event.key in ARROWS)) return store.select({ kind: "block", hash: block.hash });
    if (event.key === "ArrowLeft") await feed.need(block.id - 1);
    const next = neighbour(feed.placed(), block, ARROWS[event.key]);
    if (next) goTo(next, true);
  }

  picture.addEventListener("keydown", (event) => void onKey(event));
  picture.addEventListener("click", (event) => {
    const group = event.target instanceof Element ? event.target.closest(".block") : null;
    const hash = group?.getAttribute("data-hash");
    if (!hash) return;
    focused = hash;
    store.select({ kind: "block", hash });
  });
  scroller.addEventListener("scroll", () => {
    const left = scroller.scrollLeft;
    if (left < lastLeft - 1) following = false;
    if (left >= scroller.scrollWidth - scroller.clientWidth - 2) following = true;
    lastLeft = left;
    const seen = inView();
    const near = seen.wide / 4;
    if (seen.left - near < drawnFrom && drawnFrom > 0) changed(false);
    else if (seen.left + seen.wide + near > drawnTo) changed(false);
  }, { passive: true });
  scroller.addEventListener("wheel", (event) => {
    if (event.ctrlKey) {
      zoomBy(event.deltaY < 0 ? 1 : -1);
    } else if (Math.abs(event.deltaY) > Math.abs(event.deltaX) && scroller.scrollHeight <= scroller.clientHeight) {
      scroller.scrollLeft += event.deltaY;
    } else {
      return;
    }
    event.preventDefault();
  }, { passive: false });
  store.on("selection", (selection) => {
    const block = selection?.kind === "block" ? feed.tree().blocks.get(selection.hash) : undefined;
    if (block) goTo(block, false);
    else changed(false);
  });
  new ResizeObserver(() => changed(false)).observe(scroller);
}

/**
 * @param {{zoomBy: (by: number) => void, toGenesis: () => void, toTip: () => void}} moves
 * @param {Store} store
 * @param {Api} api
 */
function toolbar({ zoomBy, toGenesis, toTip }, store, api) {
  const button = (/** @type {string} */ text, /** @type {string} */ name, /** @type {() => void} */ onclick) =>
    el("button", { type: "button", "aria-label": name, title: name, onclick }, text);
  const tamper = button("Tamper", "tamper with a copy of the selected block", () => {
    const selection = store.state.selection;
    if (selection?.kind === "block") void openTamper(selection.hash, store, api);
  });
  const element = el("div", { class: "blocks-tools" },
    button("−", "zoom out", () => zoomBy(-1)), button("+", "zoom in", () => zoomBy(1)),
    button("⇤", "to the genesis block", toGenesis), button("⇥", "to the tip", toTip),
    tamper, button("Compare", "compare two nodes", () => openCompare(store, api)));
  return {
    element,
    /** @param {Placed|undefined} block the selected one */
    update(block) {
      tamper.disabled = !block || block.id === 0;
      const why = block ? "the genesis block is given, nobody takes another one" : "select a block first";
      set(tamper, { title: tamper.disabled ? why : "tamper with a copy of the selected block" });
    },
  };
}

/**
 * The tree in a sentence.
 * @param {Tree} tree
 * @param {Map<string, string[]>} standings
 */
function summary(tree, standings) {
  if (tree.height < 0) return "Reading the blocks …";
  const tips = [...standings].flatMap(([hash, names]) => {
    const block = tree.blocks.get(hash);
    return block ? [{ block, names }] : [];
  });
  if (tips.length <= 1) return tips.length === 0 ? "" : `All nodes are on #${tips[0].block.id}, ${short(tips[0].block.hash)}.`;
  const parts = tips.map(({ block, names }) => {
    const state = standing(tree, block, true);
    const who = names.length > 3 ? `${names.length} nodes` : names.join(", ");
    return `${who} on #${block.id}, ${short(block.hash)}${state ? ` (${state})` : ""}`;
  });
  return `${parts.join("; ")}.`;
}
