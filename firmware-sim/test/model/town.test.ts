/** What the properties rest on: forks that know nothing of each other, liveness in a town where nothing happened, and eyes that see. */
import { expect, test } from "vitest";
import { asKey } from "#src/checkers/observed.ts";
import { act, type Command, inWords } from "./commands.ts";
import { demandNoBreach, runSchedule } from "./schedule.ts";
import { type Town, townOf } from "./small-town.ts";

const clockOf = ({ world }: Town, key: string) => asKey(world.kernel.state({ id: key }))?.holdings.clock.quality;
const HERE: Command = { kind: "host", of: "station", presence: "here" };

test("the town by itself is live and breaches nothing", () => {
  expect(runSchedule({ luck: 1, commands: [] })).toEqual([]);
});

test("what is done in one fork is not done in another, nor in the town itself", () => {
  const [one, other] = [townOf(1), townOf(1)];
  const before = other.world.kernel.trace.hash();
  const commands: readonly Command[] = [
    { kind: "visit", who: 0, door: 0, waits: "until-done" },
    { kind: "faults", faults: { earlyRemovalPerMillion: 500_000 } },
    { kind: "revoke", who: 0 },
    { kind: "epoch", root: "successor" },
    { kind: "tamper", who: 1, aheadSeconds: 600 },
    { kind: "cut", of: "station", index: 0, after: 0, stage: "torn" },
    { kind: "shift", who: 1, startsIn: 0, seconds: 7_200 },
    { kind: "remount", door: 1 },
  ];
  for (const command of commands) act(one, command);
  expect(one.world.visitCount).toBeGreaterThan(0);
  expect(other.world.kernel.trace.hash()).toBe(before);
  expect(other.world.options.earlyRemovalPerMillion).toBe(0);
  expect(other.world.city.centre.epoch).toBe(1);
  expect(one.world.city.centre.epoch).toBe(2);
  act(other, { kind: "visit", who: 0, door: 0, waits: "until-done" });
  expect(other.world.visits.map(({ outcome }) => outcome.kind)).toEqual(["opened"]);
  expect(townOf(1).world.kernel.trace.hash()).toBe(before);
  expect(other.world.finish()).toEqual([]);
});

test("the same luck gives the same run, and other luck another", () => {
  const hash = (luck: number) => {
    const town = townOf(luck);
    act(town, { kind: "faults", faults: { contactBouncePerMillion: 300_000, contactBounceMs: 40 } });
    for (let visits = 0; visits < 3; visits++) act(town, { kind: "visit", who: 0, door: 0, waits: "until-done" });
    return town.world.kernel.trace.hash();
  };
  expect(hash(5)).toBe(hash(5));
  expect(hash(5)).not.toBe(hash(6));
});

test("a key that is a day ahead takes no station's word, and the city's own at its desk", () => {
  const town = townOf(3);
  const { key } = town.worker(0);
  act(town, { kind: "tamper", who: 0, aheadSeconds: 86_400 });
  act(town, { kind: "dock", who: 0 });
  act(town, { kind: "visit", who: 0, door: 0, waits: "until-done" });
  expect(town.world.visits.at(-1)?.outcome.kind).toBe("not-asked");
  // SPEC TIM-6.
  act(town, { kind: "desk", who: 0 });
  expect(clockOf(town, key)).toBe("running");
  act(town, { kind: "shift", who: 0, startsIn: 0, seconds: 7_200 });
  act(town, { kind: "dock", who: 0 });
  act(town, { kind: "activate", who: 0, pin: "right" });
  act(town, { kind: "visit", who: 0, door: 0, waits: "until-done" });
  expect(town.world.visits.at(-1)?.outcome.kind).toBe("opened");
  expect(town.world.finish()).toEqual([]);
});

test("a cylinder goes into another door, and opens there", () => {
  const town = townOf(4);
  act(town, { kind: "visit", who: 0, door: 0, waits: "until-done" });
  act(town, { kind: "remount", door: 0 });
  expect(town.home(0).stands).toBe("mounted");
  expect(town.home(0).fixture.door.name).toBe("new door 1");
  expect(runSchedule({ luck: 4, commands: [{ kind: "remount", door: 0 }, HERE] })).toEqual([]);
});

test("a breach is told with the schedule in words", () => {
  const commands: readonly Command[] = [HERE, { kind: "tamper", who: 1, aheadSeconds: -5 }];
  expect(inWords(commands)).toBe("1. host of=station presence=here\n2. tamper who=1 aheadSeconds=-5");
  expect(() => demandNoBreach({ luck: 1, commands })).not.toThrow();
});
