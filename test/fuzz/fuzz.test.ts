/** The short form: the seeds of every target and some runs from them, and what was found before. */
import { readdirSync, readFileSync } from "node:fs";
import { rootStream } from "@nyckelfri/firmware-sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Find, Fuzzer, faultOf } from "./engine.ts";
import { FINDS_FOLDER, keptFinds } from "./finds.ts";
import { DECODER, decodersOf, NOT_FROM_OUTSIDE, TARGETS, targetsOf } from "./registry.ts";
import { ROOT, type Subject, Workshop } from "./subject.ts";
import type { Target } from "./target.ts";

/** Another one each time: whatever it finds, it says how to find it again. */
const seed: string = String(Date.now() % 0x1_0000_0000);
/** Runs of one target from its seeds on, until one of the two is over. */
const RUNS = 60;
const MILLISECONDS = 30;

const workshop = new Workshop();
let subject: Subject;
let targets: readonly Target[];
beforeAll(async () => {
  subject = await workshop.make();
  targets = targetsOf(subject, TARGETS);
}, 60_000);
afterAll(() => workshop.close());

function told(find: Find | undefined): string {
  if (find === undefined) return "nothing found";
  const hex = Buffer.from(find.bytes).toString("hex");
  return `${find.target}, seed ${seed}: ${find.told}: ${hex}`;
}

describe("every target keeps its promises", () => {
  const reached = new Set<string>();

  test.each(TARGETS)("%s", async (name) => {
    const target = targets.find((one) => one.name === name) as Target;
    const fuzzer = new Fuzzer(target, subject.counters, rootStream(seed).fork(name));
    expect(told((await fuzzer.begin()) ?? (await fuzzer.run(RUNS, MILLISECONDS)))).toBe("nothing found");
    // Seeds that are all refused lead nowhere.
    expect(fuzzer.figures.built).toBeGreaterThan(0);
    // Behind a line of `sim serve` there is a whole town, which uses everything for itself.
    const counts = (decoder: string): boolean => name !== "sim-line" || decoder.startsWith("packages/cli/");
    for (const decoder of decodersOf(subject)) {
      if (counts(decoder.name) && fuzzer.reached(decoder.counter)) reached.add(decoder.name);
    }
  });

  test("and every decoder that there is has one that reaches it", () => {
    const beginnings = Object.keys(NOT_FROM_OUTSIDE);
    const isExcused = (name: string): boolean => beginnings.some((one) => name.startsWith(one));
    expect(everyDecoder().filter((name) => !reached.has(name) && !isExcused(name))).toEqual([]);
    // An excuse that nobody needs any more goes.
    expect(
      beginnings.filter((one) => !everyDecoder().some((name) => name.startsWith(one) && !reached.has(name))),
    ).toEqual([]);
  });
});

/** By the text of all sources, so that one in a file that no target loads is missed too. */
function everyDecoder(): readonly string[] {
  const folders = ["protocol", "firmware-sim", "packages/links", "packages/station-client", "packages/cli"];
  return folders.flatMap((folder) => {
    const files = readdirSync(`${ROOT}${folder}/src`, { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => {
        const path = `${folder}/src/${file.replaceAll("\\", "/")}`;
        const found = readFileSync(`${ROOT}${path}`, "utf8").matchAll(/^export (?:async )?function (\w+)/gm);
        return [...found].flatMap(([, name = ""]) => (DECODER.test(name) ? [`${path}: ${name}`] : []));
      });
  });
}

describe("what was found before", () => {
  const kept = keptFinds();

  test("is kept", () => {
    expect(kept.length).toBe(readdirSync(FINDS_FOLDER).length);
    expect(kept.filter(({ why }) => why === "").map(({ file }) => file)).toEqual([]);
  });

  test.each(kept.map(({ file, ...find }) => [file, find] as const))("%s", async (_, { target: name, input }) => {
    const target = targets.find((one) => one.name === name) as Target;
    expect(await faultOf(target, subject.counters, input)).toBeUndefined();
  });
});
