// The buttons of a node, each with the reason where it cannot be pressed.

import { whyAway, whyNotActing, whyNotOwn } from "./actions.js";
import { openText } from "./copy.js";
import { post, postJson } from "./curl.js";
import { el, set, setText } from "./dom.js";

/** @import {Action, Api, NodeDetail, NodeView, Store} from "./types.js" */

/**
 * A button: what it says, what it does, and why it cannot be pressed.
 * @typedef {{label: string, title: string, action: Action|null, refused: string|null}} Choice
 */

/**
 * @param {Store} store
 * @param {Api} api
 * @param {() => NodeDetail|null} detail
 */
export function nodeActions(store, api, detail) {
  const told = el("p", { class: "hint", hidden: true });
  const buttons = ["mine", "start", "crash", "cut", "heal", "reset", "remove"].map((id) => {
    const button = el("button", { type: "button", id: `node-${id}` });
    /** @type {Choice|null} */
    let choice = null;
    button.addEventListener("click", () => {
      if (choice) void press(choice);
    });
    return {
      id,
      button,
      /** @param {Choice|null} next */
      offer: (next) => {
        choice = next;
        button.hidden = next === null;
        if (!next) return;
        setText(button, next.label);
        // Still reachable, so that the reason can be read by everyone.
        set(button, { title: next.refused ?? next.title, "aria-disabled": next.refused ? "true" : null, "aria-description": next.refused });
      },
    };
  });
  const curl = el("button", { type: "button", id: "node-curl", title: "the node's own calls, for a shell" }, "Copy as curl");
  curl.addEventListener("click", () => {
    const view = store.node(store.state.chosen);
    if (view) openText(`${view.name} with curl`, "Calls that every node documents. GET works too where there is no body.", nodeCalls(view, detail()));
  });
  const element = el("div", { class: "node-actions" },
    el("div", { class: "row", role: "group", "aria-label": "what to do with this node" }, ...buttons.map(({ button }) => button), curl), told);

  /** @param {Choice} choice */
  async function press(choice) {
    told.hidden = choice.refused === null;
    setText(told, choice.refused ?? "");
    if (choice.refused !== null || choice.action === null) return;
    await api.act(choice.action);
  }

  return {
    element,
    /** @param {NodeView} view */
    show: (view) => {
      const choices = choicesFor(view, store);
      for (const { id, offer } of buttons) offer(choices[id] ?? null);
      const of = `${view.name} ${view.state} ${view.started}`;
      if (told.dataset.of !== of) told.hidden = true;
      told.dataset.of = of;
    },
  };
}

/**
 * @param {NodeView} view
 * @param {Store} store
 * @returns {Record<string, Choice>}
 */
function choicesFor(view, store) {
  const { name, state, started } = view;
  const links = store.state.network?.links.filter(({ a, b }) => a === name || b === name) ?? [];
  const isCut = links.length > 0 && links.every((link) => link.state === "cut");
  const away = whyAway(view);
  const foreign = whyNotOwn(store, view);
  const unlinked = links.length === 0 ? `${name} has no links.` : null;
  /** @type {Record<string, Choice>} */
  const choices = {
    mine: {
      label: "Mine", title: `ask ${name} for a block (m)`, action: { mine: name },
      refused: whyNotActing(view),
    },
    crash: state === "crashed"
      ? { label: "Restart", title: `start ${name} again, with nothing in memory (x)`, action: { start: name }, refused: foreign }
      : { label: "Crash", title: `end ${name}'s process at once (x)`, action: { crash: name }, refused: foreign },
    reset: { label: "Reset", title: `${name} goes back to clock 0 and the genesis block`, action: { reset: { node: name } }, refused: whyNotActing(view) },
    remove: { label: "Remove", title: `take ${name} out of the network, with all it holds`, action: { remove: name }, refused: foreign },
  };
  if (isCut) choices.heal = { label: "Heal all", title: `put up all links of ${name} again (c)`, action: { heal: [name] }, refused: away };
  else choices.cut = { label: "Cut all", title: `cut all links of ${name} (c)`, action: { cut: [name] }, refused: away ?? unlinked };
  if (!started && state !== "crashed") choices.start = { label: "Start", title: `switch ${name} on`, action: { start: name }, refused: away };
  return choices;
}

/**
 * @param {NodeView} view
 * @param {NodeDetail|null} detail
 */
function nodeCalls({ http, clock }, detail) {
  const peers = (detail?.peers ?? []).filter(({ connected }) => connected);
  return [
    "# what it does, and what it holds",
    `curl ${http}/status`,
    `curl ${http}/accounts`,
    `curl ${http}/txPool/all`,
    `curl ${http}/block/latest`,
    "# start it, ask it for a block, move its clock by one, reset it",
    post(http, "/start"),
    post(http, "/mine"),
    post(http, `/clock/${clock + 1}`),
    post(http, "/reset"),
    "# add a payment",
    postJson(http, "/tx/add", { sender: "aki", recipient: "so", value: 2 }),
    ...(peers.length > 0 ? ["# cut its links (each peer has to be told the same of this node)"] : []),
    ...peers.map(({ addr, port }) => postJson(http, "/peer/clear", { addr, port })),
    "",
  ].join("\n");
}
