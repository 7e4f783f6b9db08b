/**
 * Side by side on a noisy machine: every round runs each case once, in an order that rotates, and a case's figure is the
 * median over the rounds of its throughput *divided by the baseline's in the same round*. Absolute times are shown for
 * orientation only; they move by a third with the machine's load, the ratios by a few per cent.
 */
export interface BenchCase {
  readonly name: string;
  /** Runs the work so many times; returns something that depends on all of it, so that nothing is optimised away. */
  readonly run: (iterations: number) => unknown;
}

/** A case that runs elsewhere, in a worker of its own, and says how long it took. */
export interface RemoteCase {
  readonly name: string;
  readonly seconds: (iterations: number) => Promise<number>;
}

export interface BenchOptions {
  readonly rounds: number;
  /** Length of one case in one round. */
  readonly sliceMs: number;
  readonly onRound?: (round: number) => void;
}

export interface CaseResult {
  readonly name: string;
  /** Median over the rounds. */
  readonly operationsPerSecond: number;
  /** Median of the per-round ratios to the baseline: 2 is twice as fast. */
  readonly ratio: number;
  /** Quartiles of these ratios. */
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

/** Throughputs by case and round, from which any ratio can be taken. */
export interface Rounds {
  readonly names: readonly string[];
  /** Operations a second: `rates[case][round]`. */
  readonly rates: readonly (readonly number[])[];
}

/** Runs the cases against the first one. */
export async function compare(
  cases: readonly (BenchCase | RemoteCase)[],
  options: BenchOptions,
): Promise<readonly CaseResult[]> {
  const rounds = await runRounds(cases, options);
  return rounds.names.map((name) => resultOf(rounds, name, rounds.names[0] as string));
}

/** One at a time, wherever it runs: two cases never share the machine. */
export async function runRounds(
  cases: readonly (BenchCase | RemoteCase)[],
  { rounds, sliceMs, onRound }: BenchOptions,
): Promise<Rounds> {
  const iterations: number[] = [];
  for (const candidate of cases) iterations.push(await calibrate(candidate, sliceMs));
  const rates: number[][] = cases.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < cases.length; step++) {
      // Rotated, so that no case always runs after the same neighbour.
      const index = (step + round) % cases.length;
      const count = iterations[index] as number;
      (rates[index] as number[]).push(count / (await secondsOf(cases[index] as BenchCase | RemoteCase, count)));
    }
    onRound?.(round);
  }
  return { names: cases.map(({ name }) => name), rates };
}

/** A case beside another one of the same rounds. */
export function resultOf({ names, rates }: Rounds, name: string, baseline: string): CaseResult {
  const own = rates[names.indexOf(name)] as readonly number[];
  const other = rates[names.indexOf(baseline)] as readonly number[];
  const ratios = own.map((rate, round) => rate / (other[round] as number));
  return {
    name,
    operationsPerSecond: quantile(own, 0.5),
    ratio: quantile(ratios, 0.5),
    ratioLow: quantile(ratios, 0.25),
    ratioHigh: quantile(ratios, 0.75),
  };
}

/** How often a case runs in one slice; also warms it up. */
async function calibrate(candidate: BenchCase | RemoteCase, sliceMs: number): Promise<number> {
  let count = 1;
  for (;;) {
    const seconds = await secondsOf(candidate, count);
    if (seconds * 1000 >= sliceMs / 2) return Math.max(1, Math.round((count * sliceMs) / (seconds * 1000)));
    count *= 2;
  }
}

let sink: unknown;

async function secondsOf(candidate: BenchCase | RemoteCase, count: number): Promise<number> {
  if ("seconds" in candidate) return await candidate.seconds(count);
  const begin = process.hrtime.bigint();
  sink = candidate.run(count);
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

/** What the last run returned: kept alive, and of no other use. */
export function lastResult(): unknown {
  return sink;
}

/** Linear interpolation between the sorted values. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}
