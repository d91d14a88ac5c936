import assert from "node:assert/strict";
import { test } from "node:test";

import {
  addBlock, between, createTree, mostStoodOn, neighbour, place, standing,
} from "../../../src/daemon/dashboard/tree.js";

/** @typedef {import("../../../src/daemon/dashboard/tree.js").Tree} Tree */

/**
 * Adds blocks written as "name<parent"; the first has none. The answer is those that were new.
 * @param {Tree} tree
 * @param {string} text
 */
function add(tree, text) {
  const added = [];
  for (const word of text.split(" ")) {
    const [hash, parent] = word.split("<");
    const id = parent === undefined ? 0 : (tree.blocks.get(parent)?.id ?? -1) + 1;
    const isNew = addBlock(tree, { id, hash, previous_block_hash: parent ?? null, timestamp: "", transactions: 0, miner: null });
    const block = tree.blocks.get(hash);
    if (isNew && block) added.push(block);
  }
  return added;
}

/** @param {Tree} tree */
const rows = (tree) => Object.fromEntries([...tree.blocks].map(([hash, block]) => [hash, block.row]));

/** @param {string} hash @param {Tree} tree */
function block(tree, hash) {
  const found = tree.blocks.get(hash);
  assert.ok(found);
  return found;
}

test("the chain of most nodes is row 0, branches take the first free row", () => {
  const tree = createTree();
  add(tree, "g a<g b<a c<b d<c e<d f<e g2<f h<g2 B<a C<B bb<a H<g2");
  place(tree, mostStoodOn(tree, ["h", "C", "h"]), []);
  assert.deepEqual(rows(tree), { g: 0, a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g2: 0, h: 0, B: 1, C: 1, bb: 2, H: 1 });
  assert.equal(tree.rows, 3);
});

test("no two blocks share a place, in random trees", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    let state = seed;
    const random = (/** @type {number} */ below) => (state = (state * 48271) % 2147483647) % below;
    const tree = createTree();
    const names = ["0"];
    add(tree, "0");
    for (let n = 1; n < 200; n += 1) {
      add(tree, `${n}<${names[Math.max(0, names.length - 1 - random(6))]}`);
      names.push(String(n));
    }
    place(tree, names[random(names.length)], []);
    const places = new Set([...tree.blocks.values()].map(({ id, row }) => `${id} ${row}`));
    assert.equal(places.size, 200, `seed ${seed}`);
    assert.ok([...tree.blocks.values()].every(({ row }) => row >= 0 && row < tree.rows), `seed ${seed}`);
  }
});

test("a block at a time, no two share a place and the main chain is row 0", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    let state = seed;
    const random = (/** @type {number} */ below) => (state = (state * 48271) % 2147483647) % below;
    const tree = createTree();
    place(tree, "0", add(tree, "0"));
    let main = "0";
    for (let n = 1; n < 150; n += 1) {
      const added = add(tree, `${n}<${Math.max(0, n - 1 - random(5))}`);
      if (random(3) > 0) main = String(n);
      place(tree, main, added);
      const places = new Set([...tree.blocks.values()].map(({ id, row }) => `${id} ${row}`));
      assert.equal(places.size, n + 1, `seed ${seed}, block ${n}`);
      const chain = [];
      for (let at = block(tree, main); at; at = tree.blocks.get(at.previous_block_hash ?? "") ?? /** @type {any} */ (null)) chain.push(at.row);
      assert.ok(chain.every((row) => row === 0), `seed ${seed}, block ${n}`);
      assert.equal([...tree.blocks.values()].filter(({ row }) => row === 0).length, chain.length);
      assert.ok([...tree.blocks.values()].every(({ row }) => row >= 0 && row < tree.rows));
    }
  }
});

test("of two blocks that come at once the side one takes the first row", () => {
  const tree = createTree();
  place(tree, "g", add(tree, "g"));
  place(tree, "a", add(tree, "a<g A<g"));
  assert.deepEqual(rows(tree), { g: 0, a: 0, A: 1 });
  place(tree, "b", add(tree, "b<a B<A"));
  assert.deepEqual(rows(tree), { g: 0, a: 0, A: 1, b: 0, B: 1 });
});

