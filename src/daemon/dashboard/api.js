// The controller's calls. `get` and `post` throw a Problem; `act` and `call` show it and answer null.

import { toast } from "./toast.js";

/** @import {Action, Outcome} from "./types.js" */

/** What the controller refused, in its own words. */
export class Problem extends Error {
  /**
   * @param {number} status  0 where nothing answered
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail);
    this.name = "Problem";
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Problem(0, "The controller does not answer. Is tickchain still running?");
  }
  if (response.ok) return response;
  throw new Problem(response.status, await detailOf(response));
}

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function detailOf(response) {
  const text = await response.text();
  try {
    const problem = JSON.parse(text);
    return problem.detail ?? problem.reason ?? problem.title ?? text;
  } catch {
    return text || `The controller answered ${response.status}.`;
  }
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
async function bodyOf(response) {
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return isJson && text ? JSON.parse(text) : text;
}

/**
 * Reads: JSON parsed, other text as it is.
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function get(path) {
  return bodyOf(await request(path));
}

/**
 * Posts JSON.
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function post(path, body = {}) {
  const options = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  return bodyOf(await request(path, options));
}

/**
 * Posts JSON; a refusal is shown to the user, and the answer is null then.
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function call(path, body = {}) {
  try {
    return await post(path, body);
  } catch (problem) {
    show(problem);
    return null;
  }
}

/**
 * Does an action. What the ledger refuses is shown as well, and answered.
 * @param {Action} action
 * @returns {Promise<Outcome|null>}
 */
export async function act(action) {
  /** @type {Outcome|null} */
  const outcome = await call("/do", action);
  if (outcome?.result === "fail") toast(outcome.reason ?? "That was refused.", "problem");
  return outcome;
}

/**
 * Shows what went wrong.
 * @param {unknown} problem
 */
export function show(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "problem");
}

export const api = { get, post, call, act, show, toast };

/** @typedef {typeof api} Api */
