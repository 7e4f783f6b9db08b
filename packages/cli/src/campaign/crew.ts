/** One campaign on all cores: a module in each of so many worker threads, and what they say in one place. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Interruption } from "../program/terminal.ts";

export interface Crew<Data, Told> {
  /** Of the module without its ending: `new URL("./worker", import.meta.url)`. */
  readonly module: URL;
  /** Its `workerData`; one worker for each. */
  readonly work: readonly Data[];
  /** What a worker posts, as it comes. */
  readonly heard: (told: Told, worker: number) => void;
  readonly interrupted: Interruption;
}

export function coreCount(): number {
  return availableParallelism();
}

/** Until all have ended, or somebody has had enough: then they end where they stand. Throws what the first one that fails throws. */
export async function runCrew<Data, Told>({ module, work, heard, interrupted }: Crew<Data, Told>): Promise<void> {
  // As this file runs, so do they: compiled, or from source.
  const file = new URL(`${module.href}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`);
  const workers = work.map((workerData) => new Worker(file, { workerData }));
  const endAll = (): void => {
    for (const worker of workers) void worker.terminate();
  };
  if (interrupted.aborted) endAll();
  interrupted.addEventListener("abort", endAll, { once: true });
  try {
    await Promise.all(
      workers.map((worker, index) => {
        return new Promise<void>((resolve, reject) => {
          worker.on("message", (told: Told) => heard(told, index));
          worker.on("error", reject);
          worker.on("exit", () => resolve());
        });
      }),
    );
  } finally {
    endAll();
  }
}
