/** What a box says to a key in its contact: one row for each step of `BOX_MOVES` (SPEC 8.3). */
import {
  activationTicketObject,
  equalBytes,
  type Grant,
  grantObject,
  issueObject,
  parseObject,
  readClock,
} from "@nyckelfri/protocol";
import { asksKeys, challenging, NOTHING_ASKED, takeKeyTime } from "../mains/carried-time.ts";
import { type Learner, NOTHING_FETCHED, nextFetch, takeFetched } from "../mains/fetching.ts";
import { chainOf } from "../mains/own-certificates.ts";
import type { Plan, ProgramStep, SlotAt, Taken } from "../mains/state.ts";
import { asker, askingTimeNonce, givingTime, NO_TIME_NOTES, proving } from "../mains/steps.ts";
import { attemptsOf, countedAttempt, PIN_ATTEMPTS } from "./pins.ts";
import { NO_ENDING } from "./tables.ts";
import type { BoxDock, BoxNext, BoxX, Ending } from "./types.ts";

type BoxSlot = SlotAt<BoxX>;
type BoxTaken = Taken<BoxX>;
const ask = asker<BoxX, "activate">("activate");
const proof = proving<BoxX>("ticket", { proven: "hearing-time", unproven: "rest" });

export const START_DOCK: BoxDock = {
  ...NO_TIME_NOTES,
  ...NOTHING_ASKED,
  ...NOTHING_FETCHED,
  grant: "none",
  typed: "none",
  keyLeft: PIN_ATTEMPTS,
  verdict: "none",
  leadsTo: "rest",
  due: "none",
  activated: "none",
  ending: NO_ENDING,
};

export const program: Plan<BoxX>["program"] = {
  // SPEC ACT-8. Before the proof, which a renewed certificate may be needed for.
  fetching: ask("fetch", {
    body: (at) => nextFetch(at, learnerOf(at)) ?? { kind: "go", to: "proving" },
    take: (at, { object }) => fetched(at, object),
    refused: (at) => fetched(at, undefined),
  }),

  // SPEC DCK-2.
  proving: {
    ask: proof.ask,
    take: (at, answer) => {
      const taken = proof.take(at, answer);
      return asksKeys(at, learnerOf(at).host) ? { ...taken, ...challenging(at) } : taken;
    },
  },

  // SPEC TIM-13.
  "hearing-time": ask("time-ask", {
    body: ({ dock }) =>
      dock.challenge === "none" ? { kind: "go", to: "asking-nonce" } : { nonce: dock.challenge.nonce },
    take: (at, reply) => {
      const { challenge } = at.dock;
      const heard = challenge === "none" ? {} : takeKeyTime(at, challenge, reply);
      return { to: "asking-nonce", dock: { challenge: "none" }, ...heard };
    },
    refused: () => ({ to: "asking-nonce", dock: { challenge: "none" } }),
  }),

  // SPEC ACT-1, DCK-3.
  "asking-nonce": askingTimeNonce("activation-box", { given: "giving-time", past: "reading-grant" }),
  "giving-time": givingTime("activation-box", { done: "reading-grant", again: "asking-nonce" }),

  "reading-grant": ask("grant", {
    body: () => ({}),
    take: (at, { grant }) => {
      if (grant === undefined) return ended({ kind: "no-grant" });
      if (isActivated(at, grant)) return ended({ kind: "activated" });
      return { to: "judging", dock: { grant }, todo: [own(at, { kind: "judge" })] };
    },
    refused: () => ended(NO_ENDING),
  }),
  // SPEC ACT-7: by `judge`.
  judging: leading(),

  // A box that never saw the issuer of today's grants asks the key that lives by one.
  "learning-issuer": ask("fetch", {
    body: ({ dock }) => {
      const [issuer] = dock.missing.slice(-1);
      return issuer ?? { kind: "go", to: "judging" };
    },
    take: (at, { object }) => learned(at, object),
    refused: (at) => learned(at, undefined),
  }),

  // The holder types; `pin-typed` goes on with it.
  "awaiting-pin": { ask: () => ({ kind: "wait" }), take: asksNothing },

  // SPEC ACT-2: the key has counted the try when v is here; this box has when it compares.
  "trying-pin": ask("pin", {
    body: ({ dock }) => (dock.typed === "none" ? { kind: "go", to: "rest" } : { pin: dock.typed }),
    take: (at, { attemptsLeft, v }) => {
      const noted: Partial<BoxDock> = { typed: "none", keyLeft: attemptsLeft };
      // Locked there, or here since it was asked for, by what says that it is the same key in another slot.
      if (v === undefined || triesHere(at) === 0)
        return { to: "telling-verdict", dock: { ...noted, verdict: "locked" } };
      const { holdings, own: kept } = at.on;
      const reading = readClock(holdings.clock, at.tickMs);
      const now = reading.quality === "running" ? reading.interval.hi : holdings.clock.knownLower;
      const changes = countedAttempt(kept, at.met.welcome.key, grantIn(at), now);
      return { to: "comparing", dock: noted, changes, todo: [own(at, { kind: "compare", v })] };
    },
  }),
  // SPEC ACT-3: by `compare`.
  comparing: leading(),

  // SPEC ACT-5, OBJ-6.
  activating: ask("activate", {
    body: ({ on, dock }) => {
      if (dock.due === "none") return { kind: "go", to: "rest" };
      const { ticket, under } = dock.due;
      const { bytes } = issueObject(activationTicketObject, ticket, on.holdings.signer);
      return { ticket: bytes, certificates: chainOf(under) };
    },
    take: ({ dock }, { outcome }) => {
      const used: Partial<BoxDock> = { due: "none" };
      if (outcome === "refused") return { to: "rest", dock: { ...used, ending: NO_ENDING } };
      if (outcome === "other-grant") return { to: "reading-grant", dock: { ...used, grant: "none" } };
      const activated = dock.due === "none" ? "none" : dock.due.ticket.grantDigest;
      return { to: "rest", dock: { ...used, activated, ending: { kind: "activated" } } };
    },
    refused: () => ({ to: "rest", dock: { due: "none", ending: NO_ENDING } }),
  }),

  "telling-verdict": ask("pin-verdict", {
    body: ({ dock }) => (dock.verdict === "none" ? { kind: "go", to: "rest" } : { verdict: dock.verdict }),
    take: (at) => told(at),
    refused: (at) => told(at),
  }),
};

