import fc from "fast-check";
import { expect, test } from "vitest";
import {
  erasedNvm,
  fadeNvm,
  type Nvm,
  type NvmOperation,
  nvmCycles,
  nvmWord,
  runNvm,
  wearNvm,
} from "#src/hardware/nvm.ts";
import { atRest } from "#src/hardware/nvm-at-rest.ts";
import { NvmDamages } from "#src/hardware/nvm-damages.ts";
import type { NvmDamage } from "#src/hardware/nvm-word.ts";
import { drawsOf } from "./draws-of.ts";
import { ECC_FLASH, operations, profiles } from "./nvm-memory.ts";

const stage = fc.constantFrom("before", "torn", "marginal", "after" as const);

/** Everything that can be told of a memory from outside. */
function told(nvm: Nvm) {
  const { pages, wordsPerPage } = nvm.profile;
  return Array.from({ length: pages }, (_, page) => [
    nvmCycles(nvm, page),
    Array.from({ length: wordsPerPage }, (_, word) => nvmWord(nvm, page, word)),
  ]);
}

test("a memory that has rested is the same to everything that comes after, with cuts and with what they have left", () => {
  fc.assert(
    fc.property(
      profiles,
      operations,
      operations,
      stage,
      fc.nat(20),
      fc.nat(),
      (profile, first, second, at, cut, seed) => {
        const hurt = runNvm(erasedNvm(profile), first, drawsOf(seed), { operation: cut, stage: at }).nvm;
        const nvm = fadeNvm(hurt, cut % profile.pages, cut % profile.wordsPerPage, Uint8Array.of(1, 0, 0, 0));
        const rested = atRest(nvm);
        expect(told(rested)).toEqual(told(nvm));
        const goOn = (from: Nvm) => {
          const later = { operation: from.operations + (cut % 3), stage: at };
          return runNvm(from, second, drawsOf(seed), later);
        };
        const [one, other] = [goOn(nvm), goOn(rested)];
        expect(other.outcomes).toEqual(one.outcomes);
        expect(told(other.nvm)).toEqual(told(one.nvm));
      },
    ),
  );
});

test("memories at rest keep equal pages once, each as short as what stands in it", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const written: NvmOperation = { kind: "program", page: 1, word: 0, bytes };
  const make = (profile = { ...ECC_FLASH, wordsPerPage: 64 }) => runNvm(erasedNvm(profile), [written], drawsOf(1)).nvm;
  const [one, other] = [make(), make()];
  expect(one.pages.get(1)?.bytes.length).toBeGreaterThan(bytes.length);
  expect(one.pages.get(1)).not.toBe(other.pages.get(1));
  const [first, second] = [atRest(one), atRest(other)];
  expect(first.pages.get(1)).toBe(second.pages.get(1));
  expect(first.pages.get(1)?.bytes).toEqual(bytes);
  expect(first.pages.get(1)?.bytes.buffer.byteLength).toBe(bytes.length);
  // Nothing to be gained: the same memory.
  expect(atRest(first)).toBe(first);
  // A page that has been worn more, or is hurt, is another one.
  const worn = runNvm(make(), [{ kind: "erase", page: 1 }, written], drawsOf(1)).nvm;
  const faded = fadeNvm(make(), 1, 0, Uint8Array.of(1, 0, 0, 0));
  // By its hash this one has the same place.
  const wornOut = wearNvm(make(), 1, 0x8000_0000);
  for (const another of [worn, faded, wornOut]) {
    const newest = atRest(make()).pages.get(1);
    expect(atRest(another).pages.get(1)).not.toBe(newest);
  }
});

test("a page at rest reaches as far as a word is hurt, whatever it shows: an erase that is cut may leave it so", () => {
  const nvm = fadeNvm(erasedNvm(ECC_FLASH), 0, 3, Uint8Array.of(1, 0, 0, 0));
  const cut = { operation: 0, stage: "marginal" } as const;
  const states = [nvm, atRest(nvm)].map((from) => {
    return nvmWord(runNvm(from, [{ kind: "erase", page: 0 }], drawsOf(1), cut).nvm, 0, 3).state;
  });
  expect(states).toEqual(["marginal", "marginal"]);
});

const value = fc.uint8Array({ minLength: 4, maxLength: 4 });
const damage: fc.Arbitrary<NvmDamage | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ state: "torn" } as const),
  fc.record({ state: fc.constant("marginal" as const), from: value, to: value }),
);

test("damages are what a map of them would be", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(6), damage)), (changes) => {
      const model = new Map<number, NvmDamage>();
      let damages = NvmDamages.none;
      for (const [word, one] of changes) {
        if (one === undefined) model.delete(word);
        else model.set(word, one);
        damages = damages.with(word, one);
      }
      expect(new Map(damages)).toEqual(model);
      expect([damages.size, damages.last]).toEqual([model.size, Math.max(-1, ...model.keys())]);
      for (let word = 0; word < 7; word++) {
        expect([damages.has(word), damages.get(word)]).toEqual([model.has(word), model.get(word)]);
      }
      expect(NvmDamages.of(damages.size === 0 ? new Map() : new Map(damages)).isSame(damages)).toBe(true);
    }),
  );
});
