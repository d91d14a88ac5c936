// What the Lessons menu holds: the lessons, and scenario files of one's own.

import { el, set, setText } from "./dom.js";
import { counted } from "./words.js";

/** @import {Mount} from "./types.js" */

/** @typedef {{lesson: string, title: string, about: string, steps: number}} Lesson */

/** Far more than a scenario needs. */
const MAX_SCENARIO_BYTES = 1024 * 1024;

/** @type {Mount} */
export function mount(element, store, api) {
  const told = el("p", { class: "told", role: "status" });
  const hint = el("p", { class: "hint" });
  const list = el("ul", { class: "lessons", "aria-label": "lessons" });
  const file = el("input", { type: "file", id: "scenario-file", accept: ".toml,text/plain", hidden: true });
  const load = el("button", { type: "button", id: "scenario-open", onclick: () => file.click() }, "Open a scenario file…");
  element.append(hint, load, file, told, el("hr"), list);

  /** @param {{lesson: string}|{toml: string}} what */
  async function open(what) {
    tell("Opening …");
    try {
      await api.post("/lesson/open", what);
      tell("");
      element.dispatchEvent(new Event("done", { bubbles: true }));
      document.getElementById("lesson-next")?.focus();
    } catch (problem) {
      const why = problem instanceof Error ? problem.message : String(problem);
      tell(`This was not opened, and the network is as it was. ${why}`, true);
      told.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {string} sentence @param {boolean} [wrong] */
  function tell(sentence, wrong = false) {
    setText(told, sentence);
    told.classList.toggle("wrong", wrong);
  }

  file.addEventListener("change", async () => {
    const [chosen] = file.files ?? [];
    file.value = "";
    if (!chosen) return;
    if (chosen.size > MAX_SCENARIO_BYTES) return tell(`${chosen.name} is too large for a scenario.`, true);
    await open({ toml: await chosen.text() });
  });

  async function read() {
    try {
      /** @type {Lesson[]} */
      const lessons = await api.get("/lessons");
      list.replaceChildren(...lessons.map((lesson) => row(lesson, () => void open({ lesson: lesson.lesson }))));
    } catch (problem) {
      tell(problem instanceof Error ? problem.message : String(problem), true);
    }
    mayOpen();
  }

  /** Lessons build a network of their own, for which the nodes must be the controller's. */
  function mayOpen() {
    const fleet = store.state.network?.fleet ?? true;
    setText(hint, fleet
      ? "A lesson brings a network of its own. The present one is kept as a snapshot, under Save."
      : "These nodes were not started by this controller. A lesson brings a network of its own: run `tickchain mesh` for it.");
    for (const button of [load, ...list.querySelectorAll("button")]) set(button, { disabled: !fleet });
  }

  let known = false;
  store.on("network", () => {
    if (!known) void read();
    known = true;
    mayOpen();
  });
}

/**
 * @param {Lesson} lesson
 * @param {() => void} onclick
 */
function row({ lesson, title, about, steps }, onclick) {
  return el("li", {}, el("button", { type: "button", class: "lesson-open", "data-lesson": lesson, onclick },
    el("span", { class: "lesson-title" }, title, el("span", { class: "hint" }, ` ${counted(steps, "step")}`)), el("span", { class: "hint" }, about)));
}
