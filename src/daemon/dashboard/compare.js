/** @param {...any} args */
export function openCompare(...args) { void args; }
