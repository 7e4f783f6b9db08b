import fc from "fast-check";
import { expect, test } from "vitest";
import type { Device, EntityRef, Hands, Moment } from "#src/world/entity.ts";
import { Kernel } from "#src/world/kernel.ts";
import { codeOf } from "./code-of.ts";

/** A counter in two memories: what it has not saved is gone when power is. It saves 20 µs after a press, and beeps. */
interface Counter {
  readonly saved: number;
  readonly volatile: number;
}
type CounterInput = { readonly kind: "press" } | { readonly kind: "save" } | { readonly kind: "power-lost" };
type CounterEffect =
  | { readonly kind: "set-timer"; readonly delay: number }
  | { readonly kind: "beep"; readonly count: number }
  | { readonly kind: "unpowered" };

const counter: Device<Counter, CounterInput, CounterEffect> = {
  step(state, input) {
    switch (input.kind) {
      case "press":
        return { state: { ...state, volatile: state.volatile + 1 }, effects: [{ kind: "set-timer", delay: 20 }] };
      case "save":
        return {
          state: { saved: state.saved + state.volatile, volatile: 0 },
          effects: [{ kind: "beep", count: state.saved + state.volatile }],
        };
      case "power-lost":
        return { state: { ...state, volatile: 0 }, effects: [{ kind: "unpowered" }] };
    }
  },
};

/** A person who presses a counter now and then, and sometimes pulls the plug. */
type PersonInput = { readonly kind: "act" };
type PersonEffect = { readonly kind: "decide"; readonly turn: number };
const person: Device<number, PersonInput, PersonEffect> = {
  step: (turns) => ({ state: turns + 1, effects: [{ kind: "decide", turn: turns }] }),
};

class Tally {
  presses = 0;
  copy(): Tally {
    const copy = new Tally();
    copy.presses = this.presses;
    return copy;
  }
}

function buildWorld(seed: number) {
  const kernel = new Kernel({ seed, beginsAt: 1_793_599_200 });
  const perform = (effects: readonly CounterEffect[], hands: Hands) => {
    for (const effect of effects) {
      if (effect.kind === "set-timer") hands.arm("save", effect.delay, { kind: "save" });
      if (effect.kind === "unpowered") hands.disarmAll();
    }
  };
  const counters = ["counter-1", "counter-2"].map((id) =>
    kernel.add({ id, device: counter, state: { saved: 0, volatile: 0 }, perform }),
  );
  const tally = kernel.addPart("tally", new Tally());
  const people = ["anna", "bo"].map((id) => {
    const self: EntityRef<number, PersonInput> = { id };
    return kernel.add({
      id,
      device: person,
      state: 0,
      perform: (_: readonly PersonEffect[], hands) => {
        const stream = hands.stream(id);
        const target = stream.pick(counters);
        hands.part(tally).presses += 1;
        hands.send(target, stream.chance(200_000) ? { kind: "power-lost" } : { kind: "press" }, stream.below(5));
        hands.send(self, { kind: "act" }, 1 + stream.below(60));
      },
    });
  });
  for (const one of people) kernel.send(one, { kind: "act" });
  const [first, second] = counters as [(typeof counters)[0], (typeof counters)[0]];
  return { kernel, first, second, tally };
}

const anySeed = fc.nat(0xffff_ffff);
const anyTime = fc.nat(3_000);

test("one seed gives one trace, another seed another", () => {
  const run = (seed: number) => {
    const { kernel } = buildWorld(seed);
    kernel.advanceTo(10_000);
    return kernel.trace;
  };
  expect(run(1).length).toBeGreaterThan(1_000);
  expect(run(1).hash()).toBe(run(1).hash());
  expect(run(1).hash()).not.toBe(run(2).hash());
  expect(run(1).hash()).toBe("ba48c48d288a80a9");
});

