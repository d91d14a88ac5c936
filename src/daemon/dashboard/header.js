// The bar on top: which tick it is, what moves time, the menus.

import { LIMIT, running, SPEEDS_MS, USUAL_SPEED } from "./clockwork.js";
import { el, set, setText } from "./dom.js";
import { openHelp } from "./help.js";
import { icon } from "./icons.js";
import * as lessons from "./lessons.js";
import { menu } from "./menu.js";
import * as save from "./save.js";
import { themeChoice } from "./theme.js";

/** @import {Activity, Api, Network, Store} from "./types.js" */
/** @import {Clockwork} from "./clockwork.js" */
/** @import {Icon} from "./icons.js" */

/** What one can wait for. */
const CONDITIONS = /** @type {const} */ ([
  ["block", "a new block", "until a block is mined"],
  ["idle", "all idle", "until every node is idle"],
  ["one-tip", "all on one tip", "until every node stands on the same block"],
]);

/**
 * @param {HTMLElement} element
 * @param {Store} store
 * @param {Api} api
 * @param {Clockwork} time
 */
export function mount(element, store, api, time) {
  const tick = el("strong", { id: "tick" }, "–");
  const where = el("span", { id: "where" });
  const brand = el("h1", {}, el("img", { src: "/dashboard/icon.svg", alt: "", width: 28, height: 28 }),
    el("span", { class: "brand" }, "tickchain"));
  const reading = el("p", { class: "reading" }, el("span", {}, "tick ", tick), where);

  const first = tool("first", "back to the first tick", time.toStart);
  const back = tool("back", "one tick back (←)", () => time.back(), "back");
  const play = tool("play", "play (space)", time.playOrPause, "play");
  const step = tool("step", "one tick (→)", () => time.step(), "step");
  back.id = "back";
  play.id = "play";
  step.id = "step";
  step.classList.add("primary", "icon-last");
  const transport = el("div", { class: "transport", role: "group", "aria-label": "time" }, first, back, play, step);

  const saveMenu = menu("save", "Save", "Save, load and snapshots");
  const lessonsMenu = menu("lessons", "Lessons", "Lessons: guided scenarios");
  save.mount(saveMenu.box, store, api);
  lessons.mount(lessonsMenu.box, store, api);
  const viewMenu = menu("view", "View", "How the page looks", icon("view"));
  viewMenu.box.append(themeChoice());
  const help = el("button", { type: "button", id: "help", title: "help and keys (?)", "aria-label": "help", onclick: openHelp }, "?");
  element.append(brand, reading, transport, speed(time), until(time),
    el("div", { class: "menus" }, saveMenu.element, lessonsMenu.element, viewMenu.element, help));

  store.on("network", (network) => {
    setText(tick, network.position.tick);
    setText(where, whereText(network));
    show(network);
  });

  /** @param {Network} network */
  function show(network) {
    const playing = running(network) !== null;
    setButton(play, playing ? "pause" : "play", playing ? "pause" : "play");
    set(play, { title: playing ? "pause (space)" : "play (space)", "aria-pressed": String(playing) });
    const atFirst = network.position.tick <= time.first();
    first.disabled = atFirst;
    back.disabled = atFirst;
    element.classList.toggle("playing", playing);
  }
}

/**
 * @param {Icon} name
 * @param {string} title
 * @param {() => unknown} onclick
 * @param {string} [label]
 */
function tool(name, title, onclick, label) {
  const text = label ? el("span", { class: "label" }, label) : null;
  return el("button", { type: "button", title, "aria-label": label ? null : title, onclick }, icon(name), text);
}

/**
 * @param {HTMLButtonElement} button
 * @param {Icon} name
 * @param {string} label
 */
function setButton(button, name, label) {
  const text = button.querySelector(".label");
  if (!text || text.textContent === label) return;
  text.textContent = label;
  button.querySelector("svg")?.replaceWith(icon(name));
}

/** Whether it plays, and where in history the page stands. @param {Network} network */
function whereText(network) {
  const { position, branches } = network;
  const activity = running(network);
  const branch = branches.find((each) => each.id === position.branch);
  const parts = [activity ? activityText(activity) : "paused"];
  if (!position.live) parts.push(`back from ${branch?.last ?? network.tick}`);
  if (branch && branches.length > 1) parts.push(branch.name);
  return parts.join(" · ");
}

/** @param {Activity} activity */
function activityText(activity) {
  if (activity.of === null) return activity.what;
  return `${activity.what} ${activity.done}/${activity.of}`;
}

/** @param {Clockwork} time */
function speed(time) {
  const slider = el("input", {
    id: "speed", type: "range", min: 0, max: SPEEDS_MS.length - 1, value: USUAL_SPEED, title: "how fast play ticks",
  });
  const told = el("output", { for: "speed" }, perSecond(SPEEDS_MS[USUAL_SPEED]));
  const chosen = () => SPEEDS_MS[Number(slider.value)];
  const tell = () => {
    setText(told, perSecond(chosen()));
    set(slider, { "aria-valuetext": `${perSecond(chosen())} ticks a second` });
  };
  slider.addEventListener("input", tell);
  slider.addEventListener("change", () => time.setInterval(chosen()));
  tell();
  return el("label", { class: "speed" }, el("span", {}, "speed"), slider, told);
}

/** @param {number} ms */
function perSecond(ms) {
  const rate = 1000 / ms;
  return `${rate >= 3 ? Math.round(rate) : Number(rate.toFixed(1))}/s`;
}

/** @param {Clockwork} time */
function until(time) {
  const box = menu("until", "Until", "Tick until something is reached");
  const limit = el("input", { type: "number", min: 1, max: 100000, value: LIMIT, required: true });
  const choices = CONDITIONS.map(([condition, label, title]) => el("button", {
    type: "button", title, "data-until": condition,
    onclick: () => {
      if (!limit.reportValidity()) return;
      box.close();
      void time.until(condition, limit.valueAsNumber);
    },
  }, label));
  box.box.append(el("p", { class: "hint" }, "Tick until …"), ...choices,
    el("label", { class: "field" }, el("span", {}, "at most"), limit, el("span", {}, "ticks")),
    el("hr"),
    el("button", { type: "button", class: "danger", onclick: () => { box.close(); void time.reset(); } }, icon("reset"), "Reset all nodes…"));
  return box.element;
}
