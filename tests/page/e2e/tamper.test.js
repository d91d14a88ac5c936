// A block that is tampered with is invalid, and stays refused when it is mined again.

import { flow } from "./support/browser.js";

flow("a block is tampered with, and the peers refuse it", {}, async ({ screen }) => {
  const { page } = screen;
  await screen.addPayment({ from: "aki", to: "so", value: 2, at: "node1" });
  await screen.mine("node1");
  await screen.until("all idle");
  await screen.block(1).click();
  await screen.button(/tamper/i).first().click();
  const workshop = screen.tamper();
  await workshop.getByLabel("value", { exact: true }).first().fill("9");
  await workshop.getByText(/invalid/i).first().waitFor();
  await workshop.getByRole("button", { name: /mine again|re-mine/i }).first().click();
  await workshop.getByRole("button", { name: /send/i }).first().click();
  for (const name of ["node1", "node2", "node3"]) {
    await page.getByText(new RegExp(`${name}.*(refused|which is less than)`, "i")).first().waitFor();
    await screen.nodeSays(name, /height 1\b/);
  }
});
