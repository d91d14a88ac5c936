// The caption of the open lesson, in a bar above the mesh. Shows and hides its element.

import { el, set, setText } from "./dom.js";

/** @import {Api, LessonView, Mount, Store} from "./types.js" */

/** How long a letter of a caption takes to be read, about. */
const LETTER_MS = 35;

/** The least and the most from step to step. */
const STEP_MS = { least: 1500, most: 7000 };

/** @type {Mount} */
export function mount(element, store, api) {
  const title = el("strong", { class: "caption-title" });
  const count = el("span", { class: "caption-count" });
  const after = el("span", { class: "hint" });
  const progress = el("progress", { class: "caption-progress", value: 0, max: 1, "aria-label": "steps of the lesson" });
  const text = el("p", { id: "caption", class: "caption-text", role: "status", "aria-live": "polite" });
  const unmet = el("p", { id: "caption-unmet", class: "caption-unmet", role: "alert" });
  const steps = el("ol", { class: "caption-steps", hidden: true, "aria-label": "steps" });
  const buttons = controls(store, api, steps);
  element.append(
    el("div", { class: "caption-head" }, title, count, progress, after, buttons.element), text, unmet, steps,
  );

  /** @param {LessonView|null} lesson */
  function show(lesson) {
    const opened = element.hidden && lesson !== null;
    const held = element.contains(document.activeElement);
    element.hidden = lesson === null;
    if (!lesson) {
      setText(text, "");
      if (held) document.getElementById("lessons-menu")?.focus();
      return;
    }
    setText(title, lesson.title);
    setText(count, lesson.done && lesson.unmet === null ? "done" : `step ${lesson.step} of ${lesson.of}`);
    set(progress, { max: Math.max(lesson.of, 1), value: lesson.step });
    setText(text, lesson.caption || lesson.about);
    setText(after, !lesson.done ? "" : lesson.unmet === null ? "Go on by yourself, or close it." : "The lesson ends here.");
    setText(unmet, lesson.unmet === null ? "" : `Not as expected: ${lesson.unmet}`);
    unmet.hidden = lesson.unmet === null;
    element.classList.toggle("is-unmet", lesson.unmet !== null);
    element.classList.toggle("is-done", lesson.done && lesson.unmet === null);
    buttons.show(lesson);
    showSteps(steps, lesson);
    // Who opened it from the menu goes on from here. The menu may have closed already, and left the focus to nobody.
    const free = document.activeElement === document.body || document.activeElement?.closest(".menu-box");
    if (opened && free) buttons.next.focus();
  }
  store.on("lesson", show);
  store.on("network", (network) => buttons.playing(network.activity?.kind === "lesson"));
}

/**
 * Milliseconds from step to step, so that the captions can be read on the average.
 * @param {LessonView|null} lesson
 */
function pace(lesson) {
  const letters = (lesson?.steps ?? []).reduce((sum, { note }) => sum + (note?.length ?? 0), 0);
  const average = (letters * LETTER_MS) / Math.max(lesson?.of ?? 1, 1);
  return Math.round(Math.min(Math.max(average, STEP_MS.least), STEP_MS.most));
}

/**
 * @param {HTMLElement} list
 * @param {LessonView} lesson
 */
function showSteps(list, { step, steps }) {
  list.replaceChildren(...steps.map(({ text, note, expects }, index) => el("li", {
    class: index < step ? "past" : index === step ? "next" : "", "aria-current": index === step ? "step" : null,
  }, el("code", {}, text), expects ? el("span", { class: "hint" }, " (checked)") : null, note ? el("span", { class: "hint" }, ` ${note}`) : null)));
}

/**
 * @param {Store} store
 * @param {Api} api
 * @param {HTMLElement} steps
 */
function controls(store, api, steps) {
  let busy = false;
  /** One at a time. @param {string} path @param {unknown} [body] */
  async function ask(path, body) {
    if (busy) return;
    busy = true;
    await api.call(path, body);
    busy = false;
  }
  const isPlaying = () => store.state.network?.activity?.kind === "lesson";
  const next = el("button", { type: "button", id: "lesson-next", class: "primary", onclick: () => ask("/lesson/next") }, "Next");
  const play = el("button", { type: "button", id: "lesson-play", onclick: () => (isPlaying() ? api.call("/pause") : ask("/lesson/play", { interval_ms: pace(store.state.network?.lesson ?? null) })) }, "Play");
  const all = el("button", {
    type: "button", id: "lesson-steps", "aria-expanded": "false",
    onclick: () => {
      steps.hidden = !steps.hidden;
      set(all, { "aria-expanded": String(!steps.hidden) });
    },
  }, "Steps");
  const close = el("button", { type: "button", id: "lesson-close", title: "leave the lesson; its network stays", onclick: () => ask("/lesson/close") }, "Close");
  return {
    element: el("div", { class: "row caption-buttons", role: "group", "aria-label": "lesson" }, next, play, all, close),
    next,
    /** @param {LessonView} lesson */
    show: ({ done, unmet }) => {
      const over = done || unmet !== null;
      if (over && (document.activeElement === next || document.activeElement === play)) close.focus();
      next.disabled = over;
      play.disabled = over;
    },
    /** @param {boolean} playing */
    playing: (playing) => setText(play, playing ? "Pause" : "Play"),
  };
}
