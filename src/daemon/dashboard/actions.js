// What one does to nodes and links, for buttons and keys alike: each picks the action that fits the
// state, and says why where there is none.

/** @import {Api, LinkView, NodeView, Store} from "./types.js" */

/**
 * Why this node cannot be crashed or removed, or null where it can.
 * @param {Store} store
 * @param {NodeView|undefined} node
 * @returns {string|null}
 */
export function whyNotOwn(store, node) {
  if (!store.state.network?.fleet) return NOT_FLEET;
  if (node && !node.own) return `${node.name} was started elsewhere: this controller cannot crash or remove it.`;
  return null;
}

/** Why no node can be added, or null. @param {Store} store @returns {string|null} */
export function whyNoNewNode(store) {
  return store.state.network?.fleet ? null : NOT_FLEET;
}

const NOT_FLEET = "These nodes were started elsewhere: this controller cannot add, crash or remove nodes.";

/** Why a node can be asked nothing now, or null. @param {NodeView} node @returns {string|null} */
export function whyAway({ name, state }) {
  if (state === "crashed") return `${name} is crashed: restart it first.`;
  return state === "down" ? `${name} does not answer.` : null;
}

/** Why a node cannot act, or null. @param {NodeView} node @returns {string|null} */
export function whyNotActing(node) {
  return whyAway(node) ?? (node.started ? null : `${node.name} is not started: start it first.`);
}

/** @param {Store} store @param {Api} api */
export function mine(store, api) {
  const node = store.node(store.state.chosen);
  if (!node) return;
  const why = whyNotActing(node);
  if (why) return api.toast(why, "problem");
  void api.act({ mine: node.name });
}

/** @param {LinkView} link @param {Api} api */
export function cutOrHeal(link, api) {
  void api.act(link.state === "cut" ? { heal: [link.a, link.b] } : { cut: [link.a, link.b] });
}

/**
 * The selected link, else all links of the selected node: healed where all are cut, cut else.
 * @param {Store} store
 * @param {Api} api
 */
export function cutOrHealSelected(store, api) {
  const { network, selection, chosen } = store.state;
  if (!network) return;
  if (selection?.kind === "link") {
    const link = network.links.find(({ a, b }) => a === selection.a && b === selection.b);
    if (link) return cutOrHeal(link, api);
  }
  const node = store.node(chosen);
  if (!chosen || !node) return;
  const why = whyAway(node);
  if (why) return api.toast(why, "problem");
  const links = network.links.filter(({ a, b }) => a === chosen || b === chosen);
  if (links.length === 0) return api.toast(`${chosen} has no links.`);
  void api.act(links.every((link) => link.state === "cut") ? { heal: [chosen] } : { cut: [chosen] });
}

/** Crashes the selected node, or starts it where it is crashed. @param {Store} store @param {Api} api */
export function crashOrStart(store, api) {
  const node = store.node(store.state.chosen);
  if (!node) return;
  const away = node.state === "crashed" || !node.started;
  const why = away && node.state !== "crashed" ? null : whyNotOwn(store, node);
  if (why) return api.toast(why, "problem");
  void api.act(away ? { start: node.name } : { crash: node.name });
}

/** @param {Store} store @param {Api} api */
export async function addNode(store, api) {
  const why = whyNoNewNode(store);
  if (why) return api.toast(why, "problem");
  const outcome = await api.act({ add: { link: [] } });
  if (outcome?.name) selectOnceThere(store, outcome.name);
}

/** The answer to an action may be here before the news of what it changed. @param {Store} store @param {string} name */
function selectOnceThere(store, name) {
  if (store.node(name)) return store.select({ kind: "node", name });
  const stop = store.on("network", () => {
    if (!store.node(name)) return;
    stop();
    store.select({ kind: "node", name });
  });
}
