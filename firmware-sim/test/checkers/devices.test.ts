import { toHex } from "@nyckelfri/protocol";
import { describe, expect, test } from "vitest";
import { nothingCrashes } from "#src/checkers/nothing-crashes.ts";
import { oneRogueHarmsNobody } from "#src/checkers/one-rogue-harms-nobody.ts";
import { pairsNeverGoBack } from "#src/checkers/pairs-never-go-back.ts";
import { strangersWearLittle } from "#src/checkers/strangers-wear-little.ts";
import type { Settings } from "#src/devices/cylinder/settings.ts";
import type { KeyOn } from "#src/devices/key/state.ts";
import type { Happening } from "#src/world/happenings.ts";
import { cylinderMoved, storesMoved } from "./changes.ts";
import { challenge, DAY, dockHello, NOW, nonceOf, openHello, reply, request, Stage } from "./stage.ts";

type Stores = Stage["cylinder"]["stores"];

/** Of the right shape; nobody verifies it here. */
const PROOF = { proof: new Uint8Array(80), certificates: [new Uint8Array(80)] } as const;

describe("P10", () => {
  test.each<[string, (stores: Stores, value: number) => Partial<Stores>]>([
    ["nonce counter", ({ nonces }, value) => ({ nonces: { ...nonces, value } })],
    ["counted refusals", ({ counted }, value) => ({ counted: { ...counted, value } })],
    ["openings", ({ openings }, number) => ({ openings: { ...openings, newest: { ...openings.newest, number } } })],
    ["refusals", ({ refusals }, number) => ({ refusals: { ...refusals, newest: { ...refusals.newest, number } } })],
    ["floor", (_, value) => ({ floor: { epoch: 1, value } })],
  ])("a cylinder's %s", (_, change) => {
    const stage = new Stage(pairsNeverGoBack());
    storesMoved(stage, (stores) => change(stores, 3_000_000_000));
    storesMoved(stage, (stores) => change(stores, 3_000_000_001));
    expect(stage.broken).toEqual([]);
    // A power cut between the two hides nothing.
    const lower = {
      ...stage.cylinder,
      stores: { ...stage.cylinder.stores, ...change(stage.cylinder.stores, 3_000_000_000) },
    };
    stage.becomes("lock", { power: "off" }).becomes("lock", lower);
    expect(stage.broken).toContain("P10");
  });

  test.each<[string, (value: number) => Partial<Settings>]>([
    ["policy version", (value) => ({ policyVersion: { epoch: 1, value } })],
    ["mount number", (mount) => ({ mount })],
    ["acknowledged mark", (openings) => ({ acknowledged: { openings, refusals: 0 } })],
    ["list", (version) => ({ lists: [{ list: 4, version, slot: 0 }] })],
  ])("a cylinder's %s", (_, settings) => {
    const stage = new Stage(pairsNeverGoBack());
    expect(cylinderMoved(stage, settings(9)).broken).toEqual([]);
    expect(cylinderMoved(stage, settings(8)).broken).toEqual(["P10"]);
  });

  test("pairs of two fleets are not compared, nor lists of two mounts", () => {
    const stage = new Stage(pairsNeverGoBack());
    const { trust } = stage.cylinder.stores.bank.settings;
    const list = (version: number) => [{ list: 4, version, slot: 0 }];
    cylinderMoved(stage, { trust: { ...trust, epoch: 5 }, lists: list(9) });
    cylinderMoved(stage, { mount: 2, lists: list(1) });
    cylinderMoved(stage, { trust: { ...trust, epoch: 1, fleetId: new Uint8Array(32) } });
    expect(stage.broken).toEqual([]);
  });

  test.each<[string, (value: number) => Partial<KeyOn["holdings"]>]>([
    ["counter", (keyCounter) => ({ keyCounter })],
    ["floor", (value) => ({ floor: { epoch: 1, value } })],
  ])("a key's %s", (_, holdings) => {
    const stage = new Stage(pairsNeverGoBack());
    expect(stage.becomesKey(holdings(3_000_000_000)).broken).toEqual([]);
    expect(stage.becomesKey(holdings(2_999_999_999)).broken).toEqual(["P10"]);
  });

  test("a lower bound goes back for an issuer's statement alone", () => {
    const stage = new Stage(pairsNeverGoBack());
    const { clock } = stage.key.holdings;
    if (clock.quality !== "running") throw new Error("the stage's key knows the time");
    stage.becomesKey({ clock: { ...clock, knownLower: NOW + 99 } });
    const issuer = { kid: new Uint8Array(8), sourceClass: "issuer" } as const;
    const stated = { ...clock, knownLower: NOW, source: issuer, bounds: { ...clock.bounds } };
    expect(stage.becomesKey({ clock: stated }).broken).toEqual([]);
    expect(stage.becomesKey({ clock: { ...stated, knownLower: NOW - 1 } }).broken).toEqual(["P10"]);
    expect(stage.becomesKey({ clock: { ...clock, knownLower: NOW - 2, bounds: { ...clock.bounds } } }).broken).toEqual([
      "P10",
      "P10",
    ]);
  });

  test("stations, boxes and cabinets too", () => {
    const stage = new Stage(pairsNeverGoBack());
    const { holdings } = stage.key;
    const box = (value: number) =>
      stage.becomes("box", { power: "on", holdings: { ...holdings, floor: { epoch: 1, value } } });
    expect(box(9).broken).toEqual([]);
    expect(box(8).broken).toEqual(["P10"]);
    const counted = (ticketCounter: number) => stage.becomes("box", { power: "on", own: { ticketCounter } });
    expect(counted(7).broken).toEqual(["P10"]);
    expect(counted(6).broken).toEqual(["P10", "P10"]);
    const read = (acknowledged: number) => {
      return stage.becomes("station", { power: "on", own: { cursors: { next: 9, acknowledged } } });
    };
    expect(read(5).broken).toHaveLength(2);
    expect(read(4).broken).toHaveLength(3);
  });
});

