// One controller with two windows, controllers that come and go, and nodes that do.

import assert from "node:assert/strict";
import { test } from "node:test";

import { context, flow, watch } from "./support/browser.js";
import { addresses, start } from "./support/program.js";
import { Screen } from "./support/screen.js";
import { PATIENCE_MS, until } from "./support/until.js";

/** @import {TestContext} from "node:test" */

const OPTIONS = { timeout: 2 * PATIENCE_MS };

flow("two browsers on one controller see the same", {}, async ({ screen, open }) => {
  const other = await open();
  await screen.mine("node2");
  await screen.steps(2);
  await other.atTick(2);
  await other.nodeSays("node2", /mining 2 of 3/);
  await other.until("all idle");
  const tick = await other.tick();
  await screen.atTick(tick);
  for (const name of ["node1", "node2", "node3"]) {
    await screen.nodeSays(name, /height 1\b/);
    const seen = [screen, other].map((each) => each.node(name).getAttribute("aria-label"));
    const [here, there] = await Promise.all(seen);
    assert.equal(here, there);
  }
});

/**
 * The page of a controller that was started by itself.
 * @param {TestContext} t
 * @param {string} address
 * @param {RegExp} allowed
 */
async function pageOf(t, address, allowed) {
  const made = await context();
  t.after(() => made.close());
  const page = await made.newPage();
  const wrong = watch(page, `http://${address}`, allowed);
  const screen = new Screen(page, `http://${address}`);
  await screen.open();
  return { screen, wrong };
}

test("a controller that was killed and is started again finds its nodes", OPTIONS, async (t) => {
  const mesh = await start("mesh", "--controller", "none", "--http-base", "0", "--p2p-base", "0");
  t.after(mesh.stop);
  const nodes = addresses(mesh).flatMap(({ url }) => ["--node", url]);
  const first = await start("controller", ...nodes, "--listen", "127.0.0.1:0");
  const address = first.ready.controller;
  // While the controller is gone its page asks in vain.
  const { screen, wrong } = await pageOf(t, address, /Failed to load resource|ERR_/);
  await screen.mine("node1");
  await screen.steps(2);
  await first.kill();
  await screen.page.getByText(/does not answer/i).first().waitFor();

  const second = await start("controller", ...nodes, "--listen", address);
  t.after(second.stop);
  await screen.page.getByText(/does not answer/i).first().waitFor({ state: "hidden" });
  await screen.atTick(2);
  await screen.nodeSays("node1", /mining 2 of 3/);
  await screen.until("all idle");
  for (const name of ["node1", "node2", "node3"]) await screen.nodeSays(name, /height 1\b/);
  assert.deepEqual(wrong, []);
});

test("a node that is killed while playing is shown as down, and play goes on", OPTIONS, async (t) => {
  const started = [];
  for (const name of ["node1", "node2", "node3"]) {
    const node = await start("node", "--name", name, "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--start");
    started.push(node);
  }
  const [node1, node2, node3] = started;
  t.after(() => Promise.all([node1.stop(), node3.stop()]));
  const nodes = started.flatMap((node) => ["--node", addresses(node)[0].url]);
  const controller = await start("controller", ...nodes, "--listen", "127.0.0.1:0");
  t.after(controller.stop);
  const { screen, wrong } = await pageOf(t, controller.ready.controller, /^$/);
  await screen.button("play", screen.banner).click();
  await until("it plays", async () => (await screen.tick()) >= 2);
  await node2.kill();
  await screen.nodeSays("node2", /down/);
  const tick = await screen.tick();
  await until("play goes on", async () => (await screen.tick()) >= tick + 3);
  await screen.nodeSays("node1", /idle/);
  await screen.button("pause", screen.banner).click();
  await screen.button("play", screen.banner).waitFor();
  assert.deepEqual(wrong, []);
});
