// What a node does, in words and as a sign.

/** @import {NodeView, Status} from "./types.js" */
/** @import {Icon} from "./icons.js" */

/** @type {Record<Status, {words: string, icon: Icon, way: "none"|"work"|"out"|"in", thing: "block"|"payment"|null}>} */
const STATUSES = {
  idle: { words: "idle", icon: "idle", way: "none", thing: null },
  mining: { words: "mining", icon: "pick", way: "work", thing: "block" },
  "broadcasting-block": { words: "broadcasting a block", icon: "out", way: "out", thing: "block" },
  "broadcasting-tx": { words: "broadcasting payments", icon: "out", way: "out", thing: "payment" },
  "receiving-block": { words: "receiving a block", icon: "in", way: "in", thing: "block" },
  "receiving-tx": { words: "receiving payments", icon: "in", way: "in", thing: "payment" },
};

/** @param {Status} status */
export function look(status) {
  return STATUSES[status] ?? STATUSES.idle;
}

/**
 * What the node does, as one would say it: "mining 2 of 3", "down".
 * @param {NodeView} node
 * @returns {string}
 */
export function statusWords(node) {
  if (node.state === "crashed") return "crashed";
  if (node.state === "down") return "down, does not answer";
  if (node.state === "slow") return "slow to answer";
  if (!node.started) return "not started";
  if (node.mining) return `mining ${node.mining.clock} of ${node.mining.of}`;
  return look(node.status).words;
}