/** The way that a judgement after a commit has found. */
function leading(): ProgramStep<BoxX> {
  return { ask: ({ dock }) => ({ kind: "go", to: dock.leadsTo }), take: asksNothing };
}

function asksNothing(): BoxTaken {
  return { to: "fault" };
}

/** Tries that are left to a key with its grant: what it counts, and what this box does. */
export function triesLeft(at: BoxSlot): number {
  return Math.min(triesHere(at), at.dock.keyLeft);
}

function triesHere(at: BoxSlot): number {
  return PIN_ATTEMPTS - attemptsOf(at.on.own, at.met.welcome.key, grantIn(at));
}

/** SPEC ACT-8: alone it learns from keys. */
function learnerOf({ config }: Pick<BoxSlot, "config">): Learner {
  return { host: config.place === "alone" ? "none" : "serial", roles: ["ticket", "time-source"] };
}

/** As far as tries are counted by it: the grant was judged before. */
function grantIn({ dock }: BoxSlot): Pick<Grant, "iat"> {
  return dock.grant === "none" ? { iat: 0 } : parseObject(grantObject, dock.grant).value;
}

function fetched(at: BoxSlot, object: Uint8Array | undefined): BoxTaken {
  const asked = nextFetch(at, learnerOf(at));
  if (asked === undefined) return { to: "proving" };
  return { to: "fetching", ...takeFetched(at, learnerOf(at), asked, object) };
}

function learned(at: BoxSlot, object: Uint8Array | undefined): BoxTaken {
  const [issuer] = at.dock.missing.slice(-1);
  if (issuer === undefined) return ended(NO_ENDING);
  const taken = takeFetched(at, learnerOf(at), issuer, object);
  return { to: "judging", ...taken, todo: [own(at, { kind: "judge" })] };
}

function told(at: BoxSlot): BoxTaken {
  if (at.dock.verdict === "locked") return ended({ kind: "locked" });
  return { to: "awaiting-pin", dock: { verdict: "none" }, todo: [own(at, { kind: "ask-again" })] };
}

/** The key that stays has its ticket already; not one that has lost the time meanwhile, and the ticket with it (SPEC TIM-9). */
function isActivated({ config, dock, met }: BoxSlot, grant: Uint8Array): boolean {
  const { activated } = dock;
  return (
    activated !== "none" &&
    met.welcome.clock.quality === "running" &&
    equalBytes(config.provider.sha256(grant), activated)
  );
}

function ended(ending: Ending): BoxTaken {
  return { to: "rest", dock: { ending } };
}

type Continuation<K> = K extends { readonly slot: number } ? Omit<K, "slot" | "session"> : never;
function own({ slot, talking }: BoxSlot, next: Continuation<BoxNext>) {
  return { kind: "own", next: { ...next, slot, session: talking.session } as BoxNext } as const;
}
