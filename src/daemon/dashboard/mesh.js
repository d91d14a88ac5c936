// The mesh: nodes and links, drawn and kept level with the store.

import { cutOrHeal } from "./actions.js";
import { el, svg } from "./dom.js";
import { createFlight } from "./flight.js";
import { hint } from "./hint.js";
import { createLayout } from "./layout.js";
import { createLink, linkKey } from "./mesh_links.js";
import { createNode } from "./mesh_nodes.js";
import { legend, tools } from "./mesh_tools.js";
import { mountTable } from "./table.js";

/** @import {Api, LinkView, Mount, Network, Store} from "./types.js" */

/** Up to here every link can be reached with Tab, above only those of the selected node. */
const MAX_TABBED_LINKS = 12;

/** More nodes say less each. */
const CROWD = 14;

/** A pointer that moved less than this was a click. */
const CLICK_PX = 5;

/** @type {Mount} */
export function mount(element, store, api) {
  const linkLayer = svg("g", { class: "links" });
  const nodeLayer = svg("g", { class: "nodes" });
  const flightLayer = svg("g", { class: "flight" });
  // Links lie below the nodes, and yet come after them for Tab: hence two drawings.
  const above = svg("svg", { class: "drawing above", role: "group", "aria-label": "nodes and messages" }, nodeLayer, flightLayer);
  const below = svg("svg", { class: "drawing", role: "group", "aria-label": "links" }, linkLayer);
  const table = el("div", { class: "mesh-table", hidden: true });
  const stage = el("div", { class: "stage" }, above, below);
  const picture = createPicture(linkLayer, nodeLayer, store, api);
  const flight = createFlight(flightLayer, store, { at: picture.layout.at, scale: picture.scale });
  picture.onMoved = flight.follow;

  const advice = hint(store);
  element.append(tools(store, api, { tidy: picture.layout.tidy, asTable }), ...(advice ? [advice] : []), stage, table, legend());
  mountTable(table, store, api);

  /** @param {boolean} shown */
  function asTable(shown) {
    table.hidden = !shown;
    stage.hidden = shown;
  }

  new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (width > 0 && height > 0) picture.resize(width, height);
  }).observe(stage);
  letDrag(above, picture, store);
  stage.addEventListener("keydown", pressWithKeys);

  store.on("network", picture.show);
  store.on("selection", () => store.state.network && picture.show(store.state.network));
  let ticked = false;
  store.on("tick", () => {
    ticked = true;
  });
  store.on("events", (events) => {
    flight.fly(events, ticked);
    ticked = false;
  });
  store.on("reload", flight.clear);
}

/** @typedef {ReturnType<typeof createPicture>} Picture */

/**
 * @param {SVGGElement} linkLayer
 * @param {SVGGElement} nodeLayer
 * @param {Store} store
 * @param {Api} api
 */
