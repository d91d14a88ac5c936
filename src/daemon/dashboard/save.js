// What the Save menu holds: named snapshots at the controller, and files of one's own.

import { openCopy } from "./copy.js";
import { ask } from "./dialog.js";
import { el, set } from "./dom.js";
import { download, upload } from "./files.js";
import { counted } from "./words.js";

/** @import {Api, Mount, Store} from "./types.js" */

/** @typedef {{name: string, tick: number|null, nodes: number|null, bytes: number, damaged?: string}} Snapshot */

/** The largest network file the controller reads. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** @type {Mount} */
export function mount(element, store, api) {
  /**
   * Does something and tells how it went, and whether it went well. A click in a dialog has closed the
   * menu by then, so that it is told elsewhere.
   * @param {() => Promise<unknown>} work
   * @param {string} done
   */
  const attempt = async (work, done) => {
    try {
      await work();
      api.toast(done);
      return true;
    } catch (problem) {
      api.show(problem);
      return false;
    }
  };

  /** @type {Set<string>} */
  let names = new Set();
  let drawn = "";
  const list = el("ul", { class: "snapshots", "aria-label": "snapshots" });
  element.append(
    saveForm(store, api, attempt, (name) => names.has(name)),
    list,
    el("hr"),
    ...fileButtons(store, api, attempt),
    el("hr"),
    el("button", { type: "button", id: "save-scenario", onclick: () => openCopy(store, api, "scenario") }, "Copy as scenario file…"),
    el("button", { type: "button", id: "save-curl", onclick: () => openCopy(store, api, "curl") }, "Copy as curl commands…"),
  );

  async function read() {
    try {
      /** @type {Snapshot[]} */
      const snapshots = await api.get("/snapshots");
      const key = JSON.stringify(snapshots);
      // Who has just restored one has the focus here.
      if (key === drawn) return;
      drawn = key;
      names = new Set(snapshots.map(({ name }) => name));
      const held = list.contains(document.activeElement);
      list.replaceChildren(...snapshots.map((snapshot) => row(snapshot, api, attempt)));
      if (snapshots.length === 0) list.append(el("li", { class: "hint" }, "No snapshots yet."));
      if (held) element.querySelector("input")?.focus();
    } catch (problem) {
      api.show(problem);
    }
  }
  let known = false;
  store.on("snapshots", () => void read());
  store.on("reload", () => void read());
  store.on("network", () => {
    if (!known) void read();
    known = true;
  });
}

/** @typedef {(work: () => Promise<unknown>, done: string) => Promise<boolean>} Attempt */

/**
 * @param {Store} store
 * @param {Api} api
 * @param {Attempt} attempt
 * @param {(name: string) => boolean} isTaken
 */
function saveForm(store, api, attempt, isTaken) {
  const name = el("input", { id: "snapshot-name", "aria-label": "name of the snapshot", maxlength: 64, autocomplete: "off", spellcheck: "false" });
  const form = el("form", { class: "row" }, name, el("button", { type: "submit", id: "snapshot-save", class: "primary" }, "Save snapshot"));
  store.on("network", ({ position }) => set(name, { placeholder: `tick ${position.tick}` }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const as = name.value.trim() || `tick ${store.state.network?.position.tick ?? 0}`;
    if (isTaken(as) && !(await ask("Replace this snapshot?", `There is a snapshot “${as}” already.`, "Replace"))) return;
    if (await attempt(() => api.post("/snapshot/save", { name: as }), `Saved as “${as}”.`)) name.value = "";
  });
  return form;
}

/**
 * @param {Snapshot} snapshot
 * @param {Api} api
 * @param {Attempt} attempt
 */
function row({ name, tick, nodes, bytes, damaged }, api, attempt) {
  const held = tick === null || nodes === null ? "damaged" : `tick ${tick} · ${counted(nodes, "node")}`;
  const restore = el("button", { type: "button", "aria-label": `restore ${name}`, disabled: damaged !== undefined }, "Restore");
  const remove = el("button", { type: "button", class: "quiet", "aria-label": `remove ${name}`, title: "remove" }, "×");
  restore.addEventListener("click", async () => {
    const text = `The network as it is now gives way to “${name}” (${held}). The snapshot stays.`;
    if (await ask("Restore this snapshot?", text, "Restore")) await attempt(() => api.post("/snapshot/restore", { name }), `“${name}” is back.`);
  });
  remove.addEventListener("click", async () => {
    if (await ask("Remove this snapshot?", `“${name}” is gone for good then.`, "Remove")) await attempt(() => api.post("/snapshot/remove", { name }), `“${name}” is removed.`);
  });
  return el("li", { class: "snapshot" },
    el("span", { class: "snapshot-name" }, name), el("span", { class: "hint" }, `${held} · ${size(bytes)}${damaged ? ` · ${damaged}` : ""}`), restore, remove);
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * @param {Store} store
 * @param {Api} api
 * @param {Attempt} attempt
 */
function fileButtons(store, api, attempt) {
  const save = el("button", { type: "button", id: "save-file" }, "Download network file");
  save.addEventListener("click", () => {
    const name = `tickchain-tick-${store.state.network?.position.tick ?? 0}.json`;
    void attempt(() => download("/save", name), `${name} is in your downloads.`);
  });
  const file = el("input", { type: "file", id: "load-file", accept: ".json,application/json", hidden: true });
  const load = el("button", { type: "button", id: "load", onclick: () => file.click() }, "Load from file…");
  file.addEventListener("change", async () => {
    const [chosen] = file.files ?? [];
    file.value = "";
    if (!chosen) return;
    if (chosen.size > MAX_FILE_BYTES) return api.toast(`${chosen.name} has ${size(chosen.size)}, and at most ${size(MAX_FILE_BYTES)} are read.`, "problem");
    const text = `The network as it is now gives way to the one in ${chosen.name}. Save it first to keep it.`;
    if (await ask("Load this network?", text, "Load")) await attempt(() => upload("/load", chosen), `${chosen.name} is loaded.`);
  });
  return [save, load, file];
}
