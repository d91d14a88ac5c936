// What a payment must look like before a node is asked. Pure.

/** The largest value, which every JSON reader sees exactly. */
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** The longest name, in bytes of UTF-8. */
const MAX_NAME_BYTES = 64;

/**
 * What is wrong with a name, or null.
 * @param {string} name
 * @param {string} whose  "The sender", for the sentence
 * @returns {string|null}
 */
export function wrongName(name, whose) {
  if (name === "") return `${whose} needs a name.`;
  if (/\p{Cc}/u.test(name)) return `${whose}'s name holds a control character, which no name may.`;
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > MAX_NAME_BYTES) return `${whose}'s name has ${bytes} bytes, and at most ${MAX_NAME_BYTES} are allowed.`;
  return null;
}

/** The members of a signed payment. */
const SIGNED = ["id", "sender", "recipient", "value", "sequence", "signature"];

/**
 * A signed payment as pasted: its members, or what is wrong with the text.
 * @param {string} text
 * @returns {{payment: Record<string, unknown>}|{wrong: string}}
 */
export function readSigned(text) {
  const wrong = "Paste the line that `tickchain key sign` prints, from { to }.";
  /** @type {unknown} */
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    return { wrong };
  }
  if (json === null || typeof json !== "object" || Array.isArray(json)) return { wrong };
  const given = /** @type {Record<string, unknown>} */ (json);
  const missing = SIGNED.find((name) => given[name] === undefined);
  if (missing) return { wrong: `The payment has no ${missing}. ${wrong}` };
  return { payment: Object.fromEntries(SIGNED.map((name) => [name, given[name]])) };
}

/**
 * A value as typed: the number, or what is wrong with it. Whole numbers only, and none that a JSON
 * reader would round.
 * @param {string} text
 * @returns {{value: number}|{wrong: string}}
 */
export function readValue(text) {
  const typed = text.trim();
  // Groups of three only: 1,5 is one and a half where a comma divides.
  const digits = /^\d{1,3}([\s,_’']\d{3})+$/.test(typed) ? typed.replace(/\D/g, "") : typed;
  if (digits === "") return { wrong: "The value is missing: how many coins are paid?" };
  if (!/^\d+$/.test(digits)) return { wrong: "The value must be a whole number: coins are not divided." };
  const value = BigInt(digits);
  if (value === 0n) return { wrong: "The value must be at least 1." };
  if (value > MOST) return { wrong: `The value must be at most ${MOST.toLocaleString("en")}, so that every reader sees it exactly.` };
  return { value: Number(value) };
}
