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

/** Runs the cases against the first one. */
export function compare(cases: readonly BenchCase[], options: BenchOptions): readonly CaseResult[] {
  const iterations = cases.map((candidate) => calibrate(candidate, options.sliceMs));
  const rates: number[][] = cases.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    for (let step = 0; step < cases.length; step++) {
      // Rotated, so that no case always runs after the same neighbour.
      const index = (step + round) % cases.length;
      const candidate = cases[index] as BenchCase;
      const count = iterations[index] as number;
      const seconds = secondsOf(candidate, count);
      (rates[index] as number[]).push(count / seconds);
    }
    options.onRound?.(round);
  }
  const baseline = rates[0] as number[];
  return cases.map((candidate, index) => {
    const own = rates[index] as number[];
    const ratios = own.map((rate, round) => rate / (baseline[round] as number));
    return {
      name: candidate.name,
      operationsPerSecond: quantile(own, 0.5),
      ratio: quantile(ratios, 0.5),
      ratioLow: quantile(ratios, 0.25),
      ratioHigh: quantile(ratios, 0.75),
    };
  });
}

/** How often a case runs in one slice; also warms it up. */
function calibrate(candidate: BenchCase, sliceMs: number): number {
  let count = 1;
  for (;;) {
    const seconds = secondsOf(candidate, count);
    if (seconds * 1000 >= sliceMs / 2) return Math.max(1, Math.round((count * sliceMs) / (seconds * 1000)));
    count *= 2;
  }
}

let sink: unknown;

function secondsOf(candidate: BenchCase, count: number): number {
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
