import {
  chainNext,
  chainStart,
  encodeAs,
  logRecordSchema,
  defaultProvider as provider,
  toHex,
} from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import type { StoredRecord } from "#src/devices/cylinder/record-block.ts";
import { recordsFrom } from "#src/devices/cylinder/record-store.ts";
import { NVM_CUT_STAGES, type Nvm, type NvmCut, type NvmCutStage } from "#src/hardware/nvm.ts";
import { CONTEXT } from "./rig.ts";
import { again, foundTown, greet, mountedTown, NOW, type Town, visit } from "./town.ts";

let base: Town;
let mounted: Nvm;
let visited: Nvm;
beforeAll(() => {
  const town = mountedTown();
  base = town;
  mounted = town.rig.nvm;
  open(town, "first");
  visited = town.rig.nvm;
});

type Kind = "first" | "repeat" | "list";

function townWith(nvm: Nvm, seed = 1): Town {
  return again(base, nvm, seed);
}

/** A whole opening, from insertion to outcome. */
function open(town: Town, kind: Kind): string {
  const repeat = { by: "cti", ticket: "kept" } as const;
  const { result } =
    kind === "first" ? visit(town) : visit(town, { ...repeat, updates: kind === "list" ? newsOf(town) : [] });
  if (town.rig.state.power === "on") town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
  town.rig.pull();
  return result;
}

function newsOf(town: Town): Uint8Array[] {
  const other = { kind: "grant", id: new Uint8Array(8), until: NOW } as const;
  return [town.city.revoke(town.north.list, NOW, other).bytes];
}

/** What a reboot finds, with everything repaired. */
function look(town: Town) {
  town.rig.insert();
  // What begins with an erase is made good when the challenge has left.
  if (town.rig.on.owed.length > 0) greet(town);
  const { stores, memory } = town.rig.on;
  const records = recordsFrom(CONTEXT, memory, CONTEXT.layout.openings, stores.openings, 1, 1000);
  const { settings } = stores.bank;
  return { records, newest: stores.openings.newest, nonce: stores.nonces.value, floor: stores.floor, settings };
}

