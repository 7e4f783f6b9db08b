/** Broken firmwares in small worlds: each is found, and by the shortest word there is. */
import type { Decision, Door, Presented } from "@nyckelfri/protocol";
import { beforeEach, expect, test, vi } from "vitest";
import { nameOf } from "#src/faults/small-worlds/events.ts";
import { explored } from "#src/faults/small-worlds/explore.ts";
import { exploreWorld, smallWorld, walk } from "#src/faults/small-worlds/small-worlds.ts";

/** What is broken now. */
const world = vi.hoisted(() => ({ mistake: "none" }));

beforeEach(() => {
  world.mistake = "none";
});

vi.mock("#src/devices/cylinder/held.ts", async (original) => {
  const real = await original<typeof import("#src/devices/cylinder/held.ts")>();
  const doorOf: typeof real.doorOf = (build, state) => {
    const door = real.doorOf(build, state);
    if (door !== undefined && world.mistake === "entries of lists are not looked at")
      return { ...door, lists: door.lists.map((list) => ({ ...list, entries: [] })) };
    if (door === undefined || world.mistake !== "policy's state is not looked at") return door;
    return { ...door, lifecycle: "active", policy: { ...door.policy, state: "active" } };
  };
  return { ...real, doorOf };
});

vi.mock("@nyckelfri/protocol", async (original) => {
  const real = await original<typeof import("@nyckelfri/protocol")>();
  const floored = (door: Door): Door => (world.mistake === "floor is not looked at" ? { ...door, floor: 0 } : door);
  const judged = (decision: Decision, { proof, grant }: Presented): Decision => {
    const isLate = decision.verdict === "refuse" && decision.reason === "expired";
    if (!isLate || world.mistake !== "off by one at exp") return decision;
    if (typeof proof !== "object" || typeof grant !== "object") return decision;
    const { lo, widthSeconds } = proof.value;
    const hi = lo + widthSeconds;
    return hi + 4 === grant.value.exp ? { verdict: "permit-open", interval: { lo, hi } } : decision;
  };
  const authorize: typeof real.authorize = (door, presented) =>
    judged(real.authorize(floored(door), presented), presented);
  const examine: typeof real.examine = (door, ...shown) => {
    const examined = real.examine(floored(door), ...shown);
    return { ...examined, decision: judged(examined.decision, examined.presented) };
  };
  return { ...real, authorize, examine };
});

vi.mock("#src/devices/cylinder/counter-ring.ts", async (original) => {
  const real = await original<typeof import("#src/devices/cylinder/counter-ring.ts")>();
  const planCount: typeof real.planCount = (context, memory, region, ring) => {
    const isKept = world.mistake === "every third nonce is counted in RAM only" && ring.value % 3 === 2;
    return isKept ? { operations: [], expected: [] } : real.planCount(context, memory, region, ring);
  };
  return { ...real, planCount };
});

vi.mock("#src/devices/key/updates.ts", async (original) => {
  const real = await original<typeof import("#src/devices/key/updates.ts")>();
  const isSilent = () => world.mistake === "key brings no updates and says so";
  const updatesFor: typeof real.updatesFor = (...at) => (isSilent() ? [] : real.updatesFor(...at));
  const carriedVersions: typeof real.carriedVersions = (...at) => {
    const carried = real.carriedVersions(...at);
    return isSilent() ? { ...carried, policy: 0, lists: [] } : carried;
  };
  return { ...real, updatesFor, carriedVersions };
});

vi.mock("#src/faults/small-worlds/canonical.ts", async (original) => {
  const real = await original<typeof import("#src/faults/small-worlds/canonical.ts")>();
  const canonical: typeof real.canonical = (scene, ...at) => {
    const facts = at[2];
    if (world.mistake !== "states do not tell what keys carry") return real.canonical(scene, ...at);
    return JSON.stringify([facts.moment, facts.city, facts.door]);
  };
  return { ...real, canonical };
});

interface Case {
  readonly mistake: string;
  readonly where: string;
  /** Where all events of the world are not needed. */
  readonly only?: readonly string[];
  readonly shortest: string;
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    mistake: "entries of lists are not looked at",
    where: "two-keys-one-door",
    only: ["visit:anna", "visit:bengt", "sync:bengt", "revoke:anna"],
    shortest: "revoke:anna,sync:bengt,visit:bengt,visit:anna",
    says: /^P4|^DEC-14/,
  },
  {
    mistake: "policy's state is not looked at",
    where: "closed-door",
    shortest: "policy:deactivated,sync:anna,visit:anna",
    says: /^P3|^DEC-2/,
  },
  { mistake: "off by one at exp", where: "stolen-key", shortest: "claim:anna:one-late", says: /^P1|^DEC-11/ },
  {
    mistake: "floor is not looked at",
    where: "stolen-key",
    only: ["time", "policy:same", "sync:bengt", "visit:bengt", "claim:anna:last-second"],
    shortest: "time,policy:same,sync:bengt,visit:bengt,claim:anna:last-second",
    says: /^P6|^DEC-9/,
  },
  {
    mistake: "every third nonce is counted in RAM only",
    where: "replay",
    only: ["visit:anna"],
    shortest: "visit:anna,visit:anna,visit:anna",
    says: /^P10|^P13/,
  },
  {
    mistake: "key brings no updates and says so",
    where: "two-keys-one-door",
    shortest: "visit:anna",
    says: /^P4|^OPN-7/,
  },
];

test.for(CASES)("$mistake: found, by $shortest", { timeout: 180_000 }, ({ mistake, where, only, shortest, says }) => {
  world.mistake = mistake;
  const known = smallWorld(where);
  const events = known.events.filter((event) => only === undefined || only.includes(nameOf(event)));
  const { breach } = explored(exploreWorld({ ...known, events }, { depth: shortest.split(",").length }));
  expect(breach).toEqual({ word: shortest.split(","), says: expect.stringMatching(says) });
  // The line that is printed shows it again, and no more when it is mended.
  const last = () => walk(known, shortest.split(",")).at(-1)?.kind;
  expect(last()).toBe("breach");
  world.mistake = "none";
  expect(last()).toBe("made");
});

test("states that leave out what matters are found by going on from duplicates", { timeout: 180_000 }, () => {
  world.mistake = "states do not tell what keys carry";
  const { breach, covers } = explored(exploreWorld(smallWorld("two-keys-one-door"), { recheckEvery: 2 }));
  expect([covers, breach]).toEqual(["cut-short", expect.objectContaining({ says: expect.stringMatching(/is two/) })]);
});
