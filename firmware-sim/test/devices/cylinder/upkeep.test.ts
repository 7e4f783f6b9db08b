import { SPOKEN_VERSIONS } from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { openSettings } from "#src/devices/cylinder/settings-store.ts";
import { NVM_CUT_STAGES, type Nvm, type NvmCutStage, type NvmOperation } from "#src/hardware/nvm.ts";
import { CONTEXT } from "./rig.ts";
import { again, EXP, greet, mountedTown, NOW, type Town, visit } from "./town.ts";

let base: Town;
let visited: Nvm;
beforeAll(() => {
  base = mountedTown();
  leave(base, "first");
  // Long enough for every ring to have come round.
  for (let index = 0; index < 110; index++) leave(base, index % 3 === 0 ? "first" : "repeat");
  visited = base.rig.nvm;
});

type Kind = "first" | "repeat" | "news";

/** A visit and its end. */
function leave(town: Town, kind: Kind): void {
  const { city, window, anna: holder, key, day } = town;
  const entry = { kind: "grant", id: new Uint8Array(8), until: NOW } as const;
  const updates = kind === "news" ? [city.revoke(town.north.list, NOW, entry).bytes] : [];
  if (kind === "first") visit(town, { grant: city.grantShift({ holder, key, groups: [day], ...window }) });
  else visit(town, { by: "cti", ticket: "kept", updates });
  if (town.rig.state.power === "on") town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
  town.rig.pull();
}

const isErase = ({ kind }: NvmOperation): boolean => kind === "erase";
/** As the memory counts: a program of several words is as many. */
const words = (operation: NvmOperation): number =>
  operation.kind === "program" ? operation.bytes.length / CONTEXT.profile.wordBytes : 1;
const sum = (operations: readonly NvmOperation[]): number => operations.reduce((all, one) => all + words(one), 0);

test("SPEC OPN-1: usually one word is programmed before the challenge, and no visit waits for an erase", () => {
  const town = again(base, visited);
  let [erased, usual] = [0, 0];
  for (let index = 0; index < 90; index++) {
    const { rig } = town;
    const before = rig.trace.length;
    leave(town, index % 4 === 0 ? "first" : index % 9 === 0 ? "news" : "repeat");
    const told = rig.operations.slice(0, rig.beforeChallenge);
    expect(sum(told)).toBeLessThanOrEqual(2);
    if (sum(told) === 1) usual += 1;
    const trace = rig.trace.slice(before);
    expect(trace).toContain("engage");
    erased += rig.operations.filter(isErase).length;
    const stages = rig.operations.findIndex(isErase);
    const programs = rig.operations.slice(stages).filter(({ kind }) => kind === "program");
    // Erases come after all else.
    if (stages >= 0) expect(programs).toEqual([]);
  }
  expect(usual).toBeGreaterThan(85);
  expect(erased).toBeGreaterThan(30);
});

test("SPEC OPN-1: after a cut anywhere, what is made good before the challenge is bounded and erases nothing", () => {
  let [most, owed] = [0, 0];
  const run = (start: Nvm, kind: Kind, after: number, stage: NvmCutStage): boolean => {
    const town = again(base, start, after + 1);
    const { rig } = town;
    rig.cut = { operation: rig.nvm.operations + after, stage };
    leave(town, kind);
    const isCut = rig.nvm.operations >= rig.cut.operation;
    rig.cut = undefined;
    for (let reboot = 0; reboot < 1; reboot++) {
      const { answered } = greet(town);
      expect(answered.kind).toBe("reply");
      const told = rig.operations.slice(0, rig.beforeChallenge);
      expect(told.filter(isErase)).toEqual([]);
      most = Math.max(most, sum(told));
      // What was owed begins with an erase and goes on with programs.
      const later = rig.operations.slice(told.length);
      if (later.some(isErase) && !later.every(isErase)) owed += 1;
      expect(rig.on.owed).toEqual([]);
      rig.pull();
    }
    return isCut;
  };
  const stageOf = (after: number) => NVM_CUT_STAGES[after % NVM_CUT_STAGES.length] ?? "torn";
  for (const kind of ["news", "first"] as const) {
    for (let after = 0; run(visited, kind, after, stageOf(after)); after += 3);
  }
  // One of them goes on into the next block.
  const town = again(base, visited);
  // With one record more it is an outcome that comes first there.
  leave(town, "news");
  for (let offset = 0; offset < 3; offset++) {
    for (let after = 0; run(town.rig.nvm, "repeat", after, "torn"); after++);
    leave(town, "repeat");
  }
  expect(most).toBeLessThanOrEqual(25);
  expect(most).toBeGreaterThan(10);
  expect(owed).toBeGreaterThan(0);
});

