// A lesson on the page. That the lessons' expectations hold is tested without a page.

import assert from "node:assert/strict";

import { flow } from "./support/browser.js";
import { until } from "./support/until.js";

flow("a lesson is gone through from start to end", {}, async ({ screen }) => {
  await screen.openLesson(/first payment/i);
  const next = screen.button("Next", screen.lesson);
  /** @type {Set<string>} */
  const captions = new Set();
  await until("the lesson has ended", async () => {
    captions.add((await screen.lesson.textContent()) ?? "");
    if (await screen.lesson.getByText("done", { exact: true }).count()) return true;
    if (await next.isEnabled()) await next.click();
    return false;
  });
  assert.ok(captions.size > 3, "captions change as the lesson goes on");
  assert.equal(await screen.lesson.getByRole("alert").count(), 0);
  await screen.button("Close", screen.lesson).click();
  await screen.lesson.waitFor({ state: "hidden" });
});

flow("a lesson plays by itself, and pauses", {}, async ({ screen }) => {
  await screen.openLesson(/first block/i);
  await screen.button("Play", screen.lesson).click();
  await screen.lesson.getByText(/step [1-9]\d* of/).waitFor();
  await screen.button("Pause", screen.lesson).click();
  await screen.button("Play", screen.lesson).waitFor();
});
