// A block that is tampered with is invalid, and so is all after it; mined again, the peers look at what
// it says.

import assert from "node:assert/strict";

import { flow } from "./support/browser.js";

/** @import {Locator} from "playwright-core" */

const NODES = ["node1", "node2", "node3"];

/**
 * @param {Locator} dialog
 * @param {RegExp} what
 */
async function refusedByAll(dialog, what) {
  for (const name of NODES) {
    await dialog.getByRole("listitem").filter({ hasText: new RegExp(`${name} refuses .*${what.source}`) }).first().waitFor();
  }
}

flow("a block is tampered with, and the peers refuse it", {}, async ({ mesh, screen }) => {
  await mesh.act({ tx: { at: "node1", sender: "aki", recipient: "so", value: 2 } });
  for (const node of ["node1", "node2"]) {
    await mesh.act({ mine: node });
    await mesh.act({ until: { condition: "idle", limit: 50 } });
  }
  const dialog = await screen.openTamper(1);
  const copies = dialog.getByRole("list", { name: "the copied blocks" }).getByRole("listitem");
  assert.equal(await copies.count(), 2);
  const valid = copies.getByText(/✓ valid/);
  const value = copies.first().getByRole("textbox", { name: /^value of payment 1/ });
  assert.equal(await valid.count(), 2);

  await value.fill("1");
  await valid.first().waitFor({ state: "detached" });
  assert.equal(await valid.count(), 0, "the block after it is invalid as well");
  await screen.button(/^Re-mine all/, dialog).click();
  await valid.nth(1).waitFor();

  await value.fill("9");
  await screen.button("send block 1 to the peers", dialog).click();
  await refusedByAll(dialog, /block 1/);

  // With the work done again, and more of it than the nodes' chain has, they look at what it says.
  await screen.button(/^Re-mine all/, dialog).click();
  await copies.first().getByText(/aki has 2/).waitFor();
  await screen.button("Add a block", dialog).click();
  await screen.button(/^Re-mine all/, dialog).click();
  await copies.nth(2).getByText(/\d\d zero bits/).waitFor();
  await screen.button(/^Send all/, dialog).click();
  await screen.button(/^Step/, dialog).click();
  await refusedByAll(dialog, /aki has 2, which is less than the 9 to be paid/);
  await screen.page.keyboard.press("Escape");
  for (const name of NODES) await screen.nodeSays(name, /height 2\b/);
});
