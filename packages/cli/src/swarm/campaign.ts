/** Seed after seed, on all cores, until there are enough, or time is over, or somebody presses Ctrl-C. */
import { performance } from "node:perf_hooks";
import {
  emptyReport,
  isInShard,
  mergeReports,
  type Shard,
  type SwarmReport,
  type SwarmRun,
  seedAfter,
} from "@nyckelfri/firmware-sim";
import type { Interruption } from "../program/terminal.ts";
import type { SwarmThread } from "./swarm-thread.ts";

export interface Campaign {
  readonly first: string;
  /** Places to go through; with a shard, some of them are another's. */
  readonly seeds: number;
  readonly shard: Shard;
  /** Until when a seed may be begun, in seconds from now. */
  readonly seconds: number;
  readonly changed: NonNullable<SwarmRun["changed"]>;
  readonly acts: SwarmRun["acts"];
  /** Every one, or one in so many. */
  readonly twiceEvery: number;
  readonly shrinkSeconds: number;
}

/** A failing campaign is ended after so many: their causes are mostly one. */
const MOST_FAILURES = 25;

/** Gives what was done; a seed that is running when somebody presses Ctrl-C is left where it stands, and not waited for. */
export async function campaign(
  plan: Campaign,
  threads: readonly SwarmThread[],
  { interrupted, onSeed }: { readonly interrupted: Interruption; readonly onSeed: (soFar: SwarmReport) => void },
): Promise<SwarmReport> {
  const stopped = new Promise<"stopped">((resolve) => {
    interrupted.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  let sum = emptyReport;
  let place = 0;
  const next = (): number | undefined => {
    while (place < plan.seeds) {
      const here = place;
      place += 1;
      if (isInShard(here, plan.shard)) return here;
    }
    return undefined;
  };
  const isOver = (): boolean => interrupted.aborted || seconds() > plan.seconds || sum.failures.length >= MOST_FAILURES;
  await Promise.all(
    threads.map(async (thread) => {
      for (let here = next(); here !== undefined && !isOver(); here = next()) {
        const run: SwarmRun = {
          seed: seedAfter(plan.first, here),
          changed: plan.changed,
          ...(plan.acts === undefined ? {} : { acts: plan.acts }),
        };
        const twice = here % plan.twiceEvery === 0 ? "twice" : "once";
        const report = await Promise.race([thread.perform({ run, twice, shrinkSeconds: plan.shrinkSeconds }), stopped]);
        if (report === "stopped") return;
        sum = { ...mergeReports([sum, report]), wallSeconds: seconds() };
        onSeed(sum);
      }
    }),
  );
  return sum;
}
