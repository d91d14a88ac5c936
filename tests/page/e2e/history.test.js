// Going back, and coming back to what was saved.

import assert from "node:assert/strict";

import { flow } from "./support/browser.js";
import { until } from "./support/until.js";

flow("going back and acting opens a branch, and the old future stays", {}, async ({ screen }) => {
  await screen.steps(2);
  await screen.mine("node1");
  await screen.steps(5);
  await screen.nodeSays("node2", /height 1\b/);
  const first = await screen.tip("node2");
  for (let tick = 6; tick >= 1; tick--) {
    await screen.button("back", screen.banner).click();
    await screen.atTick(tick);
  }
  await screen.nodeSays("node2", /height 0\b/);

  await screen.mine("node3");
  await screen.timeline.getByRole("button", { name: /what-if-1/ }).waitFor();
  await screen.steps(5);
  await screen.nodeSays("node2", /height 1\b/);
  const second = await screen.tip("node2");
  assert.notEqual(second, first, "another node mined the block");

  for (const [branch, tick, tip] of /** @type {const} */ ([["main", 7, first], ["what-if-1", 6, second]])) {
    await screen.goToBranch(branch);
    await screen.atTick(tick);
    await until(`node2 stands on the tip of ${branch}`, async () => (await screen.tip("node2")) === tip);
  }
});

flow("what was saved is loaded after the page was loaded anew", {}, async ({ screen }) => {
  await screen.mine("node3");
  await screen.until("all idle");
  const tick = await screen.tick();
  const file = await screen.download();

  await screen.reset();
  await screen.atTick(0);
  await screen.nodeSays("node1", /height 0\b/);
  await screen.page.reload();
  await screen.nodeSays("node1", /height 0\b/);

  await screen.load(file);
  await screen.atTick(tick);
  for (const name of ["node1", "node2", "node3"]) await screen.nodeSays(name, /height 1\b/);
});

flow("a snapshot is restored as often as one likes", {}, async ({ screen }) => {
  await screen.saveSnapshot("fresh");
  for (const steps of [2, 3]) {
    await screen.steps(steps);
    await screen.restoreSnapshot("fresh");
    await screen.atTick(0);
  }
});