function createPicture(linkLayer, nodeLayer, store, api) {
  /** @type {Map<string, import("./mesh_nodes.js").NodeDrawing>} */
  const nodes = new Map();
  /** @type {Map<string, {view: LinkView, drawing: import("./mesh_links.js").LinkDrawing}>} */
  const links = new Map();
  const layout = createLayout(place);
  let topology = "";
  let size = { width: 1, height: 1 };
  let scale = 1;

  /** Many nodes are drawn smaller. */
  function rescale() {
    const each = (size.width * size.height) / Math.max(nodes.size, 1);
    const rows = nodes.size > 2 ? 2 : 1;
    const fits = Math.min(Math.sqrt(each) / 230, size.height / rows / 112);
    // With the page's letters, which grow with the window.
    const most = (1.5 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16;
    scale = Math.min(Math.max(fits, 0.5), most);
    nodeLayer.classList.toggle("crowded", nodes.size > CROWD);
    const side = Math.min(88 * scale, size.width * 0.24);
    layout.resize({ ...size, left: side, right: side, top: 46 * scale + 4, bottom: 86 * scale + 4 });
  }

  function place() {
    for (const [name, drawing] of nodes) drawing.moveTo(layout.at(name), scale);
    for (const { view, drawing } of links.values()) drawing.moveTo(layout.at(view.a), layout.at(view.b));
    picture.onMoved();
  }

  /** @param {Network} network */
  function rebuild(network) {
    keepOnly(nodes, network.nodes.map((node) => node.name), (drawing) => drawing.element);
    for (const { name } of network.nodes) {
      if (nodes.has(name)) continue;
      const drawing = createNode(name);
      nodes.set(name, drawing);
      nodeLayer.append(drawing.element);
    }
    keepOnly(links, network.links.map(({ a, b }) => linkKey(a, b)), ({ drawing }) => drawing.element);
    for (const view of network.links) {
      const key = linkKey(view.a, view.b);
      if (links.has(key)) continue;
      const drawing = createLink(view);
      links.set(key, { view, drawing });
      linkLayer.append(drawing.element);
      drawing.element.addEventListener("click", () => press(key));
    }
    linkLayer.classList.toggle("many", network.links.length > 60);
    layout.setNodes(network.nodes.map((node) => node.name), network.links);
    rescale();
  }

  /** A link was pressed. @param {string} key */
  function press(key) {
    const link = links.get(key);
    if (!link) return;
    store.select({ kind: "link", a: link.view.a, b: link.view.b });
    cutOrHeal(link.view, api);
  }

  /** @param {Network} network */
  function show(network) {
    const now = topologyOf(network);
    if (now !== topology) {
      topology = now;
      rebuild(network);
    }
    const { selection, chosen } = store.state;
    for (const node of network.nodes) {
      const selected = selection?.kind === "node" && selection.name === node.name;
      nodes.get(node.name)?.show(node, selected, node.name === chosen);
    }
    const few = network.links.length <= MAX_TABBED_LINKS;
    for (const view of network.links) {
      const link = links.get(linkKey(view.a, view.b));
      if (!link) continue;
      link.view = view;
      const selected = selection?.kind === "link" && selection.a === view.a && selection.b === view.b;
      link.drawing.show(view, selected, few || view.a === chosen || view.b === chosen);
    }
  }

  const picture = {
    layout, show,
    /** @type {() => void} called when nodes stand elsewhere */
    onMoved: () => {},
    scale: () => scale,
    /** @param {number} width @param {number} height */
    resize(width, height) {
      size = { width, height };
      rescale();
    },
  };
  return picture;
}

/** What has to be drawn anew where it changes. @param {Network} network */
function topologyOf({ nodes, links }) {
  return `${nodes.map((node) => node.name).join(" ")}|${links.map(({ a, b }) => linkKey(a, b)).join(",")}`;
}

/**
 * @template T
 * @param {Map<string, T>} drawings
 * @param {string[]} keys
 * @param {(drawing: T) => Element} elementOf
 */
function keepOnly(drawings, keys, elementOf) {
  const kept = new Set(keys);
  for (const [key, drawing] of drawings) {
    if (kept.has(key)) continue;
    elementOf(drawing).remove();
    drawings.delete(key);
  }
}

/**
 * Nodes follow the pointer; one that was not moved is selected.
 * @param {SVGSVGElement} drawing
 * @param {Picture} picture
 * @param {Store} store
 */
function letDrag(drawing, picture, store) {
  /** @type {{name: string, id: number, x: number, y: number, moved: boolean}|null} */
  let drag = null;
  let dragged = false;
  drawing.addEventListener("pointerdown", (event) => {
    const name = nodeOf(event);
    dragged = false;
    if (name === null || event.button !== 0) return;
    drag = { name, id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!drag || drag.id !== event.pointerId) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < CLICK_PX) return;
    if (!drag.moved) drawing.setPointerCapture(drag.id);
    drag.moved = true;
    const box = drawing.getBoundingClientRect();
    picture.layout.pin(drag.name, { x: event.clientX - box.left, y: event.clientY - box.top });
  });
  const end = () => {
    dragged = drag?.moved ?? false;
    drag = null;
  };
  drawing.addEventListener("pointerup", end);
  drawing.addEventListener("pointercancel", end);
  drawing.addEventListener("click", (event) => {
    const name = nodeOf(event);
    if (name !== null && !dragged) store.select({ kind: "node", name });
    dragged = false;
  });
}

/** @param {Event} event @returns {string|null} */
function nodeOf(event) {
  return event.target instanceof Element ? event.target.closest("[data-node]")?.getAttribute("data-node") ?? null : null;
}

/** What looks like a button is pressed like one. @param {KeyboardEvent} event */
function pressWithKeys(event) {
  if (event.key !== "Enter" && event.key !== " ") return;
  const button = event.target instanceof Element ? event.target.closest("[role=button]") : null;
  if (!button) return;
  event.preventDefault();
  button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
}
