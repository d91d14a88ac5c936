import assert from "node:assert/strict";
import { test } from "node:test";

import { createWorkshop } from "../../../src/daemon/dashboard/workshop.js";
import { goldenChain } from "./golden.js";

const [genesis, ...originals] = goldenChain().map(({ block }) => block);
const ground = (difficulty = 12) =>
  ({ difficulty, parent: { hash: genesis.hash, timestamp: genesis.timestamp }, balances: null });
const valid = (/** @type {import("../../../src/daemon/dashboard/workshop.js").Workshop} */ shop) =>
  shop.verdicts().map(({ reasons }) => reasons.length === 0);

test("all that are broken are re-mined, one after the other", async () => {
  const shop = createWorkshop(originals, ground());
  shop.copies[0].transactions[0].recipient = "satoshi";
  shop.edited();
  assert.deepEqual(valid(shop), [false, false, false]);
  const done = shop.mine(null, () => {});
  assert.ok(shop.isBusy());
  const { tried, stopped } = await done;
  assert.deepEqual([valid(shop), stopped, shop.isBusy()], [[true, true, true], false, false]);
  assert.equal(shop.tries(), tried);
  assert.notEqual(shop.copies[2].previous_block_hash, originals[2].previous_block_hash);
});

test("one is re-mined, and names its parent's new hash", async () => {
  const shop = createWorkshop(originals, ground());
  shop.copies[0].nonce = 0;
  shop.edited();
  await shop.mine(0, () => {});
  assert.deepEqual([shop.isMinable(0), shop.isMinable(1), shop.isMinable(2)], [false, false, false], "the search found the nonce it had");
  shop.copies[0].timestamp = "2009/01/03 18:15:06";
  shop.edited();
  await shop.mine(0, () => {});
  assert.deepEqual(valid(shop), [true, false, false]);
  await shop.mine(1, () => {});
  assert.equal(shop.copies[1].previous_block_hash, shop.verdicts()[0].hash);
  assert.deepEqual(valid(shop), [true, true, false]);
});

test("blocks are added, and all is undone", async () => {
  const shop = createWorkshop(originals.slice(0, 1), ground());
  while (shop.canAdd()) shop.add();
  assert.equal(shop.copies.length, 11);
  assert.equal(shop.copies[10].id, 11);
  await shop.mine(null, () => {});
  assert.ok(valid(shop).every(Boolean));
  shop.undoAll();
  assert.deepEqual(shop.copies, originals.slice(0, 1));
  assert.equal(shop.tries(), 0);
});

test("an edit stops the search for what the block was", async () => {
  const shop = createWorkshop(originals, ground(64));
  const done = shop.mine(null, () => shop.edited());
  assert.equal((await done).stopped, true);
  assert.equal(shop.isBusy(), false);
  const stopped = shop.mine(0, shop.stop);
  assert.equal((await stopped).stopped, true);
});
