// Debian's Chromium, and pages in it that tell what should not have happened.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chromium } from "playwright-core";

import { startMesh } from "./program.js";
import { Screen } from "./screen.js";
import { PATIENCE_MS } from "./until.js";

/** @import {Browser, BrowserContext, BrowserContextOptions, Page} from "playwright-core" */
/** @import {Mesh} from "./program.js" */

/** What keeps Chromium from talking to anyone by itself; root has no sandbox. */
const ARGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** @type {Browser[]} */
const browsers = [];
after(async () => {
  for (const browser of browsers) await browser.close();
});

/**
 * A browser of its own, closed when the file's tests have ended.
 * @param {...string} args
 */
export async function launch(...args) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: [...ARGS, ...args] });
  browsers.push(browser);
  return browser;
}

/** @type {Promise<Browser>|undefined} */
let shared;

/**
 * A window that shares nothing with others, in the browser that the file's tests share.
 * @param {BrowserContextOptions} [options]
 * @returns {Promise<BrowserContext>}
 */
export async function context(options = {}) {
  shared ??= launch();
  const viewport = { width: 1280, height: 800 };
  const made = await (await shared).newContext({ viewport, reducedMotion: "reduce", ...options });
  made.setDefaultTimeout(PATIENCE_MS);
  return made;
}

/**
 * Notes console errors, uncaught errors and requests to others than the controller.
 * @param {Page} page
 * @param {string} origin
 * @param {RegExp} [allowed]  errors that the test brings about
 * @returns {string[]} what was noted so far
 */
export function watch(page, origin, allowed) {
  /** @type {string[]} */
  const wrong = [];
  /** @param {string} what */
  const note = (what) => {
    if (!allowed?.test(what)) wrong.push(what);
  };
  page.on("console", (message) => {
    const { url, lineNumber } = message.location();
    if (["error", "warning", "assert"].includes(message.type())) note(`console: ${message.text()} (${url}:${lineNumber})`);
  });
  page.on("pageerror", (error) => note(`uncaught: ${error.stack ?? error}`));
  page.on("request", (request) => {
    // What a page makes itself is asked of nobody.
    const local = /^(data|blob):/.test(request.url());
    if (!local && new URL(request.url()).origin !== origin) note(`request to ${request.url()}`);
  });
  return wrong;
}

/**
 * @typedef {object} Flow
 * @property {Mesh} mesh
 * @property {Screen} screen  the page, open
 * @property {(options?: BrowserContextOptions) => Promise<Screen>} open  one more browser window on it
 */

/**
 * @typedef {object} FlowOptions
 * @property {string[]} [mesh]  arguments of `tickchain mesh`
 * @property {BrowserContextOptions} [window]
 * @property {RegExp} [allowed]  errors that the test brings about
 */

/**
 * A test on the page of a mesh of its own. It fails, too, when the page has written an error to the
 * console, thrown one, or asked anyone but its controller for anything.
 * @param {string} title
 * @param {FlowOptions} options
 * @param {(flow: Flow) => Promise<void>} body
 */
export function flow(title, options, body) {
  test(title, { timeout: 2 * PATIENCE_MS }, async (t) => {
    const mesh = await startMesh(...(options.mesh ?? []));
    t.after(mesh.stop);
    /** @type {string[][]} */
    const noted = [];
    /** @param {BrowserContextOptions} [window] */
    const open = async (window = options.window) => {
      const made = await context(window);
      t.after(() => made.close());
      const page = await made.newPage();
      noted.push(watch(page, mesh.url, options.allowed));
      const screen = new Screen(page, mesh.url);
      await screen.open();
      return screen;
    };
    const screen = await open();
    try {
      await body({ mesh, screen, open });
    } catch (error) {
      if (noted.flat().length > 0) t.diagnostic(noted.flat().join("\n"));
      await keepPicture(screen, title);
      throw error;
    }
    assert.deepEqual(noted.flat(), [], "the page did what it should not");
  });
}

/**
 * What the page looks like when a test has failed, where PICTURES names a directory for it.
 * @param {Screen} screen
 * @param {string} title
 */
async function keepPicture({ page }, title) {
  if (!process.env.PICTURES) return;
  await page.screenshot({ path: `${process.env.PICTURES}/${title.replaceAll(/\W+/g, "-")}.png` });
}
