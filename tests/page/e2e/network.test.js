// What comes of several nodes: forks, cut links, nodes that are gone.

import assert from "node:assert/strict";

import { flow } from "./support/browser.js";
import { until } from "./support/until.js";

flow("a fork is seen, and healed", {}, async ({ screen }) => {
  await screen.mine("node1");
  await screen.mine("node2");
  await screen.until("all idle");
  await until("both blocks are shown", async () => (await screen.block(1).count()) === 2);
  await screen.nodeSays("node2", /height 1\b/);

  await screen.mine("node2");
  await screen.until("all idle");
  for (const name of ["node1", "node2", "node3"]) await screen.nodeSays(name, /height 2\b/);
  assert.equal(await screen.block(2).count(), 1);
  assert.equal(await screen.block(1).count(), 2, "the block that lost is still shown");
  const stale = screen.blocks.getByRole("button", { name: /^block 1\b.*\bstale\b/ });
  assert.equal(await stale.count(), 1);
});

flow("a link is cut and healed by mouse", {}, async ({ screen }) => {
  const links = [screen.link("node1", "node2"), screen.link("node1", "node3")];
  for (const link of links) await screen.toggleLink(link, "cut");
  await screen.addPayment({ from: "so", to: "aki", value: 3, at: "node1" });
  await screen.until("all idle");
  await screen.node("node1").click();
  await screen.payment("so", "aki", 3).waitFor();
  await screen.node("node2").click();
  await screen.panel.getByRole("heading", { name: "node2" }).waitFor();
  await screen.panel.getByRole("table", { name: "Accounts" }).waitFor();
  assert.equal(await screen.payment("so", "aki", 3).count(), 0, "node2 cannot know the payment");

  for (const link of links) await screen.toggleLink(link, "up");
  await screen.until("all idle");
  await screen.payment("so", "aki", 3).waitFor();
});

flow("a node is crashed and started again", {}, async ({ screen }) => {
  await screen.mine("node1");
  await screen.until("all idle");
  await screen.node("node2").click();
  await screen.button("Crash", screen.panel).click();
  await screen.nodeSays("node2", /crashed/);
  await screen.steps(2);
  await screen.button(/^(start|restart)/i, screen.panel).click();
  await screen.until("all idle");
  await screen.nodeSays("node2", /height 1\b/);
});
