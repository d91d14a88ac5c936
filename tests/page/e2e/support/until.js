// Waiting for conditions; nothing here waits for time to pass.

/** Longer than anything here takes: a test that waits this long has found a hang. */
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 30_000);

/** How soon a condition is looked at again. */
const AGAIN_MS = 20;

/**
 * Looks again and again until the condition holds.
 * @param {string} what
 * @param {() => Promise<boolean>|boolean} condition
 */
export async function until(what, condition) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
