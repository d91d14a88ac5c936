// Words and short forms that every part of the page says alike.

import { short } from "./looks.js";

/** @import {Transaction} from "./types.js" */

/**
 * "1 block", "2 blocks".
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * "a", "a and b", "a, b and c".
 * @param {string[]} items
 */
export function listed(items) {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/**
 * A payment in a sentence: "aki's 2 to so".
 * @param {Transaction} transaction
 */
export function paymentInWords({ sender, recipient, value }) {
  return sender === null ? `${value} for ${recipient}, out of nothing` : `${sender}'s ${value} to ${recipient}`;
}

/**
 * How many zero bits a hash ends in: its proof of work.
 * @param {string} hash
 */
export function zeroBits(hash) {
  let bits = 0;
  for (let at = hash.length - 1; at >= 0; at--) {
    const digit = parseInt(hash[at], 16);
    if (digit !== 0) return bits + [0, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0][digit];
    bits += 4;
  }
  return bits;
}

/** A sentence with its hashes as short as elsewhere on the page. @param {string} sentence */
export function briefly(sentence) {
  return sentence.replace(/\b[0-9a-f]{64}\b/g, short);
}
