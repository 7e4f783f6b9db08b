// Logs, segments, journals and receipts (SPEC LOG-2, OBJ-14, OBJ-15, OBJ-16).
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeAs } from "#src/cbor/schema.ts";
import { type ChainPosition, compareWithKnown } from "#src/objects/chain.ts";
import { chainNext, chainStart, type Store } from "#src/objects/derivations.ts";
import {
  type JournalEntry,
  journalEntrySchema,
  journalPositions,
  type KeyJournal,
  keyJournalObject,
  verifyKeyJournal,
} from "#src/objects/key-journal.ts";
import { type LogRecord, logRecordSchema } from "#src/objects/log-record.ts";
import { type LogSegment, logSegmentObject, segmentPositions } from "#src/objects/log-segment.ts";
import {
  covers,
  judgeReceipt,
  type OwnLog,
  type UploadReceipt,
  uploadReceiptObject,
} from "#src/objects/upload-receipt.ts";
import { logRecord } from "../support/arbitraries.ts";
import {
  cylinder,
  fixedBytes,
  fleetId,
  issue,
  issuers,
  key,
  NOW,
  party,
  provider,
  reparse,
  verifiedUnder,
} from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";

/** LOG-2 as the specification writes it, by another library. */
function sha16(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest().subarray(0, 16));
}

/** Every position of a cylinder's openings store, h_0 first. */
function logOf(records: readonly LogRecord[]): readonly ChainPosition[] {
  const positions = [{ number: 0, head: chainStart(provider, cylinder.kid, "openings") }];
  for (const record of records) {
    const { number, head } = positions.at(-1) as ChainPosition;
    const bytes = encodeAs(logRecordSchema, record);
    positions.push({ number: number + 1, head: chainNext(provider, head, number + 1, bytes) });
  }
  return positions;
}

const records: readonly LogRecord[] = [
  { kind: "policy", version: 5 },
  { kind: "intent", cti: fixedBytes("cti", 8), keyCounter: 1204, lo: NOW, widthSeconds: 4, flags: 0 },
  { kind: "outcome", code: "engaged", durationMs: 4200 },
  { kind: "void" },
  { kind: "list", list: 12, version: 9 },
  { kind: "epoch", epoch: 4 },
];
const log = logOf(records);
const at = (number: number): ChainPosition => log[number] as ChainPosition;

/** Records `first` to `last` of the log. */
function segment(first: number, last: number, overrides: Partial<LogSegment> = {}): LogSegment {
  return {
    mount: 1,
    first,
    headBefore: at(first - 1).head,
    records: records.slice(first - 1, last),
    keyNonce: fixedBytes("nonce of the key", 8),
    nonceCounter: 7,
    store: "openings",
    ...overrides,
  };
}

describe("SPEC LOG-2: the chain", () => {
  test("is that of the specification's formulas", () => {
    const [one] = [Uint8Array.of(0x82, 0x04, 0x05)];
    const start = sha16("nyckelfri log", cylinder.kid, Uint8Array.of(1));
    expect(encodeAs(logRecordSchema, records[0] as LogRecord)).toEqual(one);
    expect(at(0).head).toEqual(start);
    expect(at(1).head).toEqual(sha16(start, Uint8Array.of(0, 0, 0, 1), one));
    const late = chainNext(provider, start, 0x01020304, one);
    expect(late).toEqual(sha16(start, Uint8Array.of(1, 2, 3, 4), one));
  });

  test("begins differently for each device and store", () => {
    const starts = (["openings", "refusals", "journal"] as const).flatMap((store: Store) =>
      [cylinder, key].map(({ kid }) => Buffer.from(chainStart(provider, kid, store)).toString("hex")),
    );
    expect(new Set(starts).size).toBe(6);
  });

  test("has records 1 to 2^32-1", () => {
    const record = new Uint8Array(1);
    for (const number of [0, -1, 2 ** 32, 1.5]) {
      expect(codeOf(() => chainNext(provider, at(0).head, number, record))).toBe("caller/argument");
    }
    expect(chainNext(provider, at(0).head, 2 ** 32 - 1, record).length).toBe(16);
  });

  test("records of every kind are written and read alike", () => {
    fc.assert(
      fc.property(fc.array(logRecord, { minLength: 1, maxLength: 24 }), (list) => {
        const whole = segment(1, 1, { records: list });
        expect(segmentPositions(provider, whole)).toEqual(logOf(list));
      }),
      { numRuns: 50 },
    );
  });
});

