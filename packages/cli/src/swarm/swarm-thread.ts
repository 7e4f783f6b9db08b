/** A thread that takes one seed after the other, and says what came of each. */
import { Worker } from "node:worker_threads";
import type { SwarmReport } from "@nyckelfri/firmware-sim";
import type { Work } from "./work.ts";

export interface SwarmThread {
  readonly perform: (work: Work) => Promise<SwarmReport>;
  readonly end: () => Promise<void>;
}

/** Another one. Rejects with what the thread died of. */
export function startThread(): SwarmThread {
  // Run from source, as tests and Node 24 do, the file next to this one is TypeScript too.
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new Worker(new URL(file, import.meta.url));
  return {
    perform: (work) =>
      new Promise((resolve, reject) => {
        const onMessage = (report: SwarmReport): void => settle(() => resolve(report));
        const onError = (error: Error): void => settle(() => reject(error));
        const onExit = (code: number): void => settle(() => reject(new Error(`a worker thread ended with ${code}`)));
        // Its own listeners only: a Worker has some itself, without which it hears nothing any more.
        const settle = (act: () => void): void => {
          worker.off("message", onMessage).off("error", onError).off("exit", onExit);
          act();
        };
        worker.on("message", onMessage).on("error", onError).on("exit", onExit);
        worker.postMessage(work);
      }),
    end: async () => {
      await worker.terminate();
    },
  };
}
