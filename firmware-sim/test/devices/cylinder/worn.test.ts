import { beforeAll, expect, test } from "vitest";
import { phaseOf } from "#src/devices/cylinder/cylinder.ts";
import { type Nvm, type NvmProfile, wearNvm } from "#src/hardware/nvm.ts";
import { CONTEXT, FLASH } from "./rig.ts";
import { again, greet, mountedTown, type Town, visit } from "./town.ts";

let fresh: Town;
beforeAll(() => {
  fresh = mountedTown();
});

const { layout } = CONTEXT;

function worn(nvm: Nvm, { page, pages }: { readonly page: number; readonly pages: number }): Nvm {
  let now = nvm;
  for (let index = page; index < page + pages; index++) now = wearNvm(now, index, FLASH.enduranceCycles);
  return now;
}

function leave(town: Town): string {
  const { result } = visit(town);
  if (town.rig.state.power === "on") town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
  town.rig.pull();
  return result;
}

test.each(["fails", "silent-no-op", "programs-marginal"] as const)(
  "P13, SPEC LOG-3: with a worn ring whose pages say %s, nothing opens without a confirmed intent",
  (wearOut) => {
    const profile: NvmProfile = { ...FLASH, wearOut };
    const town = again(fresh, { ...worn(fresh.rig.nvm, layout.openings), profile });
    const results: string[] = [];
    for (let index = 0; index < 130; index++) {
      const { length } = town.rig.engagements;
      results.push(leave(town));
      if (results.at(-1) !== "opened") expect(town.rig.engagements.length).toBe(length);
    }
    // The ring goes round once on pages that are blank, and then stops.
    expect(results[0]).toBe("opened");
    expect(results.at(-1)).toBe("silence");
    visit(town);
    expect(phaseOf(town.rig.state)).toBe("closed");
  },
);

test("P11: a memory that says done and writes nothing gives no nonce, so nothing is answered", () => {
  const town = again(fresh, fresh.rig.nvm);
  town.rig.skips = () => true;
  expect(greet(town).answered.kind).toBe("silence");
  expect(phaseOf(town.rig.state)).toBe("closed");
  town.rig.skips = () => false;
  expect(leave(town)).toBe("opened");
});

test("a page that does not take its program is passed over, and the visit goes on", () => {
  const town = again(fresh, fresh.rig.nvm);
  let left = 2;
  town.rig.skips = ({ kind, page }) => kind === "program" && page >= layout.openings.page && left-- > 0;
  expect(leave(town)).toBe("opened");
  expect(left).toBeLessThanOrEqual(0);
});
