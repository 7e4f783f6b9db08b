import { describe, expect, test } from "vitest";
import {
  challengeCheck,
  REFUSAL_MICROSECONDS,
  REFUSAL_NANOJOULES,
  type RefusalCase,
  refusalCheck,
  timeoutChecks,
  timerCheck,
} from "#src/costs/limits.ts";
import { eeprom, fram, largePageFlash, type MemoryFigures, pageFlash, wordFlash } from "#src/costs/memories.ts";
import type { BootKind, HardwarePair } from "#src/costs/opening-steps.ts";
import { cylinderOf, pairs, slowestPair, usualKey } from "#src/costs/pairs.ts";
import { cr2032 } from "#src/costs/peripherals.ts";
import { cortexM0PlusAt16MHz } from "#src/costs/processors.ts";
import { firstVisit, fullVisit, heaviestVisit, repeatVisit } from "#src/costs/visits.ts";

const slowDoor = (memory: MemoryFigures): HardwarePair => ({
  key: usualKey,
  cylinder: cylinderOf(cortexM0PlusAt16MHz, memory),
});

function meets(refusal: RefusalCase): string[] {
  return pairs
    .filter(({ pair }) => {
      const { time, energy } = refusalCheck(refusal, pair);
      return time === "met" && energy === "met";
    })
    .map(({ name }) => name);
}

describe("the challenge within 30 ms (SPEC OPN-1)", () => {
  test.each(pairs)("leaves in time, from contact, at a $name", ({ pair }) => {
    expect(challengeCheck(pair, "after-outcome")).toMatchObject({ fromContact: "met", fromPower: "met", ready: "met" });
    expect(challengeCheck(pair, "after-cut")).toMatchObject({ fromContact: "met", fromPower: "met", ready: "met" });
  });

  test("leaves in time on the slowest pair after a usual end, and not after a cut", () => {
    expect(challengeCheck(slowestPair, "after-outcome")).toMatchObject({ fromContact: "met" });
    expect(challengeCheck(slowestPair, "after-cut")).toMatchObject({
      fromContact: "missed",
      fromPower: "missed",
      ready: "met",
    });
  });

  test("the memories with which the slowest core meets it, from contact", () => {
    const memories = [pageFlash, wordFlash, largePageFlash, eeprom, fram];
    const meeting = (boot: BootKind): string[] =>
      memories.filter((memory) => challengeCheck(slowDoor(memory), boot).fromContact === "met").map(({ name }) => name);
    expect(meeting("after-outcome")).toEqual([pageFlash.name, wordFlash.name, largePageFlash.name, fram.name]);
    expect(meeting("after-cut")).toEqual([wordFlash.name, largePageFlash.name, fram.name]);
    expect(meeting("erase-due")).toEqual([fram.name]);
  });

  test("no memory meets it on a coin cell, which fills the store too slowly", () => {
    const memories = [pageFlash, wordFlash, largePageFlash, eeprom, fram];
    const verdicts = memories.map((memory) => {
      const pair: HardwarePair = { ...slowDoor(memory), key: { ...usualKey, battery: cr2032 } };
      return challengeCheck(pair, "after-outcome").fromContact;
    });
    expect(verdicts).toEqual(["missed", "missed", "missed", "missed", "missed"]);
  });
});

describe("a refusal within 1.5 s and 8 mJ (P11)", () => {
  test("the cylinders that meet both, by case", () => {
    expect(meets("counted")).toEqual(pairs.map(({ name }) => name));
    expect(meets("recorded")).toEqual([
      "Cortex-M0+ 16 MHz",
      "Cortex-M0+ 32 MHz",
      "Cortex-M4 80 MHz, assembly",
      "Cortex-M33 160 MHz",
    ]);
    expect(meets("with updates")).toEqual(["Cortex-M0+ 32 MHz", "Cortex-M33 160 MHz"]);
    expect(meets("heaviest")).toEqual(["Cortex-M33 160 MHz"]);
  });

  test("verdicts are the comparisons that they say", () => {
    for (const { pair } of pairs) {
      const check = refusalCheck("with updates", pair);
      expect(check.time === "met").toBe(check.microseconds <= REFUSAL_MICROSECONDS);
      expect(check.energy === "met").toBe(check.cylinderNanojoules <= REFUSAL_NANOJOULES);
      expect(check.verifications).toBe(6);
    }
  });
});

describe("timers and time-outs (SPEC OPN-5, ERR-4)", () => {
  test("the cylinders that keep both timers, by visit", () => {
    const keeping = [repeatVisit, firstVisit, fullVisit, heaviestVisit].map((visit) => {
      const kept = pairs.filter(({ pair }) => {
        const { timerA, timerB } = timerCheck(visit, pair);
        return timerA === "met" && timerB === "met";
      });
      return kept.map(({ name }) => name);
    });
    const assembly = pairs.map(({ name }) => name).filter((name) => !name.includes("portable C"));
    expect(keeping).toEqual([pairs.map(({ name }) => name), assembly, assembly, assembly]);
  });

  test("the cylinders that answer `open` of a first visit before the key asks again", () => {
    const verdicts = pairs.map(({ name, pair }) => [
      name,
      timeoutChecks(firstVisit, pair).map(({ verdict }) => verdict),
    ]);
    expect(Object.fromEntries(verdicts)).toEqual({
      "Cortex-M0+ 16 MHz": ["repeated"],
      "Cortex-M0+ 32 MHz": ["in-time"],
      "Cortex-M4 80 MHz, assembly": ["in-time"],
      "Cortex-M4 80 MHz, small portable C": ["busy"],
      "Cortex-M33 160 MHz": ["in-time"],
      "SE050 beside Cortex-M0+ 16 MHz": ["in-time"],
    });
  });

  test("each request of a visit with updates is judged by itself", () => {
    const checks = timeoutChecks(fullVisit, slowDoor(wordFlash));
    expect(checks.map(({ message }) => message)).toEqual(["update", "update", "update", "open"]);
    expect(checks.every(({ answers, verdict }) => answers > 0 === (verdict !== "in-time"))).toBe(true);
  });
});
