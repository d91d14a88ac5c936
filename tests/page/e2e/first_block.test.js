// From the first payment to the first block, by each way there is to use the page.

import { flow } from "./support/browser.js";

/** @import {Screen} from "./support/screen.js" */

const NODES = ["node1", "node2", "node3"];

/**
 * The block and what it did, as the page shows them.
 * @param {Screen} screen
 */
async function seesBlock(screen) {
  for (const name of NODES) await screen.nodeSays(name, /height 1\b/);
  await screen.payment("aki", "so", 2).waitFor();
}

/**
 * A balance in the panel's list of accounts.
 * @param {Screen} screen
 * @param {string} account
 * @param {number} balance
 */
async function seesBalance(screen, account, balance) {
  const table = screen.panel.getByRole("table", { name: /accounts/i });
  await table.getByRole("row", { name: new RegExp(`^${account}\\s+${balance}\\b`) }).waitFor();
}

flow("from the first payment to the first block by mouse", {}, async ({ screen }) => {
  await screen.addPayment({ from: "aki", to: "so", value: 2, at: "node1" });
  await screen.step();
  await screen.nodeSays("node1", /receiving/);
  await screen.step();
  await screen.nodeSays("node1", /broadcasting/);
  await screen.nodeSays("node3", /receiving/);
  await screen.steps(2);
  await screen.node("node3").click();
  await screen.payment("aki", "so", 2).waitFor();

  await screen.mine("node1");
  await screen.step();
  await screen.nodeSays("node1", /mining 1 of 3/);
  await screen.steps(3);
  await screen.nodeSays("node1", /broadcasting/);
  await screen.steps(2);
  await seesBalance(screen, "aki", 0);
  await seesBalance(screen, "so", 9);
  await screen.block(1).click();
  await seesBlock(screen);
});

flow("from the first payment to the first block by keyboard", {}, async ({ screen }) => {
  const { keyboard } = screen.page;
  await keyboard.press("Space");
  await screen.button("pause", screen.banner).waitFor();
  await keyboard.press("Space");
  await screen.button("play", screen.banner).waitFor();
  let tick = await screen.tick();
  /** @param {number} ticks */
  const steps = async (ticks) => {
    for (let i = 0; i < ticks; i++) {
      await keyboard.press("ArrowRight");
      await screen.atTick(++tick);
    }
  };
  await keyboard.press("t");
  for (const [field, value] of [["from", "aki"], ["to", "so"], ["value", "2"], ["at", "node1"]]) {
    await screen.tabTo(screen.payField(field));
    // Selects what a field holds, so that it is written over; the first letters choose in a list.
    await keyboard.press("Control+A");
    await keyboard.type(value);
  }
  await screen.tabTo(screen.button("Add", screen.pay));
  await keyboard.press("Enter");
  await screen.pay.getByText(/accepted/).waitFor();
  // A letter that is typed into a field is no command, so the field has to be left first.
  await keyboard.press("Escape");
  await steps(4);
  await keyboard.press("1");
  await screen.panel.getByRole("heading", { name: "node1" }).waitFor();
  await keyboard.press("m");
  await steps(6);
  // The tree is one stop of Tab; arrows walk along it.
  await screen.tabTo(screen.blocks.getByRole("button", { name: /^block \d/ }));
  await keyboard.press("Home");
  await keyboard.press("ArrowRight");
  await keyboard.press("Enter");
  await seesBlock(screen);

  await keyboard.press("?");
  await screen.page.getByRole("dialog").getByText(/one tick back/).waitFor();
  await keyboard.press("Escape");
  await screen.page.getByRole("dialog").waitFor({ state: "detached" });
});
