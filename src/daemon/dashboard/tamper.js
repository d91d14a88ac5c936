// Tampering: a copy of a block and of those after it, edited in place. Nothing reaches a node until it is
// sent, and then each node says what it makes of it.

import { openDialog } from "./dialog.js";
import { el, setText } from "./dom.js";
import { balancesBefore, judge, remine, story } from "./forgery.js";
import { createCard } from "./tamper_card.js";
import { addBlock, createTree, mostStoodOn, neighbour, parentOf, place } from "./tree.js";
import { createAnswers } from "./tamper_answers.js";

/** @import {Api, Block, NodeDetail, Store, Tree} from "./types.js" */
/** @import {Ground, Verdict} from "./forgery.js" */
/** @import {Card} from "./tamper_card.js" */

/** The most blocks that are copied, and that are added to them. */
const MAX_COPIED = 20;
const MAX_ADDED = 10;

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
  show(copied, store, api);
}

/**
 * @param {Copied} copied
 * @param {Store} store
 * @param {Api} api
 */
function show({ originals, ground, more }, store, api) {
  const copies = structuredClone(originals);
  /** @type {Verdict[]} */
  let verdicts = [];
  /** @type {AbortController|null} */
  let work = null;
  let tries = 0;

  const told = el("p", { class: "tamper-story", role: "status" });
  const progress = el("p", { class: "hint tamper-progress", role: "status" });
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) => el("button", { type: "button", onclick }, text);
  const mineAll = button("Re-mine all that are broken", () => void mine(null));
  const stop = button("Stop", () => work?.abort());
  const sendAll = button("Send all to the peers", () => void send(copies.map((_, index) => index)));
  const addOne = button("Add a block", add);
  const undoAll = button("Undo all", undoEverything);
  const answers = createAnswers(store, api);
  const list = el("ol", { class: "tamper-cards", "aria-label": "the copied blocks" });
  /** @type {Card[]} */
  const cards = [];
  for (const block of copies) addCard(block);
  const notes = [
    more ? `The copy ends with block ${copies[copies.length - 1].id}; what comes after it is not shown.` : "",
    ground.balances ? "" : "Balances are not known here, so whether a payment can be paid is left to the nodes.",
  ].filter(Boolean).join(" ");
  const dialog = openDialog(`Tamper with block ${copies[0].id}`, [
    told,
    list,
    el("div", { class: "row" }, mineAll, stop, addOne, sendAll, undoAll, progress),
    answers.element,
    ...(notes ? [el("p", { class: "hint" }, notes)] : []),
  ], "tamper");
  dialog.addEventListener("close", () => {
    work?.abort();
    answers.end();
  });

  function edited() {
    work?.abort();
    verdicts = judge(originals, copies, ground);
    const busy = work !== null;
    cards.forEach((card, index) => card.draw(verdicts[index], { minable: minable(index), busy, parentIs: verdicts[index - 1]?.hash ?? ground.parent?.hash ?? null }));
    const mined = tries > 0 && verdicts.every(({ reasons }) => reasons.length === 0);
    const cost = mined ? `It took ${tries.toLocaleString("en")} tries. ` : "";
    setText(told, cost + story(copies, verdicts, ground.difficulty, height()));
    mineAll.disabled = busy || !verdicts.some((_, index) => minable(index));
    sendAll.disabled = busy || verdicts.every(({ changed }) => !changed);
    addOne.disabled = busy || copies.length >= MAX_COPIED + MAX_ADDED;
    stop.hidden = !busy;
  }

  /** How high the highest chain of a node is. */
  function height() {
    return Math.max(0, ...(store.state.network?.nodes ?? []).map((node) => node.height));
  }

  /** @param {Block} block */
  function addCard(block) {
    const index = cards.length;
    const card = createCard(block, { edited, mine: () => void mine(index), undo: () => undo(index), send: () => void send([index]) });
    cards.push(card);
    list.append(card.element);
    return card;
  }

  /** Adds an empty block on top: with more of them than the others have, the copy has more work. */
  function add() {
    const last = copies[copies.length - 1];
    const block = { id: last.id + 1, hash: "", timestamp: last.timestamp, transactions: [], previous_block_hash: verdicts[verdicts.length - 1].hash, nonce: 0 };
    copies.push(block);
    addCard(block).element.scrollIntoView({ inline: "end", block: "nearest" });
    edited();
  }

  function undoEverything() {
    for (const card of cards.splice(originals.length)) card.element.remove();
    copies.length = originals.length;
    originals.forEach((_, index) => undo(index));
  }

  /** Whether a nonce is what a block lacks, or its parent's new hash. @param {number} index */
  function minable(index) {
    const { hash, reasons } = verdicts[index];
    const parentReady = index === 0 || verdicts[index - 1].hash !== null;
    return parentReady && hash !== null && reasons.some(({ kind }) => kind === "work" || (kind === "previous" && index > 0));
  }

  /** Re-mines one block, or each that needs it from the first on. @param {number|null} only */
  async function mine(only) {
    const stopped = new AbortController();
    work = stopped;
    const begun = performance.now();
    let tried = 0;
    for (let index = only ?? 0; index < copies.length && !stopped.signal.aborted; index += 1) {
      verdicts = judge(originals, copies, ground);
      if (!minable(index)) continue;
      const block = copies[index];
      const parent = verdicts[index - 1]?.hash;
      if (parent) block.previous_block_hash = parent;
      const found = await remine(block, ground.difficulty, (more) => {
        const rate = Math.round(((tried + more) / (performance.now() - begun)) * 1000);
        setText(progress, `Block ${block.id}: ${(tried + more).toLocaleString("en")} hashes, ${rate.toLocaleString("en")} a second; ${(2 ** ground.difficulty).toLocaleString("en")} are needed on average.`);
        stop.hidden = false;
      }, stopped.signal);
      if (!found) break;
      tried += found.tried;
      block.nonce = found.nonce;
      cards[index].fill();
      if (only !== null) break;
    }
    const wasStopped = stopped.signal.aborted;
    work = null;
    tries += tried;
    setText(progress, wasStopped ? "Stopped." : `${tried.toLocaleString("en")} hashes in ${((performance.now() - begun) / 1000).toFixed(2)} s.`);
    cards.forEach((card) => card.fill());
    edited();
  }

  /** @param {number} index */
  function undo(index) {
    Object.assign(copies[index], structuredClone(originals[index]));
    tries = 0;
    cards[index].fill();
    edited();
  }

  /** Sends blocks to every node, as if a peer had. @param {number[]} indices */
  async function send(indices) {
    for (const index of indices) {
      if (!verdicts[index].changed && indices.length > 1) continue;
      const { hash } = verdicts[index];
      if (hash !== null) await answers.send({ ...copies[index], hash });
    }
  }

  edited();
}