describe("SPEC LOG-2, OBJ-14: a segment beside a known position", () => {
  const compare = (part: LogSegment, known: number) => compareWithKnown(segmentPositions(provider, part), at(known));

  test("agrees where it continues the log, ends at the known head, or goes over it", () => {
    for (const known of [1, 2, 3, 4]) expect(compare(segment(2, 4), known)).toBe("agrees");
  });

  test("leaves a gap, or is older", () => {
    expect(compare(segment(3, 4), 1)).toBe("gap");
    expect(compare(segment(1, 2), 5)).toBe("older");
    expect(compareWithKnown([], at(1))).toBe("gap");
  });

  test("is a fork where any record before the known head was changed, left out, or put elsewhere", () => {
    const changed = records.map((record): LogRecord => (record.kind === "policy" ? { ...record, version: 6 } : record));
    expect(compare(segment(1, 6, { records: changed }), 6)).toBe("fork");
    expect(compare(segment(1, 5, { records: records.filter((_, index) => index !== 2) }), 5)).toBe("fork");
    expect(compare(segment(1, 6, { records: records.toReversed() }), 6)).toBe("fork");
    expect(compare(segment(2, 4, { first: 3 }), 4)).toBe("fork");
    expect(compare(segment(2, 4, { headBefore: at(3).head }), 1)).toBe("fork");
  });

  test("any change of a record changes every later head", () => {
    fc.assert(
      fc.property(logRecord, fc.nat({ max: records.length - 1 }), (other, index) => {
        const same = Buffer.compare(
          encodeAs(logRecordSchema, other),
          encodeAs(logRecordSchema, records[index] as LogRecord),
        );
        const heads = logOf(records.toSpliced(index, 1, other));
        const differing = heads.filter(({ head }, number) => Buffer.compare(head, at(number).head) !== 0).length;
        expect(differing).toBe(same === 0 ? 0 : records.length - index);
      }),
    );
  });

  test("is the cylinder's only under the cylinder's key", () => {
    const signed = issue(logSegmentObject, segment(1, 6), cylinder);
    expect(codeOf(() => verifiedUnder(cylinder, signed))).toBe("accepted");
    expect(codeOf(() => verifiedUnder(key, signed))).toBe("cose/signature-invalid");
  });
});

describe("SPEC OBJ-15: an upload receipt", () => {
  const receipt = (overrides: Partial<UploadReceipt> = {}) =>
    verifiedUnder(
      issuers.receipt,
      issue(
        uploadReceiptObject,
        { device: cylinder.kid, n: 4, head: at(4).head, iat: NOW, store: "openings", ...overrides },
        issuers.receipt,
      ),
    );
  const own: OwnLog = { device: cylinder.kid, store: "openings", headAt: (number) => log[number]?.head };

  test("covers the records up to n", () => {
    expect(judgeReceipt(receipt(), own)).toBe("covered");
    expect([1, 4, 5].map((number) => covers(receipt(), own, number))).toEqual([true, true, false]);
  });

  test("holds only with the head that the log has at n", () => {
    const forked = receipt({ head: at(3).head });
    expect(judgeReceipt(forked, own)).toBe("fork");
    expect(covers(forked, own, 1)).toBe(false);
  });

  test("of a record that the log does not have covers none", () => {
    const ahead = receipt({ n: 7 });
    expect(judgeReceipt(ahead, own)).toBe("unknown");
    expect(covers(ahead, own, 1)).toBe(false);
  });

  test("of another device or store covers none", () => {
    for (const other of [receipt({ device: key.kid }), receipt({ store: "refusals" })]) {
      expect(judgeReceipt(other, own)).toBe("refused");
      expect(covers(other, own, 1)).toBe(false);
    }
  });
});

describe("SPEC OBJ-16: a key's journal", () => {
  const nonce = fixedBytes("nonce of the station", 16);
  const entries: readonly JournalEntry[] = [
    { kind: "time-accepted", source: fixedBytes("station", 8), lo: NOW, widthSeconds: 4 },
    { kind: "result", cylinder: cylinder.kid, result: "opened" },
  ];
  const journal: KeyJournal = { first: 1, headBefore: chainStart(provider, key.kid, "journal"), entries, nonce };
  const object = reparse(issue(keyJournalObject, journal, key));
  const verifier = { provider, publicKey: key.publicKey, fleetId };

  test("is a chain of its own", () => {
    const start = sha16("nyckelfri log", key.kid, Uint8Array.of(3));
    const first = sha16(start, Uint8Array.of(0, 0, 0, 1), encodeAs(journalEntrySchema, entries[0] as JournalEntry));
    const second = sha16(first, Uint8Array.of(0, 0, 0, 2), encodeAs(journalEntrySchema, entries[1] as JournalEntry));
    expect(journalPositions(provider, journal)).toEqual([
      { number: 0, head: start },
      { number: 1, head: first },
      { number: 2, head: second },
    ]);
  });

  test("answers the nonce of the device that asked, under the key's own key", () => {
    expect(codeOf(() => verifyKeyJournal(object, { ...verifier, nonce }))).toBe("accepted");
    expect(codeOf(() => verifyKeyJournal(object, { ...verifier, nonce: fixedBytes("another", 16) }))).toBe(
      "objects/nonce",
    );
    const { publicKey } = party("another key");
    expect(codeOf(() => verifyKeyJournal(object, { ...verifier, publicKey, nonce }))).toBe("cose/signature-invalid");
  });
});