test("a run may be cut into pieces anywhere", () => {
  fc.assert(
    fc.property(anySeed, anyTime, anyTime, (seed, one, other) => {
      const whole = buildWorld(seed).kernel;
      whole.advanceTo(one + other);
      const pieces = buildWorld(seed).kernel;
      pieces.advanceTo(one);
      pieces.advanceBy(other);
      expect(pieces.trace.hash()).toBe(whole.trace.hash());
      expect(pieces.now).toBe(whole.now);
    }),
    { numRuns: 30 },
  );
});

test("a fork, and a world that is taken back, go on as the world would have", () => {
  fc.assert(
    fc.property(anySeed, anyTime, anyTime, (seed, until, further) => {
      const { kernel, first, tally } = buildWorld(seed);
      kernel.advanceTo(until);
      const snapshot = kernel.snapshot();
      const fork = kernel.fork();
      kernel.advanceBy(further);
      const expected = [kernel.trace.hash(), kernel.state(first), kernel.part(tally).presses, kernel.pending];
      const seen = (world: Kernel) => [
        world.trace.hash(),
        world.state(first),
        world.part(tally).presses,
        world.pending,
      ];

      fork.advanceBy(further);
      expect(seen(fork)).toEqual(expected);
      for (let time = 0; time < 2; time++) {
        kernel.restore(snapshot);
        expect(kernel.now).toBe(until);
        kernel.advanceBy(further);
        expect(seen(kernel)).toEqual(expected);
      }
    }),
    { numRuns: 30 },
  );
});

test("what is done in a fork stays in it", () => {
  const { kernel, first } = buildWorld(3);
  kernel.advanceTo(500);
  const before = kernel.trace.hash();
  const fork = kernel.fork();
  fork.send(first, { kind: "power-lost" });
  fork.stream("anna").below(10);
  fork.add({ id: "only in the fork", device: person, state: 0 });
  fork.advanceBy(1_000);
  expect(kernel.trace.hash()).toBe(before);
  expect(kernel.now).toBe(500);
  kernel.advanceBy(1_000);
  const undisturbed = buildWorld(3).kernel;
  undisturbed.advanceTo(1_500);
  expect(kernel.trace.hash()).toBe(undisturbed.trace.hash());
});

test("loss of power is an input like any other: at each moment all or nothing is saved", () => {
  const kernel = new Kernel({ seed: 1 });
  const perform = (effects: readonly CounterEffect[], hands: Hands) => {
    for (const effect of effects) {
      if (effect.kind === "set-timer") hands.arm("save", effect.delay, { kind: "save" });
      if (effect.kind === "unpowered") hands.disarmAll();
    }
  };
  const device = kernel.add({ id: "counter", device: counter, state: { saved: 0, volatile: 0 }, perform });
  kernel.send(device, { kind: "press" });
  kernel.send(device, { kind: "press" }, 5);
  const start = kernel.snapshot();
  const saved = Array.from({ length: 40 }, (_, cutAt) => {
    const world = kernel.fork(start);
    world.send(device, { kind: "power-lost" }, cutAt);
    expect(world.runUntilIdle()).toBe("idle");
    return world.state(device).saved;
  });
  // Before the second press, at 5, a cut loses one press; until its timer, at 25, both: of two
  // events at one time the cut was scheduled first.
  expect(saved).toEqual([...Array(5).fill(1), ...Array(21).fill(0), ...Array(14).fill(2)]);
});

test("a timer that is armed again replaces the old one", () => {
  const kernel = new Kernel({ seed: 1 });
  const device = kernel.add({
    id: "counter",
    device: counter,
    state: { saved: 0, volatile: 0 },
    perform: (effects: readonly CounterEffect[], hands) => {
      for (const effect of effects) if (effect.kind === "set-timer") hands.arm("save", effect.delay, { kind: "save" });
    },
  });
  for (const at of [0, 10, 20]) kernel.send(device, { kind: "press" }, at);
  kernel.runUntilIdle();
  expect(kernel.trace.records({ kind: "effect:beep" }).map(({ time, data }) => [time, data["count"]])).toEqual([
    [40, 3],
  ]);
});

