// The shapes that travel between controller and page, and those that the page's modules share.
// Nothing runs here: `tsc --checkJs` reads it.

/** @typedef {"idle"|"mining"|"broadcasting-block"|"broadcasting-tx"|"receiving-block"|"receiving-tx"} Status */
/** @typedef {"up"|"slow"|"down"|"crashed"} NodeState */
/** @typedef {"NEW_BLOCK"|"NEW_TX"|"REQ_CHAIN"|"CHAIN"} Kind */

/**
 * One node as the controller sees it.
 * @typedef {object} NodeView
 * @property {string} name
 * @property {string} http
 * @property {string|null} p2p
 * @property {boolean} own  whether this controller started it, and so can crash and remove it
 * @property {NodeState} state
 * @property {string|null} why  why it is not up, in a sentence
 * @property {boolean} started
 * @property {number|null} ticks_itself
 * @property {number} clock
 * @property {Status} status
 * @property {{clock: number, of: number}|null} mining
 * @property {number} height
 * @property {string} tip  empty where it never answered: the store makes it so
 * @property {number} pool
 * @property {number} inbox
 * @property {number} waiting
 * @property {number} queued
 */

/** @typedef {{a: string, b: string, state: "up"|"cut"|"down"}} LinkView */
/** @typedef {{branch: number, tick: number, live: boolean}} Position */
/** @typedef {{id: number, name: string, parent: number|null, from: number, first: number, last: number}} HistoryBranch */
/** @typedef {{tick: number, marks: string[], events: number}} Moment  events: how many the nodes told of */
/** @typedef {HistoryBranch & {moments: Moment[]}} HistoryBranchWithMoments */
/** @typedef {{position: Position, branches: HistoryBranchWithMoments[]}} History */

/**
 * @typedef {object} Activity
 * @property {"tick"|"until"|"play"|"lesson"} kind
 * @property {string} what
 * @property {number|null} interval_ms
 * @property {number} done
 * @property {number|null} of
 */

/**
 * @typedef {object} LessonView
 * @property {string|null} lesson
 * @property {string} title
 * @property {string} about
 * @property {number} step
 * @property {number} of
 * @property {string} caption
 * @property {{text: string, note: string|null, expects: boolean}[]} steps
 * @property {string|null} unmet
 * @property {boolean} done
 */

/**
 * What `GET /network` answers.
 * @typedef {object} Network
 * @property {number} event  the stream's last event when this was read
 * @property {string} version
 * @property {string|null} network  null while no node has answered yet, as the two below
 * @property {string|null} genesis
 * @property {number|null} difficulty
 * @property {boolean} signatures  whether payments are signed
 * @property {string[]} accounts
 * @property {number} tick
 * @property {Activity|null} activity
 * @property {NodeView[]} nodes  in tick order
 * @property {LinkView[]} links
 * @property {Position} position
 * @property {HistoryBranch[]} branches
 * @property {LessonView|null} lesson
 * @property {boolean} fleet  whether nodes can be added, crashed and removed
 */

/** @typedef {{id: string, sender: string|null, recipient: string, value: number, sequence?: number, signature?: string}} Transaction */

/**
 * A block as a node shows it.
 * @typedef {object} Block
 * @property {number} id
 * @property {string} hash
 * @property {string} timestamp
 * @property {Transaction[]} transactions
 * @property {string|null} previous_block_hash
 * @property {number} nonce
 */

/** @typedef {{place: "waiting"}|{place: "pool"}|{place: "block", id: number}|{place: "refused", reason: string}} Place */
/** @typedef {{place: "waiting"|"pool"|"block"|"refused", block?: number, confirmations?: number, reason?: string}} Whereabouts */
/** @typedef {{transaction: Transaction|null, places: {node: string, place: Whereabouts}[]}} PaymentView */

/**
 * A block in the tree of all branches of all nodes.
 * @typedef {object} TreeBlock
 * @property {number} id
 * @property {string} hash
 * @property {string|null} previous_block_hash
 * @property {string} timestamp
 * @property {number} transactions
 * @property {string|null} miner
 */
/** @typedef {{height: number, blocks: TreeBlock[], tips: Record<string, string>}} Tree */

/** @typedef {{from: string|null, ready: number, stamp: number, sequence: number, kind: Kind, about?: string}} InboxMessage */
/** @typedef {{name: string|null, addr: string, port: number, connected: boolean}} Peer */

