/** The sync station: a host on one side, docked keys on the other, and what it keeps between them (SPEC 8.2, 8.5). */
import { equalBytes, uploadReceiptObject } from "@nyckelfri/protocol";
import type { Device } from "../../world/entity.ts";
import { familyAfter, readFamily, readObjects } from "../mains/holdings.ts";
import type { At, HostPlan, MainsEffect, Plan } from "../mains/state.ts";
import { mainsDevice } from "../mains/step.ts";
import { still } from "../mains/turns.ts";
import type { Changes, Items } from "../shared/transactions.ts";
import { BUNDLE, bundleRoom, KNOWN_KEY, RECEIPT, readBundleObject, takeForKey, takeReceipt } from "./bundles.ts";
import { enrolmentAfter, enrolPin } from "./enrolling.ts";
import { program, START_DOCK } from "./program.ts";
import { FIRST_STEP, LAMPS } from "./tables.ts";
import type {
  StationConfig,
  StationEffect,
  StationInput,
  StationKind,
  StationOwn,
  StationState,
  StationX,
  Upload,
} from "./types.ts";
import { CURSORS, decodeCursors, encodeCursors, readUpload, START, UPLOAD, uploadAt } from "./uploads.ts";

/** What a bundle brings for a key in contact it gets soon; a host has mostly more of it in hand. */
const SOON_MS = 2_000;

export function stationDevice(config: StationConfig): Device<StationState, StationInput, StationEffect> {
  return mainsDevice(stationPlan(config), config);
}

/** Own items of a station that end with an epoch (SPEC TRU-8). */
export const STATION_ENDS: readonly string[] = [BUNDLE, RECEIPT];

export function stationPlan(config: StationConfig): Plan<StationX> {
  const kept = keepingHost<StationX>();
  return {
    kind: "station",
    endsWithEpoch: STATION_ENDS,
    readOwn: (items, after) => readStation(config, items, after),
    startWork: { enrolment: "none" },
    capabilities: ["bundles", "log", "pin"],
    host: {
      ...kept,
      command: (at, command) => (command.kind === "enrol-pin" ? enrolPin(at, command) : kept.command(at, command)),
    },
    begin: () => ({ exchange: "dock", step: FIRST_STEP, dock: START_DOCK }),
    program,
    handle: ({ on }) => still(on),
    timer: ({ on }) => still(on),
    proceed: ({ on }) => still(on),
    slotChanged: (at, slot) => {
      const phase = at.on.slots[slot]?.phase ?? "empty";
      const { on } = enrolmentAfter(at, slot, phase);
      return still(on, [{ kind: "lamp", slot, shows: LAMPS[phase] }]);
    },
    started: ({ on }) => still(on),
  };
}

/** The host's side of everything that keeps bundles and uploads. */
export function keepingHost<X extends StationKind>(): HostPlan<X> {
  return {
    // Of what is for no single key: receipts, under which uploads end (SPEC SRV-4).
    deliver: (at, object) => {
      const { outcome, changes } = takeReceipt(at, object);
      return { reply: { outcome }, changes };
    },

    bundle: (at, { key, object }) => {
      const { outcome, changes } = takeForKey(at, key, object);
      return { reply: { outcome }, changes, effects: outcome === "stored" ? restarting(at, key) : [] };
    },

    // SPEC SRV-2: what there is to configure or to release is a cabinet's, and PINs are enrolled in a station.
    command: ({ on }, command) => {
      if (command.kind !== "read-log") return { reply: { outcome: "refused" } };
      const found = uploadAt(on.own, command.cursor);
      if (found === undefined) return { reply: { outcome: "done", nextCursor: on.own.cursors.next } };
      return { reply: { outcome: "done", object: found.object, nextCursor: found.cursor + 1 } };
    },

    // SPEC SRV-4: forward only, and no record goes for it.
    acknowledge: ({ on }, cursor) => {
      const { cursors } = on.own;
      const acknowledged = Math.min(cursor, cursors.next);
      if (acknowledged <= cursors.acknowledged) return { reply: {} };
      return { reply: {}, changes: new Map([[CURSORS, encodeCursors({ ...cursors, acknowledged })]]) };
    },

    bundles: bundleRoom,
  };
}

/** A key that rests in its slot is spoken to again. */
function restarting<X extends StationKind>({ on }: At<X>, key: Uint8Array): readonly MainsEffect<X>[] {
  return on.slots.flatMap((one, slot) =>
    one.phase === "resting" && equalBytes(one.met.welcome.key, key)
      ? [{ kind: "arm", name: `slot/${slot}`, delayMs: SOON_MS } as const]
      : [],
  );
}

export function readStation(
  { provider }: StationConfig,
  items: Items,
  after?: { readonly own: StationOwn; readonly changes: Changes },
): StationOwn {
  const upload = (name: string, bytes: Uint8Array): Upload => readUpload(provider, name, bytes);
  const receipt = readObjects(uploadReceiptObject);
  const same = (_name: string, bytes: Uint8Array): Uint8Array => bytes;
  const bytes = items.get(CURSORS);
  const cursors = bytes === undefined ? START : decodeCursors(bytes);
  if (after === undefined) {
    return {
      uploads: readFamily(items, UPLOAD, upload),
      bundles: readFamily(items, BUNDLE, readBundleObject),
      receipts: readFamily(items, RECEIPT, receipt),
      knownKeys: readFamily(items, KNOWN_KEY, same),
      cursors,
    };
  }
  const { own, changes } = after;
  return {
    uploads: familyAfter(own.uploads, changes, UPLOAD, upload),
    bundles: familyAfter(own.bundles, changes, BUNDLE, readBundleObject),
    receipts: familyAfter(own.receipts, changes, RECEIPT, receipt),
    knownKeys: familyAfter(own.knownKeys, changes, KNOWN_KEY, same),
    cursors,
  };
}
