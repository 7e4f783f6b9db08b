/** One seed as a unit of work: run, now and then run again, and if it fails made small. What a worker thread does, and what is done without one. */
import { performance } from "node:perf_hooks";
import {
  actsOf,
  printActs,
  reportOf,
  runSwarm,
  type SwarmFailure,
  type SwarmOutcome,
  type SwarmReport,
  type SwarmRun,
  seedText,
  shrink,
  swarmLine,
  tableOfRun,
} from "@nyckelfri/firmware-sim";
import { type CryptoProvider, defaultProvider } from "@nyckelfri/protocol";

export interface Work {
  readonly run: SwarmRun;
  readonly twice: "once" | "twice";
  /** How long a failure may be made smaller, in seconds; 0 for not at all. */
  readonly shrinkSeconds: number;
}

/** More candidates do not make a schedule much smaller. */
const SHRINK_RUNS = 400;

let provider: Promise<CryptoProvider> | undefined;

/** libsodium where it is installed: twice as fast, and the same bytes. */
function quickestProvider(): Promise<CryptoProvider> {
  provider ??= import("@nyckelfri/protocol/ed25519-sodium").then(
    (sodium) => sodium.provider,
    () => defaultProvider,
  );
  return provider;
}

export async function perform({ run, twice, shrinkSeconds }: Work): Promise<SwarmReport> {
  const options = { provider: await quickestProvider() };
  const began = performance.now();
  const outcome = runSwarm(run, options);
  const coreSeconds = (performance.now() - began) / 1_000;
  const failures: SwarmFailure[] = [];
  if (twice === "twice") {
    const again = runSwarm(run, options);
    if (again.traceHash !== outcome.traceHash) {
      const what = `the same seed gave ${outcome.traceHash}, and then ${again.traceHash}`;
      failures.push(failureOf(run, { property: "differs", device: "world", what, seconds: outcome.seconds }));
    }
  }
  const broken = breakOf(outcome);
  if (broken !== undefined) {
    const until = performance.now() + shrinkSeconds * 1_000;
    const isLate = (): boolean => performance.now() > until;
    const small = shrinkSeconds === 0 ? undefined : shrink(run, outcome, { ...options, runs: SHRINK_RUNS, isLate });
    const shrunk = small && {
      line: swarmLine(small.run),
      what: breakOf(small.outcome)?.what ?? "",
      acts: printActs(actsOf(small.run)),
      tried: small.tried,
      ended: small.ended,
    };
    failures.push({ ...failureOf(run, broken), ...(shrunk && { shrunk }) });
  }
  return reportOf(outcome, { coreSeconds, twice }, failures);
}

type Break = Pick<SwarmFailure, "property" | "device" | "what" | "seconds">;

function breakOf({ breaches, stuck, seconds }: SwarmOutcome): Break | undefined {
  const [first] = breaches;
  if (first !== undefined) {
    const { property, device, what, at } = first;
    return { property, device, what, seconds: Math.floor(at / 1_000_000) };
  }
  return stuck === undefined ? undefined : { property: "stuck", device: "world", what: stuck, seconds };
}

function failureOf(run: SwarmRun, broken: Break): SwarmFailure {
  return { ...broken, seed: seedText(run.seed), table: tableOfRun(run), line: swarmLine(run) };
}
