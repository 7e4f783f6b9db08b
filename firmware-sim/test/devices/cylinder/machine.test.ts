import { expect, test } from "vitest";
import { cylinderDevice, DARK, phaseOf } from "#src/devices/cylinder/cylinder.ts";
import type { CylinderInput } from "#src/devices/cylinder/cylinder-io.ts";
import type { CylinderState, PhaseName } from "#src/devices/cylinder/cylinder-state.ts";
import { cylinderDiagram } from "#src/devices/cylinder/diagram.ts";
import { cylinderMemory, INSERTIONS, layoutOf } from "#src/devices/cylinder/layout.ts";
import { ACCEPTS, NEXT, PHASES } from "#src/devices/cylinder/tables.ts";
import { erasedNvm, type NvmProfile } from "#src/hardware/nvm.ts";
import { FLASH } from "./rig.ts";
import { greet, mountedTown, type Town, visit } from "./town.ts";

const INPUTS: readonly CylinderInput[] = [
  { kind: "power-lost" },
  { kind: "removed", tickMs: 9 },
  { kind: "timer", name: "hold", tickMs: 9 },
  { kind: "energy", reading: "enough", tickMs: 9 },
  { kind: "clutch", outcome: "engaged", tickMs: 9 },
  {
    kind: "frame",
    frame: { version: 1, kind: "request", message: 0, session: 5, sequence: 0, body: Uint8Array.of(0xff) },
    tickMs: 9,
  },
];

/** Every state that visits of all kinds lead through, the first few of each phase. */
function statesByPhase(town: Town): ReadonlyMap<PhaseName, CylinderState[]> {
  const found = new Map<PhaseName, CylinderState[]>([["unpowered", [DARK]]]);
  const { device } = town.rig;
  const watched = {
    step: (state: CylinderState, input: CylinderInput) => {
      const stepped = device.step(state, input);
      const phase = phaseOf(stepped.state);
      const known = found.get(phase) ?? [];
      if (known.length < 8) found.set(phase, [...known, stepped.state]);
      return stepped;
    },
  };
  Object.assign(town.rig, { device: watched });
  greet(town);
  visit(town);
  town.rig.give({ kind: "timer", name: "hold", tickMs: 12_000 });
  visit(town, { key: town.tool });
  return found;
}

test("every input in every phase is handled or ignored, and what is ignored changes nothing", () => {
  const town = mountedTown();
  const cut = { operation: town.rig.nvm.operations, stage: "torn" } as const;
  town.rig.cut = cut;
  greet(town);
  town.rig.cut = undefined;
  const { device } = town.rig;
  const found = statesByPhase(town);
  const exhausted = mountedTown({ insertions: 2 });
  greet(exhausted);
  found.get("unpowered")?.push({ power: "blank" });
  const closed = new Map(found).set("closed", [exhausted.rig.state]);
  expect(phaseOf(exhausted.rig.state)).toBe("closed");
  let pairs = 0;
  for (const [phase, states] of closed) {
    for (const state of states) {
      for (const input of [
        ...INPUTS,
        { kind: "nvm-done", nvm: town.rig.nvm, outcome: { kind: "done" }, tickMs: 9 } as const,
      ]) {
        const { state: after, effects } = device.step(state, input);
        pairs += 1;
        if (ACCEPTS[phase][input.kind] === "ignored") expect([after, effects]).toEqual([state, []]);
        const next = phaseOf(after);
        const reachable = new Set(Object.values(NEXT[phase]).flatMap((to) => [to, ...Object.values(NEXT[to])]));
        if (next !== phase) expect(reachable).toContain(next);
      }
    }
  }
  expect(pairs).toBeGreaterThan(100);
  expect([...closed.keys()].sort()).toEqual(
    expect.arrayContaining(["challenging", "committing", "engaged", "logging", "updating", "verifying"]),
  );
});

test("a memory without identity stays dark, and one that is too small is refused", () => {
  const device = cylinderDevice({ provider: mountedTown().provider, profile: FLASH });
  const booted = device.step(DARK, { kind: "power-on", nvm: erasedNvm(FLASH), noise: 1, tickMs: 0 });
  expect(booted).toEqual({ state: { power: "blank" }, effects: [] });
  expect(() => layoutOf({ ...FLASH, pages: 9 })).toThrow(expect.objectContaining({ code: "caller/argument" }));
});

test.each([
  ["EEPROM", { wordBytes: 64, wordsPerPage: 16, cells: "overwrite", enduranceCycles: 300_000 }],
  ["FRAM", { wordBytes: 2, wordsPerPage: 256, cells: "overwrite", enduranceCycles: 1_000_000_000 }],
  ["flash of 4-byte words", { wordBytes: 4, wordsPerPage: 1024, cells: "once", enduranceCycles: 10_000 }],
  ["flash written in rows", { wordBytes: 64, wordsPerPage: 4, cells: "clear-bits", enduranceCycles: 10_000 }],
] as const)("SPEC LOG-8: in %s it opens, and its counters stand 5 million insertions", (_, part) => {
  const profile: NvmProfile = cylinderMemory({ refusedProgram: "not-erased", wearOut: "fails", ...part });
  const town = mountedTown({ profile });
  expect(visit(town).result).toBe("opened");
  expect(visit(town, { by: "cti", ticket: "kept" })).toMatchObject({ result: "opened", signatures: 1 });
  const { pages, entriesPerPage, entryWords } = layoutOf(profile).nonces;
  const counts =
    part.cells === "overwrite" ? part.enduranceCycles / (2 * entryWords) : part.enduranceCycles * (entriesPerPage - 1);
  expect((pages - 1) * counts).toBeGreaterThanOrEqual(INSERTIONS);
});

test("the diagram is drawn from the table", () => {
  const diagram = cylinderDiagram();
  for (const phase of PHASES) expect(diagram).toContain(phase);
  expect(diagram).toContain("committing --> engaged: engaged");
  expect(diagram).not.toContain("factory");
});
