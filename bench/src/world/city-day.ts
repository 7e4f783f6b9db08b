/**
 * A day of a whole city: as many districts as it takes, each a world of its own with its stations, staff and doors, shared out
 * among worker threads. A finished district stays in memory until the end, as the doors of a city do.
 */
import { Worker } from "node:worker_threads";
import type { DistrictDone, DistrictOrder, WorkerSays } from "./city-worker.ts";

export interface CitySize {
  readonly clients: number;
  readonly staff: number;
}
/** Public figures of Stockholm's keyless home care: 15,000 clients, about 24,000 locks; 3,500 staff on shift are our own. */
export const STOCKHOLM: CitySize = { clients: 15_000, staff: 3_500 };

export interface CityDay extends CitySize {
  readonly workers: number;
  readonly provider: string;
  readonly districts: number;
  readonly doors: number;
  readonly insertions: number;
  readonly openings: number;
  readonly breaches: number;
  readonly seconds: number;
  /** Computed; as many more were recalled, because the same bytes had been verified before. */
  readonly verifications: number;
  readonly recalled: number;
  readonly signatures: number;
  /** What the recalled ones would have cost, in one thread, measured beside it. */
  readonly recalledSeconds: number;
  /** What the same signatures cost when nothing else is done, in one thread, measured beside it. */
  readonly signatureFloorSeconds: number;
  /** How much faster all threads at once compute signatures, and nothing else, than one: what the machine's cores are together. */
  readonly signatureSpeedup: number;
  /** After the day, of all threads together. */
  readonly residentMegabytes: number;
  /** Of the moments in which a district was done. */
  readonly peakMegabytes: number;
  /** After the day and a garbage collection, without what an empty program takes. */
  readonly bytesPerDoor: number;
  readonly hash: string;
}

export interface CityOptions {
  readonly seed: string;
  readonly workers: number;
  readonly provider: DistrictOrder["provider"];
  readonly onDistrict?: (done: number, of: number, day: { readonly openings: number }) => void;
}

/** What one district's stations and boxes serve without queues. */
const STAFF_BY_DISTRICT = 40;

export async function runCity(size: CitySize, { seed, workers, provider, onDistrict }: CityOptions): Promise<CityDay> {
  const districts = Math.max(1, Math.round(size.staff / STAFF_BY_DISTRICT));
  const orders = Array.from(
    { length: districts },
    (_, index): DistrictOrder => ({
      ...{ index, provider, seed: `${seed}/${index}` },
      clients: share(size.clients, districts, index),
      staff: share(size.staff, districts, index),
    }),
  );
  const done: DistrictDone[] = [];
  const threads = Array.from({ length: Math.min(workers, districts) }, () => startThread());
  let peakMegabytes = 0;
  const begin = process.hrtime.bigint();
  await Promise.all(
    threads.map(async (thread) => {
      for (let order = orders.shift(); order !== undefined; order = orders.shift()) {
        done.push(await thread.run(order));
        peakMegabytes = Math.max(peakMegabytes, process.memoryUsage.rss() / 1e6);
        onDistrict?.(done.length, districts, { openings: sumOf(done, "openings") });
      }
    }),
  );
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const residentMegabytes = process.memoryUsage.rss() / 1e6;
  let bytes = 0;
  for (const thread of threads) bytes += await thread.heldBytes();
  const [first] = threads as [Thread, ...Thread[]];
  const recalled = sumOf(done, "recalled");
  const floorOf = (thread: Thread): Promise<number> =>
    thread.signatureSeconds(sumOf(done, "verifications"), sumOf(done, "signatures"), provider);
  const floor = await floorOf(first);
  const together = await Promise.all(threads.map(floorOf));
  const recalledSeconds = await first.signatureSeconds(recalled, 0, provider);
  await Promise.all(threads.map((thread) => thread.stop()));
  done.sort((one, other) => one.index - other.index);
  const doors = sumOf(done, "doors");
  return {
    ...size,
    ...{ workers: threads.length, provider, districts, doors },
    insertions: sumOf(done, "insertions"),
    openings: sumOf(done, "openings"),
    breaches: sumOf(done, "breaches"),
    seconds,
    verifications: sumOf(done, "verifications"),
    signatures: sumOf(done, "signatures"),
    ...{ recalled, recalledSeconds },
    signatureFloorSeconds: floor,
    signatureSpeedup: together.reduce((sum, seconds) => sum + floor / seconds, 0),
    ...{ residentMegabytes, peakMegabytes },
    bytesPerDoor: bytes / doors,
    hash: combined(done.map(({ traceHash }) => traceHash)),
  };
}

type Counted = "openings" | "insertions" | "doors" | "breaches" | "verifications" | "recalled" | "signatures";

function sumOf(done: readonly DistrictDone[], what: Counted): number {
  return done.reduce((sum, one) => sum + one[what], 0);
}

/** Whole numbers that differ by one at most. */
function share(total: number, parts: number, index: number): number {
  return Math.floor((total * (index + 1)) / parts) - Math.floor((total * index) / parts);
}

/** FNV-1a over the districts' hashes in their order. */
function combined(hashes: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of hashes.join("")) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

interface Thread {
  readonly run: (order: DistrictOrder) => Promise<DistrictDone>;
  readonly heldBytes: () => Promise<number>;
  readonly signatureSeconds: (
    verifications: number,
    signatures: number,
    provider: DistrictOrder["provider"],
  ) => Promise<number>;
  readonly stop: () => Promise<unknown>;
}

const HEAP_MEGABYTES = 8_192;

function startThread(): Thread {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./city-worker${ending}`, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  const ask = <Kind extends WorkerSays["kind"]>(
    kind: Kind,
    request: unknown,
  ): Promise<Extract<WorkerSays, { kind: Kind }>> =>
    new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", (says: WorkerSays) => {
        worker.off("error", reject);
        if (says.kind === kind) resolve(says as Extract<WorkerSays, { kind: Kind }>);
        else reject(new Error(`a city worker said ${says.kind} where ${kind} was asked for`));
      });
      worker.postMessage(request);
    });
  return {
    run: async (order) => (await ask("done", { ask: "run", order })).done,
    heldBytes: async () => (await ask("held", { ask: "held" })).bytes,
    signatureSeconds: async (verifications, signatures, provider) =>
      (await ask("signed", { ask: "sign", verifications, signatures, provider })).seconds,
    stop: () => worker.terminate(),
  };
}
