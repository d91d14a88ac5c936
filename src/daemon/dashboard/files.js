// Files that go to the controller and come from it as they are: a saved network holds numbers that
// JavaScript would round.

import { Problem } from "./api.js";

/**
 * Gives the user a file of the controller.
 * @param {string} path
 * @param {string} name
 */
export async function download(path, name) {
  const response = await answered(fetch(path));
  give(await response.blob(), name);
}

/**
 * Sends a file as JSON.
 * @param {string} path
 * @param {File} file
 */
export async function upload(path, file) {
  await answered(fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: file }));
}

/**
 * @param {Blob} content
 * @param {string} name
 */
function give(content, name) {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it over by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** @param {Promise<Response>} asked */
async function answered(asked) {
  let response;
  try {
    response = await asked;
  } catch {
    throw new Problem(0, "The controller does not answer. Is tickchain still running?");
  }
  if (response.ok) return response;
  const text = await response.text();
  let detail = text || `The controller answered ${response.status}.`;
  try {
    detail = JSON.parse(text).detail ?? detail;
  } catch {
    // Not a problem document: its text is all there is.
  }
  throw new Problem(response.status, detail);
}
