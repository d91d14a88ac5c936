// Light, dark or as the system has it; high contrast likewise. Kept in this browser.

import { el } from "./dom.js";

/** @typedef {"system"|"light"|"dark"|"contrast"} Theme */

/** @type {[Theme, string][]} */
const THEMES = [["system", "as the system"], ["light", "light"], ["dark", "dark"], ["contrast", "high contrast"]];
const KEY = "tickchain-theme";

/** @returns {Theme} */
function kept() {
  const value = read();
  return THEMES.find(([theme]) => theme === value)?.[0] ?? "system";
}

/** Storage may be switched off; the page then forgets. @returns {string|null} */
function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {Theme} theme */
function keep(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The theme holds until the page is closed.
  }
}

/** @param {Theme} theme */
function use(theme) {
  document.documentElement.dataset.theme = theme;
}

/** Uses the kept theme. @returns {HTMLElement} the choice */
export function themeChoice() {
  use(kept());
  const select = el("select", { id: "theme" }, ...THEMES.map(([theme, label]) => el("option", { value: theme }, label)));
  select.value = kept();
  select.addEventListener("change", () => {
    const theme = /** @type {Theme} */ (select.value);
    keep(theme);
    use(theme);
  });
  return el("label", { class: "field" }, el("span", {}, "Colours"), select);
}
