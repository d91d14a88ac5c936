// The real program as child processes, on free ports, each in a directory of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The binary that `cargo test` builds, or another one that TICKCHAIN names. */
const BINARY = process.env.TICKCHAIN
  ?? fileURLToPath(new URL("../../../../target/debug/tickchain", import.meta.url));

/**
 * A running program.
 * @typedef {object} Program
 * @property {any} ready  its first line, which says where it listens
 * @property {() => Promise<void>} stop  asks it to end and waits until it has
 * @property {() => Promise<void>} kill  ends it without asking
 */

/** @typedef {{name: string, url: string}} NodeAddress */
/**
 * Nodes with a controller.
 * @typedef {Program & {url: string, nodes: NodeAddress[], act: (action: object) => Promise<any>}} Mesh
 */

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts the program and waits until it listens.
 * @param {...string} args
 * @returns {Promise<Program>}
 */
export async function start(...args) {
  const directory = await mkdtemp(join(tmpdir(), "tickchain-"));
  const child = spawn(BINARY, [...args, "--json"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let complaints = "";
  child.stderr.on("data", (data) => (complaints += data));
  const ended = once(child, "exit").then(async () => {
    running.delete(child);
    await rm(directory, { recursive: true });
  });
  /** @param {NodeJS.Signals} signal */
  const end = async (signal) => {
    child.kill(signal);
    await ended;
  };
  const lines = createInterface(child.stdout);
  const first = once(lines, "line").then(([line]) => JSON.parse(line));
  const early = ended.then(() => {
    throw new Error(`tickchain ${args.join(" ")} ended before it listened:\n${complaints}`);
  });
  // Once it listens nobody waits for this one any more.
  early.catch(() => {});
  const ready = await Promise.race([first, early]);
  return { ready, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

/**
 * Starts nodes with a controller beside them.
 * @param {...string} args  of `tickchain mesh`
 * @returns {Promise<Mesh>}
 */
export async function startMesh(...args) {
  const free = ["--http-base", "0", "--p2p-base", "0"];
  const program = await start("mesh", "--controller", "127.0.0.1:0", ...free, ...args);
  const url = `http://${program.ready.controller}`;
  return { ...program, url, nodes: addresses(program), act: (action) => post(`${url}/do`, action) };
}

/**
 * What a controller answers to JSON, null for no body: for what a test needs before it begins.
 * @param {string} url
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function post(url, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/**
 * Where the nodes of a mesh listen.
 * @param {Program} program
 * @returns {NodeAddress[]}
 */
export function addresses(program) {
  return program.ready.nodes.map((/** @type {any} */ { name, http }) => ({ name, url: `http://${http}` }));
}
