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

flow("picture: a fork", { window: { ...WIDE, colorScheme: "light" } }, async ({ mesh, screen }) => {
  await mesh.act({ tx: { at: "node1", sender: "aki", recipient: "so", value: 2 } });
  await mesh.act({ tick: 4 });
  await mesh.act({ mine: "node1" });
  await mesh.act({ until: { condition: "idle", limit: 50 } });
  await mesh.act({ tx: { at: "node3", sender: "so", recipient: "satoshi", value: 4 } });
  await mesh.act({ tick: 4 });
  await mesh.act({ mine: "node1" });
  await mesh.act({ mine: "node2" });
  await mesh.act({ until: { condition: "idle", limit: 50 } });
  await screen.nodeSays("node2", /height 2\b/);
  await screen.node("node2").click();
  await picture(screen, "page-fork");
});

flow("picture: tampering, in the dark", { window: { ...WIDE, colorScheme: "dark" } }, async ({ mesh, screen }) => {
  await mesh.act({ tx: { at: "node1", sender: "aki", recipient: "so", value: 2 } });
  await mesh.act({ mine: "node1" });
  await mesh.act({ until: { condition: "idle", limit: 50 } });
  await screen.nodeSays("node2", /height 1\b/);
  await screen.block(1).click();
  await screen.button(/tamper/i).first().click();
  await screen.tamper().getByLabel("value", { exact: true }).first().fill("9");
  await screen.tamper().getByText(/invalid/i).first().waitFor();
  await picture(screen, "page-tamper");
});

flow("picture: a lesson on a phone", { window: { viewport: { width: 390, height: 760 }, deviceScaleFactor: 2 } }, async ({ screen }) => {
  await screen.openLesson(/first payment/i);
  await screen.button("Next", screen.lesson).click();
  await picture(screen, "page-phone");
});
