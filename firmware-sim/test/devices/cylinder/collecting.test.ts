import { logSegmentObject, parseObject } from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { recordsFrom } from "#src/devices/cylinder/record-store.ts";
import { SEGMENT_TURNS } from "#src/devices/cylinder/tables.ts";
import { CONTEXT } from "./rig.ts";
import { again, greet, mountedTown, type Town, visit } from "./town.ts";

const { layout } = CONTEXT;
/** Of a ring of 160 records. */
const TURNS = SEGMENT_TURNS[2] as number;
let fresh: Town;
let full: Town;
beforeAll(() => {
  fresh = mountedTown();
  full = again(fresh, fresh.rig.nvm);
  for (let visits = 0; visits < 200; visits++) leave(full);
});

function leave(town: Town): void {
  visit(town);
  pull(town);
}

function pull({ rig }: Town): void {
  if (rig.state.power === "on") rig.give({ kind: "removed", tickMs: rig.tickMs + 900 });
  rig.pull();
}

function held({ rig }: Town): number[] {
  rig.insert();
  const { memory, stores } = rig.on;
  const records = recordsFrom(CONTEXT, memory, layout.openings, stores.openings, 1, 1_000);
  rig.pull();
  return records.map(({ number }) => number);
}

/** Opens the door and takes a segment along; the numbers in it. */
function fetched(town: Town): number[] {
  visit(town);
  const collected = town.rig.ask("open", "collect", { store: "openings" });
  const bytes = collected.kind === "reply" ? collected.body.segment : undefined;
  const { first, records } = parseObject(logSegmentObject, bytes as Uint8Array).value;
  pull(town);
  return records.map((_, index) => first + index);
}

// No key brings receipts: what is acknowledged is far below what the ring holds, and most of a cursor's way would be over what is lost.
test.each([0, 1, 2, 3])(
  "P8, SPEC OPN-15, LOG-4: a full ring goes home in one round, with %i insertions that fail before each opening",
  (failing) => {
    const town = again(full, full.rig.nvm);
    const before = held(town);
    expect(before[0]).toBeGreaterThan(160);
    expect(before.length).toBeGreaterThanOrEqual(160);
    const home = new Set<number>();
    for (let openings = 0; openings < TURNS; openings++) {
      for (let failed = 0; failed < failing; failed++) {
        greet(town);
        town.rig.pull();
      }
      for (const number of fetched(town)) home.add(number);
    }
    const after = new Set(held(town));
    expect(before.filter((number) => after.has(number) && !home.has(number))).toEqual([]);
  },
);

test("P8, SPEC OPN-15: a short log goes home in a short round", () => {
  const town = again(fresh, fresh.rig.nvm);
  for (let visits = 0; visits < 20; visits++) leave(town);
  const before = held(town);
  const home = new Set<number>();
  for (let openings = 0; openings < (SEGMENT_TURNS[1] as number); openings++) {
    for (const number of fetched(town)) home.add(number);
  }
  expect(before.filter((number) => !home.has(number))).toEqual([]);
});

test("P8, SPEC LOG-4: a block that was passed over hides none of those before it", () => {
  const town = again(full, full.rig.nvm);
  const { page, pagesPerBlock, blocks } = layout.openings;
  town.rig.insert();
  const stuck = (town.rig.on.stores.openings.block + 2) % blocks;
  town.rig.pull();
  const isStuck = (at: number) => Math.floor((at - page) / pagesPerBlock) === stuck;
  town.rig.skips = (operation) => operation.kind === "erase" && isStuck(operation.page);
  for (let visits = 0; visits < 30; visits++) leave(town);
  const numbers = held(town);
  const newest = numbers.at(-1) as number;
  expect(numbers.length).toBeGreaterThan(120);
  expect(numbers).toEqual(numbers.map((_, index) => newest - numbers.length + 1 + index));
});
