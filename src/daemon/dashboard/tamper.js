/** @param {...any} args */
export function openTamper(...args) { void args; }
