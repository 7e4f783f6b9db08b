import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { cylinderDevice } from "#src/devices/cylinder/cylinder.ts";
import type { CylinderInput } from "#src/devices/cylinder/cylinder-io.ts";
import type { CylinderState } from "#src/devices/cylinder/cylinder-state.ts";
import { fadeNvm, NVM_CUT_STAGES, type Nvm } from "#src/hardware/nvm.ts";
import { FLASH } from "./rig.ts";
import { again, greet, mountedTown, NOW, type Town, visit } from "./town.ts";

let base: Town;
let visited: Nvm;
beforeAll(() => {
  base = mountedTown();
  visit(base);
  base.rig.give({ kind: "removed", tickMs: 9_000 });
  base.rig.pull();
  visited = base.rig.nvm;
});

/** Without the memory, which is the same value in both. */
function known(state: CylinderState): unknown {
  return state.power === "on" ? { ...state, memory: undefined } : state;
}

/** Gives every input to a device that keeps nothing as well, and says how many there were. */
function shadowed(town: Town): { readonly inputs: () => number } {
  const { device } = town.rig;
  const anew = cylinderDevice({ provider: town.provider, profile: FLASH, keeping: "nothing" });
  let inputs = 0;
  const step = (state: CylinderState, input: CylinderInput) => {
    const stepped = device.step(state, input);
    const read = anew.step(state, input);
    expect([known(stepped.state), stepped.effects]).toEqual([known(read.state), read.effects]);
    inputs += 1;
    return stepped;
  };
  Object.assign(town.rig, { device: { step } });
  return { inputs: () => inputs };
}

const KINDS = ["first", "repeat", "news", "refused", "hello"] as const;

function go(town: Town, kind: (typeof KINDS)[number]): void {
  const repeat = { by: "cti", ticket: "kept" } as const;
  const entry = { kind: "grant", id: new Uint8Array(8), until: NOW } as const;
  if (kind === "hello") greet(town);
  else if (kind === "first") visit(town);
  else if (kind === "refused") visit(town, { at: NOW + 99 * 3_600 });
  else
    visit(town, { ...repeat, updates: kind === "news" ? [town.city.revoke(town.north.list, NOW, entry).bytes] : [] });
  if (town.rig.state.power === "on") town.rig.ask("open", "collect", { store: "openings" });
  if (town.rig.state.power === "on") town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
  town.rig.pull();
}

const course = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    cut: fc.option(fc.record({ after: fc.nat({ max: 60 }), stage: fc.constantFrom(...NVM_CUT_STAGES) }), {
      nil: undefined,
    }),
    fade: fc.option(fc.record({ page: fc.nat({ max: FLASH.pages - 1 }), word: fc.nat({ max: 63 }) }), {
      nil: undefined,
    }),
  }),
  { minLength: 1, maxLength: 5 },
);

test("what is kept from pages is what reading them anew finds, whatever is cut or fades", () => {
  fc.assert(
    fc.property(course, fc.nat(), (visits, seed) => {
      const town = again(base, visited, seed);
      const { inputs } = shadowed(town);
      for (const { kind, cut, fade } of visits) {
        const { rig } = town;
        if (fade !== undefined) rig.nvm = fadeNvm(rig.nvm, fade.page, fade.word, Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0));
        rig.cut = cut && { operation: rig.nvm.operations + cut.after, stage: cut.stage };
        go(town, kind);
      }
      expect(inputs()).toBeGreaterThan(visits.length);
    }),
    { numRuns: 12 },
  );
}, 20_000);

test("one device serves many memories, and a copy of an image is as good as the image", () => {
  const copy = { ...visited, pages: visited.pages.map((page) => ({ ...page, bytes: page.bytes.slice() })) };
  const towns = [again(base, visited, 5), again(base, copy, 5)] as const;
  const [one, other] = towns;
  Object.assign(other.rig, { device: one.rig.device });
  for (const town of towns) {
    shadowed(town);
    for (const kind of KINDS) go(town, kind);
  }
  const newest = towns.map((town) => {
    town.rig.insert();
    return town.rig.on.stores.openings.newest.number;
  });
  expect(newest[0]).toBe(newest[1]);
});
