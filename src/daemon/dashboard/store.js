// What the page knows: one state, fed by GET /network and then by the event stream.

import { keepApart } from "./looks.js";
import { createStream } from "./stream.js";

/** @import {ChangedMessage, NodeEvent, NodeView, Network, Selection, StreamMessage, TickMessage, Topics, Transaction} from "./types.js" */

/** Payments whose words are remembered, for those in flight and in the log. */
const MAX_PAYMENTS = 20_000;

/** @typedef {ReturnType<typeof createStore>} Store */

/** @returns a store that knows nothing yet; `connect` fills it */
export function createStore() {
  /** @type {Map<string, Set<(data: any) => void>>} */
  const subscribers = new Map();
  const state = {
    /** @type {Network|null} */
    network: null,
    /** @type {Selection|null} */
    selection: null,
    /** @type {"connecting"|"up"|"lost"} */
    connection: "connecting",
    /** @type {string|null} the node that actions are for: the last one selected */
    chosen: null,
    /** @type {Map<string, Transaction>} payments seen, by id */
    payments: new Map(),
  };

  /**
   * Subscribes to a topic; the answer ends it.
   * @template {keyof Topics} T
   * @param {T} topic
   * @param {(data: Topics[T]) => void} listener
   * @returns {() => void}
   */
  function on(topic, listener) {
    const listeners = subscribers.get(topic) ?? new Set();
    subscribers.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * @template {keyof Topics} T
   * @param {T} topic
   * @param {Topics[T]} data
   */
  function tell(topic, data) {
    for (const listener of subscribers.get(topic) ?? []) {
      // One part of the page that fails must not stop the others.
      try {
        listener(data);
      } catch (error) {
        console.error(error);
      }
    }
  }

  let framed = false;
  /** Tells of the network with the next frame, however often it changes until then. */
  function networkChanged() {
    if (framed) return;
    framed = true;
    requestAnimationFrame(tellNetwork);
  }

  function tellNetwork() {
    if (!framed) return;
    framed = false;
    if (state.network) tell("network", state.network);
  }

  /** @param {Selection|null} selection */
  function select(selection) {
    // Nobody hears of a selection before what is selected.
    tellNetwork();
    state.selection = selection;
    if (selection?.kind === "node") state.chosen = selection.name;
    tell("selection", selection);
  }

  /** @param {"connecting"|"up"|"lost"} connection */
  function setConnection(connection) {
    if (state.connection === connection) return;
    state.connection = connection;
    tell("connection", connection);
  }

  /** @param {Network} network */
  function replace(network) {
    state.network = network;
    meet(network.nodes);
    keepSelectionTrue();
    tell("lesson", network.lesson);
    networkChanged();
  }

  /** Nodes as they came from the controller. @param {NodeView[]} nodes */
  function meet(nodes) {
    // The controller says null of a node that never answered.
    for (const node of nodes) node.tip ??= "";
    keepApart(nodes.map((node) => node.tip));
  }

  /** A node that is gone is not selected, and some node is chosen where there is one. */
  function keepSelectionTrue() {
    const names = new Set(state.network?.nodes.map((node) => node.name));
    if (state.chosen === null || !names.has(state.chosen)) {
      state.chosen = state.network?.nodes[0]?.name ?? null;
    }
    const selection = state.selection;
    if (selection?.kind === "node" && !names.has(selection.name)) select(null);
  }

  /** @param {NodeEvent[]} events */
  function rememberPayments(events) {
    for (const { event } of events) {
      if (event.type !== "payment") continue;
      state.payments.set(event.transaction.id, event.transaction);
      if (state.payments.size > MAX_PAYMENTS) {
        const [oldest] = state.payments.keys();
        state.payments.delete(oldest);
      }
    }
  }

  /** @param {TickMessage|ChangedMessage} message */
  function apply(message) {
    const network = state.network;
    if (!network) return;
    network.nodes = message.nodes;
    network.links = message.links;
    meet(message.nodes);
    if (message.type === "tick") {
      network.tick = message.tick;
      network.position = message.position;
      network.branches = message.branches;
    }
    keepSelectionTrue();
    rememberPayments(message.events);
    if (message.type === "tick") tell("tick", message);
    tell("events", message.events);
    networkChanged();
  }

  /** @param {StreamMessage} message */
  function take(message) {
    const network = state.network;
    if (!network) return;
    switch (message.type) {
      case "tick":
      case "changed":
        return apply(message);
      case "did":
        network.tick = message.tick;
        tell("did", message);
        return networkChanged();
      case "activity":
        network.activity = message.activity;
        return networkChanged();
      case "lesson":
        network.lesson = message.lesson;
        tell("lesson", message.lesson);
        return networkChanged();
      case "snapshots":
        return tell("snapshots", null);
      case "reload":
        return void stream.readAnew(message.why);
      case "resync":
        return void stream.readAnew("too much happened to follow");
    }
  }

  const stream = createStream({
    read(network, why) {
      replace(network);
      if (why !== null) tell("reload", why);
    },
    take,
    connection: setConnection,
  });

  /**
   * @param {string|null} name
   * @returns {NodeView|undefined}
   */
  function node(name) {
    return state.network?.nodes.find((each) => each.name === name);
  }

  return { state, on, tell, select, connect: stream.connect, node };
}
