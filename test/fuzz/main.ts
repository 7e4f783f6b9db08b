/**
 * `npm run fuzz`: runs every target, or those that are named, in turns until the time is over, and says what it reached and what it found.
 *
 *   npm run fuzz -- --minutes 5
 *   npm run fuzz -- --target object:grant --runs 100000 --seed 42
 *   npm run fuzz -- --again test/fuzz/finds/capture-0123abcd.json
 */
import { parseArgs } from "node:util";
import { rootStream, seedText } from "@nyckelfri/firmware-sim";
import { type Figures, Fuzzer, faultOf } from "./engine.ts";
import { FINDS_FOLDER, keepFind, keptFinds } from "./finds.ts";
import { TARGETS, targetsOf } from "./registry.ts";
import { type SourceCounters, type Subject, Workshop } from "./subject.ts";

const USAGE = "npm run fuzz -- [--minutes M | --runs N] [--seed S] [--target name]... [--into folder] [--again file]";
/** One target's turn. */
const TURN_MILLISECONDS = 500;
const PROGRESS_MILLISECONDS = 15_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    runs: { type: "string" },
    seed: { type: "string" },
    target: { type: "string", multiple: true },
    into: { type: "string", default: FINDS_FOLDER },
    again: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help === true) console.log(USAGE);
else {
  const workshop = new Workshop();
  try {
    const subject = await workshop.make();
    process.exitCode = values.again === undefined ? await campaign(subject) : await again(subject, values.again);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  } finally {
    await workshop.close();
  }
}

async function campaign(subject: Subject): Promise<number> {
  const began = performance.now();
  const seed = seedText(values.seed ?? String(Date.now() % 0x1_0000_0000));
  const runs = wholeNumber(values.runs, Number.POSITIVE_INFINITY);
  const minutes =
    values.minutes === undefined && values.runs !== undefined ? Number.POSITIVE_INFINITY : Number(values.minutes ?? 1);
  if (!(minutes > 0)) throw new RangeError(USAGE);
  const wanted = values.target;
  const names = TARGETS.filter((name) => wanted === undefined || wanted.some((one) => name.startsWith(one)));
  const targets = targetsOf(subject, names);
  if (targets.length === 0) throw new RangeError(`there is no target ${wanted?.join(", ")}`);
  console.log(`seed=${seed} targets=${targets.length} branches=${subject.counters.length}`);

  const ends = began + minutes * 60_000;
  const stream = rootStream(seed);
  let found = 0;
  const waiting = targets.map((target) => ({
    target,
    fuzzer: new Fuzzer(target, subject.counters, stream.fork(target.name)),
    begun: "no" as "no" | "yes",
  }));
  const fuzzers = waiting.map(({ fuzzer }) => fuzzer);
  let toldAt = began;
  while (waiting.length > 0 && performance.now() < ends) {
    const turn = waiting.shift();
    if (turn === undefined) break;
    const { fuzzer, target } = turn;
    const left = Math.min(TURN_MILLISECONDS, ends - performance.now());
    const find =
      (turn.begun === "no" ? await fuzzer.begin() : undefined) ?? (await fuzzer.run(runs - fuzzer.figures.runs, left));
    turn.begun = "yes";
    // A target with a find is done: most of what it finds next is the same fault.
    if (find !== undefined) {
      found++;
      const path = keepFind(find, values.into);
      console.log(
        `FOUND ${target.name}: ${find.told}\n  ${find.bytes.length} bytes; again: npm run fuzz -- --again ${path}`,
      );
    } else if (fuzzer.figures.runs < runs) waiting.push(turn);
    if (performance.now() - toldAt < PROGRESS_MILLISECONDS) continue;
    toldAt = performance.now();
    const done = fuzzers.reduce((sum, { figures }) => sum + figures.runs, 0);
    console.log(`${Math.round((toldAt - began) / 1_000)} s: ${done} runs, ${found} found`);
  }
  tell(fuzzers.map(({ figures }) => figures));
  tellReach(subject.files, (counter) => fuzzers.some((fuzzer) => fuzzer.reached(counter)));
  console.log(`seed=${seed} seconds=${Math.round((performance.now() - began) / 1_000)} found=${found}`);
  return found === 0 ? 0 : 1;
}

async function again(subject: Subject, path: string): Promise<number> {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  const kept = keptFinds(folder).find(({ file }) => path.endsWith(file));
  const [target] = targetsOf(subject, [kept?.target ?? ""]);
  if (kept === undefined || target === undefined) throw new RangeError(`${path} is no find`);
  const fault = await faultOf(target, subject.counters, kept.input);
  console.log(fault === undefined ? `${target.name}: all promises hold now` : `${target.name}: ${fault.told}`);
  return fault === undefined ? 0 : 1;
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(USAGE);
  return Number(text);
}

function tell(figures: readonly Figures[]): void {
  const rows = figures.map((one) => [
    one.target,
    String(one.runs),
    String(Math.round(one.runs / Math.max(one.seconds, 0.001))),
    String(one.branches),
    String(one.features),
    String(one.corpus),
    `${Math.round((100 * one.built) / Math.max(1, one.runs))} %`,
    `${Math.round(100 * one.nearestToBound)} %`,
  ]);
  const runs = figures.reduce((sum, one) => sum + one.runs, 0);
  const seconds = figures.reduce((sum, one) => sum + one.seconds, 0);
  const total = ["all", String(runs), String(Math.round(runs / Math.max(seconds, 0.001))), "", "", "", "", ""];
  const table = [
    ["target", "runs", "runs/s", "branches", "features", "corpus", "decoded", "of the work bound"],
    ...rows,
    total,
  ];
  for (const [name = "", ...cells] of table)
    console.log(`${name.padEnd(26)}${cells.map((cell) => cell.padStart(9)).join("")}`);
}

/** Branches reached by any target, for each folder of sources. */
function tellReach(files: readonly SourceCounters[], reached: (counter: number) => boolean): void {
  const folders = new Map<string, { all: number; reached: number }>();
  for (const { file, first, counters } of files) {
    const folder = file.includes("node_modules")
      ? file.replace(/.*node_modules\/([\w-]+)\/.*/, "$1 (not ours)")
      : file.replace(/\/[^/]*$/, "");
    const sum = folders.get(folder) ?? { all: 0, reached: 0 };
    for (let counter = first; counter < first + counters; counter++) if (reached(counter)) sum.reached++;
    sum.all += counters;
    folders.set(folder, sum);
  }
  console.log("\nbranches reached");
  for (const [folder, sum] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (sum.reached > 0) console.log(`${folder.padEnd(44)} ${String(sum.reached).padStart(5)} of ${sum.all}`);
  }
}
