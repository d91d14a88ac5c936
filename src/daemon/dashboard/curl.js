// What was done, as calls that every node documents, for a shell with curl. Pure.

/** @import {Action} from "./types.js" */
/** @import {Step} from "./happened.js" */

/** @typedef {Step["nodes"][number]} At */

/** Ticks in a row that are written as a loop. */
const LOOP = 4;

/**
 * Text as one word of a shell.
 * @param {string} text
 */
export function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A POST without a body.
 * @param {string} http
 * @param {string} path
 */
export function post(http, path) {
  return `curl -X POST ${http}${path}`;
}

/**
 * A POST of JSON.
 * @param {string} http
 * @param {string} path
 * @param {unknown} body
 */
export function postJson(http, path, body) {
  return `curl --json ${quoted(JSON.stringify(body))} ${http}${path}`;
}

/**
 * What a node takes for the listening address of a peer.
 * @param {string} p2p  host and port
 */
export function peerAddress(p2p) {
  const colon = p2p.lastIndexOf(":");
  return { addr: p2p.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(p2p.slice(colon + 1)) };
}

/**
 * The calls of an action; what no call of a node does is a comment.
 * @param {Action} action
 * @param {Step["nodes"]} nodes
 * @param {Step["links"]} links
 * @returns {string[]}
 */
export function callsOf(action, nodes, links) {
  const some = (/** @type {string|undefined} */ name) => nodes.filter((node) => name === undefined || node.name === name);
  if ("mine" in action) return some(action.mine).map(({ http }) => post(http, "/mine"));
  if ("start" in action) return some(action.start).map(({ http }) => post(http, "/start"));
  if ("reset" in action) return some(action.reset.node).map(({ http }) => post(http, "/reset"));
  if ("tx" in action) {
    const { at, ...payment } = action.tx;
    return some(at).map(({ http }) => postJson(http, "/tx/add", payment));
  }
  if ("cut" in action) return peering(action.cut, "/peer/clear", nodes, links);
  if ("heal" in action) return peering(action.heal, "/peer/add", nodes, links);
  if ("block" in action) {
    const { at, block } = action.block;
    return nodes.filter(({ name }) => at.length === 0 || at.includes(name)).map(({ http }) => postJson(http, "/block/add", block));
  }
  if ("crash" in action) return [comment(`crash ${action.crash}: end its process`)];
  if ("remove" in action) return [comment(`remove ${action.remove}: end its process for good`)];
  if ("add" in action) return [comment("add a node: start one more with `tickchain node`")];
  if ("forge" in action) return [comment(`forge block ${action.forge.id} of ${action.forge.of}: change it and POST it to /block/add`)];
  return [];
}

/**
 * @param {string[]} names  both ends of a link, or one node for all its links
 * @param {string} path
 * @param {Step["nodes"]} nodes
 * @param {Step["links"]} links
 */
function peering(names, path, nodes, links) {
  const [first, second] = names;
  const meant = links.filter(({ a, b }) => (second === undefined ? a === first || b === first : names.includes(a) && names.includes(b)));
  const lines = [];
  for (const { a, b } of meant) {
    for (const [at, of] of [[a, b], [b, a]]) {
      const node = nodes.find(({ name }) => name === at);
      const peer = nodes.find(({ name }) => name === of);
      if (node && peer?.p2p) lines.push(postJson(node.http, path, peerAddress(peer.p2p)));
    }
  }
  return lines;
}

/** A name may hold anything but a line break. @param {string} text */
function comment(text) {
  return `# ${text.replace(/[\r\n\u2028\u2029]/g, " ")}`;
}

/**
 * All steps as a script: a tick moves the clock of each node, one after another.
 * @param {Step[]} steps
 * @returns {string}
 */
export function script(steps) {
  const lines = ["# The same calls, by hand. A tick moves the clock of each node, one after another."];
  let helper = "";
  for (let at = 0; at < steps.length; at++) {
    const { action, nodes, links } = steps[at];
    if (action !== null) {
      lines.push(...callsOf(action, nodes, links));
      continue;
    }
    const clock = sameClock(nodes);
    if (clock === null) {
      lines.push(...nodes.map((node) => post(node.http, `/clock/${node.clock}`)));
      continue;
    }
    const wanted = tickHelper(nodes);
    if (wanted !== helper) lines.push(wanted);
    helper = wanted;
    const more = following(steps, at, wanted, clock);
    if (more + 1 < LOOP) {
      lines.push(`tick ${clock}`);
    } else {
      lines.push(`for clock in $(seq ${clock} ${clock + more}); do tick "$clock"; done`);
      at += more;
    }
  }
  return `${lines.join("\n")}\n`;
}

/** @param {At[]} nodes */
function tickHelper(nodes) {
  return `tick() { for node in ${nodes.map(({ http }) => http).join(" ")}; do curl -X POST "$node/clock/$1"; done; }`;
}

/** @param {At[]} nodes @returns {number|null} */
function sameClock(nodes) {
  const clock = nodes[0]?.clock;
  return clock !== undefined && nodes.every((node) => node.clock === clock) ? clock : null;
}

/**
 * How many of the next steps are ticks of the same nodes, each one clock on.
 * @param {Step[]} steps
 * @param {number} at
 * @param {string} helper
 * @param {number} clock
 */
function following(steps, at, helper, clock) {
  let more = 0;
  for (;;) {
    const next = steps[at + more + 1];
    const goesOn = next && next.action === null && sameClock(next.nodes) === clock + more + 1 && tickHelper(next.nodes) === helper;
    if (!goesOn) return more;
    more++;
  }
}