test("a reorganisation moves the two branches only", () => {
  const tree = createTree();
  place(tree, "b", add(tree, "g a<g b<a B<a A<g"));
  assert.deepEqual(rows(tree), { g: 0, a: 0, b: 0, B: 2, A: 1 });
  place(tree, "C", add(tree, "C<B"));
  assert.deepEqual(rows(tree), { g: 0, a: 0, b: 2, B: 0, C: 0, A: 1 });
});

test("blocks that come before their parents find them", () => {
  const tree = createTree();
  const upper = { id: 2, hash: "b", previous_block_hash: "a", timestamp: "", transactions: 1, miner: null };
  addBlock(tree, upper);
  place(tree, "b", []);
  assert.equal(tree.low, 2);
  addBlock(tree, { ...upper, id: 1, hash: "a", previous_block_hash: "g" });
  place(tree, "b", [block(tree, "a")]);
  assert.deepEqual(rows(tree), { b: 0, a: 0 });
  assert.equal(addBlock(tree, { ...upper, miner: "node1" }), false);
  assert.equal(block(tree, "b").miner, "node1");
});

test("of tips with as many nodes the highest is row 0's, then the one that was", () => {
  const tree = createTree();
  add(tree, "g a<g b<a A<g B<A c<b");
  assert.equal(mostStoodOn(tree, ["a", "b"]), "b");
  assert.equal(mostStoodOn(tree, ["a", "a", "b"]), "a");
  place(tree, "B", []);
  assert.equal(mostStoodOn(tree, ["b", "B"]), "B");
  assert.equal(mostStoodOn(tree, ["b", "B", "unknown", "unknown"]), "B");
  assert.equal(mostStoodOn(tree, []), "B");
});

test("arrows walk the tree", () => {
  const tree = createTree();
  add(tree, "g a<g b<a c<b d<c B<a C<B");
  place(tree, "d", []);
  const to = (/** @type {string} */ from, /** @type {"parent"|"child"|"up"|"down"} */ way) =>
    neighbour(tree, block(tree, from), way)?.hash;
  assert.equal(to("a", "child"), "b");
  assert.equal(to("B", "parent"), "a");
  assert.equal(to("c", "down"), "C");
  assert.equal(to("C", "up"), "c");
  assert.equal(to("g", "down"), "B");
  assert.equal(to("d", "child"), undefined);
  assert.equal(to("c", "up"), undefined);
});

test("where no node stands on a known block, the highest is the tip", () => {
  const tree = createTree();
  add(tree, "g a<g b<a B<a");
  assert.equal(mostStoodOn(tree, ["unknown"]), "b");
});

test("a side branch is stale, level, ahead or nobody's", () => {
  const tree = createTree();
  add(tree, "g a<g b<a c<b B<a C<B D<C A<g");
  place(tree, "c", []);
  const of = (/** @type {string} */ hash, stoodOn = true) => standing(tree, block(tree, hash), stoodOn);
  assert.equal(of("A"), "stale");
  assert.equal(of("D"), "ahead");
  assert.equal(of("D", false), "nobody's");
  assert.equal(of("C"), null);
  assert.equal(of("c"), null);
  place(tree, "D", []);
  assert.equal(of("c"), "stale");
  place(tree, "C", []);
  assert.equal(of("c"), "level");
  assert.deepEqual(between(tree, 3, 9).map(({ hash }) => hash), ["c", "C", "D"]);
});

test("a block on a long chain leaves the others alone", () => {
  const tree = createTree();
  const all = add(tree, "0");
  for (let n = 1; n < 1000; n += 1) all.push(...add(tree, n % 50 === 0 ? `${n}<${n - 1} s${n}<${n - 1}` : `${n}<${n - 1}`));
  place(tree, "999", all);
  // A mark that is gone once all are placed anew, which takes the longer the longer the chain is.
  block(tree, "500").row = 77;
  place(tree, "1000", add(tree, "1000<999"));
  place(tree, "1000", add(tree, "S<999"));
  place(tree, "T", add(tree, "T<S"));
  assert.equal(block(tree, "500").row, 77);
  assert.deepEqual([block(tree, "T").row, block(tree, "S").row, block(tree, "1000").row], [0, 0, 1]);
});