function expectChain(town: Town, records: readonly StoredRecord[], head: Uint8Array): void {
  let at = chainStart(provider, town.cylinder.kid, "openings");
  const numbers = records.map(({ number }) => number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  for (const { number, headBefore, record } of records) {
    expect(toHex(headBefore)).toBe(toHex(at));
    at = chainNext(provider, at, number, encodeAs(logRecordSchema, record));
  }
  expect(toHex(head)).toBe(toHex(at));
}

/** Runs a visit with the power cut there, and holds what is left against what was before. */
function cutThere(start: Nvm, kind: Kind, cut: NvmCut, seed: number): void {
  const town = townWith(start, seed);
  const before = look(town);
  town.rig.pull();
  town.rig.cut = cut;
  open(town, kind);
  town.rig.cut = undefined;
  for (let reboot = 0; reboot < 2; reboot++) {
    const after = look(town);
    expectChain(town, after.records, after.newest.head);
    // SPEC LOG-3, PER-3, PER-4: what was confirmed is kept, and nothing goes back.
    expect(after.records.slice(0, before.records.length)).toEqual(before.records);
    expect(after.nonce).toBeGreaterThanOrEqual(before.nonce);
    expect(after.floor.value).toBeGreaterThanOrEqual(before.floor.value);
    expect(after.settings.lists[0]?.version ?? 0).toBeGreaterThanOrEqual(before.settings.lists[0]?.version ?? 0);
    // SPEC OPN-13: opened means that a confirmed intent existed before.
    for (const record of town.rig.engagements) {
      expect(after.records[record - 1]?.record.kind).toBe("intent");
    }
    // SPEC OPN-1: no intent stays open.
    const last = after.records.findLast(({ record }) => record.kind === "intent" || record.kind === "outcome");
    expect(last?.record.kind).not.toBe("intent");
    town.rig.pull();
  }
  expect(open(town, "first")).toBe("opened");
  // SPEC LOG-3: a slot with any programmed bit is never used again.
  expect(town.rig.refusedPrograms).toBe(0);
}

function operationsOf(start: Nvm, kind: Kind): { readonly first: number; readonly end: number } {
  const town = townWith(start);
  expect(open(town, kind)).toBe("opened");
  return { first: start.operations, end: town.rig.nvm.operations };
}

test("a repeat visit survives a cut at every operation and stage", () => {
  const { first, end } = operationsOf(visited, "repeat");
  let cuts = 0;
  for (let operation = first; operation < end; operation++) {
    for (const stage of NVM_CUT_STAGES) cutThere(visited, "repeat", { operation, stage }, ++cuts);
  }
  expect(cuts).toBeGreaterThan(80);
});

test.each([
  ["first", () => mounted],
  ["list", () => visited],
] as const)("a %s visit survives a cut at every operation, in one stage after the other", (kind, memory) => {
  const { first, end } = operationsOf(memory(), kind);
  for (let operation = first; operation < end; operation++) {
    const stage = NVM_CUT_STAGES[operation % NVM_CUT_STAGES.length] as NvmCutStage;
    cutThere(memory(), kind, { operation, stage }, operation);
  }
  expect(end - first).toBeGreaterThan(80);
});

test("SPEC LOG-3: what a cut left of a record is used up by a void, and a record that was whole is kept", () => {
  const { first } = operationsOf(visited, "repeat");
  // One word of the counter, eight of the body, mark 1, mark 2.
  const kindsAfter = (offset: number): (string | undefined)[] => {
    const town = again(base, visited);
    const { length } = look(town).records;
    town.rig.pull();
    town.rig.cut = { operation: first + offset, stage: "torn" };
    open(town, "repeat");
    town.rig.cut = undefined;
    return look(town)
      .records.slice(length)
      .map(({ record }) => (record.kind === "outcome" ? record.code : record.kind));
  };
  expect(kindsAfter(0)).toEqual([]);
  expect(kindsAfter(1)).toEqual(["void"]);
  expect(kindsAfter(8)).toEqual(["void"]);
  expect(kindsAfter(9)).toEqual(["intent", "unknown"]);
  expect(kindsAfter(10)).toEqual(["intent", "unknown"]);
});

test("SPEC OPN-3: nonces never repeat, whatever is cut, also when pages are erased", () => {
  const town = townWith(visited);
  const seen = new Set<string>();
  let given = 0;
  for (let insertion = 0; insertion < 260; insertion++) {
    const stage = NVM_CUT_STAGES[insertion % NVM_CUT_STAGES.length] as NvmCutStage;
    // Two of three insertions are cut somewhere near the counter.
    const operation = town.rig.nvm.operations + (insertion % 4);
    town.rig.cut = insertion % 3 === 0 ? undefined : { operation, stage };
    const { answered } = greet(town);
    town.rig.pull();
    if (answered.kind !== "reply") continue;
    given += 1;
    seen.add(toHex(answered.body.nonce));
  }
  expect(given).toBeGreaterThan(80);
  expect(seen.size).toBe(given);
});

test("SPEC LOG-8: when the counter has come to its end the digital side closes, and says so in its last record", () => {
  const town = foundTown({ insertions: 3 });
  const answers = Array.from({ length: 5 }, () => greet(town).answered.kind);
  expect(answers).toEqual(["reply", "reply", "reply", "silence", "silence"]);
  expect(look(town).records.map(({ record }) => record.kind)).toEqual(["exhausted"]);
});

test("SPEC LOG-4: a full ring overwrites its oldest records and never refuses an opening", () => {
  const town = townWith(visited);
  for (let index = 0; index < 100; index++) expect(open(town, "repeat")).toBe("opened");
  const { records, newest } = look(town);
  expect(records[0]?.number).toBeGreaterThan(1);
  expect(records.at(-1)?.number).toBe(newest.number);
  expect(records.length).toBeGreaterThan(150);
});
