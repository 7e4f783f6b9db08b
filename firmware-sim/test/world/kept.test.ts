import fc from "fast-check";
import { expect, test } from "vitest";
import { ChainRows, type RowRecord } from "#src/world/chain-rows.ts";
import { VisitList } from "#src/world/visit-list.ts";
import { VISIT_PHASES, type VisitPhaseName, type VisitReport } from "#src/world/visit-report.ts";

const head = fc.uint8Array({ minLength: 16, maxLength: 16 });
const record = fc.record({ mount: fc.nat(0xffff), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) });
const rows = fc.array(fc.tuple(fc.nat(12), head, fc.option(record, { nil: undefined })), { maxLength: 30 });

test("rows of a log are what maps of heads and records would be, and a copy goes on by itself", () => {
  fc.assert(
    fc.property(rows, rows, (first, second) => {
      const heads = new Map<number, Uint8Array>();
      const records = new Map<number, RowRecord>();
      const log = new ChainRows();
      const add = (to: ChainRows, [number, head, record]: (typeof first)[number]): void => {
        to.add(number, to.head(number) ?? head, record);
      };
      for (const row of first) {
        const [number, head, record] = row;
        add(log, row);
        if (!heads.has(number)) heads.set(number, head);
        if (record !== undefined && !records.has(number)) records.set(number, record);
      }
      const copy = log.copy();
      for (const row of second) add(copy, row);
      for (let number = 0; number <= 12; number++) {
        expect([log.head(number), log.has(number)]).toEqual([heads.get(number), records.has(number)]);
        expect(log.agrees(number, heads.get(number) ?? new Uint8Array(16))).toBe(true);
        if (heads.has(number)) expect(log.agrees(number, new Uint8Array(16).fill(7))).toBe(false);
      }
      expect([...log.records()]).toEqual([...records].sort(([one], [other]) => one - other));
      expect(log.stored).toBe(records.size);
    }),
  );
});

const figure = fc.nat(Number.MAX_SAFE_INTEGER);
const cost = fc.record({ microseconds: figure, cylinderNanojoules: figure, keyNanojoules: figure });
const PHASES = Object.fromEntries(VISIT_PHASES.map((name) => [name, cost])) as Record<VisitPhaseName, typeof cost>;
const counts = {
  ...{ from: figure, until: figure, bytesToResult: figure, bytes: figure, roundTrips: figure, verifications: figure },
  ...{ signatures: figure, batteryNanojoules: figure },
};
const anyReport: fc.Arbitrary<VisitReport> = fc.record(
  {
    ...counts,
    key: fc.constantFrom("key:anna", "key:bo"),
    cylinder: fc.constantFrom("cylinder:flat 1", "cylinder:flat 2"),
    outcome: fc.oneof(
      fc.constant({ kind: "broken-off" } as const),
      fc.record({ kind: fc.constant("opened"), record: figure }),
    ),
    phases: fc.record(PHASES),
    resultMicroseconds: figure,
    challengeMicroseconds: figure,
  },
  { requiredKeys: [...(Object.keys(counts) as (keyof typeof counts)[]), "key", "cylinder", "outcome", "phases"] },
);
/** Plain objects, as reports are. */
const report = anyReport.map((one) => structuredClone(one));

test("a list of visits gives back each report as it was, and a copy goes on by itself", () => {
  fc.assert(
    fc.property(fc.array(report), report, fc.nat(5), (reports, later, first) => {
      const list = new VisitList();
      for (const one of reports) list.add(one);
      const copy = list.copy();
      copy.add(later);
      expect(list.from(0)).toStrictEqual(reports);
      expect(copy.from(0)).toStrictEqual([...reports, later]);
      expect(copy.from(first)).toStrictEqual([...reports, later].slice(first));
      expect(copy.length).toBe(reports.length + 1);
    }),
  );
});
