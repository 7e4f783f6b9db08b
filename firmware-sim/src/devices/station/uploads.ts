/**
 * Uploads: records that keys brought, kept until a receipt covers them (SPEC PER-11, LOG-7, SRV-4). Only keys that have proven
 * themselves fill them, each at most its quota: a record that does not fit stays in its key, and nobody's junk keeps out another's.
 */
import {
  type CborValue,
  type CryptoProvider,
  decode,
  encode,
  equalBytes,
  journalPositions,
  keyJournalObject,
  logSegmentObject,
  parseObject,
  parseSign1,
  segmentPositions,
  typOf,
  type UploadReceipt,
} from "@nyckelfri/protocol";
import { deleted } from "../shared/believing.ts";
import { RING_SIZES } from "../shared/ring-sizes.ts";
import type { Changes } from "../shared/transactions.ts";
import type { Cursors, StationConfig, StationOwn, Upload } from "./types.ts";

export const UPLOAD = "upload/";
export const CURSORS = "cursors";
export const START: Cursors = { next: 0, acknowledged: 0 };

export function encodeCursors({ next, acknowledged }: Cursors): Uint8Array {
  return encode([next, acknowledged]);
}
export function decodeCursors(bytes: Uint8Array): Cursors {
  const [next = 0, acknowledged = 0] = decode(bytes) as readonly number[];
  return { next, acknowledged };
}

/** An item of the family, as it stands in the memory. */
export function readUpload(provider: CryptoProvider, name: string, bytes: Uint8Array): Upload {
  const [key, object] = decode(bytes) as readonly CborValue[] as readonly [Uint8Array, Uint8Array];
  return { cursor: Number(name.slice(UPLOAD.length)), key, object, ...contentOf(provider, object) };
}

type Content = Pick<Upload, "device" | "store" | "positions">;

function contentOf(provider: CryptoProvider, object: Uint8Array): Content {
  const nobody = new Uint8Array(8);
  if (parseSign1(object).typ === typOf("key-journal")) {
    const { kid: device = nobody, value } = parseObject(keyJournalObject, object);
    return { device, store: "journal", positions: journalPositions(provider, value) };
  }
  const { kid: device = nobody, value } = parseObject(logSegmentObject, object);
  return { device, store: value.store, positions: segmentPositions(provider, value) };
}

/**
 * The commit that keeps an object which a key brought; `known` when it is kept already, `full` where it has no room. It takes the place
 * of what the same key brought of the same records before. Doors and keys sign them anew for each session, and while a record before them
 * is missing no receipt ends them: the copies would leave no room for that very record.
 */
export function uploadChanges(
  { provider, quotas }: StationConfig,
  { uploads, cursors, receipts }: StationOwn,
  key: Uint8Array,
  object: Uint8Array,
): Changes | "known" | "full" {
  const all = [...uploads.values()];
  if (all.some((one) => equalBytes(one.object, object))) return "known";
  const content = contentOf(provider, object);
  // A station cannot tell which of two copies a cylinder has signed, so the city has both: only what a host has read makes room.
  const isReplaced = (one: Upload): boolean =>
    one.cursor < cursors.acknowledged && equalBytes(one.key, key) && isWithin(one, content);
  const replaced = all.filter(isReplaced);
  const others = all.filter((one) => !isReplaced(one));
  const own = others.filter((one) => equalBytes(one.key, key));
  const isWaitedFor = isDue({ uploads, receipts }, content);
  const most = quotas.uploadBytes - (isWaitedFor ? 0 : quotas.dueBytes);
  const mostPerKey = quotas.uploadBytesPerKey - (isWaitedFor ? 0 : quotas.dueBytesPerKey);
  if (bytesOf(others) + object.length > most || bytesOf(own) + object.length > mostPerKey) return "full";
  return new Map<string, Uint8Array | "deleted">([
    ...replaced.map(({ cursor }) => deleted(`${UPLOAD}${cursor}`)),
    [`${UPLOAD}${cursors.next}`, encode([key, object])],
    [CURSORS, encodeCursors({ ...cursors, next: cursors.next + 1 })],
  ]);
}

/**
 * Does a receipt wait for it (SPEC OBJ-15)? Everything does of a journal, which its key gives in order; a segment that goes on where the
 * receipt and what is kept here without a break end; and one so new that with it the numbers that are missing count as lost.
 */
function isDue(own: Pick<StationOwn, "uploads" | "receipts">, { device, store, positions }: Content): boolean {
  if (store === "journal") return true;
  const [before, last] = spanOf(positions);
  const spans = [...own.uploads.values()]
    .filter((one) => one.store === store && equalBytes(one.device, device))
    .map((one) => spanOf(one.positions))
    .sort(([one], [other]) => one - other);
  let reach = receiptOf(own, device, store);
  for (const [from, to] of spans) if (from <= reach) reach = Math.max(reach, to);
  if (before <= reach) return last > reach;
  const missing = Math.min(before, ...spans.map(([from]) => from).filter((from) => from > reach));
  return last >= missing + RING_SIZES[store];
}

/** The number before its first record, and that of its last. */
function spanOf(positions: Content["positions"]): readonly [before: number, last: number] {
  return [positions[0]?.number ?? 0, positions.at(-1)?.number ?? 0];
}

function receiptOf({ receipts }: Pick<StationOwn, "receipts">, device: Uint8Array, store: Upload["store"]): number {
  const receipt = [...receipts.values()].find(({ value }) => value.store === store && equalBytes(value.device, device));
  return receipt?.value.n ?? 0;
}

/** Has the other one each of its records, by number and head? */
function isWithin({ device, store, positions }: Content, other: Content): boolean {
  if (store !== other.store || !equalBytes(device, other.device)) return false;
  return positions.every(({ number, head }) =>
    other.positions.some((one) => one.number === number && equalBytes(one.head, head)),
  );
}

function bytesOf(uploads: readonly Upload[]): number {
  return uploads.reduce((total, { object }) => total + object.length, 0);
}

/** The last record of a log that is kept here without a break from its newest receipt on; 0 where nothing of it is known. */
export function keptUntil({ uploads, receipts }: StationOwn, device: Uint8Array, store: Upload["store"]): number {
  const ends = [...uploads.values()]
    .filter((one) => one.store === store && equalBytes(one.device, device))
    .map(({ positions }) => positions.at(-1)?.number ?? 0);
  return Math.max(receiptOf({ receipts }, device, store), ...ends);
}

/** Does a receipt tell of other records than those that are kept here (SPEC OBJ-15)? */
export function isForked({ uploads }: StationOwn, receipt: UploadReceipt): boolean {
  return [...uploads.values()].some(
    ({ device, store, positions }) =>
      store === receipt.store &&
      equalBytes(device, receipt.device) &&
      positions.some(({ number, head }) => number === receipt.n && !equalBytes(head, receipt.head)),
  );
}

/** SPEC SRV-4, LOG-7: the uploads that go because the city has all their records. */
export function coveredChanges({ uploads }: StationOwn, receipt: UploadReceipt): Changes {
  const covered = [...uploads].filter(([, { device, store, positions }]) => {
    const last = positions.at(-1)?.number ?? Number.POSITIVE_INFINITY;
    return store === receipt.store && equalBytes(device, receipt.device) && last <= receipt.n;
  });
  return new Map(covered.map(([name]) => deleted(name)));
}

/** SPEC SRV-2: the first upload at or after a cursor. */
export function uploadAt({ uploads }: StationOwn, cursor: number): Upload | undefined {
  return [...uploads.values()].filter((one) => one.cursor >= cursor).sort((a, b) => a.cursor - b.cursor)[0];
}
