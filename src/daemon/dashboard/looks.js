// How a tip looks: a colour and a pattern, both from its hash, so that every browser shows the same.

import { svg } from "./dom.js";

/** Okabe and Ito's colours, which differ for colour-blind eyes as well: the number is that in style.css. */
export const COLOURS = 7;

/** Drawn over the colour, since colour alone says nothing to some. */
export const PATTERNS = /** @type {const} */ (["plain", "stripes", "dots", "rings"]);

/** @typedef {{colour: number, pattern: typeof PATTERNS[number]}} Look */

/** @type {Map<string, number>} looks of tips that would be mistaken for each other */
let apart = new Map();

const LOOKS = COLOURS * PATTERNS.length;

/** The end of a hash is zeros, its beginning is as good as random. @param {string} hash */
function numberOf(hash) {
  return (Number.parseInt(hash.slice(0, 8), 16) || 0) % LOOKS;
}

/**
 * Tips that are held at the same time never look alike: of two, the later by hash takes the next look.
 * @param {string[]} tips
 */
export function keepApart(tips) {
  const taken = new Set();
  const next = new Map();
  for (const hash of [...new Set(tips)].sort()) {
    let number = numberOf(hash);
    while (taken.has(number) && taken.size < LOOKS) number = (number + 1) % LOOKS;
    taken.add(number);
    if (number !== numberOf(hash)) next.set(hash, number);
  }
  apart = next;
}

/**
 * The look of a block with this hash.
 * @param {string} hash
 * @returns {Look}
 */
export function lookOf(hash) {
  const number = apart.get(hash) ?? numberOf(hash);
  return { colour: number % COLOURS, pattern: PATTERNS[Math.floor(number / COLOURS)] };
}

/** The class that gives an element `--tip` and `--tip-ink`. @param {string} hash */
export function colourClass(hash) {
  return `tip-${lookOf(hash).colour}`;
}

/** What to fill with for the pattern over the colour, or null where it is plain. @param {string} hash */
export function patternFill(hash) {
  const { pattern } = lookOf(hash);
  return pattern === "plain" ? "none" : `url(#tip-${pattern})`;
}

/** The first characters of a hash or id, enough to tell them apart by eye. @param {string} hash */
export function short(hash) {
  return hash.slice(0, 6);
}

/** The patterns' definitions: the page has them once, and every drawing can use them. */
export function patternDefinitions() {
  return svg("defs", {},
    pattern("stripes", 7, svg("path", { d: "M0 0v7" }), "rotate(45)"),
    pattern("dots", 8, svg("circle", { cx: 4, cy: 4, r: 1.5, class: "full" })),
    pattern("rings", 11, svg("circle", { cx: 5.5, cy: 5.5, r: 3 })));
}

/**
 * @param {string} name
 * @param {number} size
 * @param {SVGElement} mark
 * @param {string} [transform]
 */
function pattern(name, size, mark, transform) {
  return svg("pattern", {
    id: `tip-${name}`, class: "tip-pattern", width: size, height: size, patternUnits: "userSpaceOnUse",
    patternTransform: transform ?? null,
  }, mark);
}
