import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Clock, lostClock, readClock, rememberLower, stopClock, type TimeSourceClass } from "#src/time/clock.ts";
import { acceptCarriedTime, statementOf } from "#src/time/time-answer.ts";
import { answered, KEY_NONCE_MS, type Statement, tell } from "./support.ts";

const MS = 1_000_000n;
const SECOND = 1000n * MS;
const START = 1_793_600_000n * SECOND;

/**
 * A device whose oscillator is wrong by some ppm: when it has counted e ms, true time went on by e · (1 + ppm / 10^6).
 * True time is counted in ns, so that this is exact.
 */
interface Device {
  clock: Clock;
  tickMs: number;
}

interface World {
  trueNs: bigint;
  readonly devices: readonly [Device, Device];
}

/** Time passes for both devices, by as much as their oscillators count differently for it. */
function pass(world: World, elapsedMs: number, ppm: readonly [number, number]): void {
  const [first, second] = world.devices;
  // True time goes on by what makes the first count `elapsedMs`; the second counts what its own rate makes of it.
  const gone = BigInt(elapsedMs) * MS + BigInt(elapsedMs) * BigInt(ppm[0]);
  world.trueNs += gone;
  first.tickMs += elapsedMs;
  second.tickMs += Number((gone * 1_000_000n) / (MS * BigInt(1_000_000 + ppm[1])));
}

/** What an honest source says at this moment: t off by up to some seconds, and u that admits it. */
function honest(world: World, errorSeconds: number, slackMs: number): Pick<Statement, "t" | "uncertaintyMs"> {
  const t = Number(world.trueNs / SECOND) + errorSeconds;
  const offNs = BigInt(t) * SECOND - world.trueNs;
  const offMs = (offNs < 0n ? -offNs : offNs) / MS + 1n;
  return { t, uncertaintyMs: Number(offMs) + slackMs };
}

const ppm = fc.oneof(fc.constantFrom(-200, 200), fc.integer({ min: -200, max: 200 }));
const which = fc.constantFrom(0 as const, 1 as const);
const classes = fc.constantFrom<TimeSourceClass>("issuer", "station", "activation-box", "key-cabinet");

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("pass" as const), ms: fc.oneof(fc.nat(5000), fc.nat(100_000_000)) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("state" as const),
      to: which,
      errorSeconds: fc.integer({ min: -30, max: 30 }),
      slackMs: fc.nat(20_000),
      beforeMs: fc.nat(1000),
      afterMs: fc.nat(1000),
      sourceClass: classes,
      source: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("serve" as const), to: which, delayMs: fc.nat(1900) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("stop" as const), who: which }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("remember" as const), who: which }) },
);

function containsTruth(world: World): void {
  for (const { clock, tickMs } of world.devices) {
    const reading = readClock(clock, tickMs);
    expect(BigInt(clock.knownLower) * SECOND).toBeLessThanOrEqual(world.trueNs);
    if (reading.quality !== "running") continue;
    const { lo, hi } = reading.interval;
    const inside = BigInt(lo) * SECOND <= world.trueNs && world.trueNs < BigInt(hi) * SECOND;
    expect({ inside, lo, hi, trueNs: world.trueNs }).toEqual({ inside: true, lo, hi, trueNs: world.trueNs });
  }
}

describe("while oscillators keep 200 ppm and sources are honest", () => {
  test("SPEC TIM-1 to TIM-6: true time is always inside of what a clock says, and no honest word is refused", () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), ppm, ppm, (steps, a, b) => {
        const device = (): Device => ({ clock: lostClock(), tickMs: 0 });
        const world: World = { trueNs: START + 123_456_789n, devices: [device(), device()] };
        for (const what of steps) {
          reached.add(what.does);
          switch (what.does) {
            case "pass":
              pass(world, what.ms, [a, b]);
              break;
            case "state": {
              const receiver = world.devices[what.to];
              const givenAt = receiver.tickMs;
              pass(world, what.beforeMs, [a, b]);
              const said = honest(world, what.errorSeconds, what.slackMs);
              pass(world, what.afterMs, [a, b]);
              const roundTripMs = receiver.tickMs - givenAt;
              const { verdict, clock } = tell(receiver.clock, receiver.tickMs, { ...what, ...said, roundTripMs });
              const good = roundTripMs > KEY_NONCE_MS ? "stale" : said.uncertaintyMs > 60_000 ? "too-wide" : "accepted";
              expect(verdict).toBe(good);
              receiver.clock = clock;
              break;
            }
            case "serve": {
              // One device's own word, as a station gives it to a key, answers the other's nonce.
              const receiver = world.devices[what.to];
              const server = world.devices[what.to === 0 ? 1 : 0];
              const said = statementOf(server.clock, server.tickMs);
              const givenAt = receiver.tickMs;
              pass(world, what.delayMs, [a, b]);
              if (said === undefined) break;
              const roundTripMs = receiver.tickMs - givenAt;
              const { verdict, clock } = tell(receiver.clock, receiver.tickMs, { ...said, roundTripMs, source: 8 });
              expect(verdict).toBe("accepted");
              receiver.clock = clock;
              reached.add("served");
              break;
            }
            case "stop":
              world.devices[what.who].clock = stopClock(world.devices[what.who].clock);
              break;
            case "remember": {
              const { clock, tickMs } = world.devices[what.who];
              world.devices[what.who].clock = rememberLower(clock, tickMs);
              break;
            }
          }
          containsTruth(world);
        }
      }),
      { numRuns: 1000 },
    );
    expect([...reached].sort()).toEqual(["pass", "remember", "serve", "served", "state", "stop"]);
  });

  test("SPEC TIM-13: two honest keys set a box right", () => {
    fc.assert(
      fc.property(ppm, fc.nat(1900), fc.nat(8000), fc.integer({ min: -20, max: 20 }), (drift, trip, gap, error) => {
        const world: World = {
          trueNs: START,
          devices: [
            { clock: lostClock(), tickMs: 0 },
            { clock: lostClock(), tickMs: 0 },
          ],
        };
        const [box] = world.devices;
        const word = (source: number): Parameters<typeof acceptCarriedTime>[1] => {
          const givenAt = box.tickMs;
          const said = honest(world, error * source, 500);
          pass(world, trip, [drift, 0]);
          const roundTripMs = box.tickMs - givenAt;
          const carried = answered({ ...said, source, roundTripMs, sourceClass: "key" }, box.tickMs);
          return { ...carried, holder: new Uint8Array(8).fill(source) };
        };
        const first = word(1);
        pass(world, gap, [drift, 0]);
        const outcome = acceptCarriedTime(box.clock, first, word(2));
        box.clock = outcome.clock;
        expect(outcome.verdict).toBe("accepted");
        containsTruth(world);
      }),
      { numRuns: 200 },
    );
  });
});

test("the check can see: an oscillator at 400 ppm is caught", () => {
  const world: World = {
    trueNs: START,
    devices: [
      { clock: lostClock(), tickMs: 0 },
      { clock: lostClock(), tickMs: 0 },
    ],
  };
  const [device] = world.devices;
  device.clock = tell(device.clock, 0, { t: Number(START / SECOND), uncertaintyMs: 0 }).clock;
  pass(world, 100_000_000, [400, 400]);
  expect(() => containsTruth(world)).toThrow();
});
