/** What a cabinet says to a key in a slot: one row for each step of `CABINET_MOVES` (SPEC 8.4, 8.2). */
import { equalBytes, PeerError, parseSign1 } from "@nyckelfri/protocol";
import {
  asksKeys,
  challenging,
  NOTHING_ASKED,
  orNothing,
  type ShownGrant,
  shownGrant,
  takeKeyTime,
} from "../mains/carried-time.ts";
import { deliverToCore } from "../mains/delivering.ts";
import { certificateOf, isAskedFor, type Learner, NOTHING_FETCHED, nextFetch, takeFetched } from "../mains/fetching.ts";
import type { Plan, SlotAt, Taken } from "../mains/state.ts";
import { asker, askingTimeNonce, givingTime, proving } from "../mains/steps.ts";
import { NOTHING } from "../shared/believing.ts";
import type { Changes } from "../shared/transactions.ts";
import { dockSteps, START_DOCK as START_STATION_DOCK } from "../station/program.ts";
import { identify, isWaitedFor, remembered, shown, unproven, unwished } from "./check-in.ts";
import { grantInUse, isEntitled } from "./holder.ts";
import type { CabinetDock, CabinetX } from "./types.ts";
import { leaseOf, placed, whereaboutsOf } from "./whereabouts.ts";

type CabinetSlot = SlotAt<CabinetX>;
type CabinetTaken = Taken<CabinetX>;

const ask = asker<CabinetX, "store">("store");
const proof = proving<CabinetX>("collector", { proven: "hearing", unproven: "hearing" });

export const START_DOCK: CabinetDock = {
  ...START_STATION_DOCK,
  ...NOTHING_ASKED,
  ...NOTHING_FETCHED,
  ...{ purpose: "store", shown: "none" },
};

/** SPEC ACT-8. */
function learnerOf({ config }: Pick<CabinetSlot, "config">): Learner {
  return { host: config.host, roles: ["collector", "time-source"] };
}

export const program: Plan<CabinetX>["program"] = {
  ...dockSteps<CabinetX>({
    ...{ "catching-up": "catching-up", "caught-up": "fetching" },
    ...{ "reading-journal": "reading-journal", "reading-segments": "reading-segments" },
    ...{ delivering: "delivering", delivered: "learning-new-grant" },
  }),

  // SPEC ACT-8. Before the proof, which a renewed certificate may be needed for.
  fetching: ask("fetch", {
    body: (at) => nextFetch(at, learnerOf(at)) ?? { kind: "go", to: "proving" },
    take: (at, { object }) => fetched(at, object),
    refused: (at) => fetched(at, undefined),
  }),

  proving: {
    ask: proof.ask,
    take: (at, answer) => {
      const taken = proof.take(at, answer);
      return asksKeys(at, learnerOf(at).host) ? { ...taken, ...challenging(at) } : taken;
    },
  },

  // SPEC TIM-13: before the key gets this device's own time, which it would only echo, or contradict and then show nothing more.
  hearing: ask("time-ask", {
    body: ({ dock: { challenge } }) =>
      challenge === "none" ? { kind: "go", to: "asking-nonce" } : { nonce: challenge.nonce },
    take: (at, reply) => hear(at, reply),
    refused: () => ({ to: "asking-nonce", dock: NOTHING_ASKED }),
  }),

  "asking-nonce": askingTimeNonce("key-cabinet", { given: "giving-time", past: "learning-grant" }),
  "giving-time": givingTime("key-cabinet", { done: "learning-grant", again: "asking-nonce" }),

  // SPEC STO-1: whose the key is, which it tells also when it has lost the time.
  "learning-grant": ask("grant", {
    body: (at) =>
      at.met.welcome.grantDigest === undefined || grantInUse(at) !== undefined ? { kind: "go", to: "checking-in" } : {},
    take: (at, { grant }) => learnGrant(at, grant),
    refused: () => ({ to: "checking-in" }),
  }),
  "learning-issuer": ask("fetch", {
    body: ({ dock }) => dock.missing.at(-1) ?? { kind: "go", to: "learning-grant" },
    take: (at, { object }) => learnIssuer(at, object),
    refused: (at) => learnIssuer(at, undefined),
  }),

  // SPEC STO-1. While the bolt is drawn the key is about to go, and nothing is said of where it is.
  "checking-in": ask("check-in", {
    body: ({ on, slot }) => (on.work.drawn.has(slot) ? { kind: "go", to: "rest" } : { slot }),
    take: (at, { proof }) => identify(at, proof),
    refused: (at) => unproven(at),
  }),

  "checking-out": ask("check-out", {
    body: ({ slot }) => ({ slot }),
    take: (at, { outcome }) => {
      if (outcome === "ready") return handOut(at);
      return refusedHandOut(at, outcome === "battery" ? "key-battery" : "try-again");
    },
    refused: (at) => refusedHandOut(at, "try-again"),
  }),

  // What was loaded just now may be the holder's next shift, and the one that ended is gone.
  "learning-new-grant": ask("grant", {
    body: ({ dock: { offered } }) =>
      offered.some((name) => name.includes("/grant/")) ? {} : { kind: "go", to: "rest" },
    take: (at, { grant }) => {
      const known = grant === undefined ? undefined : orNothing(() => shownGrant(at, { grant }));
      if (known === undefined) return { to: "rest" };
      return { to: "rest", changes: remembered(at.on.own, at.met.welcome.key, known.grant.bytes) };
    },
    refused: () => ({ to: "rest" }),
  }),
};

