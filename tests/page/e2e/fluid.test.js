// Thirty nodes that play on ten thousand blocks: the page has to stay fluid.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blockHash, hex } from "../../../src/daemon/dashboard/hashing.js";
import { context, watch } from "./support/browser.js";
import { addresses, post, start } from "./support/program.js";
import { Screen } from "./support/screen.js";
import { PATIENCE_MS, until } from "./support/until.js";

/** @import {Block} from "../../../src/daemon/dashboard/types.js" */

const NODES = 30;
const BLOCKS = 10_000;
const TICKS = 30;

/**
 * A chain that needs no work, in which so and aki pay each other a coin.
 * @param {Block} genesis
 */
function chain(genesis) {
  let { hash, timestamp } = genesis;
  return Array.from({ length: BLOCKS }, (_, index) => {
    const id = index + 1;
    const [sender, recipient] = id % 2 ? ["so", "aki"] : ["aki", "so"];
    // The lowest ids are the genesis block's.
    const payment = { id: (id + 16).toString(16).padStart(32, "0"), sender, recipient, value: 1 };
    const block = { id, hash: "", timestamp, transactions: [payment], previous_block_hash: hash, nonce: 0 };
    block.hash = hash = hex(blockHash(block));
    return block;
  });
}

/**
 * Gives the node this chain.
 * @param {string} url
 * @param {Block[]} blocks
 */
async function restore(url, blocks) {
  const state = await (await fetch(`${url}/state`)).json();
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/state`, { method: "PUT", headers, body: JSON.stringify({ ...state, blocks }) });
  assert.ok(answer.ok, await answer.text());
}

/**
 * The times between frames, in ms and sorted, while the page shows so many more ticks.
 * @param {Screen} screen
 * @param {number} ticks
 * @returns {Promise<number[]>}
 */
async function frameTimes(screen, ticks) {
  await screen.page.evaluate(() => {
    const page = /** @type {any} */ (window);
    page.frames_ms = [];
    let last = performance.now();
    requestAnimationFrame(function frame(now) {
      page.frames_ms.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    });
  });
  const first = await screen.tick();
  await until("enough ticks are shown", async () => (await screen.tick()) >= first + ticks);
  const times = await screen.page.evaluate(() => /** @type {any} */ (window).frames_ms);
  return times.sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
}

test(`${NODES} nodes play on ${BLOCKS} blocks`, { timeout: 4 * PATIENCE_MS }, async (t) => {
  const mesh = await start("mesh", "--controller", "none", "--nodes", String(NODES), "--topology", "ring",
    "--difficulty", "0", "--http-base", "0", "--p2p-base", "0");
  t.after(mesh.stop);
  const nodes = addresses(mesh).map(({ url }) => url);
  const blocks = chain(await (await fetch(`${nodes[0]}/block/0`)).json());
  for (const url of nodes) await restore(url, blocks);
  const controller = await start("controller", ...nodes.flatMap((url) => ["--node", url]), "--listen", "127.0.0.1:0");
  t.after(controller.stop);
  const url = `http://${controller.ready.controller}`;

  const made = await context({ reducedMotion: "no-preference" });
  t.after(() => made.close());
  const page = await made.newPage();
  const wrong = watch(page, url);
  const screen = new Screen(page, url);
  const began = Date.now();
  await screen.open();
  await screen.block(BLOCKS).first().waitFor();
  t.diagnostic(`shown after ${Date.now() - began} ms`);
  for (const name of ["node1", "node11", "node21"]) await post(`${url}/do`, { mine: name });
  await post(`${url}/play`, { interval_ms: 250 });
  const times = await frameTimes(screen, TICKS);
  await post(`${url}/pause`, {});

  const at = (/** @type {number} */ share) => times[Math.floor(share * (times.length - 1))].toFixed(1);
  t.diagnostic(`${times.length} frames: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`);
  // A page that lays out or draws everything anew with each tick misses this by far, on any machine.
  assert.ok(Number(at(0.5)) < 100, "most frames are short");
  assert.ok(Number(at(1)) < 1500, "the page never hangs");
  assert.deepEqual(wrong, []);
});
