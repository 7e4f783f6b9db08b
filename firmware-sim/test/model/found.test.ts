/** Schedules that once breached a property, as they were found and shrunk; each says what was wrong. */
import { expect, test } from "vitest";
import type { Command } from "./commands.ts";
import { runSchedule } from "./schedule.ts";

const FOUND: readonly { readonly was: string; readonly luck: number; readonly commands: readonly Command[] }[] = [
  {
    // SPEC OPN-7, TRU-15, UPD-1: it cost the key two of its three updates to be asked for a certificate.
    was: "two roots later the entrance with its two lists needed a fourth insertion",
    luck: 730_332,
    commands: [
      { kind: "epoch", root: "successor" },
      { kind: "epoch", root: "successor" },
    ],
  },
  {
    // SPEC SVC-4, TRU-15: a technician's key brought certificates and not the transition under which they stand.
    was: "a cylinder that had missed a root could not be dismounted",
    luck: 16,
    commands: [
      { kind: "policy", door: 0, state: "deactivated", activation: "asked" },
      { kind: "epoch", root: "successor" },
      { kind: "remount", door: 0 },
    ],
  },
  {
    was: "a cylinder that had missed a root while it was dismounted could not be mounted",
    luck: 295_942,
    commands: [
      { kind: "cut", of: "box", index: 1, after: 23, stage: "marginal" },
      { kind: "remount", door: 1 },
      { kind: "epoch", root: "successor" },
    ],
  },
  {
    // P16's checker took the clock that a box reads at its start, and gives up at once, for one that it believed.
    was: "a box without mains for hours seemed to know a wrong time",
    luck: 10_174,
    commands: [
      { kind: "cut", of: "box", index: 1, after: 8, stage: "before" },
      { kind: "pass", seconds: 14_400 },
    ],
  },
  {
    // SPEC OPN-18: P4's checker took a policy that dismounts for news that a carer's key withheld.
    was: "a door that was about to be dismounted opened, and its key seemed to hold a newer policy",
    luck: 391_671,
    commands: [
      { kind: "cut", of: "station", index: 1, after: 14, stage: "marginal" },
      { kind: "cut", of: "box", index: 2, after: 5, stage: "before" },
      { kind: "remount", door: 1 },
      { kind: "visit", who: 2, door: 1, waits: "until-done" },
      { kind: "visit", who: 0, door: 1, waits: "until-done" },
      { kind: "cut", of: "cylinder", index: 1, after: 12, stage: "marginal" },
      { kind: "epoch", root: "same" },
    ],
  },
  {
    // P11's checker counted what a lost byte made the lock wait as what a refusal costs.
    was: "a refusal over a line that loses bytes seemed dear",
    luck: 5,
    commands: [
      { kind: "revoke", who: 1 },
      { kind: "policy", door: 1, state: "deactivated", activation: "asked" },
      { kind: "faults", faults: { earlyRemovalPerMillion: 239_764, linkByteLossPerMillion: 980 } },
      { kind: "epoch", root: "successor" },
      { kind: "dock", who: 2 },
      { kind: "faults", faults: { earlyRemovalPerMillion: 0, linkByteLossPerMillion: 193 } },
      { kind: "visit", who: 2, door: 0, waits: "until-done" },
    ],
  },
  {
    // P3's checker heard only of tickets of which the box knows that they have arrived.
    was: "a ticket whose arrival the box never heard of seemed to be none",
    luck: 999_984,
    commands: [
      { kind: "slip", who: 0, door: 2, afterMs: 349 },
      { kind: "shift", who: 1, startsIn: 0, seconds: 14_400 },
      { kind: "visit", who: 1, door: 2, waits: "until-done" },
      {
        kind: "faults",
        faults: { contactBouncePerMillion: 460_466, contactBounceMs: 40, linkByteLossPerMillion: 1_000 },
      },
      { kind: "slip", who: 0, door: 2, afterMs: 399 },
      {
        kind: "faults",
        faults: {
          ...{ contactBouncePerMillion: 91_368, contactBounceMs: 61 },
          ...{ linkByteLossPerMillion: 726, linkDuplicatePerMillion: 81_816 },
        },
      },
      { kind: "activate", who: 2, pin: "right" },
      { kind: "slip", who: 2, door: 0, afterMs: 1_173 },
      { kind: "visit", who: 0, door: 0, waits: "not" },
      { kind: "dock", who: 0 },
      { kind: "activate", who: 0, pin: "right" },
      { kind: "visit", who: 0, door: 0, waits: "until-done" },
      { kind: "shift", who: 0, startsIn: 0, seconds: 14_400 },
      { kind: "dock", who: 0 },
      { kind: "activate", who: 0, pin: "right" },
      { kind: "visit", who: 0, door: 2, waits: "until-done" },
    ],
  },
  {
    // The city's word is intersected with what a clock says (SPEC TIM-6): a tampered one stays a little off, and no honest clock.
    was: "a key that had been tampered with was judged as honest after the desk",
    luck: 0,
    commands: [
      { kind: "pass", seconds: 4_000 },
      { kind: "tamper", who: 0, aheadSeconds: 64 },
      { kind: "dock", who: 0 },
      { kind: "desk", who: 0 },
      { kind: "tamper", who: 0, aheadSeconds: 1 },
      { kind: "desk", who: 0 },
    ],
  },
];

test.each(FOUND)("$was", ({ luck, commands }) => {
  expect(runSchedule({ luck, commands })).toEqual([]);
});
