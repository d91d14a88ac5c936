// The golden vectors, read out of tests/golden.rs, so that they are pinned in one place.

import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../../golden.rs", import.meta.url), "utf8");

/** Unsigned blocks. */
export function goldenChain() {
  return read(source.slice(0, source.indexOf("const SIGNED:")));
}

/** A chain of signed payments. */
export function goldenSigned() {
  return read(source.slice(source.indexOf("const SIGNED:")));
}

/**
 * @param {string} text
 * @returns {{block: import("../../../src/daemon/dashboard/types.js").Block, header: string, merkleRoot: string, hash: string}[]}
 */
function read(text) {
  const pattern =
    /json: r#"(.*?)"#,\s*header: concat!\((.*?)\),\s*merkle_root: "(\w+)",\s*hash: "(\w+)"/gs;
  return [...text.matchAll(pattern)].map(([, json, header, merkleRoot, hash]) => ({
    block: JSON.parse(json),
    header: header.replace(/[^0-9a-f]/g, ""),
    merkleRoot,
    hash,
  }));
}
