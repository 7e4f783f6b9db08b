/** How much of a district's day goes into signatures, and where all of it goes. */
import { Session } from "node:inspector";
import { District, type DistrictReport, Watchers } from "@nyckelfri/firmware-sim";
import { type CryptoProvider, defaultProvider } from "@nyckelfri/protocol";

export interface DayResult {
  readonly clients: number;
  readonly staff: number;
  readonly insertions: number;
  readonly openings: number;
  readonly seconds: number;
  /** Of the day's running, without building the district. */
  readonly signatureShare: number;
  readonly verifications: number;
  readonly signatures: number;
  /** Where all of it went, by file, and natively by function; shares of the whole. */
  readonly profile: readonly (readonly [where: string, share: number])[];
  readonly traceHash: string;
}

/** Two days are run, the first one to warm up; without checkers, whose work is no part of the simulation. */
export async function measureDay(clients: number, staff: number): Promise<DayResult> {
  runDay({ seed: "warm", clients, staff, provider: defaultProvider });
  const clock = { nanoseconds: 0n, verifications: 0, signatures: 0 };
  const session = new Session();
  session.connect();
  const post = (method: string): Promise<unknown> =>
    new Promise((resolve, reject) =>
      session.post(method, (error, result) => (error === null ? resolve(result) : reject(error))),
    );
  await post("Profiler.enable");
  const day = buildDay({ seed: "measured", clients, staff, provider: timed(defaultProvider, clock) });
  clock.nanoseconds = 0n;
  clock.verifications = 0;
  clock.signatures = 0;
  await post("Profiler.start");
  let report: DistrictReport | undefined;
  const seconds = secondsOf(() => {
    report = day.run();
  });
  const { profile } = (await post("Profiler.stop")) as { profile: Profile };
  session.disconnect();
  if (report === undefined) throw new Error("the day has no report");
  return {
    ...{ clients, staff, insertions: report.insertions, openings: report.openings, seconds },
    signatureShare: Number(clock.nanoseconds) / 1e9 / seconds,
    ...{ verifications: clock.verifications, signatures: clock.signatures },
    profile: sharesOf(profile),
    traceHash: report.traceHash,
  };
}

interface DayPlan {
  readonly seed: string;
  readonly clients: number;
  readonly staff: number;
  readonly provider: CryptoProvider;
}

function buildDay(plan: DayPlan): District {
  return new District({ ...plan, keeping: "none", watchers: new Watchers([]) });
}

function runDay(plan: DayPlan): DistrictReport {
  return buildDay(plan).run();
}

function timed(
  provider: CryptoProvider,
  clock: { nanoseconds: bigint; verifications: number; signatures: number },
): CryptoProvider {
  return {
    ...provider,
    verify: (publicKey, message, signature) => {
      const begin = process.hrtime.bigint();
      const verdict = provider.verify(publicKey, message, signature);
      clock.nanoseconds += process.hrtime.bigint() - begin;
      clock.verifications += 1;
      return verdict;
    },
    sign: (seed, message) => {
      const begin = process.hrtime.bigint();
      const signature = provider.sign(seed, message);
      clock.nanoseconds += process.hrtime.bigint() - begin;
      clock.signatures += 1;
      return signature;
    },
  };
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly url: string; readonly functionName: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Self time by folder and file, the largest first. */
function sharesOf({ nodes, samples, timeDeltas }: Profile): readonly (readonly [string, number])[] {
  const placeOf = new Map(nodes.map(({ id, callFrame }) => [id, place(callFrame)]));
  const times = new Map<string, number>();
  let total = 0;
  samples.forEach((id, index) => {
    const delta = timeDeltas[index] ?? 0;
    const where = placeOf.get(id) ?? "?";
    total += delta;
    times.set(where, (times.get(where) ?? 0) + delta);
  });
  return [...times]
    .sort(([, one], [, other]) => other - one)
    .slice(0, 12)
    .map(([where, time]) => [where, time / total]);
}

function place({ url, functionName }: { readonly url: string; readonly functionName: string }): string {
  // The engine's own names stand in brackets already: (garbage collector).
  if (url === "") return functionName.startsWith("(") ? functionName : `(native) ${functionName}`;
  const parts = url.split("/");
  const at = parts.findIndex((part) => part === "dist" || part === "src");
  return parts.slice(Math.max(0, at < 0 ? parts.length - 2 : at - 1), at < 0 ? undefined : at + 2).join("/");
}

function secondsOf(work: () => unknown): number {
  const begin = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin) / 1e9;
}
