import { defaultProvider, type LogRecord, type LogSegment, segmentPositions } from "@nyckelfri/protocol";
import { describe, expect, test } from "vitest";
import { carelessHoldersBreakNothing } from "#src/checkers/careless-holders-break-nothing.ts";
import { nothingIsDiscardedEarly } from "#src/checkers/nothing-is-discarded-early.ts";
import { recordsReachTheCity } from "#src/checkers/records-reach-the-city.ts";
import { wearNvm } from "#src/hardware/nvm.ts";
import type { HappeningOf } from "#src/world/happenings.ts";
import { cylinderMoved, storesMoved } from "./changes.ts";
import { NOW, Stage } from "./stage.ts";

const POLICY: LogRecord = { kind: "policy", version: 7 };

/** The cylinder confirms one more record of its openings; tells its number. */
function confirm(stage: Stage, record: LogRecord = POLICY): number {
  const { openings } = (stage.states.get("lock") as Stage["cylinder"]).stores;
  const number = openings.newest.number + 1;
  const head = new Uint8Array(16).fill(number);
  const last = { number, headBefore: openings.newest.head, record, floor: stage.cylinder.stores.floor };
  storesMoved(stage, () => ({ openings: { ...openings, newest: { number, head }, last } }));
  return number;
}

describe("P8", () => {
  const collected = (counter: number, changes: Partial<HappeningOf<"collected">> = {}): HappeningOf<"collected"> => {
    const usual = { cylinder: "lock", store: "openings", mount: 1, record: POLICY, known: "new" } as const;
    return { kind: "collected", counter, ...usual, ...changes };
  };
  const openings = (stage: Stage, count: number) => stage.tell(...Array.from({ length: count }, () => stage.engaged()));

  test("a record that many later keys could have carried is in the city", () => {
    const stage = new Stage(recordsReachTheCity());
    const number = confirm(stage);
    expect(openings(stage, 23).finish().broken).toEqual([]);
    const carried = new Stage(recordsReachTheCity());
    openings(carried.tell(collected(confirm(carried))), 24);
    expect(carried.finish().broken).toEqual([]);
    expect(openings(stage, 1).finish().breaches).toMatchObject([
      { property: "P8", what: expect.stringContaining(`record ${number} `) },
    ]);
  });

  test("rogues carry nothing", () => {
    const stage = new Stage(recordsReachTheCity()).casts("gadget", {});
    confirm(stage);
    stage.tell(...Array.from({ length: 30 }, () => stage.engaged({ by: "gadget" })));
    expect(stage.finish().broken).toEqual([]);
  });

  test("a ring that has wrapped, and a policy that writes off, excuse", () => {
    const stage = new Stage(recordsReachTheCity());
    const first = confirm(stage);
    for (let count = 0; count < 80; count++) stage.tell(collected(confirm(stage)));
    expect(openings(stage, 24).finish().broken).toEqual([]);
    const dismounted = new Stage(recordsReachTheCity());
    confirm(dismounted);
    dismounted.town.city.dismount(dismounted.town.flat, NOW, first);
    expect(openings(dismounted, 24).finish().broken).toEqual([]);
    confirm(dismounted);
    expect(openings(dismounted, 24).finish().broken).toEqual(["P8"]);
  });

  test.each<[string, readonly Partial<HappeningOf<"collected">>[]]>([
    ["stored twice", [{}, {}]],
    ["known before it came", [{ known: "again" }]],
    ["another one than before", [{}, { known: "differs" }]],
    ["not what was confirmed", [{ record: { kind: "void" } }]],
  ])("a record that is %s", (_, happened) => {
    const stage = new Stage(recordsReachTheCity());
    const number = confirm(stage);
    stage.tell(collected(number), collected(number, { known: "again" }));
    expect(stage.broken).toEqual([]);
    const next = confirm(stage);
    expect(stage.tell(...happened.map((changes) => collected(next, changes))).broken).toEqual(["P8"]);
  });
});

describe("P15", () => {
  const BROKEN = { power: "broken", reason: "memory-unreadable" } as const;

  test("a key that ends broken", () => {
    const stage = new Stage(carelessHoldersBreakNothing());
    expect(stage.becomes("key", BROKEN).becomes("key", stage.key).finish().broken).toEqual([]);
    expect(stage.becomes("key", BROKEN).finish().broken).toEqual(["P15"]);
  });

  test("a worn memory is no careless holder's doing", () => {
    const stage = new Stage(carelessHoldersBreakNothing());
    const nvm = stage.memory("key");
    stage.memories.set("key", wearNvm(nvm, 3, nvm.profile.enduranceCycles + 1));
    expect(stage.becomes("key", BROKEN).finish().broken).toEqual([]);
  });

  test("a cylinder that closed, or forgot who it is", () => {
    const stage = new Stage(carelessHoldersBreakNothing());
    stage.becomesCylinder((on) => ({ ...on, phase: { name: "closed", reason: "memory" } }));
    stage.becomes("lock", { power: "off" });
    const [copy] = stage.checkers.map((checker) => checker.copy());
    expect(stage.finish().broken).toEqual(["P15"]);
    stage.checkers = copy === undefined ? [] : [copy];
    stage.becomes("lock", stage.cylinder);
    expect(stage.finish().broken).toEqual([]);
    expect(stage.becomes("lock", { power: "blank" }).finish().broken).toEqual(["P15"]);
  });

  test("a record that was there before the power went", () => {
    const stage = new Stage(carelessHoldersBreakNothing());
    const before = stage.cylinder;
    stage.becomes("lock", { power: "off" }).becomes("lock", before);
    confirm(stage);
    expect(stage.broken).toEqual([]);
    expect(stage.becomes("lock", { power: "off" }).becomes("lock", before).broken).toEqual(["P15"]);
  });

  test("a journal that is another one after the power came back", () => {
    const stage = new Stage(carelessHoldersBreakNothing());
    const { journal } = stage.key.holdings;
    stage.becomesKey({ journal: { ...journal, newest: 2 } });
    stage.becomesKey({ journal: { ...journal, newest: 2, head: new Uint8Array(16).fill(9) } });
    expect(stage.broken).toEqual(["P15"]);
  });
});

