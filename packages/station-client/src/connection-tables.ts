/** The connection's tables, side by side: which phase may follow which and why, what is done on entry, and what a timer means. */

/** What led from one phase to another. */
export type ConnectionEvent =
  | "opened"
  | "open-failed"
  | "settled"
  | "greeted"
  | "unanswered"
  | "refused"
  | "session-lost"
  | "lost-again"
  | "renewed"
  | "link-closed"
  | "close-overdue"
  | "rested"
  | "begun"
  | "closed";

export type ConnectionPhase =
  /** `open` has been called and has not given a link yet. */
  | "waiting-for-port"
  /** The link is open; what it says at first is dropped. */
  | "settling"
  /** A flush and a hello are out (SPEC FRM-8, SER-3); all else that comes is dropped. */
  | "resyncing"
  /** The station has answered: calls go out. */
  | "ready"
  /** Nobody answers, or somebody else does: the link is being closed (SPEC SER-4). */
  | "stalled"
  /** A pause before the port is opened anew. */
  | "backing-off"
  /** The caller has closed the client. */
  | "closed";

/** Besides these, `closed` follows every phase when the caller closes the client. Anything else changes nothing. */
export const CONNECTION_MOVES: Readonly<
  Record<ConnectionPhase, Readonly<Partial<Record<ConnectionEvent, ConnectionPhase>>>>
> = {
  "waiting-for-port": { opened: "settling", "open-failed": "backing-off" },
  settling: { settled: "resyncing", "link-closed": "backing-off" },
  resyncing: { greeted: "ready", unanswered: "stalled", refused: "stalled", "link-closed": "backing-off" },
  ready: {
    "session-lost": "resyncing",
    "lost-again": "stalled",
    renewed: "resyncing",
    "link-closed": "backing-off",
  },
  stalled: { "link-closed": "backing-off", "close-overdue": "backing-off" },
  "backing-off": { rested: "waiting-for-port" },
  closed: {},
};

/** What is done when a phase begins; its timer is set besides. */
export const ON_ENTRY: Readonly<Record<ConnectionPhase, "open-port" | "greet" | "close-link" | "nothing">> = {
  "waiting-for-port": "open-port",
  settling: "nothing",
  resyncing: "greet",
  ready: "nothing",
  stalled: "close-link",
  "backing-off": "nothing",
  closed: "close-link",
};

/** How long a phase lasts at most, and what its end means. A phase without a row ends with the requester's own time-outs. */
export const PHASE_TIMERS: Readonly<
  Record<
    ConnectionPhase,
    | {
        readonly lasts: "openMs" | "settleMs" | "idleMs" | "closeMs" | "pause";
        readonly end: ConnectionEvent | "check-liveness";
      }
    | "none"
  >
> = {
  "waiting-for-port": { lasts: "openMs", end: "open-failed" },
  settling: { lasts: "settleMs", end: "settled" },
  resyncing: "none",
  ready: { lasts: "idleMs", end: "check-liveness" },
  stalled: { lasts: "closeMs", end: "close-overdue" },
  "backing-off": { lasts: "pause", end: "rested" },
  closed: "none",
};

/** Sessions that may be lost on one link, without one answer in between, before the link is given up. */
export const LOST_SESSIONS = 3;
