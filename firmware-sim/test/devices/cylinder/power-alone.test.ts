/**
 * SPEC LOG-1, LOG-3: power that comes and goes, as a key with an empty battery gives it or a gadget, pushes no evidence out. A cut
 * has left something to be made good, and each boot is cut again, wherever that hurts most.
 */
import { chainNext, encodeAs, logRecordSchema, defaultProvider as provider, toHex } from "@nyckelfri/protocol";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { StoredRecord } from "#src/devices/cylinder/record-block.ts";
import { type Ring, recordsFrom } from "#src/devices/cylinder/record-store.ts";
import type { LogName } from "#src/devices/cylinder/settings.ts";
import { NVM_CUT_STAGES, type Nvm, type NvmCutStage } from "#src/hardware/nvm.ts";
import { CONTEXT } from "./rig.ts";
import { again, boxChain, EXP, greet, mountedTown, moveTo, NOW, type Town, visit } from "./town.ts";

let base: Town;
/** After an opening and a refusal. */
let visited: Nvm;
beforeAll(() => {
  base = mountedTown();
  visit(base);
  leave(base);
  visit(base, { at: EXP });
  leave(base);
  visited = base.rig.nvm;
});

function leave({ rig }: Town): void {
  if (rig.state.power === "on") rig.give({ kind: "removed", tickMs: rig.tickMs + 900 });
  rig.pull();
}

/** What a power-up finds, without a cut. */
function look(town: Town, log: LogName): { readonly ring: Ring; readonly records: readonly StoredRecord[] } {
  town.rig.cut = undefined;
  greet(town);
  const { stores, memory } = town.rig.on;
  const ring = stores[log];
  const records = recordsFrom(CONTEXT, memory, CONTEXT.layout[log], ring, 1, 1_000);
  town.rig.pull();
  return { ring, records };
}

function expectChain(records: readonly StoredRecord[]): void {
  records.slice(1).forEach(({ number, headBefore }, index) => {
    const before = records[index] as StoredRecord;
    expect(number).toBe(before.number + 1);
    const bytes = encodeAs(logRecordSchema, before.record);
    expect(toHex(headBefore)).toBe(toHex(chainNext(provider, before.headBefore, before.number, bytes)));
  });
}

/** Counted through all blocks. */
function slotsTaken(log: LogName, { blockNumber, next }: Ring): number {
  return blockNumber * CONTEXT.layout[log].slotsPerBlock + next;
}

function kindsOf(records: readonly StoredRecord[]): readonly string[] {
  return records.map(({ record }) => (record.kind === "outcome" ? record.code : record.kind));
}

const POWER_UPS = 150;
/** A record that was begun, a void for it, an outcome that is missing twice, one that a new block begins with; and a block that is given up. */
const MOST_SLOTS = 5 + CONTEXT.layout.openings.slotsPerBlock;

/** An intent is written by then, and the clutch engaged. */
const ENGAGED = 16;

interface Turn {
  readonly after: number;
  readonly stage: NvmCutStage;
}
const turn = fc.record<Turn>({ after: fc.nat({ max: 24 }), stage: fc.constantFrom(...NVM_CUT_STAGES) });
/** Where power-ups end: the first ones, and then all others in turn. */
const turns = fc.record({
  first: fc.array(turn, { maxLength: 2 }),
  others: fc.array(turn, { minLength: 1, maxLength: 3 }),
});
type Turns = typeof turns extends fc.Arbitrary<infer T> ? T : never;
const IN_THE_BODY: Turns = { first: [], others: [{ after: 1, stage: "torn" }] };
/** In the outcome that follows: a void is eight words of its body and two marks. */
const AFTER_A_VOID: Turn = { after: 12, stage: "torn" };
/** How it begins: somebody with a right has a record made, and after so many operations the power goes. */
const beginnings = fc.record({
  log: fc.constantFrom<LogName>("openings", "refusals"),
  after: fc.integer({ min: 1, max: ENGAGED }),
});