describe("P17", () => {
  type Log = "openings" | "refusals" | "journal";
  const receipt = ({ town }: Stage, device: Uint8Array, store: Log, n: number, head: Uint8Array = new Uint8Array(16)) =>
    town.city.receipt({ device, n, head, iat: NOW, store });

  test("a journal is kept until a receipt, or until its ring is full", () => {
    const stage = new Stage(nothingIsDiscardedEarly());
    const { journal } = stage.key.holdings;
    stage.becomesKey({ journal: { ...journal, oldest: 1, newest: 10 } });
    receipt(stage, stage.town.key.kid, "journal", 4);
    stage.becomesKey({ journal: { ...journal, oldest: 5, newest: 10 } });
    // Full, it loses one for each that comes.
    stage.becomesKey({ journal: { ...journal, oldest: 7, newest: 12 } });
    expect(stage.broken).toEqual([]);
    stage.becomes("key", { power: "off" }).becomes("key", {
      ...stage.key,
      holdings: { ...stage.key.holdings, journal: { ...journal, oldest: 8, newest: 12 } },
    });
    expect(stage.broken).toEqual(["P17"]);
  });

  function carried({ town }: Stage, first: number, cylinder: Uint8Array = town.cylinder.kid) {
    const shared = { mount: 1, headBefore: new Uint8Array(16), records: [POLICY, POLICY], nonceCounter: 1 } as const;
    const value: LogSegment = { first, keyNonce: new Uint8Array(8), store: "openings", ...shared };
    return { name: `segment/${cylinder[0]}/${first}`, bytes: new Uint8Array(1), value, signer: cylinder };
  }

  test("a carried segment is kept until a receipt, or until one of the same cylinder needs its place", () => {
    const stage = new Stage(nothingIsDiscardedEarly());
    const other = new Uint8Array(8).fill(3);
    stage.becomesKey({ segments: [carried(stage, 1), carried(stage, 1, other)] });
    stage.becomesKey({ segments: [carried(stage, 3), carried(stage, 1, other)] });
    expect(stage.broken).toEqual([]);
    const { head } = segmentPositions(defaultProvider, carried(stage, 3).value).at(-1) ?? {};
    receipt(stage, stage.town.cylinder.kid, "openings", 4, head);
    stage.becomesKey({ segments: [carried(stage, 1, other)] });
    expect(stage.broken).toEqual([]);
    stage.becomesKey({ segments: [carried(stage, 5)] });
    expect(stage.broken).toEqual(["P17"]);
  });

  test("a receipt for other records under the same numbers covers nothing", () => {
    const stage = new Stage(nothingIsDiscardedEarly());
    stage.becomesKey({ segments: [carried(stage, 3)] });
    receipt(stage, stage.town.cylinder.kid, "openings", 4);
    expect(stage.becomesKey({ segments: [] }).broken).toEqual(["P17"]);
    // Of what comes after them nobody can tell.
    stage.becomesKey({ segments: [carried(stage, 3)] });
    receipt(stage, stage.town.cylinder.kid, "openings", 5);
    expect(stage.becomesKey({ segments: [] }).broken).toEqual(["P17"]);
  });

  test("a station keeps an upload until a receipt", () => {
    const stage = new Stage(nothingIsDiscardedEarly());
    const device = stage.town.cylinder.kid;
    const upload = (first: number, last: number) => {
      const positions = [first - 1, last].map((number) => ({ number, head: new Uint8Array(16) }));
      return [`${first}`, { device, store: "openings", positions, object: Uint8Array.of(first, last) }] as const;
    };
    const holds = (...uploads: (readonly [string, object])[]) =>
      stage.becomes("station", { power: "on", own: { uploads: new Map(uploads) } });
    holds(upload(1, 4), upload(3, 4), upload(5, 9));
    // Others tell the same.
    holds(upload(1, 4), upload(5, 9));
    receipt(stage, device, "openings", 4);
    expect(holds(upload(5, 9)).broken).toEqual([]);
    // Under its name there is another one now.
    expect(holds(["5", upload(10, 12)[1]]).broken).toEqual(["P17"]);
    expect(holds().broken).toEqual(["P17", "P17"]);
  });

  test("a cylinder takes for kept, and erases, what the city keeps", () => {
    const stage = new Stage(nothingIsDiscardedEarly());
    const { acknowledged, base } = stage.cylinder.stores.bank.settings;
    const kept = (openings: number) => cylinderMoved(stage, { acknowledged: { ...acknowledged, openings } });
    receipt(stage, stage.town.cylinder.kid, "openings", 3);
    expect(kept(3).broken).toEqual([]);
    expect(kept(4).broken).toEqual(["P17"]);
    const erased = (number: number) =>
      cylinderMoved(stage, { base: { ...base, openings: { number, head: new Uint8Array(16) } } });
    expect(erased(3).broken).toEqual(["P17"]);
    stage.town.city.dismount(stage.town.flat, NOW, 5);
    expect(erased(5).broken).toEqual(["P17"]);
    expect(erased(6).broken).toEqual(["P17", "P17"]);
  });
});
