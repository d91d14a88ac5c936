// The way from the controller to the store: GET /network, then its events; anew where some were missed,
// and again when it was away.

import { get } from "./api.js";

/** @import {Network, StreamMessage} from "./types.js" */

/** Waits before connecting again, doubled each time up to the second. */
const RETRY_MS = [500, 5000];

/**
 * @param {object} to  who is told
 * @param {(network: Network, why: string|null) => void} to.read  the network was read; why anew, or null where nobody has to hear
 * @param {(message: StreamMessage) => void} to.take
 * @param {(connection: "up"|"lost") => void} to.connection
 */
export function createStream(to) {
  /** @type {EventSource|null} */
  let stream = null;
  /** @type {{id: number, message: StreamMessage}[]|null} what comes while the network is read */
  let held = null;
  let retryMs = RETRY_MS[0];
  let waits = false;
  let again = false;

  /** Reads the network and follows the stream, for as long as the page is open. */
  async function connect() {
    try {
      const network = await get("/network");
      to.read(network, again ? "the controller is back" : null);
      again = true;
      follow(network.event);
    } catch {
      reconnect();
    }
  }

  /** @param {number} after */
  function follow(after) {
    stream = new EventSource(`/events?after=${after}`);
    stream.onopen = () => {
      retryMs = RETRY_MS[0];
      to.connection("up");
    };
    // Not left to the browser, which would ask for the same `after` again.
    stream.onerror = reconnect;
    stream.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (held) held.push({ id: Number.parseInt(event.lastEventId, 10), message });
      else to.take(message);
    };
  }

  function reconnect() {
    stream?.close();
    stream = null;
    to.connection("lost");
    if (waits) return;
    waits = true;
    setTimeout(() => {
      waits = false;
      void connect();
    }, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MS[1]);
  }

  /**
   * Reads everything anew, on the open stream. What comes meanwhile is taken after it, what happened
   * before the reading as well: it is told nowhere else.
   * @param {string} why
   */
  async function readAnew(why) {
    if (held) return;
    held = [];
    try {
      const network = await get("/network");
      const came = held;
      held = null;
      to.read(structuredClone(network), why);
      const earlier = came.filter(({ id }) => id <= network.event);
      for (const { message } of earlier) to.take(message);
      if (earlier.length > 0) to.read(network, null);
      for (const { message } of came.slice(earlier.length)) to.take(message);
    } catch {
      held = null;
      reconnect();
    }
  }

  return { connect, readAnew };
}
