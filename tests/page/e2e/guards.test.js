// What other people's pages can do to nodes and controller, in a real browser: nothing.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { launch } from "./support/browser.js";
import { startMesh } from "./support/program.js";
import { PATIENCE_MS } from "./support/until.js";

/** @import {AddressInfo} from "node:net" */
/** @import {Page} from "playwright-core" */
/** @import {TestContext} from "node:test" */
/** @import {Mesh} from "./support/program.js" */

const OPTIONS = { timeout: 2 * PATIENCE_MS };

/**
 * Everything there is to see of the network.
 * @param {Mesh} mesh
 */
async function everything(mesh) {
  const addresses = [`${mesh.url}/network`, ...mesh.nodes.map(({ url }) => `${url}/state`)];
  return Promise.all(addresses.map(async (address) => (await fetch(address)).json()));
}

/**
 * A page that belongs to somebody else, under a name of its own on this machine.
 * @param {TestContext} t
 */
async function foreignPage(t) {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const browser = await launch("--host-resolver-rules=MAP evil.test 127.0.0.1");
  const page = await browser.newPage();
  await page.goto(`http://evil.test:${/** @type {AddressInfo} */ (server.address()).port}/`);
  return page;
}

/**
 * Puts an image into the page and waits until it came or was refused.
 * @param {Page} page
 * @param {string} src
 */
async function showImage(page, src) {
  const asked = page.waitForRequest(src);
  await page.evaluate((src) => new Promise((resolve) => {
    const image = new Image();
    image.onload = image.onerror = resolve;
    image.src = src;
    document.body.append(image);
  }), src);
  await asked;
}

/**
 * Runs this in the page and gives the status of what it asks of that address.
 * @param {Page} page
 * @param {string} url
 * @param {() => Promise<unknown>} ask
 */
async function statusOf(page, url, ask) {
  const answered = page.waitForResponse((response) => response.url() === url);
  await ask();
  return (await answered).status();
}

test("a foreign page's <img> does not make a node mine", OPTIONS, async (t) => {
  const mesh = await startMesh();
  t.after(mesh.stop);
  const page = await foreignPage(t);
  const before = await everything(mesh);
  const { url } = mesh.nodes[0];
  await showImage(page, `${url}/mine`);
  assert.deepEqual(await everything(mesh), before);
  // On a page of the node's own it would: that the image is asked for is sure.
  await page.goto(`${url}/status`);
  await showImage(page, `${url}/mine`);
  assert.notDeepEqual(await everything(mesh), before);
});

test("a foreign page's fetch does nothing to nodes and controller", OPTIONS, async (t) => {
  const mesh = await startMesh();
  t.after(mesh.stop);
  const page = await foreignPage(t);
  const before = await everything(mesh);
  const action = JSON.stringify({ mine: "node1" });
  /** @type {[string, RequestInit][]} */
  const asked = [
    [`${mesh.nodes[0].url}/mine`, { mode: "no-cors" }],
    [`${mesh.nodes[0].url}/mine`, { mode: "no-cors", method: "POST" }],
    [`${mesh.url}/do`, { mode: "no-cors", method: "POST", body: action }],
    [`${mesh.url}/pause`, { mode: "no-cors", method: "POST" }],
  ];
  for (const [url, options] of asked) {
    const fetched = () => page.evaluate(([url, options]) => fetch(url, options).catch(() => {}), /** @type {const} */ ([url, options]));
    assert.equal(await statusOf(page, url, fetched), 403, `${options.method ?? "GET"} ${url}`);
  }
  // JSON asks for permission first, and gets none.
  const json = { method: "POST", body: action, headers: { "content-type": "application/json" } };
  const refused = page.evaluate(([url, options]) => fetch(url, options).then(() => "answered", String), /** @type {const} */ ([`${mesh.url}/do`, json]));
  assert.match(await refused, /TypeError/);
  assert.deepEqual(await everything(mesh), before);
});

test("a name that was rebound to this machine is refused", OPTIONS, async (t) => {
  const mesh = await startMesh();
  t.after(mesh.stop);
  const before = await everything(mesh);
  const browser = await launch("--host-resolver-rules=MAP evil.test 127.0.0.1");
  const page = await browser.newPage();
  for (const own of [mesh.url, mesh.nodes[0].url]) {
    const rebound = own.replace("127.0.0.1", "evil.test");
    for (const path of ["/", "/network", "/dashboard/main.js", "/mine"]) {
      const answer = await page.goto(rebound + path);
      assert.equal(answer?.status(), 421, rebound + path);
    }
    // From here on the browser takes the page for one of that origin.
    const statuses = await page.evaluate(async () => {
      const post = { method: "POST", body: '{"mine":"node1"}', headers: { "content-type": "application/json" } };
      const answers = [await fetch("/mine"), await fetch("/do", post), await fetch("/events")];
      return answers.map(({ status }) => status);
    });
    assert.deepEqual(statuses, [421, 421, 421]);
  }
  assert.deepEqual(await everything(mesh), before);
});
