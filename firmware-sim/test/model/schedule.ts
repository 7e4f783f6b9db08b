/** Runs a schedule in the small town, heals it, demands liveness, and tells what was breached. */
import fc from "fast-check";
import type { Breach } from "#src/checkers/checker.ts";
import { act, type Command, inWords } from "./commands.ts";
import { sceneOf, type Weights } from "./scenes.ts";
import { townOf } from "./small-town.ts";

export interface Schedule {
  readonly luck: number;
  readonly commands: readonly Command[];
}

export function scheduleOf(weights: Weights): fc.Arbitrary<Schedule> {
  return fc.record({
    luck: fc.nat({ max: 1_000_000 }),
    commands: fc
      .array(sceneOf(weights), { minLength: 6, maxLength: 14, size: "max" })
      .map((scenes) => withFewRoots(scenes.flat())),
  });
}

/** P14 holds for doors that have missed at most so many roots and lack two lists, as here: further ones are epochs of the same root. */
const MOST_ROOTS = 2;
function withFewRoots(commands: readonly Command[]): readonly Command[] {
  let roots = 0;
  return commands.map((command) => {
    if (command.kind !== "epoch" || command.root === "same") return command;
    roots += 1;
    return roots > MOST_ROOTS ? { ...command, root: "same" } : command;
  });
}

/** Breaches, also of liveness once all faults have ended. */
export function runSchedule({ luck, commands }: Schedule): readonly Breach[] {
  const town = townOf(luck);
  for (const command of commands) act(town, command);
  town.heal();
  town.demandLiveness();
  return town.world.finish();
}

/** Throws with the schedule in words where anything was breached. */
export function demandNoBreach(schedule: Schedule): void {
  const breaches = runSchedule(schedule);
  if (breaches.length === 0) return;
  const what = breaches.map((one) => `${one.property} at ${(one.at / 1e6).toFixed(3)} s, ${one.device}: ${one.what}`);
  throw new Error([...what, `with luck ${schedule.luck}, after:`, inWords(schedule.commands)].join("\n"));
}
