/** SPEC PER-3, P10: the counter alone, in every kind of memory, worn or lying, over many power-ups. */
import { defaultProvider } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import {
  afterCount,
  afterFailedCount,
  type CounterRing,
  openCounter,
  planCount,
} from "#src/devices/cylinder/counter-ring.ts";
import { findingsOf } from "#src/devices/cylinder/findings.ts";
import { cylinderMemory, layoutOf } from "#src/devices/cylinder/layout.ts";
import { readsBack } from "#src/devices/cylinder/memory.ts";
import type { StoreContext } from "#src/devices/cylinder/stores.ts";
import { applyNvm, erasedNvm, fadeNvm, type Nvm, type NvmProfile, skipNvm, wearNvm } from "#src/hardware/nvm.ts";
import { rootStream } from "#src/world/streams.ts";
import { FLASH } from "./rig.ts";

/** Small pages, and few: the ring goes round several times. */
const KINDS: readonly Pick<NvmProfile, "cells" | "wordBytes" | "wordsPerPage">[] = [
  { cells: "ecc-once", wordBytes: 8, wordsPerPage: 16 },
  { cells: "once", wordBytes: 64, wordsPerPage: 4 },
  { cells: "clear-bits", wordBytes: 4, wordsPerPage: 32 },
  { cells: "overwrite", wordBytes: 2, wordsPerPage: 64 },
];
const WEARS = ["fails", "silent-no-op", "programs-marginal"] as const;
const PARTS = KINDS.flatMap((kind) => WEARS.map((wearOut) => ({ ...kind, wearOut })));
const ENDURANCE = 100_000_000;
/** As many as a challenge tries. */
const TRIES = 6;
const POWER_UPS = 120;

/** What one power-up read, and what it counted up to, of which a nonce may have been made. */
interface PowerUp {
  readonly read: number;
  readonly counted?: number;
}
interface Part {
  readonly profile: NvmProfile;
  /** Of the ring; in the middle of their lives' last round. */
  readonly worn?: readonly number[];
  /** By number of the operation: those that the part only pretends to do. */
  readonly lies?: (operation: number) => boolean;
  /** After which the newest entry fades. */
  readonly fades?: (powerUp: number) => boolean;
}

function live({ profile, worn = [], lies = () => false, fades = () => false }: Part): readonly PowerUp[] {
  const layout = layoutOf(profile);
  const region = layout.nonces;
  const findings = findingsOf("nothing", defaultProvider);
  const context: StoreContext = { provider: defaultProvider, profile, layout, findings };
  const draws = rootStream("counter-ring").fork(`${profile.cells} ${profile.wearOut}`);
  const isWornByWords = profile.cells === "overwrite";
  let nvm: Nvm = erasedNvm(profile);
  for (const page of worn) nvm = wearNvm(nvm, region.page + page, ENDURANCE - (isWornByWords ? 30 : 1));
  const powerUps: PowerUp[] = [];
  let operations = 0;
  for (let index = 0; index < POWER_UPS; index++) {
    const noise = draws.below(0x1_0000_0000);
    let ring: CounterRing = openCounter(context, { nvm, noise }, region);
    const read = ring.value;
    let counted: number | undefined;
    for (let tried = 0; tried < TRIES && counted === undefined; tried++) {
      const stage = planCount(context, { nvm, noise }, region, ring);
      for (const operation of stage.operations) {
        nvm = (lies(operations++) ? skipNvm(nvm, operation) : applyNvm(nvm, operation, draws)).nvm;
      }
      if (stage.expected.every((one) => readsBack({ nvm, noise }, one))) {
        ring = afterCount(region, ring);
        counted = ring.value;
      } else {
        ring = afterFailedCount(region, ring);
        // What did not read back is not counted.
        expect(ring.value).toBe(read);
      }
    }
    powerUps.push(counted === undefined ? { read } : { read, counted });
    const fading = new Uint8Array(profile.wordBytes).fill(0xff);
    if (fades(index)) nvm = fadeNvm(nvm, region.page + ring.page, (ring.next - 1) * region.entryWords, fading);
  }
  return powerUps;
}

function profileOf(part: (typeof PARTS)[number]): NvmProfile {
  const profile: NvmProfile = { ...FLASH, ...part, enduranceCycles: ENDURANCE, refusedProgram: "silent-no-op" };
  return cylinderMemory(profile);
}

/** What is counted is new, and nothing that is read at power-on is lower than what was read or counted before. */
function expectOnlyRising(powerUps: readonly PowerUp[]): void {
  let highest = 0;
  for (const { read, counted } of powerUps) {
    expect(read).toBeGreaterThanOrEqual(highest);
    if (counted !== undefined) expect(counted).toBeGreaterThan(read);
    highest = counted ?? read;
  }
}

function countsOf(powerUps: readonly PowerUp[]): number {
  return powerUps.filter(({ counted }) => counted !== undefined).length;
}

test.each(PARTS)(
  "P10, P13, P15: $cells, worn $wearOut: a worn page is passed over, and no value comes back",
  (part) => {
    const powerUps = live({ profile: profileOf(part), worn: [1] });
    expectOnlyRising(powerUps);
    // A door whose ring has sound pages goes on.
    expect(countsOf(powerUps)).toBe(POWER_UPS);
  },
);

test.each(PARTS)("P10, P13: $cells, worn $wearOut: where no page is sound the last value stays", (part) => {
  const profile = profileOf(part);
  const powerUps = live({ profile, worn: Array.from({ length: layoutOf(profile).nonces.pages }, (_, page) => page) });
  expectOnlyRising(powerUps);
  expect(countsOf(powerUps)).toBeLessThan(POWER_UPS);
});

test.each(PARTS)("P10, P13: $cells: a part that pretends every third operation", (part) => {
  const powerUps = live({ profile: profileOf(part), lies: (operation) => operation % 3 === 1 });
  expectOnlyRising(powerUps);
  expect(countsOf(powerUps)).toBeGreaterThan(POWER_UPS / 2);
});

test.each(PARTS)("P10, P13: $cells: an entry that fades is counted all the same", (part) => {
  const powerUps = live({ profile: profileOf(part), fades: (powerUp) => powerUp % 4 === 2 });
  expectOnlyRising(powerUps);
  expect(countsOf(powerUps)).toBe(POWER_UPS);
});
