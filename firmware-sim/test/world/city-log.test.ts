import {
  chainStart,
  issueObject,
  keyId,
  type LogRecord,
  logSegmentObject,
  segmentPositions,
} from "@nyckelfri/protocol";
import { nodeCrypto as provider } from "@nyckelfri/protocol/ed25519-node";
import { expect, test } from "vitest";
import { CityLog } from "#src/world/city-log.ts";

const seed = new Uint8Array(32).fill(7);
const publicKey = provider.publicKeyOf(seed);
const kid = keyId(provider, publicKey);
const fleetId = new Uint8Array(32).fill(1);
const record: LogRecord = { kind: "outcome", code: "engaged", durationMs: 3_000 };
const start = chainStart(provider, kid, "openings");

function segment(first: number, count: number, headBefore: Uint8Array) {
  const value = {
    ...{ mount: 3, first, headBefore, records: Array.from({ length: count }, () => record), nonceCounter: 1 },
    ...{ keyNonce: new Uint8Array(8), store: "openings" as const },
  };
  const head = segmentPositions(provider, value).at(-1)?.head ?? headBefore;
  return { head, bytes: issueObject(logSegmentObject, value, { provider, seed, kid, fleetId }).bytes };
}
const take = (log: CityLog, { bytes }: { readonly bytes: Uint8Array }) =>
  log.ingest(bytes, () => ({ kid, publicKey }), fleetId);

test("records wait for those before them, and go on with them; a second copy is known", () => {
  const log = new CityLog(provider);
  const first = segment(1, 2, start);
  const second = segment(3, 2, first.head);
  expect(take(log, second)).toMatchObject({ kind: "taken", records: [{ known: "new" }, { known: "new" }] });
  expect(take(log, second)).not.toHaveProperty("receipt");
  expect(take(log, first)).toMatchObject({ receipt: { n: 4, head: second.head } });
  expect(take(log, first)).toMatchObject({ records: [{ known: "again" }, { known: "again" }] });
  expect(log.records(kid, "openings")).toEqual([1, 2, 3, 4].map((counter) => ({ counter, mount: 3, record })));
  // Another story under known numbers.
  expect(take(log, segment(3, 2, start))).toEqual({ kind: "refused", why: "fork" });
  expect(log.totals).toEqual({ records: 4, openings: 4, refused: { fork: 1 } });
});

test("a log that says that it has come to its last numbers takes no longer than another", () => {
  const log = new CityLog(provider);
  const last = segment(0xffff_ffff, 1, start);
  // What is before it was overwritten, as far as anybody can tell: four thousand million numbers.
  expect(take(log, last)).toMatchObject({ kind: "taken" });
  const middle = segment(0x7fff_ffff, 1, start);
  expect(take(log, middle)).toMatchObject({ receipt: { n: 0x7fff_ffff } });
});
