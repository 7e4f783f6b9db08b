/** Commands that matter only one after the other, and are drawn as one: chance alone would seldom put them together. */
import fc from "fast-check";
import { type Command, type CommandName, commandNames, commandOf } from "./commands.ts";

const MINUTE = 60;
/** A carer, and a door of theirs. */
const visitor = fc.nat({ max: 1 }).chain((who) => fc.record({ who: fc.constant(who), door: fc.constantFrom(who, 2) }));
const ENTRANCE = 2;

function visit(who: number, door: number): Command {
  return { kind: "visit", who, door, waits: "until-done" };
}

const SCENES = {
  /** About the end of a shift. */
  lateVisit: fc
    .record({ visitor, offset: fc.oneof(fc.integer({ min: -12, max: 3 }), fc.integer({ min: -90, max: 3_600 })) })
    .map(({ visitor: { who, door }, offset }): Command[] => [
      { kind: "edge", who, edge: "end", offset },
      visit(who, door),
    ]),
  /** About the begin of the next one. */
  earlyVisit: fc
    .record({
      visitor,
      startsIn: fc.integer({ min: 5 * MINUTE, max: 50 * MINUTE }),
      offset: fc.integer({ min: -40, max: 3 }),
    })
    .map(({ visitor: { who, door }, startsIn, offset }): Command[] => [
      { kind: "shift", who, startsIn, seconds: 90 * MINUTE },
      { kind: "dock", who },
      { kind: "activate", who, pin: "right" },
      { kind: "edge", who, edge: "begin", offset },
      visit(who, door),
    ]),
  /** A key is revoked; the other brings the news to the entrance before it comes, or after. */
  revokedVisit: fc
    .record({ who: fc.nat({ max: 1 }), first: fc.boolean() })
    .map(({ who, first }): Command[] => [
      { kind: "shift", who, startsIn: 0, seconds: 240 * MINUTE },
      { kind: "dock", who },
      { kind: "activate", who, pin: "right" },
      { kind: "revoke", who },
      { kind: "dock", who: 1 - who },
      ...(first ? [visit(who, ENTRANCE)] : []),
      visit(1 - who, ENTRANCE),
      visit(who, ENTRANCE),
    ]),
  /** Long after its last dock a key runs behind, or ahead, and meets the station and a door. */
  lyingVisit: fc
    .record({
      visitor,
      aheadSeconds: fc.oneof(fc.integer({ min: -3_600, max: -60 }), fc.integer({ min: 60, max: 3_600 })),
    })
    .map(({ visitor: { who, door }, aheadSeconds }): Command[] => [
      { kind: "pass", seconds: 4_000 },
      { kind: "tamper", who, aheadSeconds },
      { kind: "dock", who },
      visit(who, door),
    ]),
  /** Power goes somewhere inside a visit; then another one. */
  cutVisit: fc
    .record({
      visitor,
      of: fc.constantFrom("cylinder", "cylinder", "key"),
      after: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 24 })),
      stage: fc.constantFrom("before", "torn", "marginal", "after"),
    })
    .map(({ visitor: { who, door }, of, after, stage }): Command[] => [
      { kind: "cut", of, index: of === "key" ? who : door, after, stage },
      visit(who, door),
      visit(who, door),
    ]),
  /** A whole morning: what is needed to open, and an opening. */
  morning: visitor.map(({ who, door }): Command[] => [
    { kind: "shift", who, startsIn: 0, seconds: 240 * MINUTE },
    { kind: "dock", who },
    { kind: "activate", who, pin: "right" },
    visit(who, door),
  ]),
} satisfies Record<string, fc.Arbitrary<readonly Command[]>>;

export type SceneName = CommandName | keyof typeof SCENES;
export type Weights = Readonly<Partial<Record<SceneName, number>>>;

const USUAL: Weights = { visit: 5, morning: 3, dock: 2, activate: 2, pass: 2 };

/** Scenes and single commands of these weights besides the usual ones. */
export function sceneOf(weights: Weights): fc.Arbitrary<readonly Command[]> {
  const all = Object.entries({ ...USUAL, ...weights }) as [SceneName, number][];
  return fc.oneof(...all.map(([name, weight]) => ({ weight, arbitrary: sceneNamed(name) })));
}

function sceneNamed(name: SceneName): fc.Arbitrary<readonly Command[]> {
  if (!isCommand(name)) return SCENES[name];
  return commandOf(name).map((command) => [command]);
}

function isCommand(name: SceneName): name is CommandName {
  return commandNames.some((one) => one === name);
}