function begin(town: Town, log: LogName, after: number): void {
  town.rig.cut = { operation: town.rig.nvm.operations + after, stage: "torn" };
  visit(town, log === "openings" ? { by: "cti", ticket: "kept" } : { at: EXP });
  // A key that is pulled while the clutch holds leaves no outcome.
  town.rig.pull();
}

function powerAlone(town: Town, { first, others }: Turns): void {
  for (let powerUp = 0; powerUp < POWER_UPS; powerUp++) {
    const { after, stage } = (first[powerUp] ?? others[powerUp % others.length]) as Turn;
    town.rig.cut = { operation: town.rig.nvm.operations + after, stage };
    greet(town);
    town.rig.pull();
  }
  town.rig.cut = undefined;
}

test("P8, P22, SPEC LOG-1, LOG-3: power alone takes a few slots of a ring, however often and wherever it ends", () => {
  fc.assert(
    fc.property(beginnings, turns, ({ log, after }, ends) => {
      const town = again(base, visited);
      const before = look(town, log);
      begin(town, log, after);
      powerAlone(town, ends);
      const left = look(town, log);
      // The record of the beginning, what it was cut in, and what boots have made of it.
      expect(slotsTaken(log, left.ring) - slotsTaken(log, before.ring)).toBeLessThanOrEqual(1 + MOST_SLOTS);
      expect(left.records.slice(0, before.records.length)).toEqual(before.records);
      // With the next record comes what was left, and then all is as it would have been.
      expect(visit(town, { at: EXP }).result).toBe("not-permitted-now");
      leave(town);
      expect(visit(town, { by: "cti", ticket: "kept" }).result).toBe("opened");
      leave(town);
      const { records } = look(town, log);
      expect(records.slice(0, left.records.length)).toEqual(left.records);
      expectChain(records);
      if (log === "openings") {
        const kinds = kindsOf(records).filter((kind) => kind !== "void");
        kinds.forEach((kind, index) => {
          if (kind === "intent") expect(["engaged", "unknown"]).toContain(kinds[index + 1]);
        });
      }
    }),
    {
      numRuns: 40,
      examples: [
        [
          { log: "openings", after: ENGAGED },
          { first: IN_THE_BODY.others, others: [AFTER_A_VOID] },
        ],
      ],
    },
  );
}, 60_000);

test("P8, SPEC LOG-3: a boot makes good once what a cut left, and then the next record does", () => {
  const town = again(base, visited);
  const { newest } = look(town, "refusals").ring;
  begin(town, "refusals", 3);
  powerAlone(town, IN_THE_BODY);
  expect(look(town, "refusals").ring.newest).toEqual(newest);
  expect(visit(town, { at: EXP }).result).toBe("not-permitted-now");
  leave(town);
  expect(kindsOf(look(town, "refusals").records)).toEqual(["refusal", "void", "refusal"]);
});

test("P8, SPEC SVC-5, LOG-2: with the door before goes what its log lacked, and no number is given twice", () => {
  const town = again(base, visited);
  begin(town, "openings", 3);
  powerAlone(town, IN_THE_BODY);
  const { newest } = look(town, "openings").ring;
  const { device } = town.rig;
  const heads = new Map<number, Set<string>>();
  const watched: typeof device = {
    step: (state, input) => {
      const stepped = device.step(state, input);
      if (stepped.state.power !== "on") return stepped;
      const { number, head } = stepped.state.stores.openings.newest;
      heads.set(number, (heads.get(number) ?? new Set()).add(toHex(head)));
      return stepped;
    },
  };
  Object.assign(town.rig, { device: watched });
  expect(moveTo(town, town.city.dismount(town.flat, NOW, newest.number).bytes, boxChain(town).toReversed())).toBe(
    "done",
  );
  expect([...heads].map(([number, { size }]) => [number, size])).toEqual([
    [newest.number, 1],
    [newest.number + 1, 1],
  ]);
});
