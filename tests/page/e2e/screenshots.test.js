// The pictures in README. `npm run screenshots` writes them into docs/; an ordinary run makes them too,
// in memory, and looks at their size.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";

import { flow } from "./support/browser.js";

/** @import {Screen} from "./support/screen.js" */

/** More than this a picture in the repository should not take. */
const MAX_BYTES = 150_000;

const directory = process.env.SCREENSHOTS;

/**
 * Makes a picture of what the page shows.
 * @param {Screen} screen
 * @param {string} name
 */
async function picture({ page }, name) {
  const debug = await page.context().newCDPSession(page);
  const { data } = await debug.send("Page.captureScreenshot", { format: "webp", quality: 85 });
  const bytes = Buffer.from(data, "base64");
  assert.ok(bytes.length > 5_000, `${name}: ${bytes.length} bytes show nothing`);
  assert.ok(bytes.length < MAX_BYTES, `${name} takes ${bytes.length} bytes`);
  if (directory) await writeFile(`${directory}/${name}.webp`, bytes);
}

const WIDE = { viewport: { width: 1280, height: 800 } };

const FIVE = { window: { ...WIDE, colorScheme: /** @type {const} */ ("light") }, mesh: ["--nodes", "5", "--topology", "ring"] };

flow("picture: two blocks on their way, a fork", FIVE, async ({ mesh, screen }) => {
  for (const [at, sender, recipient, value] of [["node1", "aki", "so", 2], ["node3", "so", "satoshi", 4]]) {
    await mesh.act({ tx: { at, sender, recipient, value } });
    await mesh.act({ mine: at });
    await mesh.act({ until: { condition: "idle", limit: 50 } });
  }
  await mesh.act({ tx: { at: "node2", sender: "so", recipient: "aki", value: 1 } });
  await mesh.act({ until: { condition: "idle", limit: 50 } });
  await mesh.act({ mine: "node1" });
  await mesh.act({ mine: "node3" });
  // Three clocks of mining, then the blocks are sent.
  await mesh.act({ tick: 4 });
  await screen.nodeSays("node3", /broadcasting/);
  await screen.node("node1").click();
  await screen.payment("aki", "so", 2).waitFor({ state: "detached" });
  await picture(screen, "page");
});

flow("picture: tampering, in the dark", { window: { ...WIDE, colorScheme: "dark" } }, async ({ mesh, screen }) => {
  await mesh.act({ tx: { at: "node1", sender: "aki", recipient: "so", value: 2 } });
  for (const node of ["node1", "node2", "node3"]) {
    await mesh.act({ mine: node });
    await mesh.act({ until: { condition: "idle", limit: 50 } });
  }
  await screen.nodeSays("node2", /height 3\b/);
  const dialog = await screen.openTamper(1);
  await dialog.getByRole("textbox", { name: /^value of payment 1/ }).fill("9");
  await dialog.getByText(/✗/).first().waitFor();
  await picture(screen, "page-tamper");
});

flow("picture: a lesson on a phone", { window: { viewport: { width: 390, height: 760 }, deviceScaleFactor: 2 } }, async ({ screen }) => {
  await screen.openLesson(/first payment/i);
  // At the fourth step the payment travels.
  for (let step = 1; step <= 4; step++) {
    await screen.button("Next", screen.lesson).click();
    await screen.lesson.getByText(`step ${step} of`).waitFor();
  }
  await screen.nodeSays("node3", /receiving/);
  await picture(screen, "page-phone");
});
