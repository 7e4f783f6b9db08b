/** P11 (SPEC OPN-1, OPN-10, OPN-14): the clutch against power and time, and what a refusal costs. */
import { times } from "@nyckelfri/protocol";
import { REFUSAL_MICROSECONDS, REFUSAL_NANOJOULES } from "../costs/limits.ts";
import type { VisitReport } from "../world/visit-report.ts";
import type { Checker } from "./checker.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Held {
  readonly since: number;
  /** When the power went; undefined while it is there. */
  readonly darkSince: number | undefined;
}
interface Memory {
  /** By cylinder: those whose clutch is engaged. */
  readonly engaged: Map<string, Held>;
  /** By cylinder: how often it has begun in this visit, or was asked the same again. */
  readonly starts: Map<string, number>;
  /** By cylinder: session and sequence of what it was asked last. */
  readonly asked: Map<string, string>;
}

const LONGEST_MICROSECONDS: number = times.engagedMs * 1_000;
/** Between the step that engages and the clutch's movement the firmware still computes. */
const BEGINS_WITHIN_MICROSECONDS = 1_000_000;

export function clutchFallsWithPower(): Checker {
  return checkerOf<Memory>({
    property: "P11",
    says: "without power the clutch is disengaged; engaged at most 10 s; a refusal costs at most 1.5 s and 8 mJ",
    begin: () => ({ engaged: new Map(), starts: new Map(), asked: new Map() }),
    watch: {
      engaged: ({ cylinder }, scene) => {
        look(cylinder, scene);
        scene.memory.engaged.set(cylinder, { since: scene.truth.now, darkSince: undefined });
      },
      power: ({ device, power }, scene) => {
        look(device, scene);
        const { engaged, starts, asked } = scene.memory;
        if (power === "on") starts.set(device, (starts.get(device) ?? 0) + 1);
        if (power === "on") asked.delete(device);
        const held = engaged.get(device);
        if (held === undefined || power === "on") return;
        engaged.set(device, { ...held, darkSince: held.darkSince ?? scene.truth.now });
      },
      disengaged: ({ cylinder, afterMicroseconds }, scene) => {
        look(cylinder, scene);
        if (scene.memory.engaged.delete(cylinder) && afterMicroseconds > LONGEST_MICROSECONDS) {
          scene.breach(cylinder, `its clutch held for ${afterMicroseconds} us`);
        }
      },
      turned: ({ cylinder, keyway, outcome }, scene) => {
        look(cylinder, scene);
        const isFree = !scene.memory.engaged.has(cylinder);
        if (keyway === "digital" && outcome === "turns-bolt" && isFree) {
          scene.breach(cylinder, "its bolt followed the digital keyway, and its clutch was disengaged");
        }
      },
      sent: ({ to, frame }, { memory: { starts, asked } }) => {
        if (frame.kind !== "request" || !starts.has(to)) return;
        const what = `${frame.session} ${frame.sequence}`;
        const known = asked.get(to);
        // The same once more, or another session.
        if (known === what || (known !== undefined && frame.sequence === 0)) starts.set(to, (starts.get(to) ?? 0) + 1);
        asked.set(to, what);
      },
      visit: ({ report }, { memory: { starts }, breach }) => {
        // A contact that bounces, and a line that loses something, cost what the report adds up, and not what the lock asks for.
        if ((starts.get(report.cylinder) ?? 1) === 1) judgeRefusal(report, breach);
        starts.delete(report.cylinder);
      },
    },
    finish: (scene) => {
      for (const cylinder of [...scene.memory.engaged.keys()]) look(cylinder, scene);
    },
  });
}

/** Whether a clutch that was engaged should not be any more; told once. */
function look(cylinder: string, { memory, truth, breach }: Scene<Memory>): void {
  const held = memory.engaged.get(cylinder);
  if (held === undefined) return;
  const darkFor = held.darkSince === undefined ? 0 : truth.now - held.darkSince;
  const isLate = truth.now - held.since > LONGEST_MICROSECONDS + BEGINS_WITHIN_MICROSECONDS;
  if (darkFor <= 0 && !isLate) return;
  memory.engaged.delete(cylinder);
  breach(
    cylinder,
    darkFor > 0 ? "its clutch stayed engaged without power" : "its clutch stayed engaged longer than 10 s",
  );
}

/** From the proof to the result: how long the holder or a rogue takes before that is no cost of the lock's. */
function judgeRefusal({ cylinder, outcome, phases }: VisitReport, breach: Scene<Memory>["breach"]): void {
  if (outcome.kind !== "refused") return;
  const { verify, commit, log } = phases;
  const microseconds = verify.microseconds + commit.microseconds;
  // Nor what it draws while the key is left in it afterwards.
  const logged = log.microseconds > REFUSAL_MICROSECONDS ? 0 : log.cylinderNanojoules;
  const nanojoules = verify.cylinderNanojoules + commit.cylinderNanojoules + logged;
  if (microseconds > REFUSAL_MICROSECONDS) breach(cylinder, `a refusal (${outcome.reason}) took ${microseconds} us`);
  if (nanojoules > REFUSAL_NANOJOULES) breach(cylinder, `a refusal (${outcome.reason}) cost ${nanojoules} nJ`);
}
