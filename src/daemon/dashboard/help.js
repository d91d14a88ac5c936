// The help dialog: what the signs mean, and the keys.

import { openDialog } from "./dialog.js";
import { el } from "./dom.js";

/** @type {[string, string][]} */
const KEYS = [
  ["→", "one tick"],
  ["←", "one tick back"],
  ["space", "play, pause"],
  ["1 – 9", "select a node"],
  ["m", "mine on the selected node"],
  ["t", "write a payment"],
  ["c", "cut or heal the selected link, or all links of the selected node"],
  ["x", "crash or restart the selected node"],
  ["r", "reset all nodes (asks first)"],
  ["s", "save and load"],
  ["Esc", "select nothing"],
  ["?", "this help"],
];

/** Opens the help. */
export function openHelp() {
  if (document.querySelector("dialog.help")) return;
  const keys = el("dl", { class: "keys" }, ...KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)]));
  openDialog("How to read this page", [
    el("p", {}, "Nothing happens between two ticks. With each tick every node does one thing: it mines (three ticks), ",
      "sends on a block or a payment, takes one in, or is idle."),
    el("ul", { class: "plain" },
      el("li", {}, "A circle with a number is a node; the number is its height, how many blocks stand on the genesis block. ",
        "Colour and pattern come from the hash of its tip: two nodes that look alike agree."),
      el("li", {}, "Squares on a link are blocks, discs are payments, rings are questions for blocks and their answers. Click one to read it."),
      el("li", {}, "Click a link to cut or heal it, a node to see what it knows, a block to see what is in it.")),
    el("h3", {}, "Keys"), keys,
    el("p", { class: "hint" }, "Keys do nothing while you type."),
  ], "help");
}
