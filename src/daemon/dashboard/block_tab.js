// One block: its fields, its proof of work, who has it on the main chain.

import { whoHas } from "./chains.js";
import { openCompare } from "./compare.js";
import { el, setText } from "./dom.js";
import { happened } from "./happened.js";
import { blockLink, facts, group, nothing, paymentTable } from "./parts.js";
import { openTamper } from "./tamper.js";
import { listed, counted, zeroBits } from "./words.js";

/** @import {Api, Block, Selection, Store, Tree} from "./types.js" */

/** Blocks above that are looked at to see on whose chain this one is. */
const MOST_ABOVE = 1000;

/**
 * @param {Store} store
 * @param {Api} api
 * @returns {import("./panel.js").Tab}
 */
export function blockTab(store, api) {
  const content = el("div", {}, nothing("Click a block: in the tree, on a link, or at a node's tip."));
  const chains = el("p", { class: "chains" });
  /** @type {Block|null} */
  let block = null;
  let tips = "";

  /** @param {string} hash */
  async function open(hash) {
    block = null;
    content.replaceChildren(nothing("Reading …"));
    try {
      /** @type {Block} */
      const read = await api.get(`/block/${hash}`);
      const selection = store.state.selection;
      if (selection?.kind !== "block" || selection.hash !== hash) return;
      block = read;
      happened(store).sawBlock(read);
      setText(chains, "");
      tips = "";
      content.replaceChildren(...describe(read, chains, store), hooks(read, store, api));
      void tellChains();
    } catch (problem) {
      content.replaceChildren(nothing(problem instanceof Error ? problem.message : String(problem)));
    }
  }

  /** Says who has the block on the main chain, whenever a tip moved. */
  async function tellChains() {
    const nodes = store.state.network?.nodes ?? [];
    const now = nodes.map(({ name, tip }) => `${name} ${tip}`).join("\n");
    if (!block || now === tips) return;
    tips = now;
    const { hash, id } = block;
    try {
      /** @type {Tree} */
      const tree = await api.get(`/tree?from=${id}&limit=${MOST_ABOVE}`);
      if (block?.hash === hash) setText(chains, chainsText(whoHas(hash, id, tree)));
    } catch {
      setText(chains, "");
    }
  }

  store.on("network", () => {
    if (store.state.selection?.kind === "block") void tellChains();
  });
  return {
    element: content,
    show: (/** @type {Selection|null} */ selection) => {
      if (selection?.kind === "block" && selection.hash !== block?.hash) void open(selection.hash);
    },
  };
}

/** @param {{on: string[], off: string[], unknown: string[]}} who */
function chainsText({ on, off, unknown }) {
  if (off.length === 0 && unknown.length === 0) return "On the main chain of every node.";
  if (on.length === 0 && unknown.length === 0) return "On no node's main chain: it stands on a side branch, or in a future that was left by going back.";
  const rest = off.length > 0 ? ` Not on that of ${listed(off)}.` : "";
  return `${on.length > 0 ? `On the main chain of ${listed(on)}.` : ""}${rest}${unknown.length > 0 ? ` Not known of ${listed(unknown)}.` : ""}`.trim();
}

/**
 * @param {Block} block
 * @param {HTMLElement} chains
 * @param {Store} store
 * @returns {HTMLElement[]}
 */
function describe(block, chains, store) {
  const difficulty = store.state.network?.difficulty ?? 0;
  const parent = block.id === 0 || block.previous_block_hash === null ? "none: this is the genesis block" : blockLink(store, block.previous_block_hash);
  return [
    el("h2", {}, `Block ${block.id}`),
    chains,
    facts([
      ["hash", markedHash(block.hash)], ["previous hash", parent], ["timestamp", `${block.timestamp} UTC`],
      ["nonce", String(block.nonce)], ["payments", block.transactions.length],
    ]),
    el("p", { class: "hint" }, block.id === 0
      ? "Nobody mined the genesis block: all nodes agree on it beforehand."
      : `Its hash ends in ${counted(zeroBits(block.hash), "zero bit")}; this network asks for ${difficulty}. That is the proof of work.`),
    group("Payments", block.transactions.length, block.transactions.length > 0
      ? paymentTable(store, block.transactions, "payments of this block")
      : nothing("None: a block may be empty.")),
  ];
}

/**
 * What else there is to do with a block.
 * @param {Block} block
 * @param {Store} store
 * @param {Api} api
 */
function hooks({ id, hash }, store, api) {
  const tamper = el("button", {
    type: "button", id: "block-tamper", title: id === 0 ? "the genesis block is given, and nobody takes another one" : "change a copy of this block and see what breaks", disabled: id === 0,
    onclick: () => openTamper(hash, store, api),
  }, "Tamper…");
  const compare = el("button", { type: "button", id: "block-compare", title: "compare the chains of two nodes", onclick: () => openCompare(store, api) }, "Compare nodes…");
  return el("div", { class: "row" }, tamper, compare);
}

/** A hash whose zeros at the end are marked. @param {string} hash */
function markedHash(hash) {
  const zeros = hash.length - hash.replace(/0+$/, "").length;
  return el("span", { class: "hash whole" }, hash.slice(0, hash.length - zeros), zeros > 0 ? el("mark", { class: "zeros" }, hash.slice(hash.length - zeros)) : null);
}
