/** `nyckelfri mutants`: broken firmwares, and which checker notices each. */
import { allCheckers } from "@nyckelfri/firmware-sim";
import { THREADS, wholeOption } from "../campaign/campaign-options.ts";
import { coreCount } from "../campaign/crew.ts";
import { type Invocation, optionValues, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { progressOn, styleFor, type Terminal } from "../program/terminal.ts";
import { canary, catalogue } from "./catalogue/catalogue.ts";
import type { Judged } from "./matrix.ts";
import type { Catalogued } from "./mutant.ts";
import { faultsOf, matrixData, matrixMarkdown, matrixOf, matrixText, type Row } from "./report.ts";
import { judgeAll } from "./workers.ts";

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const chosen = chosenOf(optionValues(invocation, "only"));
  // In a part of the matrix a checker may well be idle, and nothing is said by a canary.
  const mutants = chosen === catalogue ? [...chosen, canary] : chosen;
  const progress = progressOn(terminal);
  const judged = new Map<string, Judged>();
  await judgeAll(mutants, {
    threads: wholeOption(invocation, THREADS.name, 1) ?? coreCount(),
    interrupted: terminal.interrupted,
    judged: (one) => {
      judged.set(one.mutant, one);
      progress.show(`${judged.size} of ${mutants.length}: ${one.mutant} ${one.verdict}`);
    },
  });
  progress.clear();
  if (terminal.interrupted.aborted) return { exit: "interrupted" };
  const rows = chosen.map((mutant): Row => ({ mutant, judged: judged.get(mutant.name) as Judged }));
  const lives = judged.get(canary.name);
  const properties = allCheckers().map(({ property }) => property);
  const matrix = matrixOf(rows, properties, lives && { mutant: canary, judged: lives });
  const text = invocation.switches.has("markdown")
    ? matrixMarkdown(matrix)
    : matrixText(matrix, styleFor(terminal, "output"));
  return { exit: faultsOf(matrix).length === 0 ? "ok" : "check-failed", data: matrixData(matrix), text };
}

/** All of them, or those that are named; a property or a device stands for all of its mutants. */
function chosenOf(only: readonly string[]): readonly Catalogued[] {
  if (only.length === 0) return catalogue;
  const unknown = only.find((name) => !catalogue.some((mutant) => isNamed(mutant, name)));
  if (unknown !== undefined) {
    const remedy = "Name a mutant, a property such as P7, or a device: `nyckelfri mutants --json` lists them all.";
    throw new Failure("cli/usage", `there is no mutant ${unknown}`, { remedy });
  }
  return catalogue.filter((mutant) => only.some((name) => isNamed(mutant, name)));
}

function isNamed({ name, property, device }: Catalogued, wanted: string): boolean {
  return [name, property, device].includes(wanted);
}
