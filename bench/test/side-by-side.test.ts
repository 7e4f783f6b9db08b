import { sodium } from "@nyckelfri/protocol/ed25519-sodium";
import { expect, test } from "vitest";
import { authorizationCases, BARE_NODE, SHIFTS } from "#src/authorization/cases.ts";
import { ownTricks } from "#src/authorization/own-tricks.ts";
import { makeTown } from "#src/authorization/shifts.ts";
import { compare, quantile } from "#src/side-by-side.ts";

test("a quantile lies between its neighbours", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([7], 0.25)).toBe(7);
  expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
});

/** Work that grows with its parameter and with nothing else. */
const spin = (name: string, steps: number) => ({
  name,
  run(iterations: number): number {
    let value = 1;
    for (let index = 0; index < iterations * steps; index++) value = (Math.imul(value, 48_271) + 1) | 0;
    return value;
  },
});

test("twice the work shows as half the speed, whichever way round", async () => {
  const [once, twice] = await compare([spin("once", 2_000), spin("twice", 4_000)], { rounds: 41, sliceMs: 4 });
  expect(once?.ratio).toBe(1);
  expect(twice?.ratio).toBeGreaterThan(0.3);
  expect(twice?.ratio).toBeLessThan(0.75);
  const [, faster] = await compare([spin("twice", 4_000), spin("once", 2_000)], { rounds: 41, sliceMs: 4 });
  expect(faster?.ratio).toBeGreaterThan(1.35);
});

test("every round runs every case as often as the others", async () => {
  const ran: string[] = [];
  const recording = (name: string) => ({ ...spin(name, 500), name });
  await compare(
    ["a", "b", "c"].map((name) => {
      const inner = recording(name);
      return {
        name,
        run(iterations: number) {
          ran.push(name);
          return inner.run(iterations);
        },
      };
    }),
    { rounds: 6, sliceMs: 2 },
  );
  const rounds = ran.slice(-18);
  for (const name of ["a", "b", "c"]) expect(rounds.filter((one) => one === name)).toHaveLength(6);
  // Rotated: each case is once the first of a round in three.
  expect([rounds[0], rounds[3], rounds[6]]).toEqual(["a", "b", "c"]);
});

test("each case of the authorization core comes to its result, and the baseline is first", () => {
  const town = makeTown(sodium, 8);
  // As many as are rotated through, from a handful.
  const shifts = Array.from({ length: SHIFTS }, (_, index) => town.shifts[index % town.shifts.length] as never);
  const cases = authorizationCases({ ...town, shifts });
  expect(cases[0]?.name).toBe(BARE_NODE);
  for (const { run } of cases) expect(run(3)).toBe(3);
});

test("this library takes none of the tricks", async () => {
  expect([...new Set(Object.values(await ownTricks()))]).toEqual(["refuses"]);
});