test("SPEC PER-4: a commit of the settings is marked twice, and a cut between the marks is made good", () => {
  const repairs = { mark: 0, none: 0 };
  const repairOf = (nvm: Nvm, town: Town) => {
    const { settings } = town.rig.on.stores.bank;
    return openSettings(CONTEXT, { nvm, noise: 1 }, settings).repair;
  };
  for (let after = 0; ; after++) {
    const town = again(base, visited);
    town.rig.cut = { operation: town.rig.nvm.operations + after, stage: "before" };
    leave(town, "news");
    const left = town.rig.nvm;
    const isDone = left.operations < visited.operations + after;
    town.rig.cut = undefined;
    town.rig.insert();
    repairs[repairOf(left, town)] += 1;
    expect(repairOf(town.rig.nvm, town)).toBe("none");
    if (isDone) break;
  }
  expect(repairs.mark).toBe(1);
});

test("SPEC OPN-13, OPN-10: a cut between the grant's bytes and the engagement leaves no entry and no lost place", () => {
  const seen: number[] = [];
  const town = again(base, visited);
  const { rig } = town;
  for (let after = 0; after < 150; after += 3) {
    const before = rig.nvm;
    rig.cut = { operation: rig.nvm.operations + after, stage: "torn" };
    leave(town, "first");
    const isEngaged = rig.engagements.length > seen.length;
    if (isEngaged) seen.push(after);
    rig.cut = undefined;
    greet(town);
    const { grants } = rig.on.stores.bank.settings;
    rig.pull();
    const { grants: known } = openSettings(CONTEXT, { nvm: before, noise: 1 }, rig.nvm as never).held.settings;
    // Who was not let in is not in the cache.
    if (!isEngaged) expect(grants).toEqual(known);
  }
  // Places of objects come back: after so many that were cut a new grant still finds erased ones.
  for (let index = 0; index < 3; index++) leave(town, "first");
  leave(town, "first");
  const [programmed, erased] = [
    rig.operations.findLastIndex(({ kind }) => kind === "program"),
    rig.operations.findIndex(isErase),
  ];
  expect(erased === -1 || erased > programmed).toBe(true);
  expect(seen.length).toBeGreaterThan(0);
});

test("P11, SPEC OPN-11: a refusal pays for itself alone, and the next opening erases what earlier visits have used up", () => {
  const town = again(base, visited);
  const { rig } = town;
  // Pulled at once: what it has used up is left.
  for (let index = 0; index < 3; index++) {
    const entry = { kind: "grant", id: new Uint8Array(8), until: NOW } as const;
    visit(town, { by: "cti", ticket: "kept", updates: [town.city.revoke(town.north.list, NOW, entry).bytes] });
    rig.pull();
  }
  let urgent = 0;
  for (let index = 0; index < 60; index++) {
    expect(visit(town, { at: EXP })).toMatchObject({ result: "not-permitted-now" });
    const result = rig.operations.findLastIndex(({ kind }) => kind === "program");
    expect(rig.operations.slice(result).filter(isErase)).toEqual([]);
    if (rig.operations.some(isErase)) urgent += 1;
    rig.pull();
  }
  // The refusals' own blocks, while nobody waits.
  expect(urgent).toBeGreaterThan(0);
  leave(town, "repeat");
  expect(rig.trace).toContain("engage");
  expect(rig.operations.filter(isErase).length).toBeGreaterThan(0);
});

test("a hello that comes while pages are erased is answered after the present one", () => {
  const town = again(base, visited);
  const { rig } = town;
  const { device } = rig;
  let [asked, erasing] = [0, 0];
  const body = { versions: SPOKEN_VERSIONS, exchange: "open", nonce: new Uint8Array(8), battery: "ok" } as const;
  for (let index = 0; index < 12; index++) {
    visit(town, { by: "cti", ticket: "kept" });
    rig.give({ kind: "timer", name: "hold", tickMs: rig.tickMs + 9_000 });
    erasing += rig.operations.filter(isErase).length;
    expect(rig.hello("open", body).kind).toBe("reply");
    asked += 1;
  }
  expect(device).toBe(rig.device);
  expect([asked, erasing > 0]).toEqual([12, true]);
});