describe("P12", () => {
  test("no device crashes", () => {
    const stage = new Stage(nothingCrashes()).casts("rogue", {});
    expect(stage.tell({ kind: "crash", device: "rogue", error: "what of it" }).broken).toEqual([]);
    expect(stage.tell({ kind: "crash", device: "lock", error: "unreachable" }).broken).toEqual(["P12"]);
  });

  test("nothing leads back to the factory", () => {
    const stage = new Stage(nothingCrashes());
    cylinderMoved(stage, { lifecycle: "factory" });
    cylinderMoved(stage, { lifecycle: "active" });
    cylinderMoved(stage, { lifecycle: "dismounted" });
    expect(stage.broken).toEqual([]);
    expect(cylinderMoved(stage, { lifecycle: "factory" }).broken).toEqual(["P12"]);
    const box = (lifecycle: string) => stage.becomes("box", { power: "on", holdings: { lifecycle } });
    expect(box("factory").broken).toEqual(["P12"]);
    box("commissioned");
    expect(box("factory").broken).toEqual(["P12", "P12"]);
  });
});

describe("P16", () => {
  const failed = {
    kind: "liveness",
    key: "key",
    cylinder: "lock",
    insertions: 3,
    microseconds: 1,
    opened: "no",
  } as const;

  test("honest keys open, with a rogue about", () => {
    const stage = new Stage(oneRogueHarmsNobody());
    expect(stage.tell(failed).broken).toEqual([]);
    expect(stage.casts("rogue", {}).tell({ ...failed, opened: "yes" }, failed).broken).toEqual(["P16"]);
  });

  test("a floor goes where an issuer signed that it goes", () => {
    const stage = new Stage(oneRogueHarmsNobody());
    const floor = (value: number) => storesMoved(stage, () => ({ floor: { epoch: 1, value } }));
    expect(floor(NOW).broken).toEqual([]);
    expect(floor(NOW + DAY).broken).toEqual(["P16"]);
    stage.town.city.renewPolicy(stage.town.flat, NOW + 2 * DAY);
    expect(floor(NOW + 2 * DAY - 60).broken).toEqual(["P16"]);
    stage.becomesKey({ floor: { epoch: 1, value: NOW + 3 * DAY } });
    expect(stage.broken).toEqual(["P16", "P16"]);
  });

  test("an epoch that nobody opened", () => {
    const stage = new Stage(oneRogueHarmsNobody());
    const { trust } = stage.key.holdings;
    stage.becomesKey({ trust: { ...trust, epoch: 2 }, floor: { epoch: 2, value: NOW } });
    expect(stage.broken).toEqual(["P16"]);
    stage.town.city.openEpoch(NOW);
    stage.becomesKey({ floor: { epoch: 2, value: NOW - 1 } });
    expect(stage.broken).toEqual(["P16"]);
  });

  test("true time lies in an honest key's interval", () => {
    const stage = new Stage(oneRogueHarmsNobody());
    const { clock } = stage.key.holdings;
    if (clock.quality !== "running") throw new Error("the stage's key knows the time");
    stage.becomesKey({ clock: { ...clock } });
    expect(stage.broken).toEqual([]);
    // Half a second is what it says of itself, and the rounding.
    expect(stage.later(501_000).becomesKey({ clock: { ...clock } }).broken).toEqual([]);
    expect(stage.later(2_000).becomesKey({ clock: { ...clock } }).broken).toEqual(["P16"]);
    stage.casts("key", { clock: "tampered" });
    expect(stage.becomesKey({ clock: { ...clock } }).broken).toEqual(["P16"]);
  });

  test("a key answers five PINs, until it has been in a station", () => {
    const stage = new Stage(oneRogueHarmsNobody());
    const box = { from: "box", to: "key" };
    const v = new Uint8Array(32);
    const answer = (sequence: number) =>
      reply({ from: "key", to: "box", sequence }, "activate", "pin", { attemptsLeft: 4, v });
    stage.tell(dockHello(box, "activate"), answer(1), answer(2), answer(3), answer(4), answer(5), answer(5));
    // A locked key says so, and gives nothing.
    stage.tell(reply({ from: "key", to: "box", sequence: 6 }, "activate", "pin", { attemptsLeft: 0 }));
    const [copy] = stage.checkers.map((checker) => checker.copy());
    expect(stage.broken).toEqual([]);
    expect(stage.tell(answer(6)).broken).toEqual(["P16"]);
    stage.checkers = copy === undefined ? [] : [copy];
    const station = { from: "station", to: "key" };
    stage.tell(dockHello(station, "dock"), request(station, "dock", "prove", PROOF), dockHello(box, "activate"));
    expect(stage.tell(answer(6)).broken).toEqual([]);
  });

  test("a box has counted a PIN when it says what it made of it", () => {
    const stage = new Stage(oneRogueHarmsNobody());
    const box = { from: "box", to: "key" };
    const PINS = new Map<string, unknown>();
    const attempts = (count: number) => new Map([[`attempts/${toHex(stage.town.key.kid)}`, { count, until: NOW }]]);
    const counted = (count: number, pins: ReadonlyMap<string, unknown> = PINS) =>
      stage.becomes("box", { power: "on", own: { attempts: attempts(count), pins, ticketCounter: 0 } });
    const judged = (sequence: number) => {
      const answered = { attemptsLeft: 4, v: new Uint8Array(32) };
      stage.tell(reply({ from: "key", to: "box", sequence }, "activate", "pin", answered));
      return stage.tell(
        request({ ...box, sequence: sequence + 1 }, "activate", "pin-verdict", { verdict: "wrong-pin" }),
      );
    };
    counted(1).tell(dockHello(box, "activate"));
    expect(judged(1).broken).toEqual([]);
    const [copy] = stage.checkers.map((checker) => checker.copy());
    expect(judged(3).broken).toEqual(["P16"]);
    stage.checkers = copy === undefined ? [] : [copy];
    // The city's newer verifier ends what was counted.
    counted(1, new Map());
    expect(judged(3).broken).toEqual([]);
  });

  test("a key is locked by PINs that it was asked for", () => {
    const pepper = new Uint8Array(16);
    const stage = new Stage(oneRogueHarmsNobody());
    const box = { from: "box", to: "key" };
    const pin = request(box, "activate", "pin", { pin: "0000" });
    stage.tell(dockHello(box, "activate"), pin, pin, pin, pin);
    const [copy] = stage.checkers.map((checker) => checker.copy());
    expect(stage.becomesKey({ pin: { pepper, attempts: 4 } }).broken).toEqual([]);
    expect(stage.becomesKey({ pin: { pepper, attempts: 5 } }).broken).toEqual(["P16"]);
    stage.checkers = copy === undefined ? [] : [copy];
    stage.becomesKey({ pin: { pepper, attempts: 4 } }).tell(pin);
    expect(stage.becomesKey({ pin: { pepper, attempts: 5 } }).broken).toEqual([]);
  });
});

