import fc from "fast-check";
import { expect, test } from "vitest";
import { flatten, printRecord, Trace, type TraceRecord } from "#src/world/trace.ts";
import { codeOf } from "./code-of.ts";

const record = (changed: Partial<TraceRecord> = {}): TraceRecord => {
  const usual = {
    time: 26_102_250_000,
    entity: "key-3",
    kind: "input:insert",
    data: { port: 1, id: Uint8Array.of(1, 2) },
  };
  return { ...usual, ...changed };
};
const traceOf = (...records: readonly TraceRecord[]) => {
  const trace = new Trace();
  for (const one of records) trace.append(one);
  return trace;
};

test("the hash is the same on every machine and Node version", () => {
  expect(new Trace().hash()).toBe("09f45f6909e89d33");
  expect(traceOf(record()).hash()).toBe("96bf29b805a14b58");
  const every = { small: -1, large: 2 ** 40, big: 2n ** 60n, yes: true, text: "blå dörr", bytes: new Uint8Array(300) };
  expect(traceOf(record(), record({ time: 0, data: every })).hash()).toBe("ca15d984770d8d46");
});

test("every change of a record, of their order and of their number changes the hash", () => {
  const hashes = [
    [record()],
    [record(), record()],
    [record({ time: 26_102_250_001 })],
    [record({ entity: "key-4" })],
    [record({ kind: "input:inser" })],
    [record({ data: {} })],
    [record({ data: { port: 2, id: Uint8Array.of(1, 2) } })],
    [record({ data: { port: 1, id: Uint8Array.of(1, 3) } })],
    [record({ data: { port: 1, id: Uint8Array.of(1, 2), more: 0 } })],
    [record({ data: { port: "1", id: Uint8Array.of(1, 2) } })],
    [record({ data: { port: true, id: Uint8Array.of(1, 2) } })],
    [record(), record({ time: 0 })],
    [record({ time: 0 }), record()],
  ].map((records) => traceOf(...records).hash());
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("other bytes give another hash, and the order of names none", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      const hash = (data: Uint8Array) => traceOf(record({ data: { data } })).hash();
      expect(hash(one) === hash(other)).toBe(one.join() === other.join());
    }),
  );
  const reversed = { id: Uint8Array.of(1, 2), port: 1 };
  expect(traceOf(record({ data: reversed })).hash()).toBe(traceOf(record()).hash());
});

test("fractions cannot get into a trace", () => {
  expect(codeOf(() => traceOf(record({ data: { volts: 2.9 } })))).toBe("caller/argument");
});

test("a copy shares the past and goes on by itself, also over many records", () => {
  const trace = traceOf(...Array.from({ length: 3_000 }, (_, time) => record({ time })));
  const copy = trace.copy();
  expect(copy.hash()).toBe(trace.hash());
  copy.append(record({ entity: "only here" }));
  expect(copy.hash()).not.toBe(trace.hash());
  expect([trace.length, copy.length]).toEqual([3_000, 3_001]);
  expect(trace.records().map(({ time }) => time)).toEqual(Array.from({ length: 3_000 }, (_, time) => time));
  expect(copy.records({ entity: "only here" }).length).toBe(1);
});

test("a trace that keeps only its last records has the same hash", () => {
  const [all, last] = [new Trace("all"), new Trace("last")];
  for (let time = 0; time < 5_000; time++) for (const trace of [all, last]) trace.append(record({ time }));
  expect(last.hash()).toBe(all.hash());
  const kept = last.records();
  expect(kept.length).toBeGreaterThanOrEqual(1_000);
  expect(kept.length).toBeLessThan(2_100);
  expect(kept.at(-1)?.time).toBe(4_999);
});

test("records are found by entity, kind and time, and printed one to a line", () => {
  const trace = traceOf(
    record(),
    record({ time: 26_102_300_000, entity: "door-1", kind: "effect:engage", data: {} }),
    record({ time: 90_061_001_000, entity: "key-4", kind: "effect:signal", data: { light: "green" } }),
  );
  expect(trace.records({ entity: "key-*" }).length).toBe(2);
  expect(trace.records({ kind: "effect:*", until: 26_102_300_001 }).map(({ entity }) => entity)).toEqual(["door-1"]);
  expect(trace.records({ from: 26_102_250_001, entity: "key-3" })).toEqual([]);
  expect(trace.print().split("\n")).toEqual([
    "0d 07:15:02.250000  key-3  input:insert  port=1 id=0102",
    "0d 07:15:02.300000  door-1  effect:engage",
    "1d 01:01:01.001000  key-4  effect:signal  light=green",
  ]);
  expect(printRecord(record({ data: { said: "two\nlines" } })).includes("\n")).toBe(false);
});

test("nested values become names with dots; nothing is told apart by accident", () => {
  const bytes = Uint8Array.of(7);
  const flat = flatten({
    kind: "frame",
    header: { type: 3, flags: [] },
    body: bytes,
    lists: [[12, 9], new Map([["a", 1]])],
    set: new Set(["x"]),
    nothing: null,
    absent: undefined,
    none: {},
  });
  expect(flat).toEqual({
    "header.type": 3,
    "header.flags": "[]",
    body: Uint8Array.of(7),
    "lists.0.0": 12,
    "lists.0.1": 9,
    "lists.1.a": 1,
    "set.0": "x",
    nothing: "null",
    none: "{}",
  });
  bytes[0] = 8;
  expect(flat["body"]).toEqual(Uint8Array.of(7));
});
