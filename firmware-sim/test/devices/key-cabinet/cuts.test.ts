import { expect, test } from "vitest";
import { cabinetDevice } from "#src/devices/key-cabinet/cabinet.ts";
import { MAINS_NVM, manufactureMains } from "#src/devices/mains/factory.ts";
import type { NvmProfile } from "#src/hardware/nvm.ts";
import { foundCity, type KeyRig } from "../key/rig.ts";
import { Host } from "../mains/rig.ts";
import { blank, CabinetRig, carried, HOUR, heard, office, safe, stocked } from "./rig.ts";

/** Wide words: fewer places to cut at, and the same ones. */
const WIDE: NvmProfile = { ...MAINS_NVM, wordBytes: 1024, wordsPerPage: 2, pages: 128 };

function wide(config = safe) {
  const of = foundCity();
  const { seed, kid } = of.cabinet;
  const own = (["collector", "time-source"] as const).flatMap((role) =>
    of.city.centre.chainOf({ kid, role }).slice(0, 1),
  );
  const certificates = [...own, ...of.city.centre.chainOf("receipt"), ...of.city.centre.chainOf("time")];
  const salt = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const nvm = manufactureMains(config, WIDE, {
    seed,
    salt,
    commissioned: { commission: of.city.commission(), certificates },
  });
  const rig = new CabinetRig(cabinetDevice(config), nvm).powerOn("set").settle();
  const line = new Host(rig).greet();
  if (line.time(of) !== "accepted") throw new Error("no time");
  return { of, rig };
}

/** Puts the cabinet and these keys back to where they are now. */
function snapshot(rig: CabinetRig, ...keys: readonly KeyRig[]): () => void {
  const device = { state: rig.state, nvm: rig.nvm, tickMs: rig.tickMs };
  const timers = [...rig.timers];
  const docked = [...rig.keys];
  const states = keys.map(({ state, nvm, tickMs }) => ({ state, nvm, tickMs }));
  return () => {
    Object.assign(rig, { ...device, cut: undefined, isCut: false });
    rig.timers.clear();
    for (const [name, at] of timers) rig.timers.set(name, at);
    rig.keys.clear();
    for (const [slot, key] of docked) rig.keys.set(slot, key);
    for (const [index, key] of keys.entries()) Object.assign(key, states[index]);
    rig.effects.length = 0;
  };
}

/** Runs it with a cut at every operation of the memory; gives how many there were. */
function cutEverywhere(rig: CabinetRig, restore: () => void, run: () => void, check: () => void): number {
  const { operations: first } = rig.nvm;
  run();
  const { operations: end } = rig.nvm;
  for (let operation = first; operation < end; operation++) {
    for (const stage of ["torn", "after"] as const) {
      restore();
      rig.cut = { operation, stage };
      run();
      rig.cut = undefined;
      expect(rig.isCut).toBe(true);
      check();
    }
  }
  return end - first;
}

test("power cut at every write of a check-in: the key is stored when power is back, and nobody else's bolt is drawn (SPEC STO-1)", () => {
  const { of, rig } = wide();
  const anna = carried(of, "key", of.anna, { now: rig.now });
  const restore = snapshot(rig, anna.rig);
  const cuts = cutEverywhere(
    rig,
    restore,
    () => rig.dock(0, anna.rig),
    () => {
      rig.powerOn("clear").settle();
      expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
      expect(rig.present(of.bo).drawn).toEqual([]);
      expect(rig.effects.some(({ kind }) => kind === "unlock")).toBe(false);
      expect(rig.present(anna.holder).drawn).toEqual([0]);
    },
  );
  expect(cuts).toBeGreaterThan(5);
});

test.each(["stays", "is taken"])("power cut at every write of a check-out, and the key %s where it can", (then) => {
  const { of, rig } = wide();
  const anna = carried(of, "key", of.anna, { now: rig.now });
  rig.dock(0, anna.rig);
  const restore = snapshot(rig, anna.rig);
  let seen = "";
  const cuts = cutEverywhere(
    rig,
    restore,
    () => rig.present(anna.holder),
    () => {
      // The bolt is drawn only after its commit: when that is cut it has held, whatever comes after.
      const wasDrawn = rig.drawn.length > 0;
      const isGone = wasDrawn && then === "is taken";
      if (isGone) rig.keys.delete(0);
      rig.effects.length = 0;
      rig.powerOn("clear").settle();
      expect(rig.effects.some(({ kind }) => kind === "unlock")).toBe(false);
      expect(rig.place(anna)?.kind).toBe(isGone ? "out" : "stored");
      seen += isGone ? "out " : "stored ";
      expect(rig.present(of.bo).drawn).toEqual([]);
    },
  );
  expect(cuts).toBeGreaterThan(1);
  expect(seen).toContain("stored");
});

