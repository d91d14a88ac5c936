// What a user finds on the page, by role and name: no class, id or place is used here, so that the
// page may look as it likes.

import { until } from "./until.js";

/** @import {Locator, Page} from "playwright-core" */

/** More presses of Tab than the page has things to reach. */
const MAX_TABS = 200;

export class Screen {
  /**
   * @param {Page} page
   * @param {string} url  the controller's
   */
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.banner = page.getByRole("banner");
    this.reading = this.banner.getByRole("paragraph");
    this.mesh = this.region("mesh");
    this.blocks = this.region("blocks");
    this.panel = this.region("what is selected");
    this.pay = this.region("pay");
    this.log = this.region("log");
    this.timeline = this.region("timeline");
    this.lesson = this.region("lesson");
  }

  /** Opens the page and waits until it shows the nodes. */
  async open() {
    await this.page.goto(this.url);
    await this.node("node1").waitFor();
  }

  /** @param {string} name */
  region(name) {
    return this.page.getByRole("region", { name, exact: true });
  }

  /**
   * A button by its whole name, in capitals or not, or by a part of it.
   * @param {string|RegExp} name
   * @param {Locator|Page} [within]
   */
  button(name, within = this.page) {
    const whole = typeof name === "string" ? new RegExp(`^${name}$`, "i") : name;
    return within.getByRole("button", { name: whole });
  }

  /** @param {string} name */
  node(name) {
    return this.mesh.getByRole("button", { name: new RegExp(`^${name},`) });
  }

  /**
   * The node, once its name says so: "node1, mining 2 of 3, height 5".
   * @param {string} name
   * @param {RegExp} says
   */
  async nodeSays(name, says) {
    await this.mesh.getByRole("button", { name: new RegExp(`^${name},.*${says.source}`) }).waitFor();
  }

  /**
   * The line between two nodes.
   * @param {string} a
   * @param {string} b
   */
  link(a, b) {
    return this.mesh.getByRole("button", { name: new RegExp(`link.*\\b${a}\\b.*\\b${b}\\b`, "i") });
  }

  /** The first digits of the hash that this node stands on. @param {string} name */
  async tip(name) {
    const block = this.blocks.getByRole("button", { name: new RegExp(`tip of .*\\b${name}\\b`) });
    return /hash (\w+)/.exec((await block.getAttribute("aria-label")) ?? "")?.[1];
  }

  /** Waits until the page shows this tick. @param {number} tick */
  async atTick(tick) {
    await this.reading.filter({ hasText: new RegExp(`^tick ${tick}(?!\\d)`) }).waitFor();
  }

  /** The tick that is shown. */
  async tick() {
    const text = await this.reading.filter({ hasText: /^tick \d+/ }).textContent();
    return Number(/\d+/.exec(text ?? "")?.[0]);
  }

  /** One tick, seen on the page. */
  async step() {
    const before = await this.tick();
    await this.button("step", this.banner).click();
    await this.atTick(before + 1);
  }

  /** @param {number} ticks */
  async steps(ticks) {
    for (let i = 0; i < ticks; i++) await this.step();
  }

  /** Opens a menu of the bar on top. @param {string} name */
  async menu(name) {
    await this.button(name, this.banner).click();
  }

  /**
   * What the controller answers to the action that a click brings about.
   * @param {Locator} button
   * @returns {Promise<any>}
   */
  async act(button) {
    const answered = this.page.waitForResponse((response) => response.url() === `${this.url}/do`);
    await button.click();
    return (await answered).json();
  }

  /** Ticks until the condition holds. @param {string} condition as the menu names it */
  async until(condition) {
    await this.menu("Until");
    const { tick } = await this.act(this.button(condition, this.banner));
    await this.atTick(tick);
  }

  /**
   * Adds a payment by the form.
   * @param {{from: string, to: string, value: number, at: string}} payment
   */
  async addPayment({ from, to, value, at }) {
    await choose(this.payField("from"), from);
    await choose(this.payField("to"), to);
    await choose(this.payField("value"), String(value));
    await choose(this.payField("at"), at);
    await this.act(this.button("Add", this.pay));
  }

  /** @param {string} name */
  payField(name) {
    const options = { name, exact: true };
    return this.pay.getByRole("combobox", options).or(this.pay.getByRole("textbox", options));
  }

  /**
   * A payment in one of the panel's lists.
   * @param {string} from
   * @param {string} to
   * @param {number} value
   */
  payment(from, to, value) {
    return this.panel.getByRole("row", { name: `${from} ${to} ${value}`, exact: true });
  }

  /**
   * Selects a node and asks it to mine.
   * @param {string} name
   */
  async mine(name) {
    await this.node(name).click();
    await this.panel.getByRole("heading", { name }).waitFor();
    await this.act(this.button("Mine", this.panel));
  }

  /**
   * Clicks a link and waits until it is cut or up.
   * @param {Locator} link
   * @param {"cut"|"up"} state
   */
  async toggleLink(link, state) {
    await link.click();
    await until(`the link is ${state}`, async () => {
      return new RegExp(`, ${state}\\b`).test((await link.getAttribute("aria-label")) ?? "");
    });
  }

  /** Goes to the last tick of another branch of history. @param {string} name */
  async goToBranch(name) {
    await this.timeline.getByRole("button", { name: new RegExp(`\\b${name}\\b`) }).click();
    const slider = this.timeline.getByRole("slider");
    await slider.press("End");
    const answered = this.page.waitForResponse(`${this.url}/goto`);
    await slider.press("Enter");
    await answered;
  }

  /** Agrees in the dialog that asks. @param {string} yes */
  async agree(yes) {
    await this.page.getByRole("dialog").getByRole("button", { name: new RegExp(`^${yes}`) }).click();
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
  }

  /** Resets all nodes. */
  async reset() {
    await this.page.keyboard.press("r");
    await this.agree("Reset");
  }

  /** Saves the network to a file, and gives its path. */
  async download() {
    await this.menu("Save");
    const downloading = this.page.waitForEvent("download");
    await this.button("Download network file").click();
    const path = await (await downloading).path();
    await this.page.keyboard.press("Escape");
    return path;
  }

  /** Loads a file that was saved. @param {string} path */
  async load(path) {
    await this.menu("Save");
    const choosing = this.page.waitForEvent("filechooser");
    await this.button(/^Load from file/).click();
    await (await choosing).setFiles(path);
    await this.agree("Load");
  }

  /** @param {string} name */
  async saveSnapshot(name) {
    await this.menu("Save");
    await this.page.getByRole("textbox", { name: "name of the snapshot" }).fill(name);
    await this.page.keyboard.press("Enter");
    await this.button(`restore ${name}`).waitFor();
    await this.page.keyboard.press("Escape");
  }

  /** @param {string} name */
  async restoreSnapshot(name) {
    await this.menu("Save");
    await this.button(`restore ${name}`).click();
    await this.agree("Restore");
    await this.page.keyboard.press("Escape");
  }

  /** @param {RegExp} title */
  async openLesson(title) {
    await this.menu("Lessons");
    await this.page.getByRole("button", { name: title }).first().click();
    await this.lesson.waitFor();
  }

  /** Opens a copy of a block, and gives the dialog. @param {number} id */
  async openTamper(id) {
    await this.block(id).first().click();
    await this.button(/^tamper/i, this.blocks).click();
    const dialog = this.page.getByRole("dialog", { name: /tamper/i });
    await dialog.waitFor();
    return dialog;
  }

  /** The blocks of the tree with this id. @param {number} id */
  block(id) {
    return this.blocks.getByRole("button", { name: new RegExp(`^block ${id}\\b`, "i") });
  }

  /**
   * Presses Tab until this, or one of these, has the focus, as one does without a mouse.
   * @param {Locator} target
   */
  async tabTo(target) {
    for (let presses = 0; presses < MAX_TABS; presses++) {
      if (await target.evaluateAll((elements) => elements.some((element) => element === document.activeElement))) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`${target} is not reached by ${MAX_TABS} presses of Tab`);
  }
}

/**
 * Sets a field, whether it is one to write in or one to choose from.
 * @param {Locator} field
 * @param {string} value
 */
export async function choose(field, value) {
  const isSelect = await field.evaluate((element) => element instanceof HTMLSelectElement);
  await (isSelect ? field.selectOption(value) : field.fill(value));
}
