import assert from "node:assert/strict";
import { test } from "node:test";

import { balancesBefore, howLong, judge, remine, story } from "../../../src/daemon/dashboard/forgery.js";
import { goldenChain } from "./golden.js";

const chain = goldenChain().map(({ block }) => block);
const [genesis, ...originals] = chain;
const ground = { difficulty: 12, parent: { hash: genesis.hash, timestamp: genesis.timestamp }, balances: { aki: 2, so: 7, satoshi: 5 } };
const copy = () => structuredClone(originals);
const kinds = (/** @type {typeof originals} */ copies, on = ground) =>
  judge(originals, copies, on).map(({ reasons }) => reasons.map(({ kind }) => kind).join("+"));
const never = new AbortController().signal;

test("an untouched copy is valid", () => {
  assert.deepEqual(kinds(copy()), ["", "", ""]);
  const verdicts = judge(originals, copy(), ground);
  assert.ok(verdicts.every(({ changed }) => !changed));
  assert.match(story(copy(), verdicts, 12, 3), /copy of blocks 1 to 3, which no node sees/);
});

test("a changed field breaks its block and all after it", () => {
  const copies = copy();
  copies[0].transactions[0].value = 1;
  assert.deepEqual(kinds(copies), ["work", "previous+payment", "below"]);
  assert.match(story(copies, judge(originals, copies, ground), 12, 3), /^Block 1 now hashes to \w{6}, which ends in .* where 12 are needed.* Blocks 2 to 3 stand on it/);
});

test("who changes the past has to redo all the work after it", async () => {
  const copies = copy();
  copies[0].transactions[0].recipient = "satoshi";
  let height = 3;
  const tell = () => story(copies, judge(originals, copies, { ...ground, balances: null }), 12, height);
  for (const [index, block] of copies.entries()) {
    if (index > 0) block.previous_block_hash = judge(originals, copies, ground)[index - 1].hash ?? "";
    assert.match(tell(), /proof of work is gone/);
    const found = await remine(block, 12, () => {}, never);
    block.nonce = found?.nonce ?? NaN;
    if (index < 2) assert.match(tell(), new RegExp(`block ${block.id + 1} still names the hash it had`));
  }
  assert.match(tell(), /holds together again.*no more work/);
  height = 2;
  assert.match(tell(), /holds together again.*With block 3 it has more work/);
});

test("work does not make a payment payable", async () => {
  const copies = copy().slice(0, 1);
  copies[0].transactions[0].value = 9;
  copies[0].nonce = (await remine(copies[0], 12, () => {}, never))?.nonce ?? NaN;
  const verdicts = judge(originals, copies, ground);
  assert.equal(verdicts[0].reasons[0].text, "payment 1: aki has 2, which is less than the 9 to be paid");
  assert.match(story(copies, verdicts, 12, 3), /no work makes a payment payable/);
  assert.deepEqual(kinds(copies, { ...ground, balances: /** @type {any} */ (null) }), [""]);
  copies[0].transactions[0].sender = null;
  assert.ok(kinds(copies)[0].endsWith("payment"));
});

test("each other rule has its reason", () => {
  const [first] = copy();
  const of = (/** @type {object} */ change) => kinds([{ ...first, ...change }])[0];
  assert.equal(of({ previous_block_hash: "00".repeat(32) }), "work+previous");
  assert.equal(of({ timestamp: "2009/01/03 18:15:04" }), "work+time");
  assert.equal(of({ nonce: NaN }), "bytes");
  assert.equal(of({ transactions: [{ ...first.transactions[0], value: 1 }, { ...first.transactions[0], value: 1 }] }), "work+payment");
});

test("balances are led back through blocks", () => {
  const before = balancesBefore({ aki: 0, satoshi: 5, so: 4, "佐藤 \"七\"": 5 }, originals);
  assert.deepEqual(before, { aki: 2, satoshi: 5, so: 7, "佐藤 \"七\"": 0 });
});

test("how long a search takes is told about", () => {
  const told = [0.02, 1, 80, 100, 4000, 200_000, 1e9].map(howLong);
  assert.deepEqual(told, ["1 second", "1 second", "80 seconds", "2 minutes", "67 minutes", "2 days", "32 years"]);
});

test("a search can be stopped", async () => {
  const stop = new AbortController();
  let told = 0;
  const found = await remine(originals[0], 256, (tried) => {
    told = tried;
    stop.abort();
  }, stop.signal);
  assert.equal(found, null);
  assert.ok(told > 0);
});