test("power cut while the bolt is drawn: it holds again, and the memory finds out whether the key was taken", () => {
  for (const isTaken of [true, false]) {
    const { rig, anna } = stocked(safe);
    rig.present(anna.holder);
    expect(rig.drawn).toEqual([0]);
    rig.powerOff();
    if (isTaken) rig.keys.delete(0);
    rig.effects.length = 0;
    rig.powerOn("clear").settle();
    expect(rig.drawn).toEqual([]);
    expect(rig.place(anna)?.kind).toBe(isTaken ? "out" : "stored");
    const line = new Host(rig).greet();
    rig.pass(60_000);
    expect(heard(line).includes("0 checked-out")).toBe(isTaken);
  }
});

test("power cut at every write when a key is taken: it is out when power is back", () => {
  const { of, rig } = wide();
  const anna = carried(of, "key", of.anna, { now: rig.now });
  rig.dock(0, anna.rig).present(anna.holder);
  const restore = snapshot(rig, anna.rig);
  const cuts = cutEverywhere(
    rig,
    restore,
    () => rig.undock(0),
    () => {
      rig.powerOn("clear").settle();
      expect(rig.place(anna)).toMatchObject({ kind: "out", overdue: "not-told" });
    },
  );
  expect(cuts).toBeGreaterThan(1);
});

test("no power loss draws a bolt, and no power-on does", () => {
  const { rig } = stocked();
  rig.effects.length = 0;
  rig
    .powerOff()
    .powerOn("clear")
    .settle()
    .pass(7 * HOUR * 1000);
  expect(rig.effects.filter(({ kind }) => kind === "unlock")).toEqual([]);
});

test("two keys that change places while power is lost go to their own holders, from where they are", () => {
  for (const isSettled of [true, false]) {
    const { rig, line, anna, bo } = stocked();
    heard(line);
    rig.powerOff();
    rig.keys.set(0, bo.rig);
    rig.keys.set(1, anna.rig);
    for (const { rig: key } of [anna, bo])
      key.input({ kind: "removed" }).input({ kind: "contact", shows: "idle-high" });
    rig.powerOn("clear");
    if (isSettled) rig.settle();
    expect(rig.place(anna)).toEqual({ kind: "stored", slot: 1 });
    expect(rig.place(bo)).toEqual({ kind: "stored", slot: 0 });
    rig.effects.length = 0;
    expect(rig.present(anna.holder).drawn).toEqual([1]);
    rig.undock(1);
    expect(rig.place(bo)).toEqual({ kind: "stored", slot: 0 });
    expect(rig.present(bo.holder).drawn).toEqual([0]);
    const again = new Host(rig).greet();
    rig.pass(60_000);
    expect(heard(again)).toContain("0 wrong-key");
  }
});

test("a key in whose slot another is found is gone, and known when it comes back", () => {
  const { rig, anna, bo } = stocked();
  rig.powerOff();
  rig.keys.set(0, bo.rig);
  rig.keys.delete(1);
  for (const { rig: key } of [anna, bo]) key.input({ kind: "removed" });
  bo.rig.input({ kind: "contact", shows: "idle-high" });
  rig.powerOn("clear").settle();
  expect(rig.place(bo)).toEqual({ kind: "stored", slot: 0 });
  expect(rig.place(anna)).toMatchObject({ kind: "out", lease: { grant: "unknown" } });
  rig.effects.length = 0;
  expect(rig.present(anna.holder).drawn).toEqual([]);
  anna.rig.pass(5_000);
  rig.dock(1, anna.rig);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 1 });
  expect(rig.present(anna.holder).drawn).toEqual([1]);
});

test("while the keys show themselves after power-on nobody gets another's", () => {
  const { rig, anna, bo } = stocked();
  rig.powerOff();
  rig.keys.set(0, bo.rig);
  rig.keys.set(1, anna.rig);
  rig.holding = true;
  rig.powerOn("clear");
  rig.holding = false;
  // The memory still says that anna's key is in slot 0.
  rig.effects.length = 0;
  rig.present(anna.holder);
  rig.finish();
  expect(rig.drawn.every((slot) => slot === 1)).toBe(true);
});

test("a strange key that was put in while there was no power is not given back, also where no key is stored", () => {
  const { of, rig } = stocked();
  rig.powerOff();
  const stranger = blank(of, "stranger");
  stranger.input({ kind: "contact", shows: "idle-high" });
  rig.keys.set(2, stranger);
  rig.effects.length = 0;
  rig
    .powerOn("clear")
    .settle()
    .pass(7 * HOUR * 1000);
  expect(rig.effects.map(({ kind }) => kind)).not.toContain("unlock");
  expect(rig.shown()).toContain("wrong-key");
});

test("a strange key that is found in a slot after power-on stays behind its bolt, and the key that should be there is told of", () => {
  const { of, rig, anna } = stocked(office);
  rig.powerOff();
  const stranger = carried({ ...of }, "stranger", of.bo, { now: rig.now });
  stranger.rig.pass(30 * HOUR * 1000);
  rig.keys.set(0, stranger.rig);
  stranger.rig.input({ kind: "contact", shows: "idle-high" });
  rig.effects.length = 0;
  rig.powerOn("clear").settle();
  expect(rig.drawn).toEqual([]);
  expect(rig.place(stranger)).toBeUndefined();
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  expect(rig.present(anna.holder).drawn).toEqual([]);
});
