/** `nyckelfri explore`: every order of a few events around one door, with real devices; or one order of them, event by event. */
import {
  type Exploration,
  type Exploring,
  eventNames,
  exploreWorld,
  SMALL_WORLDS,
  type SmallWorld,
  type Transition,
  walk,
} from "@nyckelfri/firmware-sim";
import { MINUTES, type Share, shardOption, wholeOption } from "../campaign/campaign-options.ts";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { type Progress, progressOn, type Style, styleFor, type Terminal } from "../program/terminal.ts";

interface Plan {
  readonly worlds: readonly SmallWorld[];
  readonly depth?: number;
  readonly after?: readonly string[];
  /** Unix seconds. */
  readonly until: number;
  readonly shard: Share;
}

/** One world's exploration, as `--json` has it. */
interface Told extends Omit<Exploration, "words"> {
  readonly world: string;
  readonly depth: number;
  readonly shard: string;
  /** Decimal: there are more than a number holds. */
  readonly words: string;
  readonly seconds: number;
}

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const plan = planOf(invocation, terminal.now());
  const style = styleFor(terminal, "output");
  const word = optionValue(invocation, "word");
  if (word !== undefined) return walked(plan.worlds, word, style);
  const all: Told[] = [];
  const progress = progressOn(terminal);
  for (const world of plan.worlds) {
    const told = await exploredHere(world, plan, terminal, progress);
    all.push(told);
    if (!invocation.json) terminal.print(`${textOf(world, told, style)}\n`);
    if (terminal.interrupted.aborted) return { exit: "interrupted", data: all };
  }
  const exit = all.some(({ breach }) => breach !== "none") ? "check-failed" : "ok";
  return { exit, data: all };
}

function planOf(invocation: Invocation, now: number): Plan {
  const { operands } = invocation;
  const depth = wholeOption(invocation, "depth", 1);
  const after = optionValue(invocation, "after");
  const minutes = wholeOption(invocation, MINUTES.name, 1);
  return {
    worlds: operands.length === 0 ? SMALL_WORLDS : operands.map(worldOf),
    shard: shardOption(invocation),
    until: minutes === undefined ? Number.POSITIVE_INFINITY : now + minutes * 60,
    ...(depth !== undefined && { depth }),
    ...(after !== undefined && { after: after.split(",") }),
  };
}

function worldOf(name: string): SmallWorld {
  const found = SMALL_WORLDS.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = SMALL_WORLDS.map((one) => one.name);
  throw new Failure("cli/usage", `there is no world ${name}`, { remedy: `There are ${names.join(", ")}.` });
}

async function exploredHere(world: SmallWorld, plan: Plan, terminal: Terminal, progress: Progress): Promise<Told> {
  const { depth = world.depth, after = [], shard, until } = plan;
  requireEvents(world, after);
  const began = terminal.now();
  const exploring: Exploring = exploreWorld(world, { depth, after, shard, recheckEvery: RECHECK_EVERY });
  let at = exploring.next();
  while (at.done !== true) {
    const { states, transitions, depth: length } = at.value;
    progress.show(`${world.name}: words of ${length} events, ${transitions} transitions, ${states} states`);
    // Ctrl-C is heard only between two turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const isOver = terminal.interrupted.aborted || terminal.now() >= until;
    at = exploring.next(isOver ? "stop" : undefined);
  }
  progress.clear();
  const { words, ...rest } = at.value;
  const seconds = Math.round(terminal.now() - began);
  return { world: world.name, depth, shard: `${shard.index + 1}/${shard.of}`, ...rest, words: String(words), seconds };
}
const RECHECK_EVERY = 10;

const COVERS: Readonly<Record<Exploration["covers"], string>> = {
  closed: "complete for words of any length: nothing leads to another state",
  "to-depth": "complete for words of this length",
  "cut-short": "not complete",
};

function textOf({ says, name }: SmallWorld, told: Told, style: Style): string {
  const { breach, covers, duties, shard } = told;
  const count = (value: number | string): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  const lines = [
    `${style("heading", name)}  ${says}`,
    `  ${told.events} events; ${count(told.words)} words of at most ${told.depth} in ${count(told.transitions)} transitions`,
    `  ${count(told.states)} states, ${count(told.duplicates)} times one that was known, the deepest after ${told.deepest} events`,
    `  ${count(duties["must-open"])} visits had to open and ${count(duties["must-not-open"])} had not to, ${count(duties["may-open"])} were free to; ${count(told.rechecked)} duplicates gone on from, and the same`,
    `  ${COVERS[covers]}${shard === "1/1" ? "" : ` (shard ${shard})`}; ${told.seconds} s`,
  ];
  if (breach === "none") return lines.join("\n");
  return [
    ...lines,
    `  ${style("bad", breach.says)}`,
    `  repeat it: nyckelfri explore ${name} --word ${breach.word.join(",")}`,
  ].join("\n");
}

function requireEvents(world: SmallWorld, word: readonly string[]): void {
  const names = eventNames(world);
  const strange = word.find((event) => !names.includes(event));
  if (strange === undefined) return;
  throw new Failure("cli/usage", `${world.name} has no event ${strange}`, { remedy: `It has ${names.join(", ")}.` });
}

/** Each event of a word, and what came of it. */
function walked(worlds: readonly SmallWorld[], line: string, style: Style): Report {
  const [world] = worlds;
  if (world === undefined || worlds.length > 1) {
    throw new Failure("cli/usage", "a word is of one world", { remedy: "Name the world before --word." });
  }
  const word = line.split(",");
  requireEvents(world, word);
  const steps = walk(world, word).map((step, index) => ({ event: word[index] ?? "", ...outcomeOf(step) }));
  const isBroken = steps.some(({ outcome }) => outcome === "breach");
  const text = steps.map(({ event, says, outcome }) => {
    return `${event.padEnd(24)} ${outcome === "breach" ? style("bad", says) : says}`;
  });
  return { exit: isBroken ? "check-failed" : "ok", data: { world: world.name, steps }, text: text.join("\n") };
}

function outcomeOf(step: Transition): { readonly outcome: Transition["kind"]; readonly says: string } {
  switch (step.kind) {
    case "impossible":
      return { outcome: step.kind, says: "cannot happen here" };
    case "breach":
      return { outcome: step.kind, says: step.says };
    case "made": {
      const { visited, duty, moment } = step;
      const judged = visited === "no-visit" ? "done" : `${visited}; ${duty.duty} by ${duty.because}`;
      return { outcome: step.kind, says: `${judged}; state ${moment.state}` };
    }
  }
}
