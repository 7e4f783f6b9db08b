/** What a station says to a docked key: one row for each step of `STATION_MOVES` (SPEC 8.2). */
import {
  equalBytes,
  type KeyJournal,
  keyJournalObject,
  logSegmentObject,
  parseObject,
  type Unverified,
  verifyKeyJournal,
} from "@nyckelfri/protocol";
import type { Extension, Plan, ProgramStep, SlotAt, Taken, Target } from "../mains/state.ts";
import { asker, askingTimeNonce, givingTime, NO_TIME_NOTES, proving } from "../mains/steps.ts";
import { logName, offersFor, publicKeyOf } from "./bundles.ts";
import { enrollingPin } from "./enrolling.ts";
import type { StationDock, StationKind, StationX } from "./types.ts";
import { keptUntil, uploadChanges } from "./uploads.ts";

export const START_DOCK: StationDock = {
  ...NO_TIME_NOTES,
  journalFrom: "unknown",
  key: "unproven",
  segment: 0,
  seen: [],
  offered: [],
};

/** The names that the steps of a dock have in a device's program, and where that goes on. */
export interface DockNames<X extends Extension> {
  readonly "catching-up": Target<X>;
  readonly "caught-up": Target<X>;
  readonly "reading-journal": Target<X>;
  readonly "reading-segments": Target<X>;
  readonly delivering: Target<X>;
  readonly delivered: Target<X>;
}
type DockStep = "catching-up" | "reading-journal" | "reading-segments" | "delivering";

/** The steps that everything has which docks keys as a station does (SPEC 8.2); they ask in whatever exchange the slot is. */
export function dockSteps<X extends StationKind>(to: DockNames<X>): Readonly<Record<DockStep, ProgramStep<X>>> {
  const ask = asker<X, "dock">("dock");
  return {
    // SPEC TRU-9, TRU-15: under a root that the key does not know it would believe nothing that follows.
    "catching-up": ask("deliver", {
      body: (at) => {
        const missed = missedTransition(at);
        return missed === undefined ? { kind: "go", to: to["caught-up"] } : { object: missed.bytes };
      },
      take: (at) => ({ to: to["catching-up"], dock: offered(at, missedTransition(at)?.name) }),
      refused: (at) => ({ to: to["catching-up"], dock: offered(at, missedTransition(at)?.name) }),
    }),

    // SPEC DCK-4. From the first entry that is not kept here yet.
    "reading-journal": ask("journal", {
      body: (at) => ({ from: journalFrom(at) }),
      take: (at, { journal }) => (journal === undefined ? { to: to["reading-segments"] } : takePage(at, to, journal)),
      refused: () => ({ to: to.delivering }),
    }),

    "reading-segments": ask("carried", {
      body: ({ dock, met }) =>
        dock.segment < met.welcome.segments ? { index: dock.segment } : { kind: "go", to: to.delivering },
      take: (at, { segment }) => (segment === undefined ? { to: to.delivering } : takeSegment(at, to, segment)),
      refused: () => ({ to: to.delivering }),
    }),

    // SPEC DCK-5. What became of it is the key's affair: it verifies each, and keeps what is newer.
    delivering: ask("deliver", {
      body: (at) => {
        const next = nextOffer(at);
        return next === undefined ? { kind: "go", to: to.delivered } : { object: next.bytes };
      },
      take: (at) => ({ to: to.delivering, dock: offered(at, nextOffer(at)?.name) }),
      refused: (at) => ({ to: to.delivering, dock: offered(at, nextOffer(at)?.name) }),
    }),
  };
}

export const program: Plan<StationX>["program"] = {
  ...dockSteps<StationX>({
    ...{ "catching-up": "catching-up", "caught-up": "proving" },
    ...{ "reading-journal": "reading-journal", "reading-segments": "reading-segments" },
    ...{ delivering: "delivering", delivered: "rest" },
  }),
  proving: proving("collector", { proven: "enrolling-pin", unproven: "enrolling-pin" }),
  "enrolling-pin": enrollingPin,
  "asking-nonce": askingTimeNonce("station", { given: "giving-time", past: "reading-journal" }),
  "giving-time": givingTime("station", { done: "reading-journal", again: "asking-nonce" }),
};