describe("P22", () => {
  const on = { kind: "power", device: "lock", power: "on" } as const;
  const done = { kind: "done" } as const;
  const program: Happening = {
    kind: "memory",
    device: "lock",
    operation: { kind: "program", page: 1, word: 0, bytes: new Uint8Array(8) },
    outcome: done,
  };
  const erase: Happening = { kind: "memory", device: "lock", operation: { kind: "erase", page: 1 }, outcome: done };
  const many = (stage: Stage, happening: Happening) => stage.tell(...Array.from({ length: 120 }, () => happening));

  test.each([
    ["programs", program],
    ["erases", erase],
  ])("%s while nothing opens are bounded, and told once", (_, happening) => {
    const stage = new Stage(strangersWearLittle());
    stage.tell(on, ...Array.from({ length: 30 }, () => happening), on, ...Array.from({ length: 30 }, () => happening));
    expect(stage.broken).toEqual([]);
    expect(many(stage, happening).broken).toEqual(["P22"]);
    // Those for whom it opens may bring what they like.
    const opened = new Stage(strangersWearLittle());
    expect(many(opened.tell(on, opened.engaged()), happening).broken).toEqual([]);
  });

  test("each hello costs a count", () => {
    const stage = new Stage(strangersWearLittle()).casts("gadget", {}).tell(on);
    for (let session = 1; session <= 60; session++) {
      const ends = { from: "gadget", to: "lock", session };
      stage.tell(openHello(ends), program, challenge(ends, stage.town.cylinder.kid, nonceOf(`${session}`)), program);
    }
    expect(stage.broken).toEqual([]);
  });

  test("one refusal is recorded in a power-up", () => {
    const stage = new Stage(strangersWearLittle()).tell(on);
    const refuse = (number: number) =>
      storesMoved(stage, ({ refusals, floor }) => {
        const record = { kind: "refusal", cti: new Uint8Array(8), reason: "expired", lo: NOW } as const;
        return { refusals: { ...refusals, last: { number, headBefore: new Uint8Array(16), record, floor } } };
      });
    expect(refuse(1).tell(on).broken).toEqual([]);
    expect(refuse(2).broken).toEqual([]);
    expect(refuse(3).broken).toEqual(["P22"]);
  });

  // Seed 1400012 of the swarm: the key was pulled while a refusal was being recorded.
  test("a refusal whose record a cut has hurt is written again at boot, besides that of the next visit", () => {
    const ends = { from: "gadget", to: "lock" };
    const proof = new Uint8Array(80);
    const asks = [openHello(ends), request(ends, "open", "open", { by: "cti", cti: new Uint8Array(8), proof })];
    const refuse = (stage: Stage, number: number) =>
      storesMoved(stage, ({ refusals, floor }) => {
        const record = { kind: "refusal", cti: new Uint8Array(8), reason: "expired", lo: NOW } as const;
        return { refusals: { ...refusals, last: { number, headBefore: new Uint8Array(16), record, floor } } };
      });
    const cut = (): Stage => new Stage(strangersWearLittle()).casts("gadget", {}).tell(on, ...asks, on);
    expect(refuse(refuse(cut(), 1), 2).broken).toEqual([]);
    expect(refuse(refuse(refuse(cut(), 1), 2), 3).broken).toEqual(["P22"]);
    // A second cut while it is made good, and a boot that has made it good.
    expect(refuse(refuse(cut().tell(on), 1), 2).broken).toEqual([]);
    expect(refuse(refuse(refuse(cut(), 1).tell(on), 2), 3).broken).toEqual(["P22"]);
    // Who has answered has recorded.
    const result = reply({ from: "lock", to: "gadget" }, "open", "open", { kind: "result", result: "try-again" });
    const answered = new Stage(strangersWearLittle()).casts("gadget", {}).tell(on, ...asks, result, on);
    expect(refuse(refuse(answered, 1), 2).broken).toEqual(["P22"]);
  });

  test("no refusal stands among the openings", () => {
    const stage = new Stage(strangersWearLittle()).tell(on);
    storesMoved(stage, ({ openings, floor }) => {
      const record = { kind: "refusal", cti: new Uint8Array(8), reason: "expired", lo: NOW } as const;
      return { openings: { ...openings, last: { number: 9, headBefore: new Uint8Array(16), record, floor } } };
    });
    expect(stage.broken).toEqual(["P22"]);
  });

  test("nothing comes into the cache without an opening", () => {
    const stage = new Stage(strangersWearLittle()).tell(on);
    const { grants } = stage.cylinder.stores.bank.settings;
    const cached = (cti: number) =>
      cylinderMoved(stage, { grants: [{ cti: new Uint8Array(8).fill(cti), grant: 1, ticket: "none" }, ...grants] });
    expect(cached(1).broken).toEqual(["P22"]);
    expect(cylinderMoved(stage.tell(on), { grants: [] }).broken).toEqual(["P22"]);
    stage.tell(stage.engaged());
    expect(cached(2).broken).toEqual(["P22"]);
  });

  test("a service session is no stranger's", () => {
    const stage = new Stage(strangersWearLittle()).tell(on);
    const ends = { from: "tool", to: "lock" };
    const nonce = new Uint8Array(16);
    const versions = { oldest: 1, newest: 1 };
    stage.tell(request(ends, "service", "hello", { versions, exchange: "service", nonce }));
    const device = stage.town.cylinder.kid;
    stage.tell(
      reply({ from: "lock", to: "tool" }, "service", "hello", {
        versions,
        device,
        nonce,
        kind: "cylinder",
        state: "active",
      }),
    );
    expect(many(stage, program).broken).toEqual([]);
  });
});