/**
 * What `GET /node/NAME` answers.
 * @typedef {object} NodeDetail
 * @property {NodeView} view
 * @property {Record<string, number>} accounts
 * @property {Transaction[]} pool
 * @property {Transaction[]} queue
 * @property {Transaction[]} waiting
 * @property {InboxMessage[]} inbox
 * @property {Block|null} candidate
 * @property {Peer[]} peers
 */

/**
 * An event of one node.
 * @typedef {{type: "started"}
 *   | {type: "reset"}
 *   | {type: "clock", clock: number, status: Status}
 *   | {type: "peer_up", peer: string}
 *   | {type: "peer_down", peer: string}
 *   | {type: "sent", to: string, kind: Kind, sequence: number, about?: string}
 *   | {type: "received", from: string, kind: Kind, sequence: number, about?: string}
 *   | {type: "mining_began", id: number, transactions: number}
 *   | {type: "mining_dropped", id: number}
 *   | {type: "mined", id: number, hash: string}
 *   | {type: "block", id: number, hash: string, main: boolean, previous_block_hash: string|null, transactions: number}
 *   | {type: "reorganisation", fork: number, left: string[], joined: string[]}
 *   | {type: "payment", transaction: Transaction, place: Place}
 *   | {type: "catching_up", peer: string}
 *   | {type: "refused", from?: string, about?: string, reason: string}} Event
 */
/** @typedef {{node: string, id: number, event: Event}} NodeEvent */

/**
 * What a controller does: the body of `POST /do`.
 * @typedef {{tick: number}
 *   | {until: {condition: "block"|"idle"|"one-tip", limit: number}}
 *   | {mine: string}
 *   | {tx: {at: string, sender: string, recipient: string, value: number, id?: string}}
 *   | {reset: {node?: string}}
 *   | {start: string}
 *   | {crash: string}
 *   | {cut: string[]}
 *   | {heal: string[]}
 *   | {add: {link: string[]}|{url: string}}
 *   | {remove: string}
 *   | {block: {at: string[], block: object}}
 *   | {forge: {of: string, id: number, at: string[], change: Record<string, string|number|null>, remine: boolean}}} Action
 */

/**
 * @typedef {object} Outcome
 * @property {"success"|"fail"} result
 * @property {number} tick
 * @property {string} [reason]
 * @property {string} [id]
 * @property {boolean} [met]
 * @property {boolean} [stopped]
 * @property {{node: string, result: "success"|"fail", reason?: string}[]} [answers]
 * @property {string} [name]
 */

/** @typedef {{type: "tick", tick: number, nodes: NodeView[], links: LinkView[], events: NodeEvent[], position: Position, branches: HistoryBranch[]}} TickMessage */
/** @typedef {{type: "changed", nodes: NodeView[], links: LinkView[], events: NodeEvent[]}} ChangedMessage */
/** @typedef {{type: "did", tick: number, action: Action, outcome: Outcome}} DidMessage */

/**
 * The data of one event of the controller's stream.
 * @typedef {TickMessage | ChangedMessage | DidMessage
 *   | {type: "activity", activity: Activity|null}
 *   | {type: "lesson", lesson: LessonView|null}
 *   | {type: "snapshots"}
 *   | {type: "reload", why: string}
 *   | {type: "resync"}} StreamMessage
 */

/**
 * A message on its way, as the mesh shows it.
 * @typedef {{kind: "message", from: string, to: string, message: Kind, sequence: number, about: string|null, tick: number, stamp?: number}} MessageSelection
 */

/**
 * What the user looks at.
 * @typedef {{kind: "node", name: string}
 *   | {kind: "link", a: string, b: string}
 *   | {kind: "block", hash: string}
 *   | {kind: "payment", id: string}
 *   | MessageSelection} Selection
 */

/**
 * What subscribers are told, by topic.
 * @typedef {object} Topics
 * @property {Network} network      nodes, links, tick or activity changed; at most once a frame
 * @property {TickMessage} tick     a tick, at once
 * @property {NodeEvent[]} events   what nodes did, in a tick or outside one, at once
 * @property {DidMessage} did       an action was done, by whoever
 * @property {string} reload        everything may be different, with the reason
 * @property {LessonView|null} lesson
 * @property {null} snapshots       the list of snapshots changed
 * @property {Selection|null} selection
 * @property {"connecting"|"up"|"lost"} connection
 * @property {string} say           a sentence for the live region
 */

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./api.js").Api} Api */
/** @typedef {(element: HTMLElement, store: Store, api: Api) => void} Mount */

/** @typedef {import("./layout.js").Point} Point */

export {};
