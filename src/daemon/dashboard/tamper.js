// Tampering: a copy of a block and of those after it, edited in place. Nothing reaches a node until it is
// sent, and then each node says what it makes of it.

import { openDialog } from "./dialog.js";
import { el, setText } from "./dom.js";
import { balancesBefore, howLong, story } from "./forgery.js";
import { createAnswers } from "./tamper_answers.js";
import { createCard } from "./tamper_card.js";
import { addBlock, createTree, mostStoodOn, neighbour, parentOf, place } from "./tree.js";
import { createWorkshop } from "./workshop.js";

/** @import {Api, Block, NodeDetail, Store, Tree} from "./types.js" */
/** @import {Ground} from "./forgery.js" */
/** @import {Card} from "./tamper_card.js" */

/** The most blocks that are copied. */
const MAX_COPIED = 20;

/** @typedef {{originals: Block[], ground: Ground, more: boolean}} Copied */

/**
 * Reads the block and those after it, and what is known below it.
 * @param {string} hash
 * @param {Store} store
 * @param {Api} api
 * @returns {Promise<Copied>}
 */
async function read(hash, store, api) {
  const block = /** @type {(hash: string) => Promise<Block>} */ ((each) => api.get(`/block/${each}`));
  const first = await block(hash);
  const answer = /** @type {Tree} */ (await api.get(`/tree?from=${Math.max(0, first.id - 1)}&limit=${MAX_COPIED + 2}`));
  const tree = createTree();
  for (const each of answer.blocks) addBlock(tree, each);
  const tips = Object.values(answer.tips);
  place(tree, mostStoodOn(tree, tips), []);
  const path = [];
  let at = tree.blocks.get(hash);
  const parent = at && parentOf(tree, at);
  for (; at && path.length < MAX_COPIED; at = neighbour(tree, at, "child")) path.push(at.hash);
  const originals = await Promise.all([hash, ...path.slice(1)].map(block));
  const end = originals[originals.length - 1];
  const name = Object.keys(answer.tips).find((each) => answer.tips[each] === end.hash);
  const detail = name === undefined ? null : /** @type {NodeDetail|null} */ (await api.get(`/node/${encodeURIComponent(name)}`).catch(() => null));
  const accounts = detail?.view.tip === end.hash && detail.view.state === "up" ? detail.accounts : null;
  return {
    originals,
    more: at !== undefined,
    ground: {
      difficulty: store.state.network?.difficulty ?? 12,
      parent: parent ? { hash: parent.hash, timestamp: parent.timestamp } : null,
      balances: accounts && balancesBefore(accounts, originals),
    },
  };
}

/**
 * Opens a copy of the chain from the block with this hash on, to be tampered with.
 * @param {string} hash
 * @param {Store} store
 * @param {Api} api
 */
export async function openTamper(hash, store, api) {
  let copied;
  try {
    copied = await read(hash, store, api);
  } catch (problem) {
    return api.show(problem);
  }
  // Pressed twice, it is opened once.
  if (!document.querySelector("dialog.tamper")) show(copied, store, api);
}

/**
 * @param {Copied} copied
 * @param {Store} store
 * @param {Api} api
 */
function show({ originals, ground, more }, store, api) {
  const shop = createWorkshop(originals, ground);
  const answers = createAnswers(store, api);
  const told = el("p", { class: "tamper-story", role: "status" });
  const progress = el("p", { class: "hint tamper-progress", role: "status" });
  const list = el("ol", { class: "tamper-cards", "aria-label": "the copied blocks" });
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) => el("button", { type: "button", onclick }, text);
  const mineAll = button("Re-mine all that are broken", () => void mine(null));
  const stop = button("Stop", shop.stop);
  const addOne = button("Add a block", () => {
    addCard(shop.add()).element.scrollIntoView({ inline: "end", block: "nearest" });
    draw();
  });
  const sendAll = button("Send all to the peers", () => void send(shop.copies.map((_, index) => index)));
  const undoAll = button("Undo all", () => {
    shop.undoAll();
    for (const card of cards.splice(originals.length)) card.element.remove();
    refill();
  });
  /** @type {Card[]} */
  const cards = [];

  /** @param {Block} block */
  function addCard(block) {
    const index = cards.length;
    const card = createCard(block, {
      edited: () => {
        shop.edited();
        draw();
      },
      mine: () => void mine(index),
      undo: () => {
        shop.undo(index);
        refill();
      },
      send: () => void send([index]),
    });
    cards.push(card);
    list.append(card.element);
    return card;
  }

  function draw() {
    const verdicts = shop.verdicts();
    const isBusy = shop.isBusy();
    cards.forEach((card, index) => card.draw(verdicts[index], {
      isMinable: !isBusy && shop.isMinable(index), isBusy, parentIs: verdicts[index - 1]?.hash ?? ground.parent?.hash ?? null,
    }));
    const isMined = shop.tries() > 0 && verdicts.every(({ reasons }) => reasons.length === 0);
    const cost = isMined ? `It took ${shop.tries().toLocaleString("en")} tries. ` : "";
    const height = Math.max(0, ...(store.state.network?.nodes ?? []).map((node) => node.height));
    setText(told, cost + story(shop.copies, verdicts, ground.difficulty, height));
    mineAll.disabled = isBusy || !verdicts.some((_, index) => shop.isMinable(index));
    sendAll.disabled = isBusy || verdicts.every(({ changed }) => !changed);
    addOne.disabled = !shop.canAdd();
    stop.hidden = !isBusy;
  }

  /** Writes into the fields what was changed but by typing. */
  function refill() {
    for (const card of cards) card.fill();
    draw();
  }

  /** @param {number|null} only */
  async function mine(only) {
    const done = shop.mine(only, (block, tried, ms) => setText(progress, progressText(block, tried, ms, ground.difficulty)));
    draw();
    const { tried, ms, stopped } = await done;
    setText(progress, stopped ? "Stopped." : `${tried.toLocaleString("en")} hashes in ${(ms / 1000).toFixed(2)} s.`);
    refill();
  }

  /** Sends blocks to every node, as if a peer had. @param {number[]} indices */
  async function send(indices) {
    for (const index of indices) {
      const { hash, changed } = shop.verdicts()[index];
      if (hash !== null && (changed || indices.length === 1)) await answers.send({ ...shop.copies[index], hash });
    }
  }

  for (const block of shop.copies) addCard(block);
  const notes = [
    more ? `The copy ends with block ${originals[originals.length - 1].id}; what comes after it is not shown.` : "",
    ground.balances ? "" : "Balances are not known here, so whether a payment can be paid is left to the nodes.",
  ].filter(Boolean).join(" ");
  const dialog = openDialog(`Tamper with block ${originals[0].id}`, [
    told, list, el("div", { class: "row" }, mineAll, stop, addOne, sendAll, undoAll, progress), answers.element,
    ...(notes ? [el("p", { class: "hint" }, notes)] : []),
  ], "tamper");
  dialog.addEventListener("close", () => {
    shop.stop();
    answers.end();
  });
  draw();
}

/**
 * @param {Block} block
 * @param {number} tried
 * @param {number} ms
 * @param {number} difficulty
 */
function progressText(block, tried, ms, difficulty) {
  const rate = Math.round((tried / ms) * 1000);
  const text = [tried, rate, 2 ** difficulty].map((number) => number.toLocaleString("en"));
  return `Block ${block.id}: ${text[0]} hashes, ${text[1]} a second; it takes ${text[2]} on average, here ${howLong(2 ** difficulty / rate)}.`;
}
