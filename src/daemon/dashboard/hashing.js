// How a block is hashed: the recipe in the docs of `tickchain::ledger`, step by step. No DOM here, and no
// `crypto.subtle`, which a page has on https and localhost only.

import { sha256 } from "./vendor/noble-sha256.js";

/** @import {Block, Transaction} from "./types.js" */

/** The largest integer that ids, nonces and values may be, 2^53 - 1. */
const MAX_SAFE_INTEGER = Number.MAX_SAFE_INTEGER;
/** The most bytes of UTF-8 in a name. */
const MAX_NAME_BYTES = 64;
/** Where the nonce stands in a header, which is as long as this and 8 bytes more. */
const NONCE_AT = 80;
/** The hash that stands for none. */
const BEFORE_GENESIS = "00".repeat(32);
/** Flags of a payment's canonical bytes. */
const HAS_SENDER = 1;
const IS_SIGNED = 2;
const LEAF = 0x00;
const NODE = 0x01;
const utf8 = new TextEncoder();

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} text
 * @param {number} length how many bytes it must be
 * @param {string} what names it in the error
 */
export function unhex(text, length, what) {
  if (text.length !== 2 * length || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new RangeError(`${what} is ${2 * length} hex digits, not "${text}"`);
  }
  return Uint8Array.from({ length }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

/**
 * @param {number} number
 * @param {number} least
 * @param {string} what names it in the error
 */
function eightBytes(number, least, what) {
  if (!Number.isSafeInteger(number) || number < least) {
    throw new RangeError(`${what} is an integer from ${least} to ${MAX_SAFE_INTEGER}`);
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}

/**
 * @param {string} name
 * @param {string} what names it in the error
 */
function nameBytes(name, what) {
  const bytes = utf8.encode(name);
  if (bytes.length === 0 || bytes.length > MAX_NAME_BYTES) {
    throw new RangeError(`${what} has 1 to ${MAX_NAME_BYTES} bytes of UTF-8, not ${bytes.length}`);
  }
  return join([[bytes.length], bytes]);
}

/** @param {ArrayLike<number>[]} parts */
function join(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * A payment's canonical bytes: what its Merkle leaf is made of.
 * @param {Transaction} payment
 */
export function canonicalBytes(payment) {
  const { sequence, signature } = payment;
  const signed = sequence === undefined || signature === undefined ? []
    : [eightBytes(sequence, 0, "a sequence"), unhex(signature, 64, "a signature")];
  const isSigned = signed.length > 0 ? IS_SIGNED : 0;
  const sender = payment.sender === null ? [[isSigned]] : [[HAS_SENDER | isSigned], nameBytes(payment.sender, "a sender")];
  return join([
    unhex(payment.id, 16, "a payment's id"),
    ...sender,
    nameBytes(payment.recipient, "a recipient"),
    eightBytes(payment.value, 1, "a value"),
    ...signed,
  ]);
}

/**
 * The Merkle root of RFC 6962: of none it is SHA-256 of nothing.
 * @param {Transaction[]} payments
 */
export function merkleRoot(payments) {
  return root(payments.map((payment) => sha256(join([[LEAF], canonicalBytes(payment)]))));
}

/**
 * @param {Uint8Array[]} leaves
 * @returns {Uint8Array}
 */
function root(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(join([[NODE], root(leaves.slice(0, split)), root(leaves.slice(split))]));
}

/** @param {string} text `YYYY/MM/DD HH:MM:SS`, UTC */
export function seconds(text) {
  const iso = text.replace(/^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)$/, "$1-$2-$3T$4Z");
  const milliseconds = iso === text ? NaN : Date.parse(iso);
  // One text a timestamp: the 30th of February parses as a day in March.
  if (Number.isNaN(milliseconds) || milliseconds < 0 || new Date(milliseconds).toISOString().slice(0, 19) !== iso.slice(0, 19)) {
    throw new RangeError(`a timestamp is YYYY/MM/DD HH:MM:SS from 1970 on, not "${text}"`);
  }
  return milliseconds / 1000;
}

/**
 * The 88 bytes that are hashed: parent, Merkle root, id, timestamp, nonce.
 * @param {Block} block
 */
export function headerBytes(block) {
  return join([
    unhex(block.previous_block_hash ?? BEFORE_GENESIS, 32, "a previous block hash"),
    merkleRoot(block.transactions),
    eightBytes(block.id, 0, "an id"),
    eightBytes(seconds(block.timestamp), 0, "a timestamp"),
    eightBytes(block.nonce, 0, "a nonce"),
  ]);
}

/**
 * A block's hash: SHA-256 of SHA-256 of its header. Throws a RangeError with a sentence where a field
 * cannot be written as bytes.
 * @param {Block} block
 */
export function blockHash(block) {
  return sha256(sha256(headerBytes(block)));
}

/**
 * The zero bits a hash ends in.
 * @param {Uint8Array} hash
 */
export function trailingZeroBits(hash) {
  let zeros = 0;
  for (let at = hash.length - 1; at >= 0; at -= 1) {
    if (hash[at] !== 0) return zeros + 31 - Math.clz32(hash[at] & -hash[at]);
    zeros += 8;
  }
  return zeros;
}

/**
 * Tries `count` nonces from `start` on; the first whose hash ends in `bits` zero bits, or null. The first
 * 64 bytes of the header never change, so they are hashed once.
 * @param {Uint8Array} header 88 bytes
 * @param {number} bits
 * @param {number} start
 * @param {number} count
 */
export function searchNonce(header, bits, start, count) {
  const tail = header.slice(64);
  const view = new DataView(tail.buffer);
  const begun = sha256.create().update(header.subarray(0, 64));
  const end = Math.min(start + count, MAX_SAFE_INTEGER);
  for (let nonce = start; nonce < end; nonce += 1) {
    view.setBigUint64(NONCE_AT - 64, BigInt(nonce));
    if (trailingZeroBits(sha256(begun.clone().update(tail).digest())) >= bits) return nonce;
  }
  return null;
}
