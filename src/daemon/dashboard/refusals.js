// Why something was refused: the rule behind a node's reason, with the numbers where they are known.
// Pure: nothing here knows the page.

import { counted, listed } from "./words.js";

/** @import {NodeDetail, Transaction} from "./types.js" */

/**
 * A reason of a node and what there is to say about it.
 * @typedef {[RegExp, (found: string[], detail: NodeDetail|undefined) => string]} Explained
 */

/** @type {Explained[]} */
const EXPLAINED = [
  [/^transaction (\d+) of block ([0-9a-f]+): (.*)$/, (found, detail) =>
    `A block stands only if each of its payments can be paid, in order, at the end of its branch. Payment ${Number(found[1]) + 1} of this one cannot, so the block and all above it are dropped. ${explain(found[3], detail, false)}`],
  [/^(.+) has (\d+), which is less than the (\d+) to be paid$/, whyOverdrawn],
  [/^payment ([0-9a-f]+) is there already/, () =>
    "The id makes a payment itself: the same id is the same payment, and a branch pays it once. Else gossip that comes late would pay twice."],
  [/^id ([0-9a-f]+) belongs to another payment/, () =>
    "The id makes a payment itself, and another payment has this one already. Without an id the node makes one of its own."],
  [/payments of this network are signed/, () =>
    "Each account belongs to a key here, and only who has it can pay from the account: the signature shows that."],
  [/^the signature is not (.+)'s for this payment/, () =>
    "A signature is over network, sender, recipient, value and sequence: whoever changes one of them, or signs with another key, is found out by every node."],
  [/^the sender has another payment with sequence/, () =>
    "Sender and sequence make a signed payment itself: each is paid once, so a copy of it pays nobody twice."],
  [/^no key owns /, () => "Here an account is one of the genesis block or named after a public key: what is paid to any other name would be lost."],
  [/needs a sender|has no sender/, () =>
    "A payment without a sender would make coins out of nothing. Only the genesis block does that, and all nodes agree on it beforehand."],
  [/^(\d+) payments wait to be mined/, () => "The pool is bounded, so that nobody can fill the node's memory. A block makes room."],
  [/^the pool is full/, () => "The pool is bounded, so that nobody can fill the node's memory. A block makes room; the payment comes again with the next link that comes up."],
  [/^(\d+) payments that came later wait too/, () => "The list of payments that cannot be paid yet is bounded; of a peer's, the one that waited longest is given up first."],
  [/^the parent ([0-9a-f]+) is not known/, () =>
    "A block names its parent by its hash. Where the parent is not known the block hangs in the air: nobody can tell whether its payments can be paid."],
  [/^block id (\d+) does not follow its parent, whose next is (\d+)/, (found) =>
    `A block's id is its parent's plus one, which is ${found[2]} here and not ${found[1]}.`],
  [/^block id (\d+) is not between/, () => "Block ids start at 1, above genesis, and stay exact in every JSON reader, below 2^53."],
  [/^nonce (\d+) is above/, () => "Nonces stay exact in every JSON reader, below 2^53."],
  [/^timestamp (.+) lies before the parent's/, () => "Time does not run backwards along a chain: no block is older than its parent."],
  [/^timestamp (.+) is not between/, () => "A timestamp lies between 1970 and the end of the year 9999."],
  [/^hash ([0-9a-f]+) ends in (\d+) zero bits, (\d+) are needed/, whyNoWork],
  [/^the block says its hash is ([0-9a-f]+), its contents hash to ([0-9a-f]+)/, () =>
    "The hash is computed from everything in the block. Whoever changes a payment, a time or the nonce gets another hash, and the one written on the block no longer fits."],
  [/transactions, a block holds at most/, () => "A block is bounded, so that the largest one fits a message and is checked within milliseconds."],
  [/^CHAIN answers (\d+), which was not asked/, () => "Nodes take chains only as answers to what they asked. A node that was reset has forgotten its question."],
  [/inbox is full/, () => "Messages wait in the inbox until the clock moves, and it is bounded for each peer. Tick the node, and it has room again."],
  [/not started/, () => "A node acts only once it is started. Start it, and try again."],
  [/^the clock is at (\d+)/, () => "Time does not run backwards: a clock stays or moves ahead. Only a reset takes it back to 0."],
  [/names are unique/, () => "Nodes know each other by name, so two of one name cannot be told apart."],
  [/genesis differs|is in network/, () => "Nodes with another genesis block or difficulty are another network, and have nothing to say to each other."],
];

/**
 * What there is to say about a reason; empty where it says all itself.
 * @param {string} reason  in the node's words
 * @param {NodeDetail} [detail]  what the node holds, where it is known
 * @param {boolean} [atTip]  whether it was judged at the node's tip, with its pool
 * @returns {string}
 */
export function explain(reason, detail, atTip = true) {
  for (const [pattern, say] of EXPLAINED) {
    const found = pattern.exec(reason);
    if (found) return say(found, atTip ? detail : undefined);
  }
  return "";
}

/** @type {Explained[1]} */
function whyOverdrawn([, account, has], detail) {
  const rule = "An account can pay only what it has once everything that goes before is paid.";
  if (!detail) return rule;
  const kept = [...detail.pool, ...detail.queue];
  const paid = kept.filter(({ sender }) => sender === account);
  const got = kept.filter(({ recipient }) => recipient === account);
  const balance = Object.hasOwn(detail.accounts, account) ? detail.accounts[account] : 0;
  // The node may have gone on since it refused: then the numbers say nothing about it.
  if (balance - total(paid) + total(got) !== Number(has)) return rule;
  if (kept.length === 0 || paid.length + got.length === 0) {
    return balance === 0
      ? `${account} has nothing at this tip, and no payment that waits brings it anything.`
      : `That is all ${account} has at this tip, and no payment that waits changes it.`;
  }
  const waiting = [];
  if (paid.length > 0) waiting.push(`${total(paid)} ${total(paid) === 1 ? "is" : "are"} promised to ${listed(names(paid, "recipient"))} by ${waits(paid)}`);
  if (got.length > 0) waiting.push(`${total(got)} ${total(got) === 1 ? "comes" : "come"} from ${listed(names(got, "sender"))} by ${waits(got)}`);
  return `${account} has ${balance} at this tip; ${listed(waiting)}. That leaves ${has}.`;
}

/** @param {Transaction[]} payments */
function total(payments) {
  return payments.reduce((sum, { value }) => sum + value, 0);
}

/** @param {Transaction[]} payments */
function waits(payments) {
  return payments.length === 1 ? "a payment that waits" : `${counted(payments.length, "payment")} that wait`;
}

/**
 * @param {Transaction[]} payments
 * @param {"sender"|"recipient"} end
 */
function names(payments, end) {
  return [...new Set(payments.map((payment) => payment[end] ?? "nobody"))];
}

/** @type {Explained[1]} */
function whyNoWork([, , zeros, needed]) {
  const tries = 2 ** Number(needed);
  return `A block's hash must end in ${needed} zero bits: about ${tries.toLocaleString("en")} nonces have to be tried for that, which is its proof of work. This one ends in ${zeros}: nobody did that work for these contents.`;
}