test("idle time costs nothing, and true time goes with virtual time", () => {
  const kernel = new Kernel({ seed: 1, beginsAt: 1_793_599_200 });
  const sleeper = kernel.add({ id: "sleeper", device: person, state: 0 });
  const year = 365 * 86_400_000_000;
  kernel.send(sleeper, { kind: "act" }, year);
  expect(kernel.runUntilIdle(year - 1)).toBe("horizon");
  expect(kernel.now).toBe(0);
  expect(kernel.runUntilIdle()).toBe("idle");
  expect(kernel.now).toBe(year);
  expect(kernel.unixMicroseconds).toBe(1_793_599_200_000_000 + year);
  expect(kernel.state(sleeper)).toBe(1);
});

test("a run can stop at a named event", () => {
  const { kernel, first } = buildWorld(5);
  const beeps = ({ entity, effects }: Moment) => entity === first.id && effects.some(({ kind }) => kind === "beep");
  const moment = kernel.runUntil(beeps, 60_000);
  expect(moment?.time).toBe(kernel.now);
  expect(moment?.before).not.toEqual(moment?.after);
  expect(kernel.state(first).saved).toBeGreaterThan(0);
  expect(kernel.runUntil(() => false, kernel.now + 50)).toBeUndefined();
});

test("observers see every step, in a fork too", () => {
  const { kernel } = buildWorld(6);
  const inputs: string[] = [];
  kernel.observe(({ entity, input }) => void inputs.push(`${entity} input:${input.kind}`));
  kernel.advanceTo(1_000);
  const fork = kernel.fork();
  fork.advanceTo(2_000);
  const traced = fork.trace.records({ kind: "input:*" }).map(({ entity, kind }) => `${entity} ${kind}`);
  expect(inputs.length).toBeGreaterThan(50);
  expect(inputs).toEqual(traced);
});

test("an input may be changed or lost on arrival, and need not be traced", () => {
  const kernel = new Kernel({ seed: 1 });
  type Late = { readonly kind: "act"; readonly tick?: number };
  const ticks: (number | undefined)[] = [];
  const device: Device<number, Late, never> = {
    step: (state, { tick }) => {
      ticks.push(tick);
      return { state: state + 1, effects: [] };
    },
  };
  const ref = kernel.add({
    id: "late",
    device,
    state: 0,
    arrive: (input, { now }) => (now >= 100 ? "lost" : { ...input, tick: now * 2 }),
    describe: ({ tick }) => (tick === undefined ? {} : "untraced"),
  });
  for (const at of [1, 50, 100]) kernel.send(ref, { kind: "act" }, at);
  kernel.runUntilIdle();
  expect(ticks).toEqual([2, 100]);
  expect(kernel.trace.records({ entity: "late" }).map(({ kind }) => kind)).toEqual(["lost:act"]);
});

test("a world that does not get on is stopped", () => {
  const kernel = new Kernel({ seed: 1, keeping: "last" });
  const self: EntityRef<number, PersonInput> = { id: "eager" };
  kernel.add({
    id: "eager",
    device: person,
    state: 0,
    perform: (_: readonly PersonEffect[], hands) => hands.send(self, { kind: "act" }),
    describe: () => "untraced",
  });
  kernel.send(self, { kind: "act" });
  expect(codeOf(() => kernel.advanceTo(1))).toBe("caller/argument");
});

test("what does not exist, twice the same id, and the past are refused", () => {
  const { kernel, first } = buildWorld(1);
  kernel.advanceTo(100);
  const stranger: EntityRef<number, PersonInput> = { id: "stranger" };
  expect(codeOf(() => kernel.send(stranger, { kind: "act" }))).toBe("caller/argument");
  expect(codeOf(() => kernel.state(stranger))).toBe("caller/argument");
  expect(codeOf(() => kernel.add({ id: first.id, device: person, state: 0 }))).toBe("caller/argument");
  expect(codeOf(() => kernel.addPart("tally", new Tally()))).toBe("caller/argument");
  expect(codeOf(() => kernel.advanceTo(99))).toBe("caller/argument");
  expect(codeOf(() => kernel.send(first, { kind: "press" }, -1))).toBe("caller/argument");
});
