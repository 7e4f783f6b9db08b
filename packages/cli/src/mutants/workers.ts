/** Judges mutants on several cores. */
import { runCrew } from "../campaign/crew.ts";
import type { Interruption } from "../program/terminal.ts";
import { bundle, startFoundry } from "./foundry.ts";
import { type Judged, judge } from "./matrix.ts";
import type { Mutant } from "./mutant.ts";

export interface Judging {
  /** With one everything is done in the thread that asks. */
  readonly threads: number;
  readonly interrupted: Interruption;
  /** As they come. */
  readonly judged: (one: Judged) => void;
}

/** What one thread does. */
export interface Share {
  /** Of a foundry. */
  readonly code: string;
  /** Mutants of the catalogue. */
  readonly names: readonly string[];
}

/** Throws what a mutant makes a world throw. */
export async function judgeAll(mutants: readonly Mutant[], { threads, interrupted, judged }: Judging): Promise<void> {
  const code = await bundle(mutants);
  if (threads === 1) {
    const foundry = startFoundry(code);
    for (const mutant of mutants) judged(judge(foundry, mutant));
    return;
  }
  const names = mutants.map(({ name }) => name);
  const work = Array.from({ length: Math.min(threads, names.length) }, (_, thread): Share => {
    return { code, names: names.filter((_name, index) => index % threads === thread) };
  });
  const module = new URL("./worker", import.meta.url);
  await runCrew<Share, Judged>({ module, work, heard: judged, interrupted });
}