function fetched(at: CabinetSlot, object: Uint8Array | undefined): CabinetTaken {
  const asked = nextFetch(at, learnerOf(at));
  if (asked === undefined) return { to: "proving" };
  return { to: "fetching", ...takeFetched(at, learnerOf(at), asked, object) };
}

/** A key's word on the time, and the grant under which it is given. What does not verify is as good as nothing said. */
function hear(at: CabinetSlot, reply: Parameters<typeof takeKeyTime>[2]): CabinetTaken {
  const { challenge } = at.dock;
  const known = orNothing(() => shownGrant(at, reply));
  if (known === undefined || challenge === "none") return { to: "asking-nonce", dock: NOTHING_ASKED };
  const heard = takeKeyTime(at, challenge, reply);
  const changes = new Map([...learntIssuer(at, known), ...(heard.changes ?? [])]);
  return { to: "asking-nonce", ...heard, dock: { ...NOTHING_ASKED, shown: heldAs(known) }, changes };
}

/** The issuer's certificate that came beside a grant; it is of the present epoch. */
function learntIssuer(at: CabinetSlot, { signer: { certificate } }: ShownGrant): Changes {
  const isHeld = at.on.holdings.issuers.some((one) => equalBytes(one.certificate.bytes, certificate.bytes));
  return isHeld ? NOTHING : (deliverToCore(at, certificate.bytes)?.changes ?? NOTHING);
}

function learnGrant(at: CabinetSlot, grant: Uint8Array | undefined): CabinetTaken {
  if (grant === undefined) return { to: "checking-in" };
  try {
    const known = shownGrant(at, { grant });
    return known === undefined ? { to: "checking-in" } : { to: "checking-in", dock: { shown: heldAs(known) } };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    const { kid } = error.code === "trust/issuer-unknown" ? parseSign1(grant) : {};
    const issuer = kid === undefined ? undefined : certificateOf(kid, "grant");
    if (issuer === undefined || isAskedFor(at.dock, issuer)) return { to: "checking-in" };
    return { to: "learning-issuer", dock: { missing: [...at.dock.missing, issuer] } };
  }
}

function learnIssuer(at: CabinetSlot, object: Uint8Array | undefined): CabinetTaken {
  const issuer = at.dock.missing.at(-1);
  if (issuer === undefined) return { to: "checking-in" };
  return { to: "learning-grant", ...takeFetched(at, learnerOf(at), issuer, object) };
}

function heldAs({
  grant: { bytes, value, kid = new Uint8Array(8) },
}: ShownGrant): Exclude<CabinetDock["shown"], "none"> {
  return { bytes, value, signer: kid };
}

/** It is committed that the key may be gone, and only then the bolt is drawn: what power does between the two loses no key. */
function handOut(at: CabinetSlot): CabinetTaken {
  const { on, config, slot, met } = at;
  const { wish } = on.work;
  const kid = met.welcome.key;
  const grant = grantInUse(at);
  const key = whereaboutsOf(on.own, kid);
  const isTheirs = isWaitedFor(at) && wish !== "none" && grant !== undefined && isEntitled(at, grant, wish.holder);
  if (!isTheirs || key === undefined) return refusedHandOut(at, "nothing-for-you");
  const place = { kind: "released", slot, lease: leaseOf(at, kid) } as const;
  return {
    to: "rest",
    on: unwished(on, slot),
    changes: placed(on.own, config, { ...key, place }),
    todo: [{ kind: "own", next: { kind: "draw-bolt", slot, reason: "hand-out" } }],
  };
}

function refusedHandOut(at: CabinetSlot, why: "nothing-for-you" | "key-battery" | "try-again"): CabinetTaken {
  return { to: "rest", on: unwished(at.on, at.slot), effects: [shown(why)] };
}