function missedTransition<X extends StationKind>({ on, met, dock }: SlotAt<X>) {
  return on.holdings.transitions.find(
    ({ name, value }) => value.epoch > met.welcome.epoch && !dock.offered.includes(name),
  );
}

function nextOffer<X extends StationKind>(at: SlotAt<X>) {
  const { met, dock } = at;
  const { key, lists } = met.welcome;
  return offersFor(at, key, { lists, seen: dock.seen }).find(({ name }) => !dock.offered.includes(name));
}

function offered<X extends StationKind>({ dock }: SlotAt<X>, name: string | undefined): Partial<X["dock"]> {
  return name === undefined ? {} : noted<X>({ offered: [...dock.offered, name] });
}

/** The station's half of what a device remembers of a docked key. */
function noted<X extends StationKind>(dock: Partial<StationDock>): Partial<X["dock"]> {
  return dock as Partial<X["dock"]>;
}

function journalFrom<X extends StationKind>({ on, met, dock }: SlotAt<X>): number {
  return dock.journalFrom === "unknown" ? keptUntil(on.own, met.welcome.key, "journal") + 1 : dock.journalFrom;
}

/**
 * A page counts only when the key of the welcome has signed it over this session's nonce, under the public key of its grants
 * (SPEC OBJ-16). Of a key that no grant here tells of nothing is taken: it keeps its records for a station that knows it.
 */
function takePage<X extends StationKind>(at: SlotAt<X>, names: DockNames<X>, bytes: Uint8Array): Taken<X> {
  const { on, config, met, talking } = at;
  const { key } = met.welcome;
  const page: Unverified<KeyJournal> = parseObject(keyJournalObject, bytes);
  const publicKey = publicKeyOf(on.own, key);
  if (publicKey === undefined) return { to: names.delivering };
  if (page.kid === undefined || !equalBytes(page.kid, key) || page.value.first < journalFrom(at))
    return { to: "fault" };
  const { provider } = config;
  const { fleetId } = on.holdings.trust;
  const { value } = verifyKeyJournal(page, { provider, publicKey, fleetId, nonce: talking.nonce });
  const next = value.first + value.entries.length;
  const changes = uploadChanges(config, on.own, key, bytes);
  if (changes === "full")
    return { to: names["reading-segments"], dock: noted<X>({ journalFrom: "unknown", key: "proven" }) };
  const dock = noted<X>({ journalFrom: next, key: "proven" });
  const to = next > met.welcome.journal.newest ? names["reading-segments"] : names["reading-journal"];
  return changes === "known" ? { to, dock } : { to, dock, changes };
}

/** Whether the cylinder signed it the city finds out: a station has no cylinder's public key. It is the carrier who answers. */
function takeSegment<X extends StationKind>(at: SlotAt<X>, names: DockNames<X>, bytes: Uint8Array): Taken<X> {
  const { on, config, met, dock } = at;
  if (dock.key === "unproven") return { to: names.delivering };
  const { kid, value } = parseObject(logSegmentObject, bytes);
  const next: Partial<StationDock> = { segment: dock.segment + 1 };
  const to = names["reading-segments"];
  if (kid === undefined) return { to, dock: noted<X>(next) };
  const log = logName({ device: kid, store: value.store });
  const seen = noted<X>({ ...next, seen: dock.seen.includes(log) ? dock.seen : [...dock.seen, log] });
  const last = value.first + value.records.length - 1;
  const isCovered = (on.own.receipts.get(`receipt/${log}`)?.value.n ?? 0) >= last;
  const changes = isCovered ? "known" : uploadChanges(config, on.own, met.welcome.key, bytes);
  if (changes === "known") return { to, dock: seen };
  // What has no room keeps out nothing that comes after it: that may be what a receipt waits for.
  return changes === "full" ? { to, dock: seen } : { to, dock: seen, changes };
}
