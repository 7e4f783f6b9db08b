/** `nyckelfri cuts`: power cut everywhere in everything that devices do; or one case of it, with what happened. */
import {
  type CutPlan,
  type CutScenarioName,
  type CutTally,
  CutTrials,
  casesTried,
  cutScenarioNames,
  emptyTally,
  mergeTallies,
  parseCase,
  printTime,
  type TraceRecord,
  type Trial,
  tryCuts,
  type World,
} from "@nyckelfri/firmware-sim";
import { CallerError } from "@nyckelfri/protocol";
import { type Share, shardOption, sharesOf, wholeOption } from "../campaign/campaign-options.ts";
import { coreCount, runCrew } from "../campaign/crew.ts";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { progressOn, type Style, styleFor, type Terminal } from "../program/terminal.ts";
import { textOfTally } from "./tally-text.ts";
import type { CutWork } from "./worker.ts";

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const style = styleFor(terminal, "output");
  if (invocation.operands.length > 0) return repeated(invocation.operands, style);
  const scenarios = scenariosOf(optionValue(invocation, "scenario"));
  const depth = wholeOption(invocation, "depth", 1) ?? 1;
  if (depth > 2) throw new Failure("cli/usage", "--depth is 1 or 2");
  const minutes = wholeOption(invocation, "minutes", 1);
  const threads = wholeOption(invocation, "threads", 1) ?? coreCount();
  const began = Date.now();
  const until = minutes === undefined ? Number.MAX_SAFE_INTEGER : began + minutes * 60_000;
  const plan: CutPlan = { scenarios, depth: depth === 2 ? 2 : 1 };
  const tally = await campaign(plan, sharesOf(shardOption(invocation), threads), until, terminal);
  const seconds = Math.round((Date.now() - began) / 1_000);
  const isStopped = terminal.interrupted.aborted;
  const text = textOfTally(tally, { depth: plan.depth, seconds, stopped: isStopped ? "by-ctrl-c" : "no" }, style);
  if (isStopped) return { exit: "interrupted", data: { ...tally, seconds }, text };
  return { exit: tally.brokenCount === 0 ? "ok" : "check-failed", data: { ...tally, seconds }, text };
}

function scenariosOf(wanted: string | undefined): readonly CutScenarioName[] {
  const found = cutScenarioNames.filter((name) => wanted === undefined || name === wanted);
  if (found.length > 0) return found;
  throw new Failure("cli/usage", `there is no scenario ${wanted}`, {
    remedy: `There are ${cutScenarioNames.join(", ")}.`,
  });
}

async function campaign(plan: CutPlan, shares: readonly Share[], until: number, terminal: Terminal): Promise<CutTally> {
  const progress = progressOn(terminal);
  const tallies: CutTally[] = [];
  const heard = (told: CutTally, worker: number): void => {
    tallies[worker] = told;
    progress.show(progressText(together(tallies)));
  };
  const [only] = shares;
  if (shares.length === 1 && only !== undefined) await runHere({ ...plan, shard: only }, until, terminal, heard);
  else {
    await runCrew<CutWork, CutTally>({
      module: new URL("./worker", import.meta.url),
      work: shares.map((shard) => ({ plan: { ...plan, shard }, until })),
      heard,
      interrupted: terminal.interrupted,
    });
  }
  progress.clear();
  return together(tallies);
}

/** In this thread. */
async function runHere(
  plan: CutPlan,
  until: number,
  { interrupted }: Terminal,
  heard: (told: CutTally, worker: number) => void,
): Promise<void> {
  for (const { tally } of tryCuts(plan)) {
    heard(tally, 0);
    // Ctrl-C is heard only between two turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    if (interrupted.aborted || Date.now() >= until) return;
  }
}

/** Workers that have said nothing yet are holes. */
function together(tallies: readonly (CutTally | undefined)[]): CutTally {
  return tallies.reduce<CutTally>((sum, one) => (one === undefined ? sum : mergeTallies(sum, one)), emptyTally());
}

function progressText({ scenarios, brokenCount }: CutTally): string {
  const all = Object.values(scenarios);
  const tried = all.reduce((sum, one) => sum + casesTried(one), 0);
  const openings = all.reduce((sum, one) => sum + one.openings, 0);
  return `${tried} power cuts tried, ${openings} openings, ${brokenCount} broke something`;
}

/** Each of these cases once more, with everything that happened from the beginning of its act on. */
function repeated(ids: readonly string[], style: Style): Report {
  const all = ids.map((id) => {
    const { scenario, cuts } = parsed(id);
    const trials = new CutTrials(scenario);
    const from = trials.staged.world.kernel.now;
    return { from, ...trials.play(cuts) };
  });
  const text = all.map(({ from, trial, world }) => [...lived(world, from), ...judged(trial, style)].join("\n"));
  const exit = all.every(({ trial }) => trial.verdict === "held") ? "ok" : "check-failed";
  return { exit, data: all.map(({ trial }) => trial), text: text.join("\n\n") };
}

function parsed(id: string): ReturnType<typeof parseCase<CutScenarioName>> {
  try {
    return parseCase(id, cutScenarioNames);
  } catch (error) {
    if (!(error instanceof CallerError)) throw error;
    throw new Failure("cli/usage", `${id} is no id of a power cut`, {
      remedy: "Copy one from a report, such as opening-first/cylinder/nvm:17:torn.",
    });
  }
}

function lived(world: World | undefined, from: number): readonly string[] {
  if (world === undefined) return [];
  return world.kernel.trace.records({ from }).map((record) => line(record, from));
}

/** Bytes of frames and objects only say how many they are. */
function line({ time, entity, kind, data }: TraceRecord, from: number): string {
  const said = Object.entries(data).map(([name, value]) => {
    return `${name}=${value instanceof Uint8Array ? `<${value.length} bytes>` : String(value)}`;
  });
  return [printTime(time - from), entity, kind, ...said].join("  ");
}

function judged({ id, verdict, breaches, openings, recovery }: Trial, style: Style): readonly string[] {
  const heading = style("heading", id);
  if (verdict === "not-reached") return [`${heading}: ${style("doubtful", "nothing was to be cut there")}`];
  if (verdict === "held")
    return [`${heading}: ${style("good", "held")}; recovery ${recovery}; ${openings} openings in all`];
  return [
    `${heading}: ${style("bad", "broken")}`,
    ...breaches.map(({ property, device, what }) => `  ${property} ${device}: ${what}`),
  ];
}
