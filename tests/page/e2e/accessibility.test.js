// axe-core's rules, in every look of the page.

import assert from "node:assert/strict";

import axe from "axe-core";

import { flow } from "./support/browser.js";

/** @import {AxeResults} from "axe-core" */
/** @import {BrowserContextOptions} from "playwright-core" */
/** @import {Screen} from "./support/screen.js" */

/** @type {Record<string, BrowserContextOptions>} */
const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "high contrast": { colorScheme: "dark", contrast: "more" },
  "forced colours": { forcedColors: "active" },
  phone: { viewport: { width: 390, height: 844 } },
};

/**
 * Fails where axe-core finds what would keep somebody out.
 * @param {Screen} screen
 * @param {string} what
 */
async function check({ page }, what) {
  // Run by the browser's debugger, which the page's content security policy does not bind.
  await page.evaluate(axe.source);
  /** @type {AxeResults} */
  const results = await page.evaluate("axe.run({ iframes: false, resultTypes: ['violations'] })");
  const grave = results.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.flatMap(({ id, help, nodes }) => {
    return nodes.filter(({ html }) => !isFigure(id, html)).map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`);
  });
  assert.deepEqual(told, [], what);
}

/**
 * Whether the complaint is that a name does not repeat the figures drawn into a node or block: it says
 * them in words ("node1, idle, height 5" and not "#5 0 node1 idle tip 3fa9").
 * @param {string} rule
 * @param {string} html
 */
function isFigure(rule, html) {
  return rule === "label-content-name-mismatch" && html.startsWith("<g ");
}

for (const [look, window] of Object.entries(LOOKS)) {
  flow(`axe-core finds nothing serious: ${look}`, { window }, async ({ mesh, screen }) => {
    const { page } = screen;
    await check(screen, "at first");
    await mesh.act({ tx: { at: "node1", sender: "aki", recipient: "so", value: 2 } });
    await mesh.act({ mine: "node1" });
    await mesh.act({ mine: "node2" });
    await mesh.act({ until: { condition: "idle", limit: 50 } });
    await mesh.act({ cut: ["node1", "node2"] });
    await mesh.act({ crash: "node3" });
    await screen.nodeSays("node3", /crashed/);
    await check(screen, "with a fork, a cut link and a crashed node");
    for (const name of ["Save", "Lessons", "View", "Until"]) {
      await screen.menu(name);
      await check(screen, `with the menu ${name} open`);
      await page.keyboard.press("Escape");
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await check(screen, "with the help open");
    await page.keyboard.press("Escape");
    if (window.viewport) return;

    await screen.openTamper(1);
    await check(screen, "with a block tampered with");
    await page.keyboard.press("Escape");
    await screen.button("Table", screen.mesh).click();
    await screen.mesh.getByRole("table", { name: "Nodes" }).waitFor();
    await check(screen, "as a table");
  });
}
