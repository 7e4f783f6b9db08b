/** P17 (SPEC OBJ-15, LOG-4, LOG-7, OPN-19, SVC-5): what is gone from a memory, the city has said that it keeps. */
import { equalBytes, type Store, segmentPositions, toHex } from "@nyckelfri/protocol";
import type { CylinderOn } from "../devices/cylinder/cylinder-state.ts";
import type { KeyOn } from "../devices/key/state.ts";
import type { StationOwn } from "../devices/station/types.ts";
import type { Checker, Truth } from "./checker.ts";
import { cylinderStep, keyStep, roleOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

type Segments = KeyOn["holdings"]["segments"];
type Uploads = StationOwn["uploads"];
interface Memory {
  /** By key: what it held when it was last seen, also before a power cut. */
  readonly journals: Map<string, KeyOn["holdings"]["journal"]>;
  readonly segments: Map<string, Segments>;
  /** By station or cabinet. */
  readonly uploads: Map<string, Uploads>;
  /** By cylinder and store: what is acknowledged, and up to where the ring was erased. */
  readonly acknowledged: Map<string, number>;
  readonly erased: Map<string, number>;
}

export function nothingIsDiscardedEarly(): Checker {
  return checkerOf<Memory>({
    property: "P17",
    says: "nobody discards a record before an issuer's receipt covers it, except by ring wrap",
    begin: () => ({
      journals: new Map(),
      segments: new Map(),
      uploads: new Map(),
      acknowledged: new Map(),
      erased: new Map(),
    }),
    watch: {
      step: ({ moment }, scene) => {
        const key = keyStep(moment, scene.truth);
        if (key !== undefined) {
          const { holdings } = key.after;
          if (holdings === key.before?.holdings) return;
          judgeJournal(key.id, holdings.journal, scene);
          judgeSegments(key.id, holdings.segments, scene);
          return;
        }
        const door = cylinderStep(moment, scene.truth);
        if (door !== undefined) {
          if (door.after.stores.bank !== door.before?.stores.bank) judgeMarks(door.id, door.after, scene);
          return;
        }
        const uploads = uploadsIn(moment.after);
        if (uploads === undefined || uploads === uploadsIn(moment.before)) return;
        if (STATIONS.includes(roleOf(moment.entity, scene.truth))) judgeUploads(moment.entity, uploads, scene);
      },
    },
  });
}

const STATIONS: readonly string[] = ["station", "key-cabinet"];

function uploadsIn(state: unknown): Uploads | undefined {
  return (state as { readonly own?: Partial<StationOwn> }).own?.uploads;
}

/** A ring that is full loses its oldest entry for each new one, and stays as full as it was. */
function judgeJournal(
  key: string,
  journal: KeyOn["holdings"]["journal"],
  { memory, truth, breach }: Scene<Memory>,
): void {
  const known = memory.journals.get(key);
  if (known === journal) return;
  memory.journals.set(key, journal);
  if (known === undefined || journal.oldest <= known.oldest) return;
  const kept = truth.ledger.receiptedOf(truth.member(key).party.kid, "journal");
  const isCovered = kept >= journal.oldest - 1;
  const isWrapped = journal.newest > known.newest && journal.newest - journal.oldest >= known.newest - known.oldest;
  if (!isCovered && !isWrapped)
    breach(key, `its journal begins with ${journal.oldest} now, and the city keeps ${kept}`);
}

function judgeSegments(key: string, segments: Segments, { memory, truth, breach }: Scene<Memory>): void {
  const known = memory.segments.get(key);
  if (known === segments) return;
  memory.segments.set(key, segments);
  // New, or others under a known name: a key cannot tell which of two with the same first record its cylinder has signed.
  const added = segments.filter(({ name, bytes }) => {
    return !known?.some((one) => one.name === name && equalBytes(one.bytes, bytes));
  });
  for (const gone of known ?? []) {
    // Most are there still, and what they say is not looked up.
    if (segments.includes(gone)) continue;
    const { store, first, records } = gone.value;
    const last = first + records.length - 1;
    const isHeld = segments.some((one) => {
      if (!equalBytes(one.signer, gone.signer)) return false;
      const { value } = one;
      return value.store === store && value.first <= first && value.first + value.records.length > last;
    });
    // SPEC OPN-19: only the same cylinder's newer ones push it out.
    const isPushedOut = added.some(({ signer }) => equalBytes(signer, gone.signer));
    if (isHeld || isPushedOut) continue;
    const positions = segmentPositions(truth.provider, gone.value);
    if (isReceipted({ device: gone.signer, store, positions }, last, truth)) continue;
    breach(
      key,
      `it dropped records ${first} to ${last} (${store}) of ${toHex(gone.signer)}, which nobody has receipted`,
    );
  }
}

type Records = Pick<Uploads extends ReadonlyMap<string, infer One> ? One : never, "device" | "store" | "positions">;

/** SPEC OBJ-15: a receipt is for the records that end in its head, and for no others under the same numbers. */
function isReceipted({ device, store, positions }: Records, last: number, { ledger }: Truth): boolean {
  const receipt = ledger.receiptOf(device, store);
  if (receipt === undefined || receipt.n < last) return false;
  const head = positions.find(({ number }) => number === receipt.n)?.head;
  return head === undefined || equalBytes(head, receipt.head);
}

/** SPEC SRV-4, PER-11: that a host has read an upload is no reason to drop it. */
function judgeUploads(id: string, uploads: Uploads, { memory, truth, breach }: Scene<Memory>): void {
  const known = memory.uploads.get(id);
  if (known === uploads) return;
  memory.uploads.set(id, uploads);
  for (const [name, { device, store, positions, object }] of known ?? []) {
    const last = positions.at(-1)?.number ?? 0;
    const same = uploads.get(name);
    if (
      (same !== undefined && equalBytes(same.object, object)) ||
      isReceipted({ device, store, positions }, last, truth)
    )
      continue;
    const first = positions[0]?.number ?? 0;
    const isHeld = [...uploads.values()].some((one) => {
      const reaches = (one.positions[0]?.number ?? last) <= first && (one.positions.at(-1)?.number ?? 0) >= last;
      return reaches && one.store === store && equalBytes(one.device, device);
    });
    if (!isHeld)
      breach(id, `it dropped records up to ${last} (${store}) of ${toHex(device)}, which nobody has receipted`);
  }
}

/** What a cylinder believes to be kept, and what it has erased because of that. */
function judgeMarks(cylinder: string, { stores }: CylinderOn, { memory, truth, breach }: Scene<Memory>): void {
  const { acknowledged, base } = stores.bank.settings;
  const { kid } = truth.member(cylinder).party;
  for (const store of ["openings", "refusals"] as const) {
    const name = `${cylinder} ${store}`;
    const receipted = truth.ledger.receiptedOf(kid, store);
    if (acknowledged[store] > (memory.acknowledged.get(name) ?? 0)) {
      memory.acknowledged.set(name, acknowledged[store]);
      if (acknowledged[store] > receipted)
        breach(cylinder, `it takes ${store} up to ${acknowledged[store]} for kept; ${receipted} are`);
    }
    const erased = memory.erased.get(name) ?? 0;
    if (base[store].number <= erased) continue;
    memory.erased.set(name, base[store].number);
    const kept = Math.max(receipted, writtenOffBy(truth, kid, store));
    if (base[store].number > kept)
      breach(cylinder, `it erased ${store} up to ${base[store].number}; ${kept} were kept or written off`);
  }
}

/** SPEC SVC-5: the openings that a policy writes off; refusals go with any dismounting. */
function writtenOffBy({ ledger }: Truth, kid: Uint8Array, store: Store): number {
  const dismounting = ledger.policiesOf(kid).filter(({ object }) => object.value.state === "dismounted");
  if (store === "refusals" && dismounting.length > 0) return Number.MAX_SAFE_INTEGER;
  return Math.max(0, ...dismounting.map(({ object }) => object.value.writtenOff ?? 0));
}
