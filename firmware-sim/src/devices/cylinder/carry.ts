/** What a key takes along and brings after an opening (SPEC OPN-15, LOG-6, LOG-7). */
import {
  type CollectRequest,
  type FetchRequest,
  issueObject,
  judgeReceipt,
  type LogRecord,
  type LogSegment,
  logSegmentObject,
  PeerError,
  type ReceiptReply,
  raiseFloor,
  type UploadReceipt,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import { longestOf } from "../shared/belief.ts";
import type { Build, CylinderOn, OpenSession, Target } from "./cylinder-state.ts";
import { heldKeys, pooled, settingsOf } from "./held.ts";
import { andThen, answer, type Step, step, write } from "./moves.ts";
import { headAt, oldestIn, recordsFrom } from "./record-store.ts";
import type { LogName } from "./settings.ts";
import type { Task } from "./stores.ts";
import { SEGMENT_OPENINGS, SEGMENT_RECORDS, SEGMENT_STRIDE, SEGMENT_TURNS } from "./tables.ts";
import { record, verifiedUnderHeld } from "./update.ts";

/** One segment from the cursor on, which goes round from the acknowledged to the newest record. */
export function collect(
  build: Build,
  state: CylinderOn,
  session: OpenSession,
  target: Target,
  request: CollectRequest,
): Step {
  const { store } = request;
  const records = segmentFrom(build, state, store, cursorOf(build, state, session, request));
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) {
    return answer(state, target, { exchange: "open", name: "collect", body: {} });
  }
  const { identity } = state;
  const { mount, trust } = state.stores.bank.settings;
  const segment: LogSegment = {
    mount,
    first: first.number,
    headBefore: first.headBefore,
    records: records.map(({ record }) => record),
    keyNonce: session.keyNonce,
    nonceCounter: session.nonceCounter,
    store,
  };
  const signer = { provider: build.provider, seed: identity.seed, kid: identity.kid, fleetId: trust.fleetId };
  const { bytes } = issueObject(logSegmentObject, segment, signer);
  const cursors = { ...session.cursors, [store]: last.number + 1 };
  const moved: CylinderOn = { ...state, session: { ...session, cursors } };
  return answer(moved, target, { exchange: "open", name: "collect", body: { segment: bytes } });
}

/**
 * Where a session begins. Places stand at fixed numbers, so that what is carried twice is the same segment; they are counted from the
 * oldest record that is still there, for what a full ring has lost needs no turn (SPEC LOG-4). By the nonce counter each has its turn.
 */
function cursorOf(build: Build, state: CylinderOn, session: OpenSession, request: CollectRequest): number {
  const { store, delivered = 0 } = request;
  const { acknowledged } = state.stores.bank.settings;
  const ring = state.stores[store];
  const newest = ring.newest.number;
  const undelivered = Math.max(acknowledged[store], Math.min(delivered, newest)) + 1;
  const first = Math.max(undelivered, oldestIn(build, state.memory, build.layout[store], ring));
  if (first > newest) return first;
  const cursor = session.cursors[store];
  if (cursor !== undefined) return cursor > newest ? first : Math.max(first, cursor);
  const [from, to] = [placeOf(first), placeOf(newest)];
  const places = to - from + 1;
  const turns = SEGMENT_TURNS.find((some) => some >= places) ?? places;
  const due = from + ((((session.nonceCounter - from) % turns) + turns) % turns);
  const place = due <= to ? due : from + (session.nonceCounter % places);
  return Math.max(first, place * SEGMENT_STRIDE + 1);
}

function placeOf(number: number): number {
  return Math.floor((number - 1) / SEGMENT_STRIDE);
}

function segmentFrom(build: Build, state: CylinderOn, store: LogName, first: number): ReturnType<typeof recordsFrom> {
  const records = recordsFrom(build, state.memory, build.layout[store], state.stores[store], first, SEGMENT_RECORDS);
  let openings = 0;
  const end = records.findIndex(({ record }) => record.kind === "intent" && ++openings > SEGMENT_OPENINGS);
  return end < 0 ? records : records.slice(0, end);
}

/** Keeps what the city's word covers, and notes a chain that is not the city's (SPEC OBJ-15). */
export function receive(
  build: Build,
  state: CylinderOn,
  session: OpenSession,
  target: Target,
  bytes: Uint8Array,
): Step {
  const { outcome, tasks } = judge(build, state, bytes);
  const given = { exchange: "open", name: "receipt", body: { outcome } } as const;
  const after = { kind: "reply", target, answer: given } as const;
  if (outcome !== "fork") return step(write(state, tasks, after));
  const on: CylinderOn = { ...state, session: { ...session, fork: "noted" } };
  return step(write(on, session.fork === "noted" ? [] : tasks, after));
}

function judge(
  build: Build,
  state: CylinderOn,
  bytes: Uint8Array,
): { readonly outcome: ReceiptReply["outcome"]; readonly tasks: readonly Task[] } {
  let verified: ReturnType<typeof verifiedReceipt>;
  try {
    verified = verifiedReceipt(build, state, bytes);
  } catch (error) {
    if (error instanceof PeerError) return { outcome: "refused", tasks: [] };
    throw error;
  }
  if (typeof verified === "string") return { outcome: "refused", tasks: [] };
  const { object, epoch } = verified;
  const { n, store, iat } = object.value;
  if (store === "journal") return { outcome: "refused", tasks: [] };
  const settings = settingsOf(state);
  const { layout } = build;
  const at = (number: number): Uint8Array | undefined =>
    headAt(build, state.memory, layout[store], state.stores[store], settings.base[store], number);
  const outcome = judgeReceipt(object, { device: state.identity.kid, store, headAt: at });
  if (outcome === "fork") return { outcome, tasks: [record({ kind: "fork", n } satisfies LogRecord)] };
  if (outcome !== "covered" || n <= settings.acknowledged[store]) return { outcome, tasks: [] };
  const floor = raiseFloor(settings.floor, { epoch, iat });
  const acknowledged = { ...settings.acknowledged, [store]: n };
  return { outcome, tasks: [{ kind: "settings", settings: { ...settings, floor, acknowledged } }] };
}

function verifiedReceipt(
  build: Build,
  state: CylinderOn,
  bytes: Uint8Array,
): ReturnType<typeof verifiedUnderHeld<UploadReceipt>> {
  return verifiedUnderHeld(build, state, uploadReceiptObject, bytes);
}

/** Newer lists and certificates, for keys and what they meet (SPEC OPN-15). A door keeps no transition once it has followed it. */
export function handOut(build: Build, state: CylinderOn, target: Target, request: FetchRequest): Step {
  const bytes = handedOut(build, state, request);
  const body = bytes === undefined ? {} : { object: bytes };
  return andThen(step(state), (on) => answer(on, target, { exchange: "open", name: "fetch", body }));
}

function handedOut(build: Build, state: CylinderOn, request: FetchRequest): Uint8Array | undefined {
  switch (request.wanted) {
    case "list": {
      const held = state.stores.bank.settings.lists.find(({ list }) => list === request.list);
      return held === undefined ? undefined : pooled(build, state, held.slot)?.bytes;
    }
    case "certificate":
      return longestOf(heldKeys(build, state), request)?.certificate.bytes;
    case "root-transition":
      return undefined;
  }
}
